"""Training speeds as a table, each with its interval and how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from payback.performance.speeds import Speed

WIDTH = 110


def speed_as_dict(row: Speed) -> dict[str, Any]:
    """A speed in the form ``payback speed --json`` prints."""
    return {
        "gpu": row.gpu,
        "form": row.form,
        "gpu_count": row.gpu_count,
        "workload": row.workload,
        "precision": row.precision,
        "value": row.value,
        "unit": row.unit,
        "low": row.low,
        "high": row.high,
        "grade": str(row.grade),
        "era": row.era,
        "why": row.why,
        "facts": [fact.as_dict() | {"id": fact.id} for fact in row.facts],
    }


def print_speeds(rows: Sequence[Speed]) -> None:
    """Print the fastest first; what nobody knows stands at the end as unknown."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("GPU", "workload", "precision"):
        table.add_column(name, overflow="fold")
    for name in ("speed", "80 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("known by", overflow="fold")
    for row in sorted(rows, key=lambda row: (row.workload, -(row.value or 0.0), row.gpu)):
        count = f"{row.gpu_count}x " if row.gpu_count > 1 else ""
        value = "unknown" if row.value is None else f"{row.value:,.4g} {row.unit}"
        span = "" if row.low is None or row.high is None else f"{row.low:,.4g} - {row.high:,.4g}"
        table.add_row(f"{count}{row.gpu}", row.workload, row.precision or "", value, span, row.why)
    console.print(table)
