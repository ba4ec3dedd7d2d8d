"""Collected prices in words: what a refresh gave, how fresh sources are, what was not believed, what moved."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from payback.catalogue.collect import SourceInfo, SourceReport
from payback.catalogue.history import Move
from payback.catalogue.store import Quarantined

WIDTH = 110


def _console() -> Console:
    return Console(width=max(WIDTH, Console().width), highlight=False)


def _table(left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def print_reports(reports: Sequence[SourceReport]) -> None:
    """Print rows, accepted and refused, with the reasons, a source a line."""
    table = _table(("source",), ("rows", "accepted", "refused", "rows/s"))
    table.add_column("why, or what failed", overflow="fold")
    for report in reports:
        why = "; ".join(f"{count:,} {reason}" for reason, count in report.reasons.items())
        speed = f"{report.rows / report.seconds:,.0f}" if report.seconds > 0 else ""
        counts = (f"{report.rows:,}", f"{report.accepted:,}", f"{report.quarantined:,}", speed)
        table.add_row(report.name, *counts, report.error or why)
    _console().print(table)


def source_as_dict(info: SourceInfo) -> dict[str, Any]:
    """A source in the form ``payback prices sources --json`` prints."""
    return {name: _plain(value) for name, value in dataclasses.asdict(info).items()}


def quarantined_as_dict(row: Quarantined) -> dict[str, Any]:
    """A refused row in the form ``payback prices quarantine --json`` prints."""
    return {name: _plain(value) for name, value in dataclasses.asdict(row).items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def print_sources(found: Sequence[SourceInfo]) -> None:
    """Print every source with its age, licence and last failure."""
    table = _table(("source", "publisher", "licence"), ("newest", "age d", "items"))
    table.add_column("note", overflow="fold")
    for info in found:
        note = info.error or (f"needs {info.needs_key}" if info.needs_key else "" if info.live else "read with --from")
        age = "never read" if info.age_days is None else str(info.age_days)
        newest = str(info.observed_on) if info.observed_on else ""
        table.add_row(info.name, info.publisher, info.licence, newest, age, f"{info.items:,}", note)
    _console().print(table)


def print_quarantine(rows: Sequence[Quarantined]) -> None:
    """Print refused rows: where, what was found, why."""
    table = _table(("source", "file", "line", "field", "found", "why"), ())
    for row in rows:
        line = "" if row.line is None else str(row.line)
        table.add_row(row.source, row.file, line, row.field, row.found, row.reason)
    _console().print(table)


def print_movers(moves: Sequence[Move]) -> None:
    """Print what moved most, old and new price."""
    table = _table(("item", "what", "source"), ("before", "after", "change"))
    for move in moves:
        before, after = f"{move.before:,.4g}", f"{move.after:,.4g}"
        table.add_row(
            move.series.name, move.series.label, move.series.source, before, after, f"{move.change_share:+.0%}"
        )
    _console().print(table)
