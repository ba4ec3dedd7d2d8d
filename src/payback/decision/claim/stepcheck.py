"""One step: the stated figure beside the recomputed one, and how or why not it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from payback.decision.claim.model import Analysis, Step
from payback.decision.claim.printed import Printed
from payback.decision.claim.scene import Scene, first_value, value_or_none
from payback.decision.claim.slips import Slip, slips

MAX_CAUSES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """A step with its verdict."""

    step: Step
    recomputed: Fraction | None
    """None where the formula has no answer."""
    holds: bool | None
    """None for a step the analysis prints no figure of."""
    how: str = ""
    """What the figure rests on where it follows only under a condition."""
    calendar: str | None = None
    """Length of month or year under which it follows, where the analysis states none."""
    causes: tuple[str, ...] = ()
    """Slips that reproduce the stated figure, the likeliest first; empty where none does."""
    why: str = ""
    """One sentence about a step that does not follow."""

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback claim --json` prints a step."""
        stated = self.step.stated
        return {
            "name": self.step.name,
            "id": self.step.id,
            "formula": self.step.formula.text,
            "stated": stated.as_json() if stated else None,
            "recomputed": None if self.recomputed is None else float(self.recomputed),
            "unit": self.step.unit,
            "tolerance": float(stated.tolerance) if stated else None,
            "holds": self.holds,
            "how": self.how,
            "convention": self.calendar,
            "causes": list(self.causes),
            "why": self.why,
            "note": self.step.note,
        }


def check_step(analysis: Analysis, step: Step, scene: Scene, before: Mapping[str, StepCheck]) -> StepCheck:
    """Whether a step's stated figure follows.

    Tried in turn: the figure as it stands; other lengths of month and year
    where the analysis states none; the rounded figures printed for the steps
    before it; digits cut instead of rounded. Then the known slips.

    Args:
        analysis: The analysis.
        step: One of its steps.
        scene: Values of the analysis.
        before: Steps checked so far, by id.

    Raises:
        BadQuestionError: The step divides by zero.
    """
    value, reason = first_value(scene, step)
    check = StepCheck(step=step, recomputed=value, holds=None)
    if step.stated is None:
        return replace(check, why=reason)
    if value is None:
        return replace(check, holds=False, why=f"there is no such figure: {reason}")
    if step.stated.admits(value):
        return replace(check, holds=True)
    return (
        _by_calendar(check, analysis, scene)
        or _by_rounding(check, scene, before)
        or _fails(check, analysis, scene, before)
    )


def _by_calendar(check: StepCheck, analysis: Analysis, scene: Scene) -> StepCheck | None:
    stated = _stated(check)
    for text, calendar in analysis.calendar.others(scene.used_by(check.step.formula)):
        value = value_or_none(replace(scene, calendar=calendar), check.step.id)
        if value is not None and stated.admits(value):
            return replace(check, recomputed=value, holds=True, calendar=text, how=f"follows with {text}")
    return None


def _by_rounding(check: StepCheck, scene: Scene, before: Mapping[str, StepCheck]) -> StepCheck | None:
    stated = _stated(check)
    sound = {name: _figure(other) for name, other in before.items() if other.holds and _is_single(other)}
    pinned = value_or_none(replace(scene, pinned=sound), check.step.id)
    if pinned is not None and stated.admits(pinned):
        return replace(check, holds=True, how="follows from the rounded figures printed before it")
    if check.recomputed is not None and stated.is_cut_from(check.recomputed):
        return replace(check, holds=True, how="follows when its last digit is cut or rounded up")
    return None


def _fails(check: StepCheck, analysis: Analysis, scene: Scene, before: Mapping[str, StepCheck]) -> StepCheck:
    stated = _stated(check)
    printed = {name: _figure(other) for name, other in before.items() if _is_single(other)}
    tried = list(slips(analysis, check.step, scene, printed))
    found: dict[str, Slip] = {}
    for slip in tried:
        if stated.admits(slip.value):
            found.setdefault(slip.text, slip)
    causes = tuple(found)[:MAX_CAUSES]
    return replace(check, holds=False, causes=causes, why=_why(check, causes, tried, before))


def _why(check: StepCheck, causes: tuple[str, ...], tried: list[Slip], before: Mapping[str, StepCheck]) -> str:
    assert check.recomputed is not None
    gap = f"stated {figure(_stated(check))}, recomputed {plain(check.recomputed)}"
    if causes:
        others = f"; so would {len(causes) - 1} other slip(s)" if len(causes) > 1 else ""
        return f"{gap}; it would follow if {causes[0]}{others}"
    wrong = [name for name, other in before.items() if other.holds is False and name in check.step.formula.names]
    inherited = f"; it rests on {', '.join(wrong)}, which does not follow" if wrong else ""
    stated = _stated(check)
    ordinary = [slip for slip in tried if slip.is_ordinary and 0 < slip.value != check.recomputed]
    nearest = min(ordinary, key=lambda slip: abs(slip.value - stated.low), default=None)
    hint = f" (the nearest gives {plain(nearest.value)}: if {nearest.text})" if nearest else ""
    return f"{gap}{inherited}; no convention and no known slip reproduces it{hint}"


def _stated(check: StepCheck) -> Printed:
    assert check.step.stated is not None
    return check.step.stated


def _is_single(check: StepCheck) -> bool:
    return check.step.stated is not None and check.step.stated.low == check.step.stated.high


def _figure(check: StepCheck) -> Fraction:
    return _stated(check).low


def figure(stated: Printed) -> str:
    """A stated figure or range with the digits that were printed.

    Example:
        >>> from payback.decision.claim.printed import printed
        >>> figure(printed("5.0 y", "step")), figure(printed("$2,311", "step")), figure(printed([4, 6], "step"))
        ('5.0', '2,311', '4 to 6')
    """
    places = 0
    while stated.last_digit * 10**places < 1:
        places += 1
    ends = [stated.low] if stated.low == stated.high else [stated.low, stated.high]
    return " to ".join(f"{float(end):,.{places}f}" for end in ends)


def plain(value: Fraction) -> str:
    """A number as people read it: commas, and no more digits than help.

    Example:
        >>> plain(Fraction(29844096, 100)), plain(Fraction(235, 10)), plain(Fraction("0.0091174"))
        ('298,441', '23.5', '0.009117')
    """
    number = float(value)
    if number == int(number) or abs(number) >= 10_000:
        return f"{number:,.0f}"
    if abs(number) >= 100:
        return f"{number:,.2f}".rstrip("0").rstrip(".")
    return f"{number:.4g}"
