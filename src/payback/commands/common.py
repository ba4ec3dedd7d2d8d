"""What commands share: days, JSON on standard output, charts as files."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from payback.errors import BadQuestionError


def day(text: str | None) -> dt.date:
    """The day a user wrote, today if none.

    Raises:
        BadQuestionError: It is no day.
    """
    if text is None:
        return dt.datetime.now(tz=dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadQuestionError("--as-of", repr(text), "a day as YYYY-MM-DD") from error


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(document, indent=1, allow_nan=False) + "\n")


def print_json_line(document: object) -> None:
    """One JSON document on a line of its own."""
    sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")


def print_wide(text: RenderableType, width: int = 110) -> None:
    """Text and tables on standard output, at least `width` columns wide."""
    console = Console(highlight=False)
    Console(width=max(width, console.width), highlight=False).print(text)


def write_svg(path: Path, figure: dict[str, Any]) -> None:
    """Draw a chart into a file."""
    from payback.report import files, render

    files.write_atomically(path, render.svg(figure))
    sys.stderr.write(f"wrote {path}\n")
