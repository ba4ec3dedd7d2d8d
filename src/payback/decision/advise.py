"""The choice: cheapest option, honest baseline, when owning pays back, what would change the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from payback.decision.options import Option, World, cost_all
from payback.decision.payback import Payback, payback
from payback.errors import NoFeasibleOptionError
from payback.question import Question
from payback.units import MONTHS_PER_YEAR

VERDICTS = {"build": "build", "used": "build", "prebuilt": "buy", "rent": "rent", "hybrid": "hybrid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An owned option against a rented one at a month."""

    own: str
    rent: str
    month: int
    own_usd: float
    """Cumulative payments less residual. [USD]"""
    rent_usd: float
    """Cumulative payments. [USD]"""
    payback_months: float | None

    @property
    def ratio(self) -> float | None:
        """How many times dearer renting is; None where owning has cost nothing."""
        return self.rent_usd / self.own_usd if self.own_usd > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A value of one input at which the cheapest way changes between owning and renting."""

    name: str
    value: float
    unit: str
    below: str
    above: str
    """Cheapest way below and above the value: "own" or "rent"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The answer's head."""

    choice: Option
    verdict: str
    best_owned: Option | None
    baseline: Option | None
    """The cheapest feasible rented option."""
    payback: Payback | None
    """Of the best owned option against the baseline."""
    flips: tuple[Flip, ...]


def advise(question: Question, world: World, options: list[Option]) -> Advice:
    """The cheapest option and what it stands against.

    Raises:
        NoFeasibleOptionError: There is no option.
    """
    if not options:
        raise NoFeasibleOptionError("no option does this work at a known price; the reasons stand beside each one")
    choice = options[0]
    best_owned = next((option for option in options if option.is_owned), None)
    baseline = next((option for option in options if not option.is_owned), None)
    both = best_owned is not None and baseline is not None
    return Advice(
        choice=choice,
        verdict=VERDICTS[choice.kind],
        best_owned=best_owned,
        baseline=baseline,
        payback=paybacks(best_owned, baseline, question) if best_owned and baseline else None,
        flips=tuple(_flips(question, world)) if both else (),
    )


def paybacks(own: Option, rent: Option, question: Question) -> Payback:
    """The four payback times of one owned option against one rented."""
    return payback(own.statement, rent.statement, discount_rate=question.finance.discount_rate)


def comparisons(question: Question, options: list[Option], advice: Advice) -> list[Comparison]:
    """Named machines and the best owned one, against named offers and the baseline, at every year and the horizon."""
    own = _unique([o for o in options if o.is_owned and o.candidate.named], advice.best_owned)
    rent = _unique([o for o in options if not o.is_owned and o.candidate.named], advice.baseline)
    horizon = question.work.months
    months = sorted({*range(MONTHS_PER_YEAR, horizon + 1, MONTHS_PER_YEAR), horizon})
    return [_compare(a, b, month, question) for a in own for b in rent for month in months]


def _compare(own: Option, rent: Option, month: int, question: Question) -> Comparison:
    return Comparison(
        own=own.id,
        rent=rent.id,
        month=month,
        own_usd=own.statement.net_usd[month],
        rent_usd=rent.statement.cash_usd[month],
        payback_months=paybacks(own, rent, question).cash,
    )


def _unique(named: list[Option], best: Option | None) -> list[Option]:
    return named if best is None or best in named else [*named, best]


def _flips(question: Question, world: World) -> Iterator[Flip]:
    """Where the sign of (cheapest owned − cheapest rented) changes along one input."""
    work, site = question.work, question.site
    yield from _flip("hours a day", "h", (0.0, 24.0), world, lambda v: _with_work(question, hours_per_day=v))
    base = world.site.price_usd_per_kwh
    yield from _flip("electricity", "USD/kWh", (0.0, max(1.0, 4 * base)), world, lambda v: question, price=lambda v: v)
    if work.months < 60 and site.kind != "datacentre":
        yield from _flip("months", "months", (1.0, 60.0), world, lambda v: _with_work(question, months=round(v)))


def _with_work(question: Question, **changes: float) -> Question:
    return question.model_copy(update={"work": question.work.model_copy(update=changes)})


def _flip(
    name: str,
    unit: str,
    span: tuple[float, float],
    world: World,
    ask: Callable[[float], Question],
    price: Callable[[float], float] | None = None,
) -> Iterator[Flip]:
    def gap(value: float) -> float | None:
        changed = world
        if price is not None:
            changed = replace(world, site=replace(world.site, price_usd_per_kwh=price(value)))
        return owned_minus_rented_usd(ask(value), changed)

    low, high = span
    at_low, at_high = gap(low), gap(high)
    if at_low is None or at_high is None or (at_low > 0) == (at_high > 0):
        return
    for _ in range(12):
        middle = (low + high) / 2
        at_middle = gap(middle)
        if at_middle is None:
            return
        if (at_middle > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    below = "rent" if at_low > 0 else "own"
    yield Flip(name=name, value=high, unit=unit, below=below, above="own" if below == "rent" else "rent")


def owned_minus_rented_usd(question: Question, world: World) -> float | None:
    """Total of the cheapest owned option less that of the cheapest rented; None where one kind is missing. [USD]"""
    options, _ = cost_all(question, world)
    owned = [option.total_usd for option in options if option.is_owned]
    rented = [option.total_usd for option in options if not option.is_owned]
    return min(owned) - min(rented) if owned and rented else None
