"""What a scenario is like, whatever the option: prices, hours, breakdowns, month by month.

The plain NumPy form; the fused kernel computes the same in lanes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty.draws import Draws, expected_failures
from payback.decision.uncertainty.inputs import Failures, PricePath, Resale
from payback.decision.uncertainty.model import NEW_PARTS, USED_PARTS, Model
from payback.decision.uncertainty.spread import Spread
from payback.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Features:
    """Features of some scenarios; the last axis counts scenarios, the one before it months 0 to N."""

    hours: Floats
    """Hours of use over the hours asked."""
    speeds: Floats
    """Speed over the predicted speed, rows of the table of speeds x scenarios."""
    spot: Floats
    """Hours lost to interruptions over useful hours."""
    energy: Floats
    """Σ of the tariff over today's tariff, cumulative. [months]"""
    rent: Floats
    """Σ of the rent over today's rent, cumulative; paths x months x scenarios. [months]"""
    upfront: Floats
    """The same, of the first days of terms."""
    term_rent: Floats
    """Rent of the term that runs at each month over today's; paths x months x scenarios."""
    resale: Floats
    """Resale of GPUs over that of the statement."""
    rest: Floats
    """Resale of the rest over that of the statement."""
    breakdowns: Floats
    """Breakdowns that cost parts, cumulative, by failure class."""
    days_lost: Floats
    """Share of each month without the machine."""


def features(model: Model, draws: Draws, *, central: bool = False) -> Features:
    """Turn random numbers into scenarios.

    Args:
        model: The plan as attributes.
        draws: The random numbers.
        central: Replace breakdowns and generations by their expectations.
    """
    inputs, months = model.inputs, model.months
    prices, strays = {}, {}
    for name in model.rent_classes:
        prices[name], strays[name] = price_factors(inputs.path(name), draws)
    rent, upfront, term_rent = _by_commitment(model, prices, months, draws.scenarios)
    breakdowns, days_lost = _breakdowns(inputs.failures, draws, months, central=central)
    resale, rest = _resale(model, draws, strays[model.rent_classes[0]], central=central)
    return Features(
        hours=np.minimum(spread_at(inputs.hours, draws.hours), inputs.most_hours),
        speeds=_speeds(model, draws),
        spot=spread_at(inputs.spot_overhead, draws.spot),
        energy=_energy(inputs.electricity_growth, draws.growth, months),
        rent=rent,
        upfront=upfront,
        term_rent=term_rent,
        resale=resale,
        rest=rest,
        breakdowns=breakdowns,
        days_lost=days_lost,
    )


def running_sum(rows: Floats) -> Floats:
    """Sum of each row and those before it; along the first axis several times faster than `numpy.cumsum`."""
    out = np.empty_like(rows)
    total = np.zeros(rows.shape[1:])
    for place, row in enumerate(rows):
        total = np.add(total, row, out=out[place])
    return out


def spread_at(spread: Spread, z: Floats) -> Floats:
    """Values of a spread at standard normal deviates (U1, U2)."""
    below, above = spread.halves
    step = z * np.where(z < 0, below, above)
    return spread.middle + step if spread.kind == "normal" else spread.middle * np.exp(step)


def price_factors(path: PricePath, draws: Draws) -> tuple[Floats, Floats]:
    """Price over today's price by month, and the logarithm of it without its drift (U5)."""
    months, scenarios = draws.swings.shape
    fade, shock = path.wander.fade_per_month, path.wander.shock_deviation
    stray = np.zeros((months + 1, scenarios))
    swing, jumped = np.zeros(scenarios), np.zeros(scenarios)
    for month in range(months):
        swing = fade * swing + shock * draws.swings[month]
        jumped = jumped + _jumps(path, draws.jumps[month])
        stray[month + 1] = swing + jumped
    years = np.arange(months + 1) / MONTHS_PER_YEAR
    return np.exp(spread_at(path.drift, draws.drift) * years[:, None] + stray), stray


def _jumps(path: PricePath, word: NDArray[np.uint64]) -> Floats:
    if path.jumps_per_year <= 0 or not path.jump_sizes:
        return np.zeros(word.shape)
    place = (word >> np.uint64(8)).astype(np.float64)
    limit = min(1.0, path.jumps_per_year / MONTHS_PER_YEAR) * 2.0**24
    count = len(path.jump_sizes)
    which = np.minimum((place * (count / limit)).astype(np.int64), count - 1)
    return np.where(place < limit, np.array(path.jump_sizes)[which], 0.0)


def _by_commitment(
    model: Model, prices: dict[str, Floats], months: int, scenarios: int
) -> tuple[Floats, Floats, Floats]:
    """Sums of prices as each kind of commitment pays them: at the price of the day its term began."""
    shape = (len(model.paths), months + 1, scenarios)
    rent, upfront, running = np.zeros(shape), np.zeros(shape), np.ones(shape)
    for row, (name, term) in enumerate(model.paths):
        paid = np.arange(months + 1)
        began = paid if term == 0 else np.maximum(0, (paid - 1) // term * term)
        running[row] = prices[name][began]
        rent[row, 1:] = running_sum(running[row, 1:])
        starts = np.zeros(months + 1, bool)
        starts[0] = term > 0
        if term:
            starts[term + 1 :: term] = True
        if term:
            upfront[row] = running_sum(np.where(starts[:, None], running[row], 0.0))
    return rent, upfront, running


def _energy(growth: Spread, z: Floats, months: int) -> Floats:
    month = np.arange(1, months + 1)[:, None] / MONTHS_PER_YEAR
    factor = np.exp(spread_at(growth, z) * month)
    return np.concatenate([np.zeros((1, z.size)), running_sum(factor)])


def _speeds(model: Model, draws: Draws) -> Floats:
    rows = [spread_at(spread, draws.speeds[gpu]) for gpu, spread in model.speeds]
    return np.array(rows).reshape(len(rows), draws.scenarios)


def generations(resale: Resale, arrival: Floats, months: int) -> Floats:
    """Generations that have come by each month, given where in its window the first one falls."""
    early, late = resale.next_generation_months
    first = early + arrival * (late - early)
    since = np.arange(months + 1)[:, None] - first
    interval = resale.generation_interval_months
    further = np.floor(since / interval) if interval > 0 else np.zeros(since.shape)
    return np.where(since >= 0, 1.0 + further, 0.0)


@cache
def expected_generations(resale: Resale, months: int, points: int = 4096) -> Floats:
    """Generations expected by each month."""
    middle: Floats = (np.arange(points) + 0.5) / points
    return np.asarray(generations(resale, middle, months).mean(axis=1))


@dataclass(frozen=True, slots=True)
class ResaleLogs:
    """Logarithms that resale is made of; months x scenarios, or months x 1."""

    ageing: Floats
    """−(λ − λ₀)·m/12: how much faster or slower than the curve this GPU ages."""
    stray: Floats
    """Where the used market stands against its trend."""
    dropped: Floats
    """δ·n(m): what the generations that came have cost."""
    expected: Floats
    """δ₀·E n(m): the part of it that is in the curve already."""


def resale_logs(model: Model, draws: Draws, market: Floats, *, central: bool = False) -> ResaleLogs:
    """What resale is made of (U7).

    stray(m) = s(m)·(ρ·r(m) + √(1−ρ²)·w)

    r is the stray of rents over its standard deviation, w a normal, s the
    standard deviation U4 of used prices, n counts generations.

    Args:
        model: The plan as attributes.
        draws: The random numbers.
        market: Stray of the market's rents.
        central: Leave generations at their expectation.
    """
    resale, months = model.inputs.resale, model.months
    none = np.zeros((months + 1, 1))
    if resale is None:
        return ResaleLogs(ageing=none, stray=none, dropped=none, expected=none)
    years = (np.arange(months + 1) / MONTHS_PER_YEAR)[:, None]
    expected = expected_generations(resale, months)[:, None] * resale.generation_step.middle
    dropped = spread_at(resale.generation_step, draws.step) * generations(resale, draws.generation, months)
    return ResaleLogs(
        ageing=-(spread_at(resale.decay, draws.decay) - resale.decay.middle) * years,
        stray=_stray(resale, model.inputs.path(model.rent_classes[0]), draws, market),
        dropped=expected if central else dropped,
        expected=expected,
    )


def _resale(model: Model, draws: Draws, market: Floats, *, central: bool) -> tuple[Floats, Floats]:
    """Resale over that of the statement, of the GPUs and of the rest (U8).

    ln = ageing(m) + stray(m) − dropped(m) + expected(m), at most ln(most kept / kept by the curve)
    ln = (power − 1)·ln(kept by the curve)
    """
    resale, months, scenarios = model.inputs.resale, model.months, draws.scenarios
    if resale is None:
        return np.ones((months + 1, scenarios)), np.ones((months + 1, scenarios))
    logs = resale_logs(model, draws, market, central=central)
    most = np.log(resale.most_kept_share / model.gpu_kept)[:, None]
    factor = np.exp(np.minimum(logs.ageing + logs.stray - logs.dropped + logs.expected, most))
    power = spread_at(resale.rest_power, draws.rest)
    return factor, np.exp((power - 1.0) * np.log(model.rest_kept)[:, None])


def _stray(resale: Resale, rents: PricePath, draws: Draws, market: Floats) -> Floats:
    months = range(draws.swings.shape[0] + 1)
    own = np.array([resale.wander.deviation(month) for month in months])[:, None]
    rent = np.array([rents.wander.deviation(month) for month in months])[:, None]
    shared = np.divide(market, rent, out=np.zeros_like(market), where=rent > 0)
    rho = resale.rent_correlation
    return np.asarray(own * (rho * shared + sqrt(1.0 - rho**2) * draws.stray))


def _breakdowns(failures: Failures | None, draws: Draws, months: int, *, central: bool) -> tuple[Floats, Floats]:
    """Breakdowns that cost parts by failure class, cumulative, and the share of each month that is lost."""
    scenarios = draws.scenarios
    count = np.zeros((3, months + 1, scenarios))
    lost = np.zeros((months + 1, scenarios))
    if failures is None:
        return count, lost
    down_months = spread_at(failures.downtime_days, draws.downtime) / DAYS_PER_MONTH
    rate = spread_at(failures.rate_per_year, draws.rate)
    if central:
        per_rate = np.array([expected_failures(failures, 1.0, month) for month in range(months + 1)])
        after = np.maximum(0.0, per_rate - expected_failures(failures, 1.0, failures.warranty_months))
        count[USED_PARTS], count[NEW_PARTS] = per_rate[:, None] * rate, after[:, None] * rate
        lost[1:] = np.diff(per_rate)[:, None] * rate * down_months
        return count, lost
    reference = failures.reference_years
    total = running_sum(draws.waits)
    at_month = MONTHS_PER_YEAR * reference * (total / (rate * reference)) ** (1.0 / failures.shape)
    for event in at_month:
        who = np.flatnonzero(event < months)
        month = event[who].astype(np.int64) + 1
        np.add.at(count[USED_PARTS], (month, who), 1.0)
        np.add.at(count[NEW_PARTS], (month, who), (event[who] >= failures.warranty_months) * 1.0)
        np.add.at(lost, (month, who), down_months[who])
    for one in (USED_PARTS, NEW_PARTS):
        count[one] = running_sum(count[one])
    return count, lost
