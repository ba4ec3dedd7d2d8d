"""A machine with a price: its parts looked up as of a day, its watts estimated, what nobody could price named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from payback.catalogue.asof import Quote
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.machines import ListedPart, MachineList
from payback.catalogue.schema import ComponentPrice, Condition
from payback.evidence import Fact, Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPart:
    """One line of a parts list with what it costs; price None = not priced."""

    category: str
    component: str
    quantity: int
    condition: Condition
    unit_price_usd: float | None
    low_usd: float | None = None
    high_usd: float | None = None
    observed_on: dt.date | None = None
    age_days: int | None = None
    facts: tuple[Fact, ...] = ()
    """The price used first, then what it was made of."""

    @property
    def price_usd(self) -> float | None:
        """Price of all pieces of this line. [USD]"""
        return None if self.unit_price_usd is None else self.unit_price_usd * self.quantity

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a part."""
        return {
            "category": self.category,
            "component": self.component,
            "quantity": self.quantity,
            "condition": self.condition,
            "unit_price_usd": self.unit_price_usd,
            "price_usd": self.price_usd,
            "low_usd": self.low_usd,
            "high_usd": self.high_usd,
            "observed_on": self.observed_on.isoformat() if self.observed_on else None,
            "age_days": self.age_days,
            "facts": [fact.id for fact in self.facts[:1]],
        }


def price_part(
    catalogue: Catalogue, part: ListedPart, as_of: dt.date, *, condition: Condition = "new", market: str = "US"
) -> PricedPart:
    """What one line of a list cost as of a day."""
    quote = catalogue.component_quote(part.component, as_of, condition=condition, market=market)
    bare = PricedPart(
        category=part.category,
        component=part.component,
        quantity=part.quantity,
        condition=condition,
        unit_price_usd=None,
    )
    if quote is None:
        return bare
    return replace(
        bare,
        unit_price_usd=quote.mid_usd,
        low_usd=quote.low_usd,
        high_usd=quote.high_usd,
        observed_on=quote.observed_on,
        age_days=quote.age_days,
        facts=quote_facts(quote),
    )


def quote_facts(quote: Quote[ComponentPrice]) -> tuple[Fact, ...]:
    """The fact that gives the middle price, then those behind it."""
    newest = [row for row in quote.observations if row.observed_on == quote.observed_on]
    seen = tuple(fact for row in newest for fact in row.facts())
    if len(newest) == 1:
        return seen
    heads = tuple(row.facts()[0].id for row in newest)
    middle = Fact(
        id=f"median:{quote.newest.component}/{quote.newest.condition}/{quote.observed_on}/{len(newest)}",
        value=quote.mid_usd,
        unit="USD",
        currency="USD",
        source=" ; ".join(sorted({row.source for row in newest})),
        observed_on=quote.observed_on,
        grade=Grade.DERIVED,
        note=f"median of {len(newest)} prices seen that day",
        parents=heads,
    )
    return (middle, *seen)


def price_machine(
    catalogue: Catalogue,
    machine: MachineList,
    as_of: dt.date,
    *,
    gpu_count: int | None = None,
    used_gpu: bool = False,
    market: str = "US",
) -> tuple[PricedPart, ...]:
    """Every line of a list priced as of a day, the GPUs new or used, as many of them as asked."""
    return tuple(
        price_part(
            catalogue,
            replace(part, quantity=gpu_count) if part.category == "gpu" and gpu_count else part,
            as_of,
            condition="used" if used_gpu and part.category == "gpu" else "new",
            market=market,
        )
        for part in machine.parts
    )


def total_usd(parts: Iterable[PricedPart]) -> float | None:
    """Sum of a priced list, or None when one line has no price: a missing price is never a zero. [USD]"""
    total = 0.0
    for part in parts:
        if part.price_usd is None:
            return None
        total += part.price_usd
    return total


def unpriced(parts: Iterable[PricedPart]) -> tuple[str, ...]:
    """Names of the lines without a price."""
    return tuple(f"{part.component} ({part.condition})" for part in parts if part.price_usd is None)


def stated_total_fact(machine: MachineList) -> Fact:
    """The total that the source of a list states for it."""
    return Fact(
        id=f"machine:{machine.id}/stated_total",
        value=machine.stated_total_usd,
        unit="USD",
        currency="USD",
        source=machine.source,
        observed_on=machine.as_of,
        grade=Grade.QUOTED,
        locator=machine.locator,
        note="total stated by the source of the list",
    )


HOST_BASE_W = 100.0
HOST_PER_GPU_W = 70.0
PSU_EFFICIENCY = 0.92
"""Puget Systems measured 1,717 W at the wall and 1,580 W inside with four RTX 3090 held at 300 W (2020-10):
efficiency 0.92, and 380 W for everything but the GPUs, which these two constants reproduce."""


def wall_power_w(board_power_w: float, gpu_count: int) -> float:
    """Power a working machine draws from the wall when its parts were not measured.

    P = (n · P_board + 100 + 70 n) / 0.92                                  (A0)

    Args:
        board_power_w: Power limit of one GPU. [W]
        gpu_count: GPUs at work.

    Returns:
        Estimate at the plug. [W]

    Example:
        >>> round(wall_power_w(300, 4))
        1717
    """
    return (gpu_count * board_power_w + HOST_BASE_W + HOST_PER_GPU_W * gpu_count) / PSU_EFFICIENCY


IDLE_BASE_W = 55.0
IDLE_PER_GPU_W = 15.0
"""A home server with one RX 7900 XTX idles at 70 W at the wall; idle cards were measured at 13 to 18 W."""


def idle_wall_power_w(gpu_count: int) -> float:
    """Power a waiting machine draws from the wall when it was not measured. [W]

    Example:
        >>> idle_wall_power_w(1)
        70.0
    """
    return IDLE_BASE_W + IDLE_PER_GPU_W * gpu_count
