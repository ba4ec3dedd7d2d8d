"""Scenarios times options in plain NumPy: the oracle of the kernel, and the engine where numba is absent.

Written for reading: one function a formula, options in a loop, months and
scenarios in arrays. The kernel must agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty.features import Features, running_sum
from payback.decision.uncertainty.model import Model
from payback.units import HOURS_PER_MONTH

Floats = NDArray[np.float64]
When = slice | int
EVERY: Final = slice(None)
LAST: Final = -1


@dataclass(frozen=True, slots=True)
class Costs:
    """Total of every option and payback of every owned one."""

    total_usd: Floats
    """Options x scenarios, in the plan's order. [USD]"""
    payback_months: Floats
    """Owned options x scenarios; infinite = never. [months]"""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What owning is measured against: the payments of the cheapest rented option, months x scenarios."""

    cash_usd: Floats
    """Cumulative payments, work beyond a commitment's hours included. [USD]"""
    downtime_usd: Floats
    """The part of them that falls on days an owned machine is being repaired. [USD]"""


def costs(model: Model, features: Features) -> Costs:
    """Totals and paybacks of every option in every scenario."""
    baseline = baseline_of(model, features)
    total = np.empty((model.options, features.hours.shape[0]))
    payback = np.full((model.owned.place.size, features.hours.shape[0]), np.inf)
    for one, place in enumerate(model.rented.place):
        total[place] = rented_net(model, features, one, baseline, LAST)
    for one, place in enumerate(model.owned.place):
        cash = owned_cash(model, features, one, baseline)
        total[place] = cash[-1] - owned_residual(model, features, one, LAST)
        if baseline is not None:
            payback[one] = crossings(cash - baseline.cash_usd)
    return Costs(total_usd=total, payback_months=payback)


def totals(model: Model, features: Features) -> Floats:
    """Totals alone, options x scenarios. [USD]"""
    baseline = baseline_of(model, features)
    total = np.empty((model.options, features.hours.shape[0]))
    for one, place in enumerate(model.rented.place):
        total[place] = rented_net(model, features, one, baseline, LAST)
    for one, place in enumerate(model.owned.place):
        cash = owned_cash(model, features, one, baseline, LAST)
        total[place] = cash - owned_residual(model, features, one, LAST)
    return total


def baseline_of(model: Model, features: Features) -> Baseline | None:
    """The baseline in each scenario; None where there is nothing to rent."""
    if model.baseline is None:
        return None
    cash = _rented_cash(model, features, model.baseline, EVERY)
    cash = cash * (1.0 + _beyond_rented(model, features, model.baseline))
    downtime = np.zeros(cash.shape)
    downtime[1:] = running_sum(features.days_lost[1:] * np.diff(cash, axis=0))
    return Baseline(cash_usd=cash, downtime_usd=downtime)


def rented_net(model: Model, features: Features, one: int, baseline: Baseline | None, when: When = EVERY) -> Floats:
    """Cumulative cost of a rented option with what is still owed, at every month or at the last. [USD]

    Work beyond the hours of a commitment is rented as from the baseline (U10).
    """
    net = _rented_cash(model, features, one, when) + _owed(model, features, one, when)
    beyond = _beyond_rented(model, features, one)
    if one == model.baseline:
        return net * (1.0 + beyond)
    return net if baseline is None else net + beyond * baseline.cash_usd[when]


def rented_cash(model: Model, features: Features, one: int, baseline: Baseline | None, when: When = EVERY) -> Floats:
    """Cumulative payments of a rented option, work beyond its hours included, at every month or at the last. [USD]"""
    cash, beyond = _rented_cash(model, features, one, when), _beyond_rented(model, features, one)
    if one == model.baseline:
        return cash * (1.0 + beyond)
    return cash if baseline is None else cash + beyond * baseline.cash_usd[when]


def _rented_cash(model: Model, features: Features, one: int, when: When) -> Floats:
    """Cumulative payments of a rented option (U9). [USD]

    cash(m) = fixed(m) + (used · h/q · (1 + spot) + flat) · Σp + upfront · Σp(terms)
    """
    side, path = model.rented, model.rented.path[one]
    work = features.hours / features.speeds[side.speed[one]] * (1.0 + features.spot * side.is_spot[one])
    by_month = side.used_usd[one] * work + side.flat_usd[one]
    upfront = side.upfront_usd[one] * features.upfront[path][when]
    return np.asarray(_months(side.fixed_usd[one], when) + by_month * features.rent[path][when] + upfront)


def _owed(model: Model, features: Features, one: int, when: When) -> Floats:
    """What a running commitment still owes. [USD]"""
    owed = _months(model.rented.owed_usd[one], when)
    return np.asarray(owed * features.term_rent[model.rented.path[one]][when])


def _months(row: Floats, when: When) -> Floats:
    """A row of months as a column beside scenarios, or its last entry."""
    return np.asarray(row[:, None] if when is EVERY else row[LAST])


def _beyond_rented(model: Model, features: Features, one: int) -> Floats:
    return _beyond(model.rented.load[one], features, model.rented.speed[one])


def _beyond(load: float, features: Features, speed: int) -> Floats:
    """Share of the work that exceeds the hours an option has (U10).

    ε = max(0, 1 − 1/u),  u = load · h/q
    """
    use = load * features.hours / features.speeds[speed]
    return np.asarray(1.0 - 1.0 / np.maximum(use, 1.0))


def owned_cash(model: Model, features: Features, one: int, baseline: Baseline | None, when: When = EVERY) -> Floats:
    """Cumulative payments of an owned option, at every month or at the last (U11). [USD]

    cash(m) = fixed(m) + 730 · (idle + (busy − idle) · min(1, u)) · Σe + repair · n(m)
              + ε · rent(m) + (1 − ε) · Σ lost · rent a month
    """
    side = model.owned
    use = np.minimum(side.load[one] * features.hours / features.speeds[side.speed[one]], 1.0)
    busy, idle = side.busy_usd_per_h[one], side.idle_usd_per_h[one]
    power = HOURS_PER_MONTH * (idle + (busy - idle) * use)
    failure_class = side.failure_class[one]
    cash = _months(side.fixed_usd[one], when) + power * features.energy[when]
    cash = cash + side.repair_usd[one] * features.breakdowns[failure_class][when]
    if baseline is None:
        return np.asarray(cash)
    beyond = _beyond(side.load[one], features, side.speed[one])
    if failure_class:
        cash = cash + (1.0 - beyond) * baseline.downtime_usd[when]
    return np.asarray(cash + beyond * baseline.cash_usd[when] if beyond.any() else cash)


def owned_residual(model: Model, features: Features, one: int, when: When = EVERY) -> Floats:
    """What an owned option still fetches, at every month or at the last. [USD]"""
    gpus = _months(model.owned.gpu_residual_usd[one], when) * features.resale[when]
    return np.asarray(gpus + _months(model.owned.rest_residual_usd[one], when) * features.rest[when])


def crossings(gap_usd: Floats) -> Floats:
    """First month from which a gap stays at or below zero, per scenario; infinite if it ends above (D2).

    Args:
        gap_usd: Owned less rented, months x scenarios.

    Example:
        >>> import numpy as np
        >>> crossings(np.array([[3000.0, 1.0], [912.0, 1.0], [-1176.0, 1.0]]))
        array([1.43678161,        inf])
    """
    above = gap_usd > 0.0
    last = gap_usd.shape[0] - 1
    after = np.where(above.any(axis=0), last + 1 - np.argmax(above[::-1], axis=0), 0)
    upper = np.minimum(after, last)
    lower = np.maximum(upper - 1, 0)
    columns = np.arange(gap_usd.shape[1])
    before, behind = gap_usd[lower, columns], gap_usd[upper, columns]
    share = np.divide(before, before - behind, out=np.zeros_like(before), where=before > behind)
    month = np.where(after > 0, lower + share, 0.0)
    return np.where(after > last, np.inf, month)
