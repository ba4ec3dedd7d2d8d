"""The alternatives of an analysis at equal work: is the recommended one cheapest, and was the comparison honest?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from payback.decision.claim.formulas import NoValueError
from payback.decision.claim.model import Alternative, Analysis
from payback.decision.claim.scene import Scene
from payback.decision.claim.stepcheck import plain
from payback.errors import BadQuestionError

SAME_USD_SHARE = Fraction(1, 1000)
"""Totals closer than this share count as equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What one alternative costs."""

    alternative: Alternative
    usd: Fraction
    """Total, or cost per unit of work where the alternatives state different amounts of it."""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print an alternative."""
        return {
            "name": self.alternative.name,
            "side": self.alternative.side,
            "usd": float(self.usd),
            "feasible": self.alternative.feasible,
            "why": self.alternative.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The alternatives cheapest first, and what is wrong with the conclusion drawn from them."""

    totals: tuple[Total, ...]
    per_work: bool
    """Whether totals were divided by the amount of work."""
    baseline: Total | None
    """Cheapest feasible rented alternative."""
    cheapest_owned: Total | None
    recommended: Total | None
    failures: tuple[str, ...]
    """Why the conclusion does not follow."""
    warnings: tuple[str, ...]

    @property
    def holds(self) -> bool | None:
        """Whether the recommendation follows; None where the analysis recommends nothing."""
        return None if self.recommended is None else not self.failures

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print the comparison."""
        return {
            "totals": [total.as_dict() for total in self.totals],
            "per_unit_of_work": self.per_work,
            "baseline": self.baseline.as_dict() if self.baseline else None,
            "cheapest_owned": self.cheapest_owned.as_dict() if self.cheapest_owned else None,
            "recommended": self.recommended.as_dict() if self.recommended else None,
            "holds": self.holds,
            "failures": list(self.failures),
            "warnings": list(self.warnings),
        }


def compare(analysis: Analysis, scene: Scene) -> Comparison | None:
    """Every alternative at equal work; None where the analysis names none.

    Raises:
        BadQuestionError: A total or an amount of work cannot be computed.
    """
    if not analysis.alternatives:
        return None
    totals = sorted((_total(one, scene) for one in analysis.alternatives), key=lambda total: total.usd)
    feasible = [total for total in totals if total.alternative.feasible]
    baseline = next((total for total in feasible if total.alternative.side == "rent"), None)
    owned = next((total for total in feasible if total.alternative.side == "own"), None)
    recommended = _named(totals, analysis.conclusion.recommends if analysis.conclusion else None)
    against = _named(totals, analysis.conclusion.against if analysis.conclusion else None)
    return Comparison(
        totals=tuple(totals),
        per_work=analysis.alternatives[0].work is not None,
        baseline=baseline,
        cheapest_owned=owned,
        recommended=recommended,
        failures=tuple(_failures(recommended, against, baseline, feasible)),
        warnings=tuple(_warnings(analysis)),
    )


def _total(alternative: Alternative, scene: Scene) -> Total:
    formula = alternative.total
    try:
        usd = scene.amount(formula)
        if alternative.work is not None:
            formula = alternative.work
            usd /= scene.amount(formula)
    except (ZeroDivisionError, NoValueError) as error:
        reason = str(error) if isinstance(error, NoValueError) else "a division by zero"
        raise BadQuestionError(formula.where, reason, f"a figure for {alternative.name!r}") from error
    return Total(alternative=alternative, usd=usd)


def _named(totals: list[Total], name: str | None) -> Total | None:
    return next((total for total in totals if total.alternative.name == name), None) if name else None


def _failures(
    recommended: Total | None, against: Total | None, baseline: Total | None, feasible: list[Total]
) -> Iterator[str]:
    if recommended is not None and not recommended.alternative.feasible:
        yield f"it recommends {_text(recommended)}, which it says is not feasible"
    strawman = against is not None and against.alternative.side == "rent" and baseline is not None
    if strawman and against is not None and baseline is not None and _dearer(against, baseline):
        yield (
            f"strawman baseline: it compares with {_text(against)}, although by its own figures {_text(baseline)} "
            f"does the same work for {plain(against.usd - baseline.usd)} less"
        )
    if recommended is not None:
        cheaper = [other for other in feasible if _dearer(recommended, other)]
        for side in ("rent", "own"):
            best = next((other for other in cheaper if other.alternative.side == side), None)
            if best is not None:
                yield _beaten(recommended, best)


def _beaten(recommended: Total, best: Total) -> str:
    verb = "renting" if best.alternative.side == "rent" else "owning"
    why = f" ({best.alternative.why})" if best.alternative.why else ""
    return (
        f"it recommends {_text(recommended)}, but {verb} {_text(best)}{why} "
        f"is cheaper by {plain(recommended.usd - best.usd)}"
    )


def _dearer(one: Total, other: Total) -> bool:
    return one.usd - other.usd > SAME_USD_SHARE * abs(other.usd)


def _text(total: Total) -> str:
    return f"{total.alternative.name} ({plain(total.usd)})"


def _warnings(analysis: Analysis) -> Iterator[str]:
    for one in analysis.alternatives:
        if one.gpus is not None and one.gpus_used is not None and one.gpus_used < one.gpus:
            yield f"{one.name} has {one.gpus} GPUs of which the job uses {one.gpus_used}: a smaller one would do"
