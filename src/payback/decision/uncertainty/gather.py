"""The uncertain inputs of a plan, each with its evidence as of the day of the question."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from statistics import fmean, median, stdev

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import RunningCost
from payback.decision.plan import Plan
from payback.decision.uncertainty import priors
from payback.decision.uncertainty.fit import Sighting, fit_path
from payback.decision.uncertainty.gather_prices import LITTLE_HISTORY_MOVES, rent_paths, resale_input
from payback.decision.uncertainty.inputs import (
    ELECTRICITY,
    FAILURES,
    GROUPS,
    HOURS,
    SPEED,
    SPOT,
    Failures,
    Inputs,
    UncertainInput,
)
from payback.decision.uncertainty.model import REPAIR_LINE, SPOT_TERM
from payback.decision.uncertainty.spread import Z_80, Spread
from payback.evidence import Fact, Grade
from payback.question import Question
from payback.units import MONTHS_PER_YEAR


def gather(plan: Plan, catalogue: Catalogue) -> Inputs:
    """Everything that is uncertain about a plan.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices; rows after the day of the question are not looked at.
    """
    hours, most_hours, hours_named = _hours(plan, catalogue)
    rents, rents_named = rent_paths(plan, catalogue)
    resale, resale_named = resale_input(plan, catalogue)
    growth, growth_named = _electricity(plan, catalogue)
    failures, failures_named = _failures(plan, catalogue)
    spot, spot_named = _spot(plan, catalogue)
    speeds, speeds_named = _speeds(plan)
    return Inputs(
        hours=hours,
        most_hours=most_hours,
        rents=rents,
        resale=resale,
        electricity_growth=growth,
        failures=failures,
        spot_overhead=spot,
        speeds=speeds,
        named=(
            *hours_named, *rents_named, *resale_named, *growth_named, *failures_named, *spot_named, *speeds_named
        ),
    )  # fmt: skip


def asked_hours_per_day(question: Question) -> float:
    """Hours of work asked, averaged over all days of the week. [h]"""
    return question.work.hours_per_day * question.work.days_per_week / 7.0


def _hours(plan: Plan, catalogue: Catalogue) -> tuple[Spread, float, list[UncertainInput]]:
    question = plan.question
    asked, habit = asked_hours_per_day(question), priors.HABITS[question.site.kind]
    ratio, most = priors.hours_ratio(asked, habit)
    if ratio.is_constant:
        return ratio, most, []
    if question.work.hours_measured:
        return _measured_hours(asked, most)
    rows = [row for row in _known(catalogue, plan, "busy_share") if habit.subject in (row.subject or "")]
    by = "T. Dettmers, 2020" if rows else "assumed"
    named = UncertainInput(
        name=GROUPS[HOURS],
        what="hours of use a day",
        spread=_times(ratio, asked),
        unit="h",
        why=f"you ask for {asked:.1f} h; {habit.who} ({by}) and use is nearly always overestimated; "
        "work.hours_measured = true if yours come from a log",
        grade=Grade.QUOTED if rows else Grade.ASSUMED,
        facts=tuple(row.fact() for row in rows),
    )
    return ratio, most, [named]


def _times(ratio: Spread, asked: float) -> Spread:
    return Spread.lognormal(ratio.low * asked, ratio.middle * asked, ratio.high * asked)


def _measured_hours(asked: float, most: float) -> tuple[Spread, float, list[UncertainInput]]:
    """Hours that the user says come from a log: what was asked, give or take what may change."""
    width = exp(Z_80 * priors.MEASURED_HOURS_DEVIATION)
    ratio = Spread.lognormal(1.0 / width, 1.0, width)
    named = UncertainInput(
        name=GROUPS[HOURS],
        what="hours of use a day",
        spread=_times(ratio, asked),
        unit="h",
        why=f"your log says {asked:.1f} h; 15 % for what may change",
        grade=Grade.MEASURED,
    )
    return ratio, most, [named]


def hours_from_log(busy_hours_by_week: Sequence[float], question: Question) -> tuple[Spread, UncertainInput]:
    """Hours of use from the user's own log, which beats any habit of others (U15).

    Args:
        busy_hours_by_week: Hours of work on the reference GPU(s), a figure a week, at least four. [h]
        question: What was asked.

    Returns:
        The ratio to the hours asked, and how answers name it; give both to `Inputs.with_hours`.
    """
    if len(busy_hours_by_week) < 4 or fmean(busy_hours_by_week) <= 0:
        raise ValueError(f"a log of at least four weeks with some work is needed, not {list(busy_hours_by_week)}")
    asked, weeks = asked_hours_per_day(question), len(busy_hours_by_week)
    mean = fmean(busy_hours_by_week) / 7.0
    variation = stdev(busy_hours_by_week) / 7.0 / mean
    deviation = sqrt(variation**2 / weeks + priors.MEASURED_HOURS_DEVIATION**2)
    spread = Spread.lognormal(mean / (1 + Z_80 * deviation), mean, mean * (1 + Z_80 * deviation))
    named = UncertainInput(
        name=GROUPS[HOURS],
        what="hours of use a day",
        spread=spread,
        unit="h",
        why=f"your log of {weeks} weeks, and 15 % for what may change",
        grade=Grade.MEASURED,
    )
    return Spread.lognormal(spread.low / asked, spread.middle / asked, spread.high / asked), named


def _electricity(plan: Plan, catalogue: Catalogue) -> tuple[Spread, list[UncertainInput]]:
    if not any(option.is_owned for option in plan.options):
        return Spread.constant(0.0), []
    question, country = plan.question, plan.question.site.country
    rows = [row for row in catalogue.electricity if row.observed_on and row.observed_on <= question.as_of]
    fit = fit_path(
        [
            Sighting(
                series=f"{row.place}|{row.sector}",
                group=row.place,
                day=row.observed_on,
                price_usd=row.price_usd_per_kwh,
                fact=row.fact(),
            )
            for row in rows
            if row.observed_on and row.place.split("-")[0] == country and row.price_usd_per_kwh > 0
        ],
        priors.TARIFFS,
    )
    seen = f"{fit.moves} moves of tariffs in {country} seen by {question.as_of}"
    fact = Fact(
        id=f"odds:electricity-{country}/{question.as_of}",
        value=fit.drift.middle,
        unit="1/year",
        source="payback",
        observed_on=question.as_of,
        grade=Grade.DERIVED,
        note=f"drift of the logarithm of tariffs; formula U12 on {fit.moves} moves",
        parents=tuple(one.id for one in fit.facts),
    )
    named = UncertainInput(
        name=GROUPS[ELECTRICITY],
        what="growth of the tariff a year",
        spread=fit.drift,
        unit="1/year",
        why=seen if fit.moves else f"no history of tariffs in {country}: 4 % a year either way",
        grade=Grade.DERIVED if fit.moves >= LITTLE_HISTORY_MOVES else Grade.ASSUMED,
        facts=(fact,) if fit.moves else (),
        parents=fit.facts if fit.moves else (),
    )
    return fit.drift, [named]


def _known(catalogue: Catalogue, plan: Plan, what: str) -> list[RunningCost]:
    return [row for row in _costs_known(catalogue, plan) if row.what == what and row.value > 0]


def _costs_known(catalogue: Catalogue, plan: Plan) -> list[RunningCost]:
    day = plan.question.as_of
    return [row for row in catalogue.running_costs if row.observed_on is not None and row.observed_on <= day]


def _failures(plan: Plan, catalogue: Catalogue) -> tuple[Failures | None, list[UncertainInput]]:
    lines = (line.name for option in plan.options if option.is_owned for line in option.statement.lines)
    if REPAIR_LINE not in lines:
        return None, []
    rows = _known(catalogue, plan, "machine_fault_share")
    low, high = (min(r.value for r in rows), max(r.value for r in rows)) if len(rows) > 1 else priors.BREAKDOWN_RATE
    guarantees = [row for row in _known(catalogue, plan, "warranty_years") if _is_of_new_parts(row)]
    warranty = MONTHS_PER_YEAR * median(row.value for row in guarantees) if guarantees else priors.WARRANTY_MONTHS
    failures = Failures(
        rate_per_year=priors.breakdown_spread(low, high),
        shape=priors.BREAKDOWN_SHAPE,
        warranty_months=warranty,
        downtime_days=priors.DOWNTIME_DAYS,
    )
    source = "tested ready-made and self-built machines" if len(rows) > 1 else "assumed"
    named = UncertainInput(
        name=GROUPS[FAILURES],
        what="breakdowns of a machine a year",
        spread=failures.rate_per_year,
        unit="1/year",
        why=f"{source}; Weibull shape {failures.shape:g} (assumed), new parts under warranty for {warranty:.0f} months, "
        "3 to 30 days without the machine, the work rented meanwhile",
        grade=Grade.QUOTED if len(rows) > 1 else Grade.ASSUMED,
        facts=tuple(row.fact() for row in (*rows, *guarantees)),
    )
    return failures, [named]


def _is_of_new_parts(row: RunningCost) -> bool:
    subject = (row.subject or "").casefold()
    return "refurbished" not in subject and "b-stock" not in subject


def _spot(plan: Plan, catalogue: Catalogue) -> tuple[Spread, list[UncertainInput]]:
    if not any(getattr(option.candidate, "term", None) == SPOT_TERM for option in plan.options):
        return Spread.constant(0.0), []
    facts = tuple(row.fact() for row in _known(catalogue, plan, "spot_interruption_share_per_month"))
    named = UncertainInput(
        name=GROUPS[SPOT],
        what="work repeated after interruptions over useful work",
        spread=priors.SPOT_OVERHEAD,
        unit="share",
        why="depends on how often you save; sellers publish how often they interrupt, not what it costs",
        grade=Grade.ASSUMED,
        facts=facts,
    )
    return priors.SPOT_OVERHEAD, [named]


def _speeds(plan: Plan) -> tuple[dict[str, Spread], list[UncertainInput]]:
    """The spread of every option's speed; answers name one a GPU, that of its cheapest option."""
    spreads, named = {}, {}
    for option in plan.options:
        gpu, speed = option.candidate.gpu.gpu, option.speed
        spread = priors.speed_spread(speed.value, speed.low, speed.high)
        if spread.is_constant:
            continue
        spreads[option.id] = spread
        if gpu not in named:
            named[gpu] = UncertainInput(
                name=f"{GROUPS[SPEED]}, {gpu}",
                what=f"speed of a {gpu} on {plan.question.work.workload}, the reference GPU = 1",
                spread=Spread.lognormal(min(speed.low, speed.value), speed.value, max(speed.high, speed.value)),
                unit="ratio",
                why=speed.why,
                grade=Grade.DERIVED,
                facts=speed.facts,
            )
    return spreads, list(named.values())
