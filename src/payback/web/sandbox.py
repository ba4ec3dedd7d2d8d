"""Files from outside are read in a process of their own, limited in size, time and memory, that can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payback import errors
from payback.errors import BadInputError, PaybackError
from payback.web.jobs import CancelledWorkError, TooSlowError

LOOK_EVERY_S = 0.2
MOST_ANSWER_BYTES = 64 * 1024 * 1024
AT_ONCE = 2
"""Children at the same time; the rest wait their turn."""
MOST_WAITING = 16


class TooLargeError(BadInputError):
    """What was sent is larger than it may be."""


class BusyError(PaybackError):
    """Too many uploads wait already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an errand may take."""

    wall_s: float
    cpu_s: int
    memory_bytes: int
    """Of address space, most of which is never touched."""


QUICK = Limits(wall_s=20.0, cpu_s=15, memory_bytes=1024**3)
LONG = Limits(wall_s=600.0, cpu_s=900, memory_bytes=2 * 1024**3)
"""For a job log: one of 240,000 jobs takes a quarter of a gigabyte and, its kernels compiled, three seconds."""
KINDS: Mapping[str, type[PaybackError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, PaybackError)
} | {"TooLargeError": TooLargeError}


class Sandbox:
    """Runs errands, a few at a time.

    Args:
        at_once: Children at the same time.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def run(
        self,
        errand: str,
        data: bytes,
        asked: Mapping[str, Any],
        limits: Limits,
        *,
        tell: Callable[[str], None] = lambda _: None,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> dict[str, Any]:
        """What came of an errand; cancelling the wait kills the child.

        Args:
            errand: A name in `payback.web.errands`.
            data: The file.
            asked: What else the errand needs.
            limits: What it may take.
            tell: Called with each sentence of progress.
            gone: Says whether the visitor has left.

        Raises:
            BusyError: Too many wait already.
            TooSlowError: It took longer than it may.
            CancelledWorkError: The visitor left.
            PaybackError: What the errand itself raised.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many files are being read already; try again in a minute")
        self._waiting += 1
        try:
            tell("Waiting for its turn")
            async with self._turn:
                return await self._in_child(errand, data, asked, limits, tell, gone)
        finally:
            self._waiting -= 1

    async def _in_child(
        self,
        errand: str,
        data: bytes,
        asked: Mapping[str, Any],
        limits: Limits,
        tell: Callable[[str], None],
        gone: Callable[[], Awaitable[bool]] | None,
    ) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="payback-") as folder:
            path = Path(folder) / "payback-upload"
            await asyncio.to_thread(path.write_bytes, data)
            order: dict[str, Any] = {"errand": errand, "path": str(path), "asked": dict(asked)}
            order |= {"memory_bytes": limits.memory_bytes, "cpu_s": limits.cpu_s}
            child = await _started()
            try:
                return await _watched(child, order, limits, tell, gone)
            finally:
                await _killed(child)


async def _started() -> asyncio.subprocess.Process:
    environment = os.environ | {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # -P: nothing is imported from the folder the server happens to stand in.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "payback.web.worker", env=environment, limit=MOST_ANSWER_BYTES,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _killed(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
    await asyncio.shield(child.wait())


async def _watched(
    child: asyncio.subprocess.Process,
    order: Mapping[str, Any],
    limits: Limits,
    tell: Callable[[str], None],
    gone: Callable[[], Awaitable[bool]] | None,
) -> dict[str, Any]:
    talk = asyncio.ensure_future(_talked(child, order, tell))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.wall_s
    try:
        while not talk.done():
            await asyncio.wait({talk}, timeout=LOOK_EVERY_S)
            if not talk.done() and loop.time() > deadline:
                raise TooSlowError(f"no answer within {limits.wall_s:g} s; send less, or use the command line")
            if not talk.done() and gone is not None and await gone():
                raise CancelledWorkError("the visitor left")
        return talk.result()
    finally:
        talk.cancel()


async def _talked(
    child: asyncio.subprocess.Process, order: Mapping[str, Any], tell: Callable[[str], None]
) -> dict[str, Any]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(order).encode() + b"\n")
    await child.stdin.drain()
    while line := await child.stdout.readline():
        said = json.loads(line)
        if "progress" in said:
            tell(said["progress"])
        elif "error" in said:
            raise error_of(said["kind"], said["error"])
        else:
            result: dict[str, Any] = said["result"]
            return result
    raise TooLargeError("the file could not be read within the memory and time an upload may take")


def error_of(kind: str, text: str) -> PaybackError:
    """The error of the child, with the words it had there."""
    made = KINDS.get(kind, BadInputError)
    error = made.__new__(made)
    Exception.__init__(error, text)
    return error
