"""A watcher that is killed with SIGKILL loses at most the sample it was writing.

`PAYBACK_KILLS=100` runs more trials than the 10 of the suite.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.observe.watch.watch_fakes import gpu, sample

from payback.observe.watch.log import LogWriter, WatchReader
from payback.observe.watch.usage import read_usage

KILLS = int(os.environ.get("PAYBACK_KILLS", "10"))
CHILD = """
import os, sys, pathlib
from payback.observe.watch.log import LogWriter
from payback.observe.watch.sample import GpuReading, Moment, Sample
path, first = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with LogWriter(path) as log:
    for number in range(first, first + 100_000):
        at = Moment(unix_s=1.7e9 + number, elapsed_s=1000.0 + number, awake_s=1000.0 + number, boot="b")
        gpus = tuple(GpuReading(key=k, name="x", utilisation=1.0, power_w=100.0) for k in "abcd")
        log.append(Sample(at=at, gpus=gpus, next_s=1.0))
        os.write(1, b"%d\\n" % number)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a Unix signal")
def test_a_killed_watcher_loses_at_most_one_sample(tmp_path: Path) -> None:
    """Killed at random instants: every sample that was reported written is there, and SQLite finds no fault."""
    path, generator, first, lost, extra = tmp_path / "watch.sqlite3", random.Random(5), 0, 0, 0
    for trial in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", CHILD, str(path), str(first)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"%d\n" % first
            time.sleep(generator.uniform(0.0, 0.15))
            child.send_signal(signal.SIGKILL)
            reported = [first, *(int(line) for line in child.stdout.read().splitlines() if line)]
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.close()
        with WatchReader(path) as reader:
            kept = [round(each.at.unix_s - 1.7e9) for each in reader.samples()]
        assert kept == list(range(kept[-1] + 1)), f"trial {trial}: a hole"
        lost += max(0, reported[-1] - kept[-1])
        extra = max(extra, kept[-1] - reported[-1])
        first = kept[-1] + 1
    total = read_usage(path).total

    assert lost == 0, "a sample that was reported written is gone"
    assert extra <= 1, "at most the sample in the writer's hand was not reported"
    assert total.watched_h * 3600 == pytest.approx(4 * (first - 1)), "sums and samples were written together"
    assert total.energy_kwh == pytest.approx(4 * (first - 1) * 100 / 3.6e6)


def test_after_a_kill_the_next_watcher_goes_on(tmp_path: Path) -> None:
    """The lock dies with its holder; the time without a watcher is a gap, not a supposition."""
    path = tmp_path / "watch.sqlite3"
    with LogWriter(path) as log:
        log.append(sample(0, gpu(utilisation=1.0, power_w=300.0)))
    with LogWriter(path) as log:
        interval = log.append(sample(3600, gpu(utilisation=1.0, power_w=300.0)))

    assert interval is not None
    assert interval.kind == "unwatched"
    assert read_usage(path).total.energy_kwh is None
