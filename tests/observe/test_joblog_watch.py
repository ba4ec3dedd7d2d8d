"""A watcher's log as a job log: what was in use is a job."""

from __future__ import annotations

from pathlib import Path

from tests.observe.watch.watch_fakes import gpu, sample

from payback.observe.joblog import detect, read_joblog
from payback.observe.joblog.watch import MERGED, NO_QUEUE
from payback.observe.watch.log import LogWriter


def log_of(path: Path) -> Path:
    """Two GPUs: both in use from 1000 to 4000 s, one alone from 6000 to 7000 s."""
    with LogWriter(path) as log:
        for at_s in range(0, 8000, 10):
            both, alone = 1000 <= at_s < 4000, 6000 <= at_s < 7000
            log.append(sample(at_s, gpu("a", utilisation=1.0 * (both or alone)), gpu("b", utilisation=1.0 * both)))
    return path


def test_spells_are_jobs(tmp_path: Path) -> None:
    """One job of 2 GPUs for about 3000 s, one of 1 GPU for about 1000 s; nothing is claimed of queues."""
    log = read_joblog(log_of(tmp_path / "watch.sqlite3"))

    assert (log.format, log.jobs, log.milli_gpus.tolist()) == ("watch", 2, [2000, 1000])
    assert [round(seconds, -2) for seconds in log.run_s.tolist()] == [3000, 1000]
    assert log.observed_wait_s is None
    assert {tally.reason: tally.rows for tally in log.treated} == {MERGED: 1, NO_QUEUE: 2}
    assert log.pools == ("NVIDIA GeForce RTX 3090",)


def test_it_is_told_from_its_header(tmp_path: Path) -> None:
    """A SQLite file with our mark; an empty log is an empty job log."""
    path = tmp_path / "anything"
    assert detect(log_of(path)) == "watch"
    with LogWriter(tmp_path / "empty"):
        pass

    assert read_joblog(tmp_path / "empty").jobs == 0
