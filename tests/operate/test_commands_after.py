"""`payback access` and `payback launch` as typed: text, JSON, files, refusals."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from payback.cli import app

HOME = str(Path(__file__).parents[2] / "examples" / "home-and-cloud.toml")


def test_access_shows_every_file_and_writes_a_kit_only_where_asked(run: Any, tmp_path: Path) -> None:
    """Text, JSON and a new folder; a second time it refuses to write over it."""
    status, out, err = run("access", HOME, "--power-cap", "auto")
    assert (0, "") == (status, err)
    assert "Nothing is changed by this command" in out
    assert "500 GB to the machine: 3.7 hours" in out

    kit = tmp_path / "kit"
    status, out, err = run("access", HOME, "--tunnel", "tailscale", "--out", str(kit), "--json")
    answer = json.loads(out)
    assert (0, f"wrote {kit}\n") == (status, err)
    assert answer["schema"] == "payback.access/1"
    assert {file["path"] for file in answer["files"]} >= {"apply.sh", "undo.sh"}
    assert (kit / "apply.sh").exists()

    status, out, err = run("access", HOME, "--out", str(kit))
    assert status == 2
    assert "nothing is overwritten" in err


@pytest.mark.parametrize("tool", ["skypilot", "dstack"])
def test_launch_writes_files_and_prints_the_bill_and_starts_nothing(run: Any, tmp_path: Path, tool: str) -> None:
    """The task first, the rest beside it; the bill with its facts; a file that stands there is kept."""
    task = tmp_path / "task.yaml"
    status, out, err = run(
        "launch", HOME, "--own", "me@10.77.0.1", "--tool", tool, "--identity", "key", "--out", str(task)
    )
    assert status == 0
    assert f"wrote {task}" in err
    assert "Nothing is running yet. To launch:" in out
    assert re.search(r"Expected bill: \$\d+ a month for 24 months", out)

    answer = json.loads(run("launch", HOME, "--tool", tool, "--json")[1])
    assert answer["schema"] == "payback.launch/1"
    assert all(fact in answer["facts"] for line in answer["bill"]["lines"] for fact in line["facts"])

    task.write_text("mine")
    status, _, err = run("launch", HOME, "--tool", tool, "--out", str(task))
    assert (2, "mine") == (status, task.read_text())


def test_the_units_call_commands_that_exist() -> None:
    """What systemd starts is typed as the command line takes it."""
    if "watch" not in list(app):
        pytest.skip("payback watch is not in this build")
    units = (resources.files("payback.operate.access") / "templates").iterdir()
    calls = [line.partition("@PAYBACK@ ")[2].split() for unit in units if unit.name.endswith(".service")
             for line in unit.read_text().splitlines() if "@PAYBACK@" in line]  # fmt: skip
    assert len(calls) == 2

    for words in calls:
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_launch_refuses_what_it_cannot_name(run: Any) -> None:
    """Exit status 2 and the way by hand."""
    status, _, err = run("launch", HOME, "--option", "rent:runpod/rtx-4090-community-x1:1xrtx-4090:on-demand")

    assert status == 2
    assert "By hand: rent rtx-4090-community-x1 at runpod" in err
