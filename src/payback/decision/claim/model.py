"""A published analysis as we read it: its inputs, its steps, what it compares and what it concludes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from payback.decision.claim.calendar import Calendar
from payback.decision.claim.expression import Expression
from payback.decision.claim.printed import Printed

Side = Literal["own", "rent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One figure of the analysis and how it should follow."""

    id: str
    """Name that formulas use for it."""
    name: str
    formula: Expression
    stated: Printed | None = None
    """None for a step in between that the analysis does not print."""
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to do the work that the analysis itself gives a total for."""

    name: str
    side: Side
    total: Expression
    work: Expression | None = None
    """Amount of work the total buys; None where all alternatives do the same."""
    feasible: bool = True
    why: str = ""
    """Why it is not feasible, or what differs."""
    gpus: int | None = None
    gpus_used: int | None = None
    """How many of its GPUs the job uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameFigure:
    """A quantity that the analysis counts at two places, which should agree."""

    name: str
    here: Expression
    there: Expression
    here_label: str
    there_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What the analysis recommends."""

    recommends: str | None = None
    """Name of an alternative."""
    against: str | None = None
    """Alternative it measures the recommendation against."""
    text: str = ""
    """Its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the figures cover."""

    covers: tuple[str, ...] = ()
    """Lines that are inside a figure although no name says so."""
    excerpt: bool = False
    """Whether the file holds a part of the analysis only, so that nothing can be said about lines left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What to look up in the catalogue: what the same GPU was rented for when the analysis appeared."""

    gpu: str
    on: dt.date
    usd_per_gpu_h: Fraction | None = None
    """Cheapest price the analysis uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A published rent-vs-buy analysis."""

    title: str
    author: str = ""
    source: str = ""
    date: str = ""
    """Day, month or year of publication as stated."""
    inputs: Mapping[str, Fraction]
    labels: Mapping[str, str] = field(default_factory=dict)
    """What an input is, where its name does not say it all."""
    calendar: Calendar = field(default_factory=Calendar)
    steps: tuple[Step, ...]
    alternatives: tuple[Alternative, ...] = ()
    same: tuple[SameFigure, ...] = ()
    conclusion: Conclusion | None = None
    scope: Scope = Scope()
    market: Market | None = None

    def step(self, step_id: str) -> Step:
        """The step of that id."""
        return next(step for step in self.steps if step.id == step_id)
