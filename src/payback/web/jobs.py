"""Work off the event loop: identical questions share one computation, and nobody computes for a visitor who left."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from payback.errors import PaybackError

Result = TypeVar("Result")
LOOK_EVERY_S = 0.1
"""How often we look whether the visitor is still there."""


class CancelledWorkError(PaybackError):
    """Everybody who waited for the answer has left."""


class TooSlowError(PaybackError):
    """The answer took longer than a page may take."""


@dataclass(slots=True)
class Stop:
    """Tells a long computation that nobody waits any more."""

    asked: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        """Goes on, or raises if nobody waits; fits where a progress callback is taken.

        Raises:
            CancelledWorkError: Everybody left.
        """
        if self.asked.is_set():
            raise CancelledWorkError(f"stopped after {done} of {total}")


@dataclass(slots=True)
class _Shared:
    future: Future[Any]
    stop: Stop
    waiting: int = 0


class Jobs:
    """Threads that compute answers, and the newest answers themselves.

    Args:
        threads: Computations at the same time.
        remembered: Answers kept, by weight.
        weight: What an answer counts; one each if not said otherwise.
        limit_s: Longest wait for one. [s]
    """

    def __init__(
        self,
        *,
        threads: int = 2,
        remembered: int = 48,
        weight: Callable[[Any], int] = lambda _: 1,
        limit_s: float = 30.0,
    ) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="payback")
        self._remembered = remembered
        self._weight = weight
        self._held = 0
        self._limit_s = limit_s
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._running: dict[Hashable, _Shared] = {}

    async def run(
        self, key: Hashable, work: Callable[[Stop], Result], *, gone: Callable[[], Awaitable[bool]] | None = None
    ) -> Result:
        """The result of `work`, computed once for everybody who asks for `key` at the same time.

        Args:
            key: What is asked; equal keys are the same question.
            work: Computes it in a thread.
            gone: Says whether the visitor has left.

        Raises:
            TooSlowError: The limit passed.
            CancelledWorkError: The visitor left.
        """
        if key in self._answers:
            return self.recall(key)  # type: ignore[no-any-return]  # one key, one kind of result
        shared = self._running.get(key) or self._start(key, work)
        shared.waiting += 1
        try:
            return await self._wait(shared, gone)  # type: ignore[no-any-return]
        finally:
            shared.waiting -= 1
            if shared.waiting == 0:
                self._finish(key, shared)

    def recall(self, key: Hashable) -> Any:
        """The answer kept under a key; None if there is none."""
        if key not in self._answers:
            return None
        self._answers.move_to_end(key)
        return self._answers[key]

    def keep(self, key: Hashable, answer: Any) -> None:
        """Remember an answer, and forget the least recently asked where there is no room."""
        if key in self._answers:
            self._held -= self._weight(self._answers.pop(key))
        self._answers[key] = answer
        self._held += self._weight(answer)
        while self._held > self._remembered and len(self._answers) > 1:
            self._held -= self._weight(self._answers.popitem(last=False)[1])

    def _start(self, key: Hashable, work: Callable[[Stop], Any]) -> _Shared:
        stop = Stop()
        shared = self._running[key] = _Shared(self._pool.submit(work, stop), stop)
        return shared

    def _finish(self, key: Hashable, shared: _Shared) -> None:
        if self._running.get(key) is shared:
            del self._running[key]
        if not shared.future.done():
            shared.stop.asked.set()
            shared.future.cancel()
        elif not shared.future.cancelled() and shared.future.exception() is None:
            self.keep(key, shared.future.result())

    async def _wait(self, shared: _Shared, gone: Callable[[], Awaitable[bool]] | None) -> Any:
        waiter = asyncio.wrap_future(shared.future)
        waiter.add_done_callback(_retrieve)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limit_s
        while True:
            done, _ = await asyncio.wait({waiter}, timeout=LOOK_EVERY_S)
            if done:
                return waiter.result()
            if loop.time() > deadline:
                raise TooSlowError(f"no answer within {self._limit_s:g} s; ask for less, or use the command line")
            if gone is not None and await gone():
                raise CancelledWorkError("the visitor left")

    def close(self) -> None:
        """Stop taking work; what waits is dropped, what runs is told to stop."""
        for shared in self._running.values():
            shared.stop.asked.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _retrieve(waiter: asyncio.Future[Any]) -> None:
    """Takes note of an exception nobody waits for any more, so that asyncio does not complain about it."""
    if not waiter.cancelled():
        waiter.exception()
