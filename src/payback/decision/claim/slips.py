"""Known slips of published analyses: change one thing, and see whether the printed figure comes out.

A slip that reproduces the figure is a likely cause, not a proof; the report
says "would follow if". Two slips at once are never tried: with enough freedom
every figure can be reproduced.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from payback.decision.claim.calendar import MONTHS, YEARS
from payback.decision.claim.expression import Change, nodes, terms
from payback.decision.claim.model import Analysis, Step
from payback.decision.claim.scene import Scene, value_or_none

ONE_TIME = re.compile(r"(^|_)(usd|price|cost|capital|capex|hardware|purchase)$")
"""Amounts paid once."""
COUNT = re.compile(
    r"(^|_)(n|gpus?|cards?|servers?|nodes?|machines?|replicas?|instances?|units?|cores|count|people)(_|$)"
)
FACTOR = re.compile(r"(^|_)(share|util\w*|pue|factor|ratio|gpus?|count)(_|$)")
"""Inputs that multiply: leaving one out takes it as 1."""
_UNIT_SUFFIX = re.compile(r"(usd(_per_\w+)?|kwh|kw|w|gb|tb|h|hours\w*|days\w*|weeks\w*|months\w*|years\w*|share)$")
_PERIODS: tuple[tuple[str, Fraction], ...] = (
    ("months and years had been confused", Fraction(12)),
    ("weeks and years had been confused", Fraction(52)),
    ("days and years had been confused", Fraction(365)),
    ("days and months had been confused", Fraction(365, 12)),
    ("days and months of 30 days had been confused", Fraction(30)),
    ("hours and days had been confused", Fraction(24)),
    ("weeks and days had been confused", Fraction(7)),
    ("thousands had been lost, as between W and kW", Fraction(1000)),
    ("percent and shares had been confused", Fraction(100)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One thing done differently, and the value that gives."""

    kind: str
    """calendar, period, printed, left out, twice, per unit, swapped, term."""
    text: str
    """Completes "would follow if"."""
    value: Fraction

    @property
    def is_ordinary(self) -> bool:
        """Whether it is one of those worth naming even where it only comes near."""
        return self.kind == "calendar" or (self.kind == "left out" and "taken as 1" not in self.text)


def slips(analysis: Analysis, step: Step, scene: Scene, printed: Mapping[str, Fraction]) -> Iterator[Slip]:
    """What a step would give with each known slip, the commonest kinds first.

    Args:
        analysis: The analysis.
        step: The step that does not follow.
        scene: The analysis as it stands.
        printed: Figures printed for the steps before it.
    """
    value = value_or_none(scene, step.id)
    yield from _calendar(analysis, step, scene)
    yield from _periods(value)
    yield from _printed(step, scene, printed)
    yield from _inputs(step, scene)
    yield from _per_unit(scene, value)
    yield from _swaps(step, scene)
    yield from _terms(step, scene)


def _made(kind: str, text: str, scene: Scene, step: Step) -> Iterator[Slip]:
    value = value_or_none(scene, step.id)
    if value is not None:
        yield Slip(kind=kind, text=text, value=value)


def _calendar(analysis: Analysis, step: Step, scene: Scene) -> Iterator[Slip]:
    for text, calendar in analysis.calendar.others(scene.used_by(step.formula), stated_too=True):
        yield from _made("calendar", f"it had used {text}", replace(scene, calendar=calendar), step)
    for length, others in _families():
        for name in sorted(scene.used_by(step.formula) & scene.inputs.keys()):
            if scene.inputs[name] == length and ("month" in name or "year" in name):
                for text, other in others:
                    yield from _made("calendar", f"{name} had been {text}", scene.with_input(name, other), step)
        for node in _literals(step, length):
            for text, other in others:
                changed = scene.with_change(id(node), _always(other))
                yield from _made("calendar", f"{ast.unparse(node)} had been {text}", changed, step)


def _always(value: Fraction) -> Change:
    return lambda _: value


def _families() -> Iterator[tuple[Fraction, list[tuple[str, Fraction]]]]:
    """Each length in hours, days and weeks with the other lengths of its kind in the same unit."""
    for kind in (MONTHS, YEARS):
        for unit, hours in (("h", 1), ("days", 24), ("weeks", 168)):
            for _, length in kind:
                others = [(f"{float(o / hours):g} {unit}", o / hours) for _, o in kind if o != length]
                yield length / hours, others


def _literals(step: Step, length: Fraction) -> list[ast.expr]:
    return [
        node
        for node in nodes(step.formula)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and Fraction(str(node.value)) == length
    ]


def _periods(value: Fraction | None) -> Iterator[Slip]:
    if value is not None:
        for text, factor in _PERIODS:
            yield Slip(kind="period", text=text, value=value * factor)
            yield Slip(kind="period", text=text, value=value / factor)


def _printed(step: Step, scene: Scene, printed: Mapping[str, Fraction]) -> Iterator[Slip]:
    before = {name: value for name, value in printed.items() if name in scene.used_by(step.formula)}
    for name, value in before.items():
        yield from _made(
            "printed", f"the printed figure of {name!r} was right", replace(scene, pinned={name: value}), step
        )
    if len(before) > 1:
        yield from _made("printed", "the printed figures before it were right", replace(scene, pinned=before), step)


def _inputs(step: Step, scene: Scene) -> Iterator[Slip]:
    for name in sorted(scene.used_by(step.formula) & scene.inputs.keys()):
        value = scene.inputs[name]
        yield from _made("left out", f"{name} had been left out", scene.with_input(name, Fraction(0)), step)
        if value != 1:
            yield from _made(
                "left out", f"{name} had been left out (taken as 1)", scene.with_input(name, Fraction(1)), step
            )
        if ONE_TIME.search(name):
            yield from _made("twice", f"{name} had been counted twice", scene.with_input(name, 2 * value), step)


def _per_unit(scene: Scene, value: Fraction | None) -> Iterator[Slip]:
    for name in sorted(scene.inputs):
        count = scene.inputs[name]
        if value is None or count.denominator != 1 or count < 2 or not COUNT.search(name):
            continue
        yield Slip(kind="per unit", text=f"it had been for one of {name} = {int(count)} only", value=value / count)
        yield Slip(
            kind="per unit", text=f"it had been multiplied by {name} = {int(count)} once more", value=value * count
        )


def _swaps(step: Step, scene: Scene) -> Iterator[Slip]:
    for name in sorted(scene.used_by(step.formula) & scene.inputs.keys()):
        unit = _UNIT_SUFFIX.search(name)
        if unit is None:
            continue
        for other in sorted(scene.inputs):
            same_unit = _UNIT_SUFFIX.search(other)
            if other != name and same_unit is not None and same_unit[0] == unit[0]:
                changed = scene.with_input(name, scene.inputs[other])
                yield from _made("swapped", f"{other} had stood in place of {name}", changed, step)


def _terms(step: Step, scene: Scene) -> Iterator[Slip]:
    parts = terms(step.formula)
    for _, node in parts if len(parts) > 1 else ():
        text = ast.unparse(node)
        yield from _made(
            "term", f"{text} had been left out", scene.with_change(id(node), lambda value: 0 * value), step
        )
        yield from _made(
            "term", f"{text} had been counted twice", scene.with_change(id(node), lambda value: 2 * value), step
        )
        yield from _made(
            "term", f"the sign of {text} had been turned", scene.with_change(id(node), lambda value: -value), step
        )
