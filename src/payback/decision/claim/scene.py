"""Values of an analysis' steps, and what they would be if one thing were different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from payback.decision.claim.calendar import Calendar
from payback.decision.claim.expression import Change, Expression, evaluate
from payback.decision.claim.formulas import NoValueError
from payback.decision.claim.model import Analysis, Step
from payback.errors import BadQuestionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    r"""Inputs, calendar and formulas from which every step's value follows.

    Example:
        >>> from payback.decision.claim.reading import parse_claim
        >>> analysis = parse_claim("[inputs]\nusd = 30_000\n[[step]]\nname = 'h'\nformula = 'usd / 4'")
        >>> scene = Scene.of(analysis)
        >>> float(scene.value("h")), float(scene.with_input("usd", Fraction(4)).value("h"))
        (7500.0, 1.0)
    """

    inputs: Mapping[str, Fraction]
    formulas: Mapping[str, Expression]
    """Formula of each step, every step after those it uses."""
    calendar: Calendar
    pinned: Mapping[str, Fraction] = field(default_factory=dict)
    """Values that stand in place of a step's own."""
    changes: Mapping[int, Change] = field(default_factory=dict)
    """What becomes of parts of formulas; see `expression.evaluate`."""

    @classmethod
    def of(cls, analysis: Analysis) -> Scene:
        """The analysis as it stands.

        Raises:
            BadQuestionError: Steps that need each other.
        """
        formulas = {step.id: step.formula for step in in_order(analysis)}
        return cls(inputs=analysis.inputs, formulas=formulas, calendar=analysis.calendar)

    def with_input(self, name: str, value: Fraction) -> Scene:
        """The same with another value of an input."""
        return replace(self, inputs={**self.inputs, name: value})

    def with_change(self, node_id: int, change: Change) -> Scene:
        """The same with a part of a formula changed."""
        return replace(self, changes={**self.changes, node_id: change})

    def value(self, step_id: str) -> Fraction:
        """The value of a step; what it uses is computed first.

        Raises:
            ZeroDivisionError: A formula divides by nothing.
            NoValueError: A formula has no answer.
        """
        formula = self.formulas[step_id]
        return self.pinned[step_id] if step_id in self.pinned else self.amount(formula)

    def amount(self, formula: Expression) -> Fraction:
        """The value of a formula, be it a step's or not."""
        known = {**self.calendar.names(), **self.inputs, **self.pinned}
        needed = self.used_by(formula)
        for name, step in self.formulas.items():
            if name in needed and name not in self.pinned:
                known[name] = evaluate(step, known.__getitem__, self.changes)
        return evaluate(formula, known.__getitem__, self.changes)

    def used_by(self, formula: Expression) -> set[str]:
        """Every input, step and calendar length a formula rests on, directly or not."""
        found: set[str] = set()
        waiting = list(formula.names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.formulas[name].names if name in self.formulas else ())
        return found


def in_order(analysis: Analysis) -> list[Step]:
    """Steps such that each comes after those it uses; otherwise as they stand in the file.

    Raises:
        BadQuestionError: Steps that need each other.
    """
    ids = {step.id for step in analysis.steps}
    waiting, ordered, done = list(analysis.steps), [], set[str]()
    while waiting:
        ready = next((step for step in waiting if step.formula.names & ids <= done), None)
        if ready is None:
            raise _circle(waiting)
        waiting.remove(ready)
        ordered.append(ready)
        done.add(ready.id)
    return ordered


def _circle(waiting: list[Step]) -> BadQuestionError:
    """The error of steps none of which can be first."""
    by_id = {step.id: step for step in waiting}
    path = [waiting[0].id]
    while path[-1] not in path[:-1]:
        path.append(min(name for name in by_id[path[-1]].formula.names if name in by_id))
    circle = path[path.index(path[-1]) :]
    return BadQuestionError(
        by_id[circle[0]].formula.where, f"a circle: {' -> '.join(circle)}", "steps that follow one after the other"
    )


def first_value(scene: Scene, step: Step) -> tuple[Fraction | None, str]:
    """A step's value, or None with the reason; dividing by nothing is an error of the file.

    Raises:
        BadQuestionError: The step divides by zero.
    """
    try:
        return scene.value(step.id), ""
    except ZeroDivisionError as error:
        raise BadQuestionError(
            step.formula.where, "a division by zero", f"other figures in {step.formula.text!r}"
        ) from error
    except NoValueError as error:
        return None, str(error)


def value_or_none(scene: Scene, step_id: str) -> Fraction | None:
    """A step's value in a changed scene; None where the change leaves none."""
    try:
        return scene.value(step_id)
    except (ZeroDivisionError, NoValueError):
        return None
