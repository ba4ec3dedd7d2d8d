"""When owning has cost less than renting: four definitions, each by its name, never mixed.

All compare an owned option with a rented one at equal work. A crossing between
two months is placed by a straight line between them. "First month from which"
means that owning stays cheaper up to the horizon; a crossing that is undone by
a later payment does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payback.cost.statement import Statement
from payback.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """Months until owning has cost less, by each definition; None = not within the horizon (simple: never)."""

    simple: float | None
    """Capital over the mean monthly saving; may lie beyond the horizon. (D1)"""
    cash: float | None
    """Cumulative payments cross. (D2)"""
    discounted: float | None
    """Cumulative present values cross. (D3)"""
    liquidation: float | None
    """Cumulative payments less residual cross. (D4)"""

    def as_dict(self) -> dict[str, float | None]:
        """The form in which answers print the four figures."""
        return {
            "simple": self.simple,
            "cash": self.cash,
            "discounted": self.discounted,
            "liquidation": self.liquidation,
        }


def payback(own: Statement, rent: Statement, *, discount_rate: float) -> Payback:
    """The four payback times of owning against renting.

    Args:
        own: Statement of the owned option.
        rent: Statement of the rented one over the same months.
        discount_rate: Yearly rate for the discounted definition. [1/year]
    """
    return Payback(
        simple=simple_payback_months(own, rent),
        cash=crossing_month(own.cash_usd, rent.cash_usd),
        discounted=crossing_month(_discounted(own.cash_usd, discount_rate), _discounted(rent.cash_usd, discount_rate)),
        liquidation=crossing_month(own.net_usd, rent.net_usd),
    )


def simple_payback_months(own: Statement, rent: Statement) -> float | None:
    """Capital over the mean monthly saving; None where nothing is ever saved.

    m = (own(0) − rent(0)) / mean monthly (rent − own)                     (D1)
    """
    own_cash, rent_cash = own.cash_usd, rent.cash_usd
    months = own.months
    capital = own_cash[0] - rent_cash[0]
    saving_per_month = ((rent_cash[-1] - rent_cash[0]) - (own_cash[-1] - own_cash[0])) / months
    if capital <= 0:
        return 0.0 if saving_per_month >= 0 else None
    return capital / saving_per_month if saving_per_month > 0 else None


def crossing_month(own_usd: Sequence[float], rent_usd: Sequence[float]) -> float | None:
    """First month from which `own_usd` stays at or below `rent_usd` up to the end; None if it ends above.

    Example:
        >>> crossing_month([3000, 3146, 3292], [0, 2234, 4468])
        1.436781609195402
        >>> crossing_month([3000, 3146], [0, 100]) is None
        True
    """
    gaps = [own - rent for own, rent in zip(own_usd, rent_usd, strict=True)]
    if gaps[-1] > 0:
        return None
    month = len(gaps) - 1
    while month > 0 and gaps[month - 1] <= 0:
        month -= 1
    if month == 0:
        return 0.0
    before, after = gaps[month - 1], gaps[month]
    return month - 1 + before / (before - after)


def _discounted(cumulative_usd: Sequence[float], rate: float) -> list[float]:
    factor = (1.0 + rate) ** (-1.0 / MONTHS_PER_YEAR)
    total, previous, out = 0.0, 0.0, []
    for month, value in enumerate(cumulative_usd):
        total += (value - previous) * factor**month
        previous = value
        out.append(total)
    return out
