"""Replays spread over threads, and over the workers of a real Dask cluster of which one dies."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import payback
from payback.decision.sizing import size
from payback.decision.sizing.batch import dealt, run_batches
from payback.errors import BadQuestionError, MissingExtraError
from payback.observe.joblog.jobs import JobLog

needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")


def test_results_come_in_the_order_of_the_batches() -> None:
    """Three threads, five batches, the first the slowest: results stand where their batches stood."""

    def slow_first(shared: float, batch: int) -> int:
        time.sleep(shared if batch == 0 else 0)
        return batch * 10

    assert [0, 10, 20, 30, 40] == run_batches(slow_first, range(5), shared=0.05, threads=3)


def test_dealing_loses_nothing() -> None:
    """Seven items to three hands, and to more hands than items."""
    assert [(0, 3, 6), (1, 4), (2, 5)] == dealt(range(7), 3)
    assert [(0,), (1,)] == dealt(range(2), 8)


def test_an_error_in_a_batch_is_not_swallowed() -> None:
    """A batch that fails fails the call."""
    with pytest.raises(ZeroDivisionError):
        run_batches(lambda shared, batch: shared // batch, [1, 0], shared=1, threads=2)


class Cluster(NamedTuple):
    address: str
    workers: tuple[subprocess.Popen[str], ...]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, processes of their own on the loopback interface."""
    sources = Path(payback.__file__).parents[1]
    paths = os.pathsep.join((str(Path(__file__).parent), str(sources)))
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONWARNINGS": "ignore"}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=tmp_path, env=environment,
        )  # fmt: skip
        started.append(process)
        return process

    try:
        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        address = _said(scheduler, r"Scheduler at:\s+(tcp://\S+)")
        workers = tuple(
            start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)
        )
        for worker in workers:
            _said(worker, r"(Registered to)")
        yield Cluster(address, workers)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait(10)
            if process.stderr:
                process.stderr.close()


def _said(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(pattern, line)
        if found:
            return found.group(1)
    raise AssertionError(f"{process.args!r} ended without saying {pattern}")


def _jobs(count: int) -> JobLog:
    random = np.random.default_rng(37)
    return JobLog(
        format="test",
        submit_s=np.sort(random.integers(0, count * 60, count)),
        run_s=random.integers(1, 8000, count),
        milli_gpus=random.choice([1, 2, 4], count) * 1000,
        rows_read=count,
    )


@needs_dask
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_what_this_machine_gives(cluster: Cluster) -> None:
    """The same curve, bit for bit, from two workers in processes of their own."""
    jobs = _jobs(2000)
    local, remote = (
        size(
            jobs,
            own_usd_per_gpu_h=1.0,
            rent_usd_per_gpu_h=3.0,
            burst_after_s=600,
            owned=range(0, 160, 10),
            cluster=where,
        )
        for where in (None, cluster.address)
    )

    assert local.curve == remote.curve


def _slowly(folder: Path | None, batch: int) -> int:
    """A batch that takes a fifth of a second and leaves word of who began it."""
    if folder is not None:
        (folder / f"{os.getpid()}-{batch}").touch()
        time.sleep(0.2)
    return batch * batch


@needs_dask
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_costs_time_not_results(cluster: Cluster, tmp_path: Path) -> None:
    """One of two workers is killed in the middle of its batches: every result still comes, each in its place.

    The middle is when it has begun its third batch, however slow the machine; 24 batches leave nine or more to come.
    """
    victim, bystander = cluster.workers

    def kill_in_the_middle() -> None:
        while len(list(tmp_path.glob(f"{victim.pid}-*"))) < 3:
            time.sleep(0.01)
        os.kill(victim.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_in_the_middle, daemon=True)
    killer.start()

    found = run_batches(_slowly, range(24), shared=tmp_path, cluster=cluster.address)

    assert [number * number for number in range(24)] == found
    killer.join(30)
    assert victim.wait(30) == -signal.SIGKILL
    assert bystander.poll() is None
    begun = [path.name.partition("-") for path in tmp_path.glob("*-*")]
    assert 3 <= sum(pid == str(victim.pid) for pid, _, _ in begun) < 24
    assert len(begun) > 24 - 1


@needs_dask
@pytest.mark.filterwarnings("ignore")
def test_nobody_at_the_address_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port where no scheduler listens: an error that names the address."""
    monkeypatch.setattr("payback.decision.sizing.batch.CONNECT_S", 1)

    with pytest.raises(BadQuestionError, match=r"127\.0\.0\.1:9"):
        run_batches(_slowly, [1], shared=None, cluster="tcp://127.0.0.1:9")


def test_missing_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without distributed a cluster, without numba any replay: an error that names the extra to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"payback\[cluster\]"):
        run_batches(_slowly, [1], shared=None, cluster="tcp://127.0.0.1:9")

    script = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from payback.decision.sizing import size\n"
        "from payback.observe.joblog import JobLog\n"
        "one = np.ones(1, np.int64)\n"
        "log = JobLog(format='t', submit_s=one, run_s=one, milli_gpus=one, rows_read=1)\n"
        "size(log, own_usd_per_gpu_h=1, rent_usd_per_gpu_h=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "MissingExtraError: Replaying a job log needs an optional package" in done.stderr
    assert "payback[engine]" in done.stderr
