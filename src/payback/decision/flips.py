"""What would change the answer: values of one input at which owning and renting change places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from payback.decision.options import Option, World, cost_all
from payback.decision.own_candidates import OwnCandidate
from payback.decision.rent_candidates import RentCandidate
from payback.question import Question

CONTENDERS = 6
"""Options of each side that are costed again; the cheapest at either end and at the question itself are among them."""
STEPS = 14
"""Halvings of the span: the value is found to 1/16,000 of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A value of one input at which the cheapest way changes between owning and renting."""

    name: str
    value: float
    unit: str
    below: str
    above: str
    """Cheapest way below and above the value: "own" or "rent"."""


@dataclass(frozen=True, slots=True)
class _Input:
    """One input, its span, and how to ask again with another value of it."""

    name: str
    unit: str
    low: float
    high: float
    ask: Callable[[Question, float], Question]
    change: Callable[[World, float], World] = lambda world, value: world


def flips(question: Question, world: World, options: list[Option], own: Option, rent: Option) -> Iterator[Flip]:
    """Where the cheapest way changes along hours, electricity, horizon, rent and machine price.

    Args:
        question: The question.
        world: Its prices.
        options: What was feasible; a candidate rejected by the question stays rejected.
        own: The cheapest owned option.
        rent: The cheapest rented option.
    """
    live = _only(world, {option.id for option in options})
    for varied in _inputs(question, world):
        found = _flip(varied, question, live)
        if found is not None:
            yield found
    yield from _rent_flip(own, rent)
    yield from _machine_flip(own, rent)


def _inputs(question: Question, world: World) -> Iterator[_Input]:
    yield _Input("hours a day", "h", 0.0, 24.0, lambda q, v: _with_work(q, hours_per_day=v))
    highest = max(1.0, 4 * world.site.price_usd_per_kwh)
    yield _Input("electricity", "USD/kWh", 0.0, highest, lambda q, _: q, _with_electricity)
    if question.work.months < 60:
        yield _Input("months", "months", 1.0, 60.0, lambda q, v: _with_work(q, months=max(1, round(v))))


def _with_work(question: Question, **changes: float) -> Question:
    return question.model_copy(update={"work": question.work.model_copy(update=changes)})


def _with_electricity(world: World, usd_per_kwh: float) -> World:
    return replace(world, site=replace(world.site, price_usd_per_kwh=usd_per_kwh))


def _flip(varied: _Input, question: Question, world: World) -> Flip | None:
    few = _contenders(varied, question, world)

    def gap(value: float) -> float | None:
        return owned_minus_rented_usd(varied.ask(question, value), varied.change(few, value))

    low, high = varied.low, varied.high
    at_low, at_high = gap(low), gap(high)
    if at_low is None or at_high is None or (at_low > 0) == (at_high > 0):
        return None
    for _ in range(STEPS):
        middle = (low + high) / 2
        at_middle = gap(middle)
        if at_middle is None:
            return None
        low, high = (middle, high) if (at_middle > 0) == (at_low > 0) else (low, middle)
    below, above = ("rent", "own") if at_low > 0 else ("own", "rent")
    return Flip(name=varied.name, value=high, unit=varied.unit, below=below, above=above)


def _contenders(varied: _Input, question: Question, world: World) -> World:
    keep: set[str] = set()
    for value in (varied.low, varied.high, None):
        asked, changed = question, world
        if value is not None:
            asked, changed = varied.ask(question, value), varied.change(world, value)
        options, _ = cost_all(asked, changed)
        for owned in (True, False):
            keep |= {option.id for option in [o for o in options if o.is_owned == owned][:CONTENDERS]}
    return _only(world, keep)


def _only(world: World, keep: set[str]) -> World:
    return replace(
        world,
        own=tuple(candidate for candidate in world.own if candidate.id in keep),
        rent=tuple(candidate for candidate in world.rent if candidate.id in keep),
    )


def owned_minus_rented_usd(question: Question, world: World) -> float | None:
    """Total of the cheapest owned option less that of the cheapest rented; None where one kind is missing. [USD]"""
    options, _ = cost_all(question, world)
    owned = [option.total_usd for option in options if option.is_owned]
    rented = [option.total_usd for option in options if not option.is_owned]
    return min(owned) - min(rented) if owned and rented else None


def _rent_flip(own: Option, rent: Option) -> Iterator[Flip]:
    """The hourly price of the baseline at which it costs as much as the machine."""
    assert isinstance(rent.candidate, RentCandidate)
    price = rent.candidate.price_usd_per_h
    paid = sum(line.usd for line in rent.statement.lines_with_residual if _is_rent(line.name))
    wanted = own.total_usd - (rent.total_usd - paid)
    if price and paid > 0 and wanted > 0:
        name = f"price of {rent.candidate.label}"
        yield Flip(name=name, value=price * wanted / paid, unit="USD/h", below="rent", above="own")


def _is_rent(name: str) -> bool:
    return name.startswith(("rent", "hours forgotten", "commitment"))


def _machine_flip(own: Option, rent: Option) -> Iterator[Flip]:
    """The price of the machine at which it costs as much as the baseline."""
    assert isinstance(own.candidate, OwnCandidate)
    capital = own.candidate.capital_usd
    moved = {"capital", "sales tax", "repairs", own.statement.residual_name}
    bound = sum(line.usd for line in own.statement.lines_with_residual if line.name in moved)
    wanted = rent.total_usd - (own.total_usd - bound)
    if capital and bound > 0 and wanted > 0:
        name = f"price of {own.candidate.label}"
        yield Flip(name=name, value=capital * wanted / bound, unit="USD", below="own", above="rent")
