"""A measured machine in words: progress while it runs, verdict, figures, what is slow and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.observe.bench import BenchResult, Finding, Progress

WIDTH = 100


def announce(progress: Progress) -> None:
    """Say on standard error how far the run is."""
    message = f" - {progress.message}" if progress.message else ""
    sys.stderr.write(f"[{progress.done}/{progress.total}] {progress.measurement}{message}\n")


def print_result(result: BenchResult) -> None:
    """Print the verdict, every figure with its spread, and what is missing."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    console.print(Text(str(result.verdict()), style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("measured", "on"):
        table.add_column(name)
    for name in ("median", "spread", "n"):
        table.add_column(name, justify="right")
    for metric in result.metrics:
        spread = "" if metric.spread is None else f"{metric.spread:.1%}"
        table.add_row(metric.name, metric.device, f"{metric.median:,.4g} {metric.unit}", spread, str(metric.n))
    console.print(table)
    for missing in result.missing:
        console.print(Text(f"missing: {missing}", style="yellow"))


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """A finding in the form ``payback bench compare --json`` prints."""
    expected = finding.expected
    return {
        "metric": finding.metric,
        "device": finding.device,
        "status": str(finding.status),
        "why": finding.why,
        "measured": finding.measured,
        "unit": finding.unit,
        "expected": expected.value if expected else None,
        "ratio": finding.ratio,
        "cause": str(finding.cause) if finding.cause else None,
        "remedy": finding.remedy,
    }


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what was compared, the slow first, with cause and remedy."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    if not findings:
        console.print(Text("Nothing to compare: no part of this machine is among those whose figures are known."))
    for finding in findings:
        style = {"slow": "red", "fast": "yellow"}.get(str(finding.status), "")
        remedy = f" {finding.remedy}" if finding.remedy else ""
        console.print(
            Text(f"{finding.status!s:9} {finding.metric} on {finding.device}: {finding.why}{remedy}", style=style)
        )
