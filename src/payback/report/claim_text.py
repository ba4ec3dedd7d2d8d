"""A published analysis beside its recomputation, as a table and a verdict."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.claim.baseline import Comparison
from payback.decision.claim.check import ClaimCheck
from payback.decision.claim.stepcheck import StepCheck, figure, plain

WIDTH = 110
HOLDS = {True: "yes", False: "NO", None: "-"}


def steps_table(check: ClaimCheck) -> Table:
    """One row a step: stated, recomputed, and on what it rests."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("step", overflow="fold", ratio=3)
    table.add_column("stated", justify="right", no_wrap=True)
    table.add_column("recomputed", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("holds", no_wrap=True)
    table.add_column("how", overflow="fold", ratio=4)
    for step in check.steps:
        first = step is check.first_failure
        table.add_row(
            step.step.name,
            figure(step.step.stated) if step.step.stated else "",
            "none" if step.recomputed is None else plain(step.recomputed),
            step.step.unit,
            HOLDS[step.holds],
            _how(step),
            style="bold" if first else None,
        )
    return table


def _how(step: StepCheck) -> str:
    return "; ".join(text for text in (step.why, step.how, step.step.note) if text)


def alternatives_table(comparison: Comparison) -> Table:
    """One row an alternative, cheapest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("alternative", overflow="fold", ratio=3)
    table.add_column("side", no_wrap=True)
    table.add_column("USD per unit of work" if comparison.per_work else "USD", justify="right", no_wrap=True)
    table.add_column("", overflow="fold", ratio=4)
    for total in comparison.totals:
        marks = [total.alternative.why, "" if total.alternative.feasible else "not feasible"]
        marks.append("recommended" if total is comparison.recommended else "")
        marks.append("the cheapest feasible rent: the honest baseline" if total is comparison.baseline else "")
        table.add_row(
            total.alternative.name, total.alternative.side, plain(total.usd), "; ".join(mark for mark in marks if mark)
        )
    return table


def print_claim(check: ClaimCheck, console: Console | None = None) -> None:
    """Print the check on standard output."""
    screen = console or Console(width=max(WIDTH, Console().width), highlight=False)
    analysis = check.analysis
    by = ", ".join(part for part in (analysis.author, analysis.date) if part)
    screen.print(Text(analysis.title, style="bold"), Text(f"({by})" if by else ""))
    if analysis.source:
        screen.print(Text(analysis.source))
    screen.print(steps_table(check))
    if check.comparison is not None:
        screen.print()
        screen.print(alternatives_table(check.comparison))
    screen.print()
    screen.print(Text(f"Verdict: {check.outcome}.", style="bold"), Text(check.verdict))
    for warning in check.warnings:
        screen.print(Text(f"note: {warning}"))
