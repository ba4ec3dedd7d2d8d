"""Long work with a page of its own: it shows how far it is, can be stopped, and ends when nobody looks any more."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from payback.errors import PaybackError, UnknownNameError
from payback.web.jobs import CancelledWorkError
from payback.web.sandbox import BusyError

LOG = logging.getLogger("payback.web")
UNWATCHED_S = 60.0
"""A running task whose page nobody asks for so long is stopped. [s]"""
MOST_RUNNING = 8
MOST_KEPT = 24
LOOK_EVERY_S = 1.0


@dataclass(slots=True)
class Task:
    """One piece of long work."""

    id: str
    title: str
    began: float
    seen: float
    progress: str = "Starting"
    result: dict[str, Any] | None = None
    problem: PaybackError | None = None
    handle: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether it has neither a result nor a problem yet."""
        return self.result is None and self.problem is None

    @property
    def seconds(self) -> int:
        """How long it has run. [s]"""
        return int(time.monotonic() - self.began)


class Tasks:
    """The long work of this server, the newest results included.

    Args:
        unwatched_s: A running task whose page nobody asks for so long is stopped. [s]
    """

    def __init__(self, unwatched_s: float = UNWATCHED_S) -> None:
        self._unwatched_s = unwatched_s
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def start(self, title: str, work: Callable[[Callable[[str], None]], Awaitable[dict[str, Any]]]) -> Task:
        """Begin some work.

        Args:
            title: What it is, for people.
            work: Given a function to tell progress with; its result is kept.

        Raises:
            BusyError: Too much runs already.
        """
        if sum(task.running for task in self._tasks.values()) >= MOST_RUNNING:
            raise BusyError("too much runs already; try again in a minute")
        now = time.monotonic()
        task = Task(id=secrets.token_urlsafe(12), title=title, began=now, seen=now)
        self._tasks[task.id] = task
        task.handle = asyncio.create_task(self._run(task, work))
        while len(self._tasks) > MOST_KEPT:
            self._forget(next(iter(self._tasks)))
        return task

    def get(self, name: str) -> Task:
        """The task of that name; asking keeps it alive.

        Raises:
            UnknownNameError: There is none, or it was forgotten.
        """
        task = self._tasks.get(name)
        if task is None:
            raise UnknownNameError("result", name[:40], (), "Results are kept for a while only; send the file again.")
        task.seen = time.monotonic()
        return task

    def cancel(self, name: str) -> None:
        """Stop a task and forget it.

        Raises:
            UnknownNameError: There is none.
        """
        self.get(name)
        self._forget(name)

    def close(self) -> None:
        """Stop everything."""
        for name in list(self._tasks):
            self._forget(name)

    def _forget(self, name: str) -> None:
        task = self._tasks.pop(name)
        if task.handle is not None:
            task.handle.cancel()

    async def _run(self, task: Task, work: Callable[[Callable[[str], None]], Awaitable[dict[str, Any]]]) -> None:
        def tell(text: str) -> None:
            task.progress = text

        doing = asyncio.ensure_future(work(tell))
        try:
            while not doing.done():
                await asyncio.wait({doing}, timeout=LOOK_EVERY_S)
                if time.monotonic() - task.seen > self._unwatched_s:
                    doing.cancel()
            task.result = doing.result()
        except PaybackError as error:
            task.problem = error
        except asyncio.CancelledError:
            task.problem = CancelledWorkError("stopped: nobody looked any more")
            doing.cancel()
            with suppress(asyncio.CancelledError, PaybackError):
                await doing
        except Exception:  # a fault of ours is logged and told without its traceback
            LOG.exception("fault in %s", task.title)
            task.problem = PaybackError("Something broke here; it is our fault. The server's own log has the details.")
