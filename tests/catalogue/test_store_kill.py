"""A refresh that is killed in the middle leaves the store as it was.

`PAYBACK_KILLS=100` runs more trials than the 20 of the suite.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from payback.catalogue.collect import refresh
from payback.catalogue.store import Store

KILLS = int(os.environ.get("PAYBACK_KILLS", "20"))
CHILD = """
import sys, pathlib
from payback.catalogue.collect import refresh
from payback.catalogue.store import Store
with Store(pathlib.Path(sys.argv[1])) as store:
    print("ready", flush=True)
    refresh(store, from_path=pathlib.Path(sys.argv[2]))
print("done", flush=True)
"""


def price_list(path: Path, rows: int, factor: float) -> Path:
    """A price file of many machines in SkyPilot's form."""
    lines = ["InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice"]
    lines += [
        f"type-{n},T4,1,4,16,{factor * (1 + n % 90 / 100):.4f},region-{n % 9},,{factor * 0.3:.4f}" for n in range(rows)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def content(path: Path) -> tuple[str, list[tuple[object, ...]]]:
    """Everything the store holds, and whether SQLite finds it sound."""
    connection = sqlite3.connect(path)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        events = connection.execute(
            "SELECT item.identity, valid_from, seq, price, last_seen FROM event JOIN item ON item.id = event.item "
            "ORDER BY 1, 2, 3"
        ).fetchall()
        quarantined = connection.execute("SELECT file, line, reason FROM quarantine ORDER BY 1, 2").fetchall()
        files = connection.execute("SELECT source, name, digest FROM file ORDER BY 1, 2, 3").fetchall()
    finally:
        connection.close()
    return sound, [*events, *quarantined, *files]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a Unix signal")
def test_a_killed_refresh_changes_all_or_nothing(tmp_path: Path) -> None:
    """Killed at random instants, the store holds what it held before, or the whole refresh; nothing is lost."""
    first = price_list(tmp_path / "2026-01-01" / "nebius.csv", 600, 1.0)
    second = price_list(tmp_path / "2026-02-01" / "nebius.csv", 900, 2.0)
    start = tmp_path / "start" / "prices.sqlite3"
    with Store(start) as store:
        refresh(store, from_path=first)
    before = content(start)
    full = tmp_path / "full" / "prices.sqlite3"
    shutil.copytree(start.parent, full.parent)
    with Store(full) as store:
        began = time.perf_counter()
        refresh(store, from_path=second)
        duration = time.perf_counter() - began
    after = content(full)
    assert before != after

    generator, seen = random.Random(11), {"before": 0, "after": 0}
    for trial in range(KILLS):
        path = tmp_path / f"trial{trial}" / "prices.sqlite3"
        shutil.copytree(start.parent, path.parent)
        with subprocess.Popen([sys.executable, "-c", CHILD, str(path), str(second)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(generator.uniform(0.0, 1.1 * duration))
            child.send_signal(signal.SIGKILL)
        found = content(path)
        assert found in (before, after), f"trial {trial}: {len(found[1])} rows, {found[0]}"
        seen["before" if found == before else "after"] += 1
        if trial % 5 == 0:
            with Store(path) as store:
                refresh(store, from_path=second)
            assert content(path) == after
        shutil.rmtree(path.parent)
    assert seen["before"] > 0, f"every refresh was over before it was killed: {seen}"
