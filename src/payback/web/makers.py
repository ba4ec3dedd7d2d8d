"""Children that compute answers: the server's own process only serves, so a slow question never holds up a page."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import zlib
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from payback.web.jobs import CancelledWorkError, TooSlowError
from payback.web.sandbox import MOST_ANSWER_BYTES, error_of

LOOK_EVERY_S = 0.2
GRACE_S = 3.0
"""A computation nobody waits for may go on so long; it is soon wanted again. [s]"""
TRIES = 2
"""An order is given to a fresh child when the first one dies over it."""


class MakerFaultError(RuntimeError):
    """A child met a fault of ours; its traceback is in the server's log."""


class _Hand:
    """One child, one order at a time."""

    def __init__(self) -> None:
        self.waiting = 0
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._ending: list[asyncio.Task[None]] = []

    async def make(self, order: Mapping[str, Any], limit_s: float) -> bytes:
        self.waiting += 1
        try:
            async with self._turn:
                for _ in range(TRIES):
                    with suppress(ConnectionError, asyncio.IncompleteReadError):
                        return await self._made(order, limit_s)
                    self.close()
            raise MakerFaultError(f"two children died over {order.get('make')}")
        finally:
            self.waiting -= 1

    async def _made(self, order: Mapping[str, Any], limit_s: float) -> bytes:
        try:
            async with asyncio.timeout(limit_s):
                return await self._talk(order)
        except TimeoutError as error:
            self.close()
            raise TooSlowError(f"no answer within {limit_s:g} s; ask for less, or use the command line") from error
        except asyncio.CancelledError:
            self.close()
            raise

    async def _talk(self, order: Mapping[str, Any]) -> bytes:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "payback.web.maker", limit=MOST_ANSWER_BYTES,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        sender, reader = self._child.stdin, self._child.stdout
        assert sender is not None
        assert reader is not None
        sender.write(json.dumps(order).encode() + b"\n")
        await sender.drain()
        head = json.loads(await reader.readuntil(b"\n"))
        if "bytes" in head:
            return await reader.readexactly(head["bytes"])
        if not head["kind"]:
            raise MakerFaultError(str(order.get("make")))
        raise error_of(head["kind"], head["error"])

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._ending.append(asyncio.create_task(_ended(self._child)))
        self._child = None

    async def ended(self) -> None:
        """Wait until every child of this hand is gone."""
        self.close()
        await asyncio.gather(*self._ending)


async def _ended(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()


@dataclass(slots=True)
class _Shared:
    work: asyncio.Task[bytes]
    waiting: int = 0


class Makers:
    """Some children; equal orders share one computation, and equal questions go to the same child.

    Args:
        count: Children; as many as processors, three at most, if None. They are started when first needed.
        limit_s: Longest wait for one answer. [s]
    """

    def __init__(self, count: int | None = None, limit_s: float = 60.0) -> None:
        self._hands = [_Hand() for _ in range(count or min(3, os.cpu_count() or 1))]
        self._limit_s = limit_s
        self._running: dict[Hashable, _Shared] = {}

    async def make(
        self, name: str, asked: Mapping[str, Any], *, gone: Callable[[], Awaitable[bool]] | None = None
    ) -> bytes:
        """What one of `payback.web.making` makes.

        Args:
            name: Which one.
            asked: The question as JSON under ``question``, and what else it needs.
            gone: Says whether the visitor has left.

        Raises:
            TooSlowError: The limit passed.
            CancelledWorkError: The visitor left.
            PaybackError: What the answer itself raised.
        """
        order = {"make": name, **asked}
        key = json.dumps(order, sort_keys=True)
        shared = self._running.get(key) or self._start(key, order)
        shared.waiting += 1
        try:
            return await self._wait(shared, gone)
        finally:
            shared.waiting -= 1
            if shared.waiting == 0 and not shared.work.done():
                asyncio.get_running_loop().call_later(GRACE_S, _drop_if_unwanted, shared)

    async def warm(self) -> None:
        """Start every child, so that the first visitor need not wait for it."""
        await asyncio.gather(*(hand.make({"make": "nothing"}, self._limit_s) for hand in self._hands))

    async def close(self) -> None:
        """End every child."""
        for shared in list(self._running.values()):
            shared.work.cancel()
        await asyncio.gather(*(hand.ended() for hand in self._hands))

    def _start(self, key: Hashable, order: Mapping[str, Any]) -> _Shared:
        work = asyncio.create_task(self._hand_for(order).make(order, self._limit_s))
        shared = self._running[key] = _Shared(work)
        work.add_done_callback(lambda done: self._finished(key, done))
        return shared

    def _finished(self, key: Hashable, done: asyncio.Task[bytes]) -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # taken note of, so that asyncio does not complain where nobody waits any more

    def _hand_for(self, order: Mapping[str, Any]) -> _Hand:
        """The child that may know the plan already; an idle one if that one is busy."""
        own = self._hands[zlib.crc32(str(order.get("question")).encode()) % len(self._hands)]
        return own if own.waiting == 0 else min([own, *self._hands], key=lambda hand: hand.waiting)

    async def _wait(self, shared: _Shared, gone: Callable[[], Awaitable[bool]] | None) -> bytes:
        while True:
            done, _ = await asyncio.wait({shared.work}, timeout=LOOK_EVERY_S)
            if done:
                if shared.work.cancelled():
                    raise CancelledWorkError("stopped")
                return shared.work.result()
            if gone is not None and await gone():
                raise CancelledWorkError("the visitor left")


def _drop_if_unwanted(shared: _Shared) -> None:
    if shared.waiting == 0 and not shared.work.done():
        shared.work.cancel()
