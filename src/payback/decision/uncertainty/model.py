"""A plan as numbers to multiply: what each option pays once, a month, an hour, and what it fetches in the end.

Totals are bilinear: features of a scenario times attributes of an option. The
attributes come from the statements that the cost functions made, line by line,
so the model cannot drift from the cost engine; a line it does not know is
carried over as it stands, month by month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payback.cost.energy import energy_cost_usd
from payback.cost.rental import Term
from payback.cost.statement import Line
from payback.decision.costing import busy_hours, rented_machines
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.decision.uncertainty.inputs import RENT_CLASSES, Inputs
from payback.decision.uncertainty.spread import Spread
from payback.units import HOURS_PER_DAY, HOURS_PER_MONTH, MONTHS_PER_YEAR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGE_CLOUDS = frozenset({"aws", "azure", "google-cloud", "oci"})
"""Sellers whose price lists change seldom; the others follow the market."""
SPOT_TERM = "spot"
NO_FAILURES, USED_PARTS, NEW_PARTS = 0, 1, 2
"""Failure classes: not charged; charged from the first day; charged after the warranty."""


@dataclass(frozen=True, slots=True)
class OwnedSide:
    """Attributes of the owned options, one entry an option."""

    place: Ints
    """Position among the plan's options."""
    speed: Ints
    """Row of the table of speeds."""
    failure_class: Ints
    fixed_usd: Floats
    """Payments that nothing changes, cumulative by month. [USD], options x months"""
    busy_usd_per_h: Floats
    idle_usd_per_h: Floats
    load: Floats
    """Share of the month the machine is busy at the hours asked; at most 1."""
    repair_usd: Floats
    """Cost of one breakdown outside the warranty. [USD]"""
    gpu_residual_usd: Floats
    """Resale of the GPUs by month. [USD], options x months"""
    rest_residual_usd: Floats
    """Resale of the rest by month. [USD], options x months"""


@dataclass(frozen=True, slots=True)
class RentedSide:
    """Attributes of the rented options, one entry an option."""

    place: Ints
    speed: Ints
    path: Ints
    """Row of the table of price paths: a class and a commitment."""
    fixed_usd: Floats
    """Payments that nothing changes, cumulative by month. [USD], options x months"""
    used_usd: Floats
    """Rent a month at the hours asked, paid by use. [USD]"""
    flat_usd: Floats
    """Rent a month whatever the hours. [USD]"""
    upfront_usd: Floats
    """Paid on the first day of each term. [USD]"""
    owed_usd: Floats
    """Still owed at each month on a running commitment. [USD], options x months"""
    load: Floats
    """Share of the capacity used at the hours asked; 0 where capacity is not limited."""
    is_spot: Floats
    """1 for machines that may be taken away, else 0."""


@dataclass(frozen=True)
class Model:
    """Everything a scenario is multiplied with."""

    months: int
    ids: tuple[str, ...]
    base_usd: Floats
    """Totals of the statements, in the plan's order. [USD]"""
    owned: OwnedSide
    rented: RentedSide
    baseline: int | None
    """Position of the baseline among the rented options."""
    gpus: tuple[str, ...]
    """GPUs of the options; each has one random deviate of its speed."""
    speeds: tuple[tuple[int, Spread], ...]
    """Table of speeds: (GPU, spread); a GPU has several rows where hosts hold it back differently."""
    paths: tuple[tuple[str, int], ...]
    """(class, months of commitment) of each row of the table of price paths."""
    inputs: Inputs
    gpu_kept: Floats
    """Share the GPUs keep in the statements, by month."""
    rest_kept: Floats
    """Share the rest of the computer keeps, by month."""

    @property
    def options(self) -> int:
        """How many options there are."""
        return len(self.ids)

    @property
    def rent_classes(self) -> tuple[str, ...]:
        """Classes of price paths; the market's is always the first, the used market follows it."""
        used = {name for name, _ in self.paths}
        return tuple(name for name in RENT_CLASSES if name in used or name == RENT_CLASSES[0])


def model_of(plan: Plan, inputs: Inputs) -> Model:
    """A plan's options as attributes.

    Args:
        plan: The deterministic answer.
        inputs: What varies; it decides which lines are replaced by drawn ones.
    """
    owned = [(place, option) for place, option in enumerate(plan.options) if option.is_owned]
    rented = [(place, option) for place, option in enumerate(plan.options) if not option.is_owned]
    gpus = tuple(sorted({option.candidate.gpu.gpu for option in plan.options}))
    rows = {option.id: _speed_row(option, inputs, gpus) for option in plan.options}
    speeds = tuple(dict.fromkeys(rows.values()))
    speed_of = {name: speeds.index(row) for name, row in rows.items()}
    paths = tuple(sorted({_path_of(option) for _, option in rented}))
    baseline = plan.advice.baseline
    gpu_kept, rest_kept = _unit_residuals(plan)
    return Model(
        months=plan.question.work.months,
        ids=tuple(option.id for option in plan.options),
        base_usd=np.array([option.total_usd for option in plan.options]),
        owned=_owned_side(owned, plan, inputs, speed_of),
        rented=_rented_side(rented, plan, speed_of, paths),
        baseline=None if baseline is None else [option.id for _, option in rented].index(baseline.id),
        gpus=gpus,
        speeds=speeds,
        paths=paths,
        inputs=inputs,
        gpu_kept=gpu_kept,
        rest_kept=rest_kept,
    )


def rent_class(candidate: RentCandidate) -> str:
    """Who sets the price of an offer."""
    if candidate.term == SPOT_TERM:
        return "spot"
    return "list" if candidate.provider in LARGE_CLOUDS else "market"


def _speed_row(option: Option, inputs: Inputs, gpus: tuple[str, ...]) -> tuple[int, Spread]:
    return gpus.index(option.candidate.gpu.gpu), inputs.speeds.get(option.id, Spread.constant(1.0))


def _path_of(option: Option) -> tuple[str, int]:
    assert isinstance(option.candidate, RentCandidate)
    return rent_class(option.candidate), Term.parse(option.candidate.term).commitment_months


def _owned_side(
    owned: Sequence[tuple[int, Option]], plan: Plan, inputs: Inputs, speed_of: Mapping[str, int]
) -> OwnedSide:
    months = plan.question.work.months
    gpu_kept, rest_kept = _unit_residuals(plan)
    classes = [_failure_class(option, inputs) for _, option in owned]
    split = [_residual_split(option, gpu_kept, rest_kept) for _, option in owned]
    return OwnedSide(
        place=np.array([place for place, _ in owned], np.int64),
        speed=np.array([speed_of[option.id] for _, option in owned], np.int64),
        failure_class=np.array(classes, np.int64),
        fixed_usd=_table(
            [_cumulative(_fixed_lines(o, c != NO_FAILURES), months) for (_, o), c in zip(owned, classes, strict=True)],
            months,
        ),
        busy_usd_per_h=np.array([_power_usd_per_h(option, plan, busy=True) for _, option in owned]),
        idle_usd_per_h=np.array([_power_usd_per_h(option, plan, busy=False) for _, option in owned]),
        load=np.array([min(1.0, busy_hours(plan.question, o.speed) / HOURS_PER_MONTH) for _, o in owned]),
        repair_usd=np.array([_repair_usd(o, inputs, c) for (_, o), c in zip(owned, classes, strict=True)]),
        gpu_residual_usd=_table([part for part, _ in split], months),
        rest_residual_usd=_table([part for _, part in split], months),
    )


OWN_DRAWN_LINES = frozenset({"electricity busy", "electricity idle"})
REPAIR_LINE = "repairs"


def _fixed_lines(option: Option, failures_drawn: bool) -> list[Line]:
    drawn = OWN_DRAWN_LINES | ({REPAIR_LINE} if failures_drawn else set())
    return [line for line in option.statement.lines if line.name not in drawn]


def _cumulative(lines: Sequence[Line], months: int) -> Floats:
    total = np.zeros(months + 1)
    for line in lines:
        total += np.array(line.payments_usd)
    return np.cumsum(total)


def _table(rows: Sequence[Floats], months: int) -> Floats:
    return np.array(rows).reshape(len(rows), months + 1)


def _power_usd_per_h(option: Option, plan: Plan, *, busy: bool) -> float:
    candidate = option.candidate
    assert isinstance(candidate, OwnCandidate)
    power = candidate.wall_power_w if busy else candidate.idle_power_w
    price = plan.world.site.price_usd_per_kwh
    return energy_cost_usd(power or 0.0, 1.0, price_usd_per_kwh=price, pue=plan.question.site.pue)


def _failure_class(option: Option, inputs: Inputs) -> int:
    charged = any(line.name == REPAIR_LINE for line in option.statement.lines)
    if inputs.failures is None or not charged:
        return NO_FAILURES
    return USED_PARTS if option.kind == "used" else NEW_PARTS


def _repair_usd(option: Option, inputs: Inputs, failure_class: int) -> float:
    """What one breakdown costs, so that breakdowns at the median rate cost what the statement's line does."""
    if inputs.failures is None or failure_class == NO_FAILURES:
        return 0.0
    line = next(line for line in option.statement.lines if line.name == REPAIR_LINE)
    a_year = line.payments_usd[-1] * MONTHS_PER_YEAR
    return a_year / inputs.failures.rate_per_year.middle


def _unit_residuals(plan: Plan) -> tuple[Floats, Floats]:
    """What a dollar of GPUs, and a dollar of the rest, still fetch at each month."""
    resale = plan.world.resale.residual_usd
    months = range(plan.question.work.months + 1)
    gpus = np.array([resale(1.0, 0.0, month) or 0.0 for month in months])
    return gpus, np.array([resale(0.0, 1.0, month) or 0.0 for month in months])


def _residual_split(option: Option, gpu_kept: Floats, rest_kept: Floats) -> tuple[Floats, Floats]:
    """The residual of a statement as the share of the GPUs and that of the rest, by month.

    residual(m) = g·a(m) + r·b(m), solved for what the GPUs (g) and the rest (r) count for.
    """
    residual = np.array(option.statement.residual_usd)
    (gpus, _), *_ = np.linalg.lstsq(np.column_stack([gpu_kept, rest_kept]), residual)
    gpu_part = gpus * gpu_kept
    return gpu_part, residual - gpu_part


RENT_DRAWN_LINES = frozenset({"rent", "hours forgotten", "rent committed", "rent paid upfront"})


def _rented_side(
    rented: Sequence[tuple[int, Option]], plan: Plan, speed_of: Mapping[str, int], paths: tuple[tuple[str, int], ...]
) -> RentedSide:
    months = plan.question.work.months
    options = [option for _, option in rented]
    fixed = [[line for line in o.statement.lines if line.name not in RENT_DRAWN_LINES] for o in options]
    return RentedSide(
        place=np.array([place for place, _ in rented], np.int64),
        speed=np.array([speed_of[option.id] for option in options], np.int64),
        path=np.array([paths.index(_path_of(option)) for option in options], np.int64),
        fixed_usd=_table([_cumulative(lines, months) for lines in fixed], months),
        used_usd=np.array([_payment(option, "rent", 1) for option in options]),
        flat_usd=np.array([_payment(o, "hours forgotten", 1) + _payment(o, "rent committed", 1) for o in options]),
        upfront_usd=np.array([_payment(option, "rent paid upfront", 0) for option in options]),
        owed_usd=_table([-np.array(option.statement.residual_usd) for option in options], months),
        load=np.array([_rented_load(option, plan) for option in options]),
        is_spot=np.array([float(option.candidate.term == SPOT_TERM) for option in options]),  # type: ignore[union-attr]
    )


def _payment(option: Option, name: str, month: int) -> float:
    return next((line.payments_usd[month] for line in option.statement.lines if line.name == name), 0.0)


def _rented_load(option: Option, plan: Plan) -> float:
    """Share of a commitment's hours that the work takes; 0 where one pays by use and simply rents more."""
    candidate = option.candidate
    assert isinstance(candidate, RentCandidate)
    if not Term.parse(candidate.term).commitment_months:
        return 0.0
    _, h_per_day = rented_machines(candidate, plan.question, option.speed)
    return min(1.0, h_per_day * plan.question.work.days_per_week / 7.0 / HOURS_PER_DAY)
