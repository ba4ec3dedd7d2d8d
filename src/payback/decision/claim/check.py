"""A whole analysis checked: steps, comparison, what is left out, and the verdict in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from payback.catalogue.catalogue import Catalogue
from payback.decision.claim.baseline import Comparison, Total, compare
from payback.decision.claim.market import MarketRent, market_rent
from payback.decision.claim.model import Analysis
from payback.decision.claim.omissions import (
    Inconsistency,
    counted_twice,
    inconsistencies,
    lines_left_out,
    takes_full_use,
)
from payback.decision.claim.scene import Scene, in_order
from payback.decision.claim.stepcheck import StepCheck, check_step, plain

Outcome = Literal["follows", "follows with gaps", "a step fails", "the conclusion fails"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCheck:
    """A published analysis beside its recomputation."""

    analysis: Analysis
    steps: tuple[StepCheck, ...]
    """In the order of the file."""
    first_failure: StepCheck | None
    """The first step that does not follow, in the order in which steps use each other."""
    comparison: Comparison | None
    inconsistencies: tuple[Inconsistency, ...]
    counted_twice: tuple[tuple[str, str], ...]
    """Steps whose own formula counts a purchase twice, each with the reason."""
    left_out: tuple[str, ...]
    """Lines of the owner's cost that no figure mentions."""
    full_use: bool
    """Whether use is taken as 100 % without a word about it."""
    market: MarketRent | None
    warnings: tuple[str, ...]

    @property
    def baseline(self) -> Total | None:
        """The cheapest feasible rented alternative of the analysis."""
        return self.comparison.baseline if self.comparison else None

    @property
    def outcome(self) -> Outcome:
        """The worst that was found."""
        if self.first_failure is not None or self.counted_twice:
            return "a step fails"
        if self.comparison is not None and self.comparison.failures:
            return "the conclusion fails"
        return "follows with gaps" if self.findings else "follows"

    @property
    def findings(self) -> tuple[str, ...]:
        """What holds back an analysis whose arithmetic is right."""
        return tuple(_findings(self))

    @property
    def verdict(self) -> str:
        """What was found, in sentences: steps first, then the conclusion, then the gaps."""
        parts = [_steps_sentence(self)]
        if self.comparison is not None:
            if self.comparison.failures:
                parts.append(f"The conclusion does not follow: {'; '.join(self.comparison.failures)}.")
            parts += _baseline_sentence(self)
        parts += [f"{finding[0].upper()}{finding[1:]}." for finding in self.findings]
        return " ".join(parts)

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback claim --json` prints the check."""
        analysis = self.analysis
        return {
            "schema": "payback.claim/1",
            "title": analysis.title,
            "author": analysis.author,
            "source": analysis.source,
            "date": analysis.date or None,
            "steps": [step.as_dict() for step in self.steps],
            "verdict": self.verdict,
            "outcome": self.outcome,
            "first_failure": _failure_dict(self.first_failure),
            "baseline": self.baseline.as_dict() if self.baseline else None,
            "comparison": self.comparison.as_dict() if self.comparison else None,
            "inconsistencies": [one.as_dict() for one in self.inconsistencies],
            "counted_twice": [{"step": step, "why": why} for step, why in self.counted_twice],
            "left_out": list(self.left_out),
            "full_use_assumed": self.full_use,
            "market": self.market.as_dict() if self.market else None,
            "warnings": list(self.warnings),
        }


def check_claim(analysis: Analysis, catalogue: Catalogue | None = None) -> ClaimCheck:
    """Recompute every step of an analysis and test its conclusion at equal work.

    Args:
        analysis: See `reading.read_claim`.
        catalogue: Where the market's own rent is looked up, if the analysis names a GPU; nothing is if None.

    Raises:
        BadQuestionError: The steps go in a circle, or one divides by zero.

    Example:
        >>> from payback.decision.claim.reading import parse_claim
        >>> text = '''
        ... [inputs]
        ... gpu_usd = 30_000
        ... rent_usd_per_gpu_h = 4
        ... [[step]]
        ... name = "months"
        ... formula = "rental_months(gpu_usd, rent_usd_per_gpu_h, hours_per_month)"
        ... stated = 10.4
        ... '''
        >>> check = check_claim(parse_claim(text))
        >>> check.steps[0].how, check.left_out, check.full_use
        ('follows with a month of 720 h (30 days)', ('power', 'host machine', 'network', 'labour'), True)
    """
    scene = Scene.of(analysis)
    ordered = in_order(analysis)
    checked: dict[str, StepCheck] = {}
    for step in ordered:
        checked[step.id] = check_step(analysis, step, scene, dict(checked))
    doubled = tuple((step.name, why) for step in ordered if (why := counted_twice(step, scene)) is not None)
    comparison = compare(analysis, scene)
    return ClaimCheck(
        analysis=analysis,
        steps=tuple(checked[step.id] for step in analysis.steps),
        first_failure=next((checked[step.id] for step in ordered if checked[step.id].holds is False), None),
        comparison=comparison,
        inconsistencies=tuple(inconsistencies(analysis, scene)),
        counted_twice=doubled,
        left_out=lines_left_out(analysis),
        full_use=takes_full_use(analysis, scene),
        market=market_rent(analysis.market, catalogue) if analysis.market and catalogue else None,
        warnings=tuple(_warnings(list(checked.values()), comparison)),
    )


def _failure_dict(check: StepCheck | None) -> dict[str, object] | None:
    return None if check is None else {"name": check.step.name, "why": check.why, "causes": list(check.causes)}


def _warnings(checks: list[StepCheck], comparison: Comparison | None) -> Iterator[str]:
    by_calendar: dict[str, list[str]] = {}
    for check in checks:
        if check.calendar is not None:
            by_calendar.setdefault(check.calendar, []).append(check.step.name)
    for calendar, names in by_calendar.items():
        yield f"with {calendar}, which the analysis does not state, follow: {', '.join(names)}"
    if len(by_calendar) > 1:
        yield "the analysis mixes lengths of month or year"
    if comparison is not None:
        yield from comparison.warnings


def _steps_sentence(check: ClaimCheck) -> str:
    stated = [step for step in check.steps if step.holds is not None]
    held = sum(step.holds is True for step in stated)
    if not stated:
        return "No figure is stated, so none was tested."
    if check.first_failure is None:
        figures = "the stated figure follows" if held == 1 else f"all {held} stated figures follow"
        return f"{figures[0].upper()}{figures[1:]} from the inputs."
    failed = check.first_failure
    return (
        f"{held} of {len(stated)} stated figures follow. The first that does not is {failed.step.name!r}: {failed.why}."
    )


def _baseline_sentence(check: ClaimCheck) -> list[str]:
    comparison, baseline = check.comparison, check.baseline
    if comparison is None or baseline is None:
        return []
    unit = " per unit of work" if comparison.per_work else ""
    chosen = comparison.recommended
    cheaper = comparison.holds and chosen is not None and chosen is not baseline
    beside = f"; {chosen.alternative.name} at {plain(chosen.usd)} is cheaper" if chosen and cheaper else ""
    return [f"The cheapest feasible rent in it is {baseline.alternative.name} at {plain(baseline.usd)}{unit}{beside}."]


def _findings(check: ClaimCheck) -> Iterator[str]:
    for step, why in check.counted_twice:
        yield f"step {step!r} does not follow as accounting: {why}"
    for one in check.inconsistencies:
        yield f"counted differently at two places: {one.text}"
    if check.left_out:
        yield f"no figure mentions {', '.join(check.left_out)}: left out of the owner's cost"
    if check.full_use:
        yield "100 % use is assumed: every hour of the period counts as an hour of work"
    if check.market is not None and check.market.is_cheaper:
        yield check.market.text
