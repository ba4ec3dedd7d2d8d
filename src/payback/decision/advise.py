"""The choice: cheapest option, honest baseline, when owning pays back, what would change the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from payback.decision.feasible import kind_of
from payback.decision.flips import Flip, flips
from payback.decision.options import Option, Rejected, World
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


def advise(question: Question, world: World, options: list[Option], rejected: Sequence[Rejected] = ()) -> Advice:
    """The cheapest option and what it stands against.

    Raises:
        NoFeasibleOptionError: There is no option; the message counts the reasons.
    """
    if not options:
        raise NoFeasibleOptionError(f"no option does this work at a known price: {_main_reasons(rejected)}")
    choice = options[0]
    best_owned = next((option for option in options if option.is_owned), None)
    baseline = next((option for option in options if not option.is_owned), None)
    return Advice(
        choice=choice,
        verdict=VERDICTS[choice.kind],
        best_owned=best_owned,
        baseline=baseline,
        payback=paybacks(best_owned, baseline, question) if best_owned and baseline else None,
        flips=tuple(flips(question, world, options, best_owned, baseline)) if best_owned and baseline else (),
    )


MOST_REASONS = 5


def _main_reasons(rejected: Sequence[Rejected]) -> str:
    """The commonest first reasons of those left out, with what to change."""
    counts = Counter(kind_of(one.reasons[0]) for one in rejected if one.reasons)
    told = "; ".join(f"{count} x {reason}" for reason, count in counts.most_common(MOST_REASONS))
    return f"{len(rejected)} were looked at ({told}). Ask for less, or name a machine or an offer of your own"


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
