"""Children that read what strangers send: limited, killed, and never trusted with more than JSON."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.web.files import HOLDS, job_log

from payback.errors import BadQuestionError, PaybackError
from payback.web.jobs import CancelledWorkError, TooSlowError
from payback.web.sandbox import QUICK, Limits, Sandbox, TooLargeError
from payback.web.tasks import Task, Tasks

SIZE: dict[str, Any] = {
    "today": "2026-11-23", "question": "", "format": None, "columns": None, "queue": "fifo", "burst_after": "1h",
    "own_usd_per_gpu_h": 0.1, "rent_usd_per_gpu_h": 0.3,
}  # fmt: skip


def run(make: Callable[[Sandbox], Coroutine[Any, Any, Any]]) -> Any:
    """The result of a coroutine that is given a fresh sandbox."""

    async def whole() -> Any:
        return await make(Sandbox())

    return asyncio.run(whole())


def test_an_errand_gives_its_answer() -> None:
    """An analysis whose one step follows, and which mentions no electricity."""
    assert "follows with gaps" == run(lambda box: box.run("claim", HOLDS.encode(), {}, QUICK))["outcome"]


def test_an_error_keeps_its_kind_and_its_words() -> None:
    """What the reader raised in the child is raised here, and names no file of ours."""
    with pytest.raises(BadQuestionError, match="your file") as caught:
        run(lambda box: box.run("claim", b"x = 1", {}, QUICK))

    assert "/" not in str(caught.value).split(":")[0]


def test_time_has_an_end() -> None:
    """A child that is not done after 50 ms is killed, and the wait ends at once."""
    limits = Limits(wall_s=0.05, cpu_s=15, memory_bytes=1024**3)
    began = time.monotonic()
    with pytest.raises(TooSlowError, match="command line"):
        run(lambda box: box.run("claim", HOLDS.encode(), {}, limits))

    assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of memory on Windows")
def test_memory_has_an_end() -> None:
    """A log that unpacks to far more than it may take: half a gigabyte of one line in half a megabyte of gzip."""
    pytest.importorskip("numba", reason="replaying a log needs the extra `engine`")
    header = b"JobID|User|State|Submit|Start|End|Elapsed|AllocTRES\n"
    bomb = gzip.compress(header) + gzip.compress(b"x" * 2**26) * 8
    limits = Limits(wall_s=60.0, cpu_s=50, memory_bytes=300 * 2**20)
    with pytest.raises(PaybackError) as caught:
        run(lambda box: box.run("size", bomb, SIZE, limits))

    assert isinstance(caught.value, TooLargeError | BadQuestionError)


def test_a_visitor_who_leaves_kills_the_child() -> None:
    """Nobody computes for nobody."""

    async def gone() -> bool:
        return True

    with pytest.raises(CancelledWorkError):
        run(lambda box: box.run("size", job_log().encode(), SIZE, QUICK, gone=gone))


def test_the_child_ends_with_the_server() -> None:
    """Its standard input is closed and it is gone, though it had nothing else to do."""

    async def orphan() -> int:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "payback.web.worker", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert child.stdin is not None
        child.stdin.close()
        return await asyncio.wait_for(child.wait(), 20)

    assert 0 != asyncio.run(orphan())


async def _ended(task: Task) -> Task:
    for _ in range(100):
        if not task.running:
            return task
        await asyncio.sleep(0.1)
    return task


def test_a_task_nobody_looks_at_is_stopped() -> None:
    """Its page was closed; a minute is shortened to a moment."""

    async def whole() -> Task:
        tasks = Tasks(unwatched_s=0.05)

        async def work(_: Callable[[str], None]) -> dict[str, Any]:
            await asyncio.sleep(30)
            return {}

        return await _ended(tasks.start("long", work))

    task = asyncio.run(whole())

    assert isinstance(task.problem, CancelledWorkError)


def test_a_fault_in_a_task_is_told_without_its_words() -> None:
    """Whoever looks reads that it is our fault; the log has the rest."""

    async def whole() -> Task:
        tasks = Tasks()

        async def work(_: Callable[[str], None]) -> dict[str, Any]:
            raise RuntimeError("secret")

        return await _ended(tasks.start("broken", work))

    task = asyncio.run(whole())

    assert "our fault" in str(task.problem)
    assert "secret" not in str(task.problem)
