"""The whole answer to "build, buy or rent?" as one frozen object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue
from payback.decision.advise import Advice, Comparison, advise, comparisons
from payback.decision.options import Option, Rejected, World, collect_facts, cost_all, look_up
from payback.decision.reference import hours_per_month
from payback.evidence import Assumption, Fact
from payback.question import Question
from payback.units import HOURS_PER_MONTH

if TYPE_CHECKING:
    from payback.decision.measured_use import MeasuredUse


@dataclass(frozen=True)
class Plan:
    """Question, options and choice, with every fact they rest on."""

    question: Question
    world: World
    options: tuple[Option, ...]
    """Cheapest first."""
    rejected: tuple[Rejected, ...]
    advice: Advice
    comparisons: tuple[Comparison, ...]
    use: MeasuredUse | None = None
    """Hours of use that a log shows; None where they are supposed."""

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The facts the options name, and those they were computed from."""
        named = {
            fact for option in self.options for line in option.statement.lines_with_residual for fact in line.facts
        }
        named |= {fact.id for option in self.options for fact in option.speed.facts}
        return dict(sorted(collect_facts(self.world).closure(named).items()))

    @property
    def work_units(self) -> float | None:
        """Work done over the horizon (images, tokens...); None where hours are compared or nobody can say."""
        unit, work = self.world.unit_per_reference_h, self.question.work
        return None if unit is None else unit[0] * hours_per_month(self.question) * work.months * work.gpus or None

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What the answer rests on that nobody measured."""
        measured = (self.use.assumption(),) if self.use else ()
        return (*self.world.assumptions, *measured, *_assumptions(self.question, self.world))


def plan(question: Question, catalogue: Catalogue) -> Plan:
    """Rank every way to do the work and choose.

    Raises:
        NoFeasibleOptionError: Nothing does the work at a known price.
    """
    use = None
    if question.work.usage is not None:
        from payback.decision.measured_use import with_measured_use

        question, use = with_measured_use(question, catalogue)
    world = look_up(question, catalogue)
    options, rejected = cost_all(question, world)
    advice = advise(question, world, options, rejected)
    return Plan(
        question=question,
        world=world,
        options=tuple(options),
        rejected=tuple(rejected),
        advice=advice,
        comparisons=tuple(comparisons(question, options, advice)),
        use=use,
    )


def _assumptions(question: Question, world: World) -> Iterator[Assumption]:
    hours = hours_per_month(question)
    yield Assumption(
        name="hours of work a month",
        value=round(hours, 1),
        unit="h",
        why=f"hours a day x days a week x 52.14 weeks / 12: {hours / HOURS_PER_MONTH:.0%} of the month; "
        "most personal machines are used 5 to 15 % of the time",
    )
    yield Assumption(
        name="prices stay as they are",
        value=None,
        unit="",
        why="in the totals; rents have both halved and risen again, so the odds let them move",
    )
    if any(own.wall_power_w is not None and not own.named for own in world.own):
        yield Assumption(
            name="power of machines nobody measured",
            value="(n P + 100 W + 70 W n) / 0.92",
            unit="W",
            why="reproduces the one wall measurement of a 4-GPU machine we found (Puget Systems, 2020)",
        )
        yield Assumption(
            name="idle power of machines nobody measured",
            value="55 + 15 n",
            unit="W",
            why="a home server with one card idles at 70 W; idle cards draw 13 to 18 W; left on all month",
        )
        yield Assumption(
            name="repairs",
            value=0.02,
            unit="share of price a year",
            why="parts of tested machines failed at 0.3 to 2.5 % (Puget Systems, 2025)",
        )
    if not question.options.spot:
        yield Assumption(
            name="spot machines",
            value=False,
            unit="",
            why="left out because they can be taken away; options.spot = true lets them in",
        )
