"""What the commands that sample share: durations, deadlines, the log, a clean end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from payback.commands.common import day
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from types import FrameType

    from payback.question import Question


def question_of(path: Path | None, as_of: str | None) -> Question:
    """The question in a file, or the default one."""
    from payback.question_file import default_question, read_question

    today = day(as_of)
    return read_question(path, as_of=today) if path else default_question(as_of=today)


def log_of(path: Path | None) -> Path:
    """The log named, or the one in the user's data folder."""
    from payback.observe.watch.log import default_log

    return path or default_log()


def seconds_of(flag: str, text: str) -> float:
    """A duration that is one. [s]

    Raises:
        BadQuestionError: It is none.
    """
    from payback.question_file import parse_duration_s

    try:
        found = parse_duration_s(text)
    except BadQuestionError as error:
        raise BadQuestionError(flag, repr(text), "a duration such as 10s, 5m, 1h") from error
    if found is None:
        raise BadQuestionError(flag, repr(text), "a duration such as 10s, 5m, 1h")
    return float(found)


def deadline(text: str) -> Callable[[], bool]:
    """Whether a time from now on is over; never for "never"."""
    import time

    from payback.question_file import parse_duration_s

    seconds = parse_duration_s(text)
    if seconds is None:
        return lambda: False
    end_s = time.monotonic() + seconds
    return lambda: time.monotonic() >= end_s


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """SIGTERM, as systemd sends it, ends the watcher cleanly."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def print_lines(lines: list[str]) -> None:
    """Lines on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
