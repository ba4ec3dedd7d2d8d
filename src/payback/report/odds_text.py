"""The tornado for a terminal."""

from __future__ import annotations

from rich.table import Table

from payback.decision.odds import PlanOdds
from payback.decision.plan import Plan
from payback.decision.sensitivity import Bar
from payback.report.money import formatter
from payback.report.odds_prose import quantity

ROWS = 6
"""Inputs shown; the others move the answer less."""
SHARE = 0.02
"""Bars shorter than this share of the longest are left out."""


def bars_shown(odds: PlanOdds, rows: int = ROWS) -> list[Bar]:
    """The longest bars of the tornado."""
    bars = [] if odds.tornado is None else list(odds.tornado.bars[:rows])
    return [bar for bar in bars if bar.width_usd >= SHARE * bars[0].width_usd]


def tornado_table(plan: Plan, odds: PlanOdds) -> Table | None:
    """What owning saves at either end of each input, the longest bar first; None where there is nothing to compare."""
    bars = bars_shown(odds)
    if not bars:
        return None
    money = formatter(plan.question)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("One input at a time, at either end of its 80%", overflow="fold", ratio=1)
    for name in ("low", "high", "owning saves at low", "at high"):
        table.add_column(name, justify="right", no_wrap=True)
    for bar in bars:
        ends = (quantity(bar.low, bar.unit), quantity(bar.high, bar.unit))
        table.add_row(bar.what, *ends, money(bar.saved_at_low_usd), money(bar.saved_at_high_usd))
    return table
