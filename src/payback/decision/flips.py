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
CLOSE_USD = 0.005
MOST_STEPS = 30
SPAN_SHARE = 1e-4
"""The value is found to this share of the span."""


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
        found = _flip(varied, question, live, options)
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


def _flip(varied: _Input, question: Question, world: World, options: list[Option]) -> Flip | None:
    few = _contenders(varied, question, world, options)

    def gap(value: float) -> float | None:
        return owned_minus_rented_usd(varied.ask(question, value), varied.change(few, value))

    low, high = varied.low, varied.high
    at_low, at_high = gap(low), gap(high)
    if at_low is None or at_high is None or (at_low > 0) == (at_high > 0):
        return None
    value = _root(gap, (low, at_low), (high, at_high))
    below, above = ("rent", "own") if at_low > 0 else ("own", "rent")
    return None if value is None else Flip(name=varied.name, value=value, unit=varied.unit, below=below, above=above)


def _root(gap: Callable[[float], float | None], low: tuple[float, float], high: tuple[float, float]) -> float | None:
    """Where `gap` changes sign between two points: false position, halved every other step."""
    tolerance = SPAN_SHARE * (high[0] - low[0])
    rising = high[1] > 0
    for step in range(MOST_STEPS):
        share = 0.5 if step % 2 else low[1] / (low[1] - high[1])
        value = low[0] + share * (high[0] - low[0])
        found = gap(value)
        if found is None:
            return None
        if (found > 0) == rising:
            high = (value, found)
        else:
            low = (value, found)
        if high[0] - low[0] <= tolerance or abs(found) < CLOSE_USD:
            return value
    return high[0]


def _contenders(varied: _Input, question: Question, world: World, options: list[Option]) -> World:
    keep = _cheapest(options)
    for value in (varied.low, varied.high):
        there, _ = cost_all(varied.ask(question, value), varied.change(world, value))
        keep |= _cheapest(there)
    return _only(world, keep)


def _cheapest(options: list[Option]) -> set[str]:
    sides = ([o for o in options if o.is_owned], [o for o in options if not o.is_owned])
    return {option.id for side in sides for option in side[:CONTENDERS]}


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
