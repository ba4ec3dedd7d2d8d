"""A statement: what one option costs, line by line and month by month, each line with its facts.

Every line is a series of payments, one a month from month 0 (the day of the
decision) to the horizon, so that totals, running sums and present values are
all made of the same numbers.

    total = Σ lines                                                        (C1)
    cash(m) = Σ over lines, months 0..m                                    (C2)
    net(m) = cash(m) − residual(m);   net(N) = total                       (C3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One reason for paying, with its payments and the facts behind them."""

    name: str
    payments_usd: tuple[float, ...]
    """Payment of each month, month 0 first; negative for money received. [USD]"""
    facts: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        """Sum over all months. [USD]"""
        return fsum(self.payments_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All payments of one option over the horizon, and what is left at each month.

    Example:
        >>> own = Statement(lines=(once("capital", 3000, 2), monthly("electricity", 146, 2)),
        ...                 residual_usd=(3000, 2900, 2800))
        >>> own.cash_usd, own.net_usd, own.total_usd
        ((3000.0, 3146.0, 3292.0), (0.0, 246.0, 492.0), 492.0)
    """

    lines: tuple[Line, ...]
    """Payments; the residual is not among them."""
    residual_usd: tuple[float, ...]
    """What could be got for the option at each month; negative for what is still owed. [USD]"""
    residual_facts: tuple[str, ...] = ()
    residual_name: str = "resale"

    @property
    def months(self) -> int:
        """The horizon N. [months]"""
        return len(self.residual_usd) - 1

    @property
    def cash_usd(self) -> tuple[float, ...]:
        """Cumulative payments at each month (C2). [USD]"""
        per_month = [fsum(line.payments_usd[m] for line in self.lines) for m in range(self.months + 1)]
        return tuple(accumulate(per_month))

    @property
    def net_usd(self) -> tuple[float, ...]:
        """Cumulative payments less what is left, at each month (C3). [USD]"""
        return tuple(cash - left for cash, left in zip(self.cash_usd, self.residual_usd, strict=True))

    @property
    def lines_with_residual(self) -> tuple[Line, ...]:
        """The lines, then the residual of the last month as money received (C1)."""
        left = self.residual_usd[-1]
        if left == 0.0:
            return self.lines
        payments = (0.0,) * self.months + (-left,)
        return (*self.lines, Line(name=self.residual_name, payments_usd=payments, facts=self.residual_facts))

    @property
    def total_usd(self) -> float:
        """What the option costs in the end: the sum of its lines (C1). [USD]"""
        return fsum([*(line.usd for line in self.lines), -self.residual_usd[-1]])


def once(name: str, usd: float, months: int, facts: Sequence[str] = (), *, month: int = 0) -> Line:
    """A line paid in one month. [USD]"""
    payments = [0.0] * (months + 1)
    payments[month] = float(usd)
    return Line(name=name, payments_usd=tuple(payments), facts=tuple(facts))


def monthly(name: str, usd_per_month: float, months: int, facts: Sequence[str] = ()) -> Line:
    """A line paid at the end of every month. [USD]"""
    return Line(name=name, payments_usd=(0.0, *([float(usd_per_month)] * months)), facts=tuple(facts))
