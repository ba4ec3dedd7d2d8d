"""Progress on standard error for what takes more than two seconds; nothing where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import Progress


@contextmanager
def spinner(what: str) -> Iterator[None]:
    """A sign of life on a terminal while something takes its time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that is fed (done, total).

    Args:
        what: What is going on, in a few words.
    """
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


PATIENCE_S = 2.0
"""Shorter work shows nothing."""


@contextmanager
def late_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that appears after two seconds and is fed (done, total).

    Args:
        what: What is going on, in a few words.
    """
    console = Console(stderr=True)
    progress = Progress(console=console, disable=not console.is_terminal, transient=True)
    task = progress.add_task(what, total=None)
    patience = Timer(PATIENCE_S, progress.start)
    patience.daemon = True
    patience.start()
    try:
        yield lambda done, total: progress.update(task, completed=done, total=total)
    finally:
        patience.cancel()
        patience.join()
        progress.stop()


@contextmanager
def counter(what: str) -> Iterator[Callable[[str, int], None]]:
    """A line that is fed (name, rows so far).

    Args:
        what: What is going on, in a few words.
    """
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda name, rows: progress.update(task, description=f"{what}: {name}, {rows:,} rows")
