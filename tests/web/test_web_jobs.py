"""Work off the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from payback.web.jobs import CancelledWorkError, Jobs, Stop, TooSlowError


def run(make: Callable[[Jobs], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """The result of a coroutine that is given a fresh set of threads."""

    async def whole() -> Any:
        jobs = Jobs(**options)
        try:
            return await make(jobs)
        finally:
            jobs.close()

    return asyncio.run(whole())


def test_equal_questions_share_one_computation() -> None:
    """Twenty visitors ask the same at the same time: it is computed once."""
    calls = []

    def work(_: Stop) -> int:
        calls.append(1)
        time.sleep(0.05)
        return 7

    async def many(jobs: Jobs) -> list[int]:
        return await asyncio.gather(*(jobs.run("same", work) for _ in range(20)))

    assert [7] * 20 == run(many)
    assert 1 == len(calls)


def test_an_answer_is_remembered_and_the_oldest_forgotten() -> None:
    """With room for two, asking a, b, a, c, b computes b twice: it was the least recently asked."""
    calls: list[str] = []

    async def asked(jobs: Jobs) -> None:
        for key in "abacb":
            await jobs.run(key, lambda _, key=key: calls.append(key))  # type: ignore[misc]

    run(asked, remembered=2)

    assert ["a", "b", "c", "b"] == calls


def test_an_error_reaches_everybody_and_is_not_remembered() -> None:
    """A question that failed is asked again."""
    calls = []

    def work(_: Stop) -> None:
        calls.append(1)
        raise ValueError("no")

    async def twice(jobs: Jobs) -> None:
        for _ in range(2):
            with pytest.raises(ValueError, match="no"):
                await jobs.run("key", work)

    run(twice)

    assert 2 == len(calls)


def test_the_event_loop_goes_on_while_an_answer_is_computed() -> None:
    """A page is served while a thread is busy for 0.3 s: the loop ticks at least ten times."""

    async def both(jobs: Jobs) -> int:
        slow = asyncio.create_task(jobs.run("slow", lambda _: time.sleep(0.3)))
        ticks = 0
        while not slow.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert run(both) >= 10


def test_work_stops_when_the_last_visitor_leaves() -> None:
    """A long computation notices within a moment that nobody waits."""
    stopped = threading.Event()

    def work(stop: Stop) -> None:
        for step in range(2000):
            try:
                stop.progress(step, 2000)
            except CancelledWorkError:
                stopped.set()
                raise
            time.sleep(0.005)

    async def leave(jobs: Jobs) -> None:
        async def gone() -> bool:
            return True

        with pytest.raises(CancelledWorkError):
            await jobs.run("long", work, gone=gone)

    run(leave)

    assert stopped.wait(2)


def test_one_visitor_leaving_does_not_stop_the_other() -> None:
    """Work goes on as long as somebody waits."""

    async def pair(jobs: Jobs) -> int:
        async def gone() -> bool:
            return True

        def work(stop: Stop) -> int:
            for step in range(40):
                stop.progress(step, 40)
                time.sleep(0.01)
            return 3

        stays = asyncio.create_task(jobs.run("long", work))
        await asyncio.sleep(0)
        with pytest.raises(CancelledWorkError):
            await jobs.run("long", work, gone=gone)
        return await stays

    assert 3 == run(pair)


def test_a_wait_has_an_end() -> None:
    """Nobody waits longer than the limit."""

    async def wait(jobs: Jobs) -> None:
        with pytest.raises(TooSlowError, match="use the command line"):
            await jobs.run("slow", lambda stop: stop.asked.wait(5))

    run(wait, limit_s=0.15)
