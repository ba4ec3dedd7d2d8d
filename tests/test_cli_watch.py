"""`payback watch` from the outside: on a machine without a GPU, from recordings and an exporter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.observe.watch.watch_fakes import busy_trace

FILES = Path(__file__).parent / "observe" / "watch" / "files"
TODAY = ["--as-of", "2026-11-23"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Six hours of an RTX 3090, two of them at work."""
    path = tmp_path / "recording.jsonl"
    lines = [json.dumps(each.as_dict()) for each in busy_trace([(3600, 3 * 3600)], 6 * 3600, step_s=30)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def exporter() -> Iterator[str]:
    """A DCGM exporter on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write((FILES / "dcgm.prom").read_bytes())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_recording_becomes_hours_and_money(run: Any, recording: Path) -> None:
    """2 of 6 h in use, 0.68 kWh; electricity and rent have their prices and facts beside them."""
    status, out, err = run("watch", "--replay", str(recording), *TODAY, "--json")
    answer = json.loads(out)

    assert (0, "") == (status, err)
    assert answer["use"]["busy_h"] == pytest.approx(2.0)
    assert answer["use"]["energy_kwh"] == pytest.approx(0.68, rel=0.01)
    prices, costs = answer["prices"], answer["costs"]
    assert costs["electricity_usd"] == pytest.approx(
        answer["use"]["energy_kwh"] * prices["price_usd_per_kwh"], rel=1e-4
    )
    assert costs["rent_by_use_usd"] == pytest.approx(2 * prices["rent_usd_per_gpu_h"], rel=1e-4)
    assert costs["rent_left_on_usd"] == pytest.approx(6 * prices["rent_usd_per_gpu_h"], rel=1e-4)
    assert all(fact["observed_on"] <= "2026-11-23" for fact in prices["facts"].values())


def test_the_log_answers_summary_plan_and_size(run: Any, recording: Path, tmp_path: Path) -> None:
    """One file, three questions: by day, build or rent with the measured hours, how many GPUs to own."""
    log = str(tmp_path / "watch.sqlite3")
    run("watch", "--replay", str(recording), "--log", log, *TODAY)
    summary = json.loads(run("watch", "summary", "--log", log, *TODAY, "--json")[1])
    plan = json.loads(run("plan", "--usage", log, "--no-odds", *TODAY, "--json")[1])
    size = json.loads(run("size", log, "--owned", "0,1", *TODAY, "--json")[1])

    assert summary["in_use_share"] == pytest.approx(1 / 3, abs=0.001)
    assert sum(day["busy_h"] for day in summary["by_day"]) == pytest.approx(2.0)
    assert plan["use"]["sentence"].startswith("You use it 33% of the time")
    assert plan["question"]["work"]["hours_per_day"] == pytest.approx(8.0, abs=0.05)
    assert "hours of use" in {assumption["name"] for assumption in plan["assumptions"]}
    assert size["jobs"] == 1


def test_text_says_the_same(run: Any, recording: Path, tmp_path: Path) -> None:
    """A table for people; unknown is a question mark, never a 0."""
    log = str(tmp_path / "watch.sqlite3")
    _, out, _ = run("watch", "--replay", str(FILES / "nvidia_smi.csv"), "--log", log, *TODAY)
    _, summary, _ = run("watch", "summary", "--log", log, *TODAY)
    run("watch", "--replay", str(recording), "--log", log + "2", *TODAY)
    _, plan, _ = run("plan", "--usage", log + "2", "--no-odds", *TODAY)

    row = next(line for line in out.splitlines() if "P400" in line)
    assert row.split().count("?") == 3, "watts, use and memory clock of the old card are unknown"
    assert "In use" in summary
    assert "You use it 33% of the time" in plan


def test_one_sample_of_an_exporter(run: Any, exporter: str) -> None:
    """--once --json prints one object; the GPU without a known utilisation has none."""
    status, out, _ = run("watch", "--once", "--json", "--source", exporter, *TODAY)
    sample = json.loads(out)["sample"]

    assert status == 0
    assert [gpu.get("utilisation") for gpu in sample["gpus"]] == [0.97, None]


def test_what_json_prints_can_be_replayed(run: Any, exporter: str, tmp_path: Path) -> None:
    """JSON lines of a watch are a recording."""
    status, out, _ = run("watch", "--json", "--no-log", "--source", exporter, "--period", "0.2s", "--for", "1s")
    (tmp_path / "own.jsonl").write_text(out)
    replay = json.loads(run("watch", "--replay", str(tmp_path / "own.jsonl"), *TODAY, "--json")[1])

    assert status == 0
    assert len(out.splitlines()) >= 2
    assert replay["use"]["watched_h"] > 0


def test_the_idle_rule_over_a_recording(run: Any, recording: Path) -> None:
    """Idle for the first hour and the last three: two stops, 25 minutes and 2 h 25 min saved."""
    worth = ["--offer", "aws/p3.2xlarge", "--storage-gb", "200"]
    status, out, _ = run("watch", "idle", "--replay", str(recording), *worth, *TODAY, "--json")
    answer = json.loads(out)

    assert status == 0
    assert [event["kind"] for event in answer["events"]].count("dry-run") == 2
    assert answer["would_have_saved"]["hours"] == pytest.approx(2 + 50 / 60, abs=0.05)
    assert answer["would_have_saved"]["rent_usd"] == pytest.approx(3.06 * answer["would_have_saved"]["hours"])
    assert answer["storage_usd_per_month"] == pytest.approx(16.0)
    assert answer["saved"]["hours"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["watch", "--source", "nvnl", "--once"], "Did you mean 'nvml'"),
        (["watch", "--period", "soon", "--once"], "--period: found 'soon'"),
        (["watch", "--replay", "none.jsonl"], "none.jsonl"),
        (["watch", "summary", "--log", "none.sqlite3"], "no file"),
        (["watch", "idle", "--below", "5", "--replay", "none"], "--below: found 5"),
        (["watch", "idle", "--gap", "5s", "--replay", "none"], "--gap: found 5s"),
        (["watch", "idle", "--slurm", "--busy-if", "x", "--no-log"], "one of the two"),
        (["watch", "idle", "--act", "lambda", "--no-log"], "disk is lost"),
        (["watch", "idle", "--act", "gogle", "--no-log"], "Did you mean 'google'"),
        (["plan", "--usage", "none.sqlite3"], "no file"),
    ],
)
def test_mistakes_get_one_line(run: Any, arguments: list[str], message: str) -> None:
    """What, where, what to do; exit 2."""
    status, out, err = run(*arguments)

    assert (2, "") == (status, out)
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="signals of Unix")
def test_a_service_ends_cleanly_and_serves_prometheus(exporter: str, tmp_path: Path) -> None:
    """As systemd runs it: no terminal, a log, an endpoint; SIGTERM ends it with status 0."""
    environment = {**os.environ, "PAYBACK_HOME": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "payback",
        "watch",
        "serve",
        "--port",
        "0",
        "--period",
        "0.3s",
        "--source",
        exporter,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stderr is not None
        url = child.stderr.readline().split()[-1]
        text = ""
        for _ in range(50):
            with urllib.request.urlopen(url) as answer:
                text = answer.read().decode()
            if "payback_gpu_energy_joules_total" in text:
                break
            time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        status = child.wait(timeout=10)

    assert status == 0
    assert "payback_gpu_energy_joules_total" in text
    assert "payback_watcher_cpu_ratio" in text
    assert (tmp_path / "watch.sqlite3").exists()
