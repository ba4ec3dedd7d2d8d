"""``payback size`` at the command line: every flag reaches the answer, every slip gets one clear line."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from payback.cli import main

PRICES = ("--own-usd-per-gpu-h", "0.4", "--rent-usd-per-gpu-h", "1")
HEADER = "JobID|User|Submit|Start|End|State|AllocTRES|Timelimit"
ALIBABA = Path(__file__).parents[3] / "shared/data/alibaba_gpu_v2023/openb_pod_list_default.csv.gz"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives exit status, standard output, standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        status = 0
        try:
            main(["size", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five weeks of sacct: 600 jobs of 1, 2 or 8 GPUs of two kinds, by a user whose name is nobody's business."""
    random = np.random.default_rng(59)
    path = tmp_path_factory.mktemp("size") / "jobs.txt"
    origin = np.datetime64("2024-03-01T00:00:00")
    lines = [f"{HEADER}|Partition|Priority"]
    for number, minute in enumerate(np.sort(random.integers(0, 35 * 1440, 600)).tolist()):
        submit = origin + np.timedelta64(minute, "m")
        start = submit + np.timedelta64(int(random.integers(0, 90)), "m")
        end = start + np.timedelta64(int(random.lognormal(5, 1)) + 1, "m")
        kind, gpus = ("a100", 8) if number % 10 == 0 else ("v100", int(random.choice([1, 2])))
        lines.append(
            f"{number}|rumpelstilzchen|{submit}|{start}|{end}|COMPLETED|cpu=4,gres/gpu:{kind}={gpus}|1-00:00:00"
            f"|p{number % 3}|{number % 2}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def answer(run: Run, *arguments: str | Path) -> dict[str, Any]:
    status, out, err = run(*arguments, *PRICES, "--json")
    assert (0, "") == (status, err)
    found: dict[str, Any] = json.loads(out)
    return found


def test_json_has_the_promised_form(run: Run, log: Path) -> None:
    """curve of {owned_gpus, total_usd, wait_p50_h, wait_p95_h, burst_gpu_h, utilisation}, best; no user anywhere."""
    status, out, _ = run(log, *PRICES, "--owned", "8,16", "--json")
    found = json.loads(out)

    promised = {"owned_gpus", "total_usd", "wait_p50_h", "wait_p95_h", "burst_gpu_h", "utilisation"}
    assert status == 0
    assert [8, 16] == [point["owned_gpus"] for point in found["curve"]]
    assert all(promised <= set(point) for point in [*found["curve"], found["best"]])
    assert found["best"] in found["curve"]
    assert "rumpelstilzchen" not in out


def test_text_says_the_answer_in_one_sentence(run: Run, log: Path, tmp_path: Path) -> None:
    """How many, at what cost, with what waits; today; the curve; what was left out; the picture."""
    _, out, err = run(log, *PRICES, "--now", "20", "--svg", tmp_path / "curve.svg")
    text = " ".join(out.split())

    assert re.search(
        r"Own \d+ GPUs? and rent [\d,]+ GPU-hours on demand \(busy \d+% of the time\): \$[\d,]+ over", text
    )
    assert "As the log has it: half of the jobs waited up to" in text
    assert "Now, with 20 GPUs and nothing rented:" in text
    assert re.search(r"The recommendation (saves|costs) \$", text)
    assert "Waits by class of job" in text
    picture = (tmp_path / "curve.svg").read_text()
    assert all(word in picture for word in ("<svg", "hours people wait", "USD over the log", "best: "))
    assert "wrote" in err
    assert "rumpelstilzchen" not in out


@pytest.mark.parametrize(
    ("flags", "check"),
    [
        (["--burst-after", "never"], lambda a: a["policy"] == "never" and a["best"]["burst_gpu_h"] == 0),
        (["--burst-policy", "queue:2,predicted:30m"],
         lambda a: {"queue:2", "predicted:30m"} == {one["policy"] for one in a["alternatives"]}),
        (["--queue", "easy", "--estimates", "exact"], lambda a: any("every run time" in note for note in a["notes"])),
        (["--queue", "easy"], lambda a: not any("every run time" in note for note in a["notes"])),
        (["--nodes-of", "8", "--node-mtbf", "5d", "--node-repair", "6h", "--checkpoint", "1h", "--owned", "16"],
         lambda a: a["best"]["lost_gpu_h"] > 0),
        (["--steps-of", "8"], lambda a: all(point["owned_gpus"] % 8 == 0 for point in a["curve"])),
        (["--max-owned", "5"], lambda a: all(point["owned_gpus"] <= 5 for point in a["curve"])),
        (["--max-owned", "5", "--reserved-usd-per-gpu-h", "0.5"],
         lambda a: any(point["reserved_gpus"] for point in a["curve"])),
        (["--max-wait-p95", "10m"], lambda a: a["best"]["wait_p95_h"] <= 1 / 6),
        (["--max-wait-p50", "0s", "--max-wait-p95", "55m"], lambda a: a["best"]["wait_p50_h"] == 0),
        (["--max-wait-of", "8=0s/20m"],
         lambda a: next(w for w in a["best"]["waits_by_class"] if w["name"] == "8")["p95_h"] <= 1 / 3),
        (["--start-delay", "6m", "--owned", "0"], lambda a: a["best"]["wait_p50_h"] == 0.1),
        (["--setup", "1h", "--owned", "0"], lambda a: a["best"]["billed_gpu_h"] > a["best"]["burst_gpu_h"] + 600),
        (["--min-billing", "1d", "--owned", "0"], lambda a: a["best"]["billed_gpu_h"] > 600 * 24),
        (["--billing-step", "1d", "--owned", "0"], lambda a: a["best"]["billed_gpu_h"] % 24 == 0),
        (["--transfer-usd-per-job", "2", "--owned", "0"],
         lambda a: a["best"]["rent_usd"] == pytest.approx(a["best"]["billed_gpu_h"] + 1200)),
        (["--interruptions-per-day", "1", "--spot-usd-per-gpu-h", "0.1"], lambda a: a["term"] == "spot"),
        (["--reserved-usd-per-gpu-h", "0.1"], lambda a: a["best"]["reserved_gpus"] > 0 == a["best"]["owned_gpus"]),
        (["--bootstrap", "5", "--owned", "8,16"], lambda a: len(a["spread"]["owned_gpus"]) == 5),
        (["--bootstrap", "2", "--block-days", "5", "--seed", "3", "--owned", "8"],
         lambda a: (6, 3) == (a["spread"]["blocks"], a["spread"]["seed"])),
        (["--growth", "0.5", "--years", "2", "--owned", "8,16"],
         lambda a: 3 == len(a["years"]) and a["years"][0]["jobs"] == 600 < a["years"][2]["jobs"]),
        (["--what-if", "jobs=1.2", "--what-if", "speed=2,own=0.9"],
         lambda a: ["20% more jobs", "GPUs 2x as fast, owning 0.900 USD/h"] == [w["what_if"] for w in a["what_if"]]),
        (["--pools", "a100=1.1/2.4,v100=0.3/0.9"], lambda a: {"a100": 60, "v100": 540} ==
         {name: pool["jobs"] for name, pool in a["pools"].items()}),
        (["--pool-column", "Partition", "--pools", "all", "--owned", "9"],
         lambda a: dict.fromkeys(("p0", "p1", "p2"), 200) == {k: pool["jobs"] for k, pool in a["pools"].items()}),
        (["--priority-column", "Priority", "--owned", "9"],
         lambda a: ["priority 1", "priority 0"] == [w["name"] for w in a["best"]["waits_by_class"]][-2:]),
        (["--now", "4"], lambda a: a["now"]["owned_gpus"] == 4 and a["now"]["impossible_jobs"] == 60),
        (["--fractions", "whole", "--threads", "1", "--time-zone", "Europe/Berlin"], lambda a: a["jobs"] == 600),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_every_flag_reaches_the_answer(run: Run, log: Path, flags: list[str], check: Callable[[Any], bool]) -> None:
    """What the flag asks for shows in the JSON."""
    assert check(answer(run, log, *flags))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--owned", "many"], "--owned"),
        (["--owned", "-3"], "owned"),
        (["--burst-after", "soon"], "duration"),
        (["--burst-policy", "queue"], "--burst-policy"),
        (["--start-delay", "never"], "--start-delay"),
        (["--billing-step", "0s"], "billing_step_s"),
        (["--transfer-usd-per-job", "-1"], "transfer_usd_per_job"),
        (["--max-wait-of", "8"], "--max-wait-of"),
        (["--max-wait-of", "3=1h"], "no job of class 3"),
        (["--node-mtbf", "9d"], "--nodes-of"),
        (["--spot-usd-per-gpu-h", "0.1"], "--interruptions-per-day"),
        (["--time-zone", "Mars/Phobos"], "time zone"),
        (["--what-if", "luck=2"], "what-if"),
        (["--pools", "a100=1"], "--pools"),
        (["--pools", "b200"], "b200"),
        (["--growth", "-2"], "growth"),
        (["--bootstrap", "5", "--block-days", "30"], "--block-days"),
        (["--format", "excel"], "excel"),
        (["--columns", "submit=Submit"], "columns"),
        (["--pool-column", "Partitoin"], "Partition"),
        (["--priority-column", "QOS"], "QOS"),
        (["--plan-to", "question.toml"], "--plan-to"),
        (["--queue", "lifo"], "lifo"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_slips_are_named_in_one_line(run: Run, log: Path, flags: list[str], message: str) -> None:
    """Exit 2, the flag or what it said, no traceback."""
    short = ["--owned", "8"] if "--owned" not in flags else []
    status, _, err = run(log, *PRICES, *short, *flags)

    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_waits_that_cannot_be_kept_are_an_answer(run: Run, log: Path) -> None:
    """Nothing owned, an hour to a machine, five minutes accepted: exit 1, and how near one gets."""
    status, out, err = run(log, *PRICES, "--owned", "0", "--start-delay", "1h", "--max-wait-p95", "5m")

    assert (1, "") == (status, out)
    assert "the shortest p95 is 1.00 h" in err


ONE = "1|u|2024-01-01T00:00:00|2024-01-01T00:00:10|2024-01-01T02:00:10|COMPLETED|gres/gpu=4|1-00:00:00"
LONG = "2|u|2024-01-01T00:00:00|2024-01-01T00:00:10|2024-03-01T02:00:10|COMPLETED|gres/gpu=1|99-00:00:00"
CPU = "3|u|2024-01-01T00:00:00|2024-01-01T00:00:10|2024-01-01T02:00:10|COMPLETED|cpu=4|1-00:00:00"


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        (f"{HEADER}\n{ONE}\n", 0, "Own 4 GPUs and rent nothing (busy 100% of the time): $3.20 over the log's 2.0 h"),
        (f"{HEADER}\n{ONE}\n{LONG}\n", 0, "2 jobs, 1.0 GPUs busy on average, 5 at most"),
        (f"{HEADER}\n", 2, "no row was read"),
        (f"{HEADER}\n{CPU}\n1|u|x|y\n", 2, "1 no GPU requested (first: row 1); 1 wrong number of fields"),
        ("", 2, "an empty file"),
        ("\x00\x01\rnoise\xff\x00" * 99, 2, "job log"),
        ('[{"attempts": [[[', 2, "JSON log, object 1"),
    ],
    ids=["one job", "a job longer than the log", "zero jobs", "no GPU job", "empty", "noise", "cut JSON"],
)  # fmt: skip
def test_odd_logs_end_clearly(run: Run, tmp_path: Path, text: str, status: int, message: str) -> None:
    """One job, a job longer than the log, none, rubbish: an answer or a sentence."""
    path = tmp_path / "log.txt"
    path.write_text(text, encoding="latin-1")

    found, out, err = run(path, *PRICES)

    assert status == found
    assert message in " ".join((out + err).split())
    assert "Traceback" not in err


def test_the_owned_part_is_handed_to_plan(run: Run, log: Path, tmp_path: Path) -> None:
    """The question written names one machine as busy as found; plan answers it and names the same machine."""
    from payback import answers
    from payback.question_file import read_question

    path = tmp_path / "question.toml"
    status, out, _ = run(log, "--as-of", "2026-11-23", "--owned", "14", "--plan-to", path, "--json")
    found = json.loads(out)
    handed = found["handover"]

    question = read_question(path, as_of=dt.date(2026, 11, 23))
    machine = next(option for option in answers.plan(question).options if option.is_owned)
    assert status == 0
    assert machine.candidate.label.endswith(handed["machine"])
    assert handed["machines"] == -(-found["best"]["owned_gpus"] // handed["gpus_per_machine"])
    assert question.work.hours_per_day == handed["question"]["work"]["hours_per_day"] < 24
    assert (handed["offer"] is not None) == (found["best"]["burst_jobs"] > 0)


@pytest.mark.skipif(not ALIBABA.exists(), reason=f"the Alibaba trace is not at {ALIBABA}")
def test_the_alibaba_trace_gives_a_curve_that_makes_sense(run: Run) -> None:
    """6,203 pods of 149 days. More GPUs owned: less rented, less busy, dearer to own, at the end nothing to rent."""
    curve = answer(run, ALIBABA)["curve"]

    for name, falls in (("burst_gpu_h", True), ("utilisation", True), ("own_usd", False)):
        values = [point[name] for point in curve[1:]]
        assert sorted(values, reverse=falls) == values
    assert 0 == curve[-1]["burst_gpu_h"] == curve[-1]["wait_p95_h"]
    assert curve[0]["burst_gpu_h"] == pytest.approx(51_471, rel=1e-3)
    assert min(point["total_usd"] for point in curve) < 0.95 * curve[0]["total_usd"]
