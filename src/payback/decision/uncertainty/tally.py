"""What is kept of scenarios that are not: sums, counts and bins, merged in a fixed order.

Memory does not grow with the number of scenarios, and any number of threads
gives the same bits, because chunks are of fixed size and are added up in
their order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty.features import Features
from payback.decision.uncertainty.inputs import ELECTRICITY, FAILURES, GROUPS, HOURS, RENT, RESALE, SPEED, SPOT
from payback.decision.uncertainty.model import USED_PARTS, Model
from payback.decision.uncertainty.reference import Costs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COST_BINS: Final = 512
REGRET_BINS: Final = 256
VALUE_BINS: Final = 16
"""Classes of one input within which the mean cost of every option is known."""
PAYBACK_BINS_PER_MONTH: Final = 8
MOST_SPEEDS_VALUED: Final = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the bins lie, chosen from a first look at the scenarios."""

    cost_low: Floats
    cost_scale: Floats
    """Bins per dollar."""
    regret_scale: Floats
    value_low: Floats
    value_scale: Floats
    valued: tuple[tuple[int, int], ...]
    """(group, row) of the inputs whose value of information is asked."""
    payback_bins: int


@dataclass(slots=True)
class Tally:
    """Sums over scenarios; costs are counted from the statements' totals, so that constants stay exact."""

    scenarios: int
    shift_sum: Floats
    """Σ (cost − statement's total), by option."""
    shift_square: Floats
    least_sum: float
    """Σ (least cost − least statement's total)."""
    regret_sum: Floats
    regret_most: Floats
    wins: Ints
    cost_bins: Ints
    cost_least: Floats
    cost_most: Floats
    regret_bins: Ints
    payback_bins: Ints
    """By owned option; the last bin is "never"."""
    payback_least: Floats
    payback_most: Floats
    value_sum: Floats
    """Σ (cost − statement's total) by half of the sample, input, class and option."""
    value_count: Ints
    """Scenarios by half, input and class."""

    def add(self, other: Tally) -> None:
        """Add what another chunk saw."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if field.name.endswith("_least"):
                np.minimum(mine, theirs, out=mine)
            elif field.name.endswith("_most"):
                np.maximum(mine, theirs, out=mine)
            else:
                setattr(self, field.name, mine + theirs)


def empty(model: Model, frame: Frame) -> Tally:
    """A tally of nothing."""
    options, owned, valued = model.options, model.owned.place.size, len(frame.valued)
    return Tally(
        scenarios=0,
        shift_sum=np.zeros(options),
        shift_square=np.zeros(options),
        least_sum=0.0,
        regret_sum=np.zeros(options),
        regret_most=np.zeros(options),
        wins=np.zeros(options, np.int64),
        cost_bins=np.zeros((options, COST_BINS), np.int64),
        cost_least=np.full(options, np.inf),
        cost_most=np.full(options, -np.inf),
        regret_bins=np.zeros((options, REGRET_BINS), np.int64),
        payback_bins=np.zeros((owned, frame.payback_bins), np.int64),
        payback_least=np.full(owned, np.inf),
        payback_most=np.full(owned, -np.inf),
        value_sum=np.zeros((2, valued, VALUE_BINS, options)),
        value_count=np.zeros((2, valued, VALUE_BINS), np.int64),
    )


def frame_of(model: Model, first: Costs, features: Features) -> Frame:
    """Bins wide enough for what a first look at some scenarios showed, and half as much again either side.

    Args:
        model: The plan as attributes.
        first: Costs of the first scenarios.
        features: Their features.
    """
    total = first.total_usd
    low, high = total.min(axis=1), total.max(axis=1)
    margin = 0.5 * (high - low) + 1e-9 * (1.0 + np.abs(high))
    regret = (total - total.min(axis=0)).max(axis=1)
    valued = _valued(model)
    rows = [value_of(group, row, features) for group, row in valued]
    ends = np.array([np.quantile(row, [0.01, 0.99]) for row in rows]).reshape(len(rows), 2)
    width = ends[:, 1] - ends[:, 0]
    return Frame(
        cost_low=low - margin,
        cost_scale=COST_BINS / (high - low + 2 * margin),
        regret_scale=REGRET_BINS / (1.5 * regret + 1e-9),
        value_low=ends[:, 0],
        value_scale=np.divide(VALUE_BINS, width, out=np.zeros_like(width), where=width > 0),
        valued=valued,
        payback_bins=PAYBACK_BINS_PER_MONTH * model.months + 2,
    )


def _valued(model: Model) -> tuple[tuple[int, int], ...]:
    """Inputs that vary, each as a group and a row within it."""
    out: list[tuple[int, int]] = []
    for group, name in enumerate(GROUPS):
        if name not in model.inputs.varying:
            continue
        if group == SPEED:
            out += [(group, row) for row in _speeds_valued(model)]
        elif group != RENT:
            out.append((group, 0))
        elif model.baseline is not None:
            out.append((group, int(model.rented.path[model.baseline])))
    return tuple(out)


def _speeds_valued(model: Model) -> list[int]:
    """Rows of speeds of the cheapest options' GPUs: knowing the others could not change much."""
    places = [*model.owned.place.tolist(), *model.rented.place.tolist()]
    speeds = [*model.owned.speed.tolist(), *model.rented.speed.tolist()]
    chosen: dict[int, int] = {}
    for _, row in sorted(zip(places, speeds, strict=True)):
        gpu, spread = model.speeds[row]
        if not spread.is_constant:
            chosen.setdefault(gpu, row)
    return list(chosen.values())[:MOST_SPEEDS_VALUED]


def value_of(group: int, row: int, features: Features) -> Floats:
    """The one number by which a group is known in each scenario."""
    if group == RENT:
        return np.asarray(features.rent[row, -1])
    if group == SPEED:
        return np.asarray(features.speeds[row])
    whole = {
        HOURS: features.hours,
        RESALE: features.resale[-1],
        ELECTRICITY: features.energy[-1],
        FAILURES: features.breakdowns[USED_PARTS, -1],
        SPOT: features.spot,
    }
    return np.asarray(whole[group])


def tally_of(model: Model, frame: Frame, costs: Costs, features: Features, half: int) -> Tally:
    """Count one chunk of scenarios in plain NumPy.

    Args:
        model: The plan as attributes.
        frame: Where the bins lie.
        costs: Totals and paybacks of the chunk.
        features: Its features.
        half: 0 or 1, the half of the sample it belongs to.
    """
    tally = empty(model, frame)
    total, options = costs.total_usd, model.options
    least = total.min(axis=0)
    regret = total - least
    shift = total - model.base_usd[:, None]
    tally.scenarios = total.shape[1]
    tally.shift_sum, tally.shift_square = shift.sum(axis=1), (shift**2).sum(axis=1)
    tally.least_sum = float((least - model.base_usd.min()).sum())
    tally.regret_sum, tally.regret_most = regret.sum(axis=1), regret.max(axis=1)
    tally.wins = np.bincount(total.argmin(axis=0), minlength=options)
    tally.cost_least, tally.cost_most = total.min(axis=1), total.max(axis=1)
    tally.cost_bins = _histogram((total - frame.cost_low[:, None]) * frame.cost_scale[:, None], COST_BINS)
    tally.regret_bins = _histogram(regret * frame.regret_scale[:, None], REGRET_BINS)
    _count_paybacks(tally, frame, costs.payback_months)
    for one, (group, row) in enumerate(frame.valued):
        value = value_of(group, row, features)
        place = np.clip((value - frame.value_low[one]) * frame.value_scale[one], 0, VALUE_BINS - 1).astype(np.int64)
        count = np.bincount(place, minlength=VALUE_BINS)
        seen = np.flatnonzero(count)
        starts = np.concatenate([[0], np.cumsum(count[seen])[:-1]])
        sums = np.add.reduceat(shift[:, np.argsort(place, kind="stable")], starts, axis=1)
        tally.value_sum[half, one, seen] = sums.T
        tally.value_count[half, one] = count
    return tally


def _histogram(place: Floats, bins: int) -> Ints:
    """Counts of each row's entries by bin; what lies beyond the ends counts in the end bins."""
    rows = place.shape[0]
    index = np.clip(place, 0, bins - 1).astype(np.int64) + bins * np.arange(rows)[:, None]
    return np.bincount(index.ravel(), minlength=rows * bins).reshape(rows, bins)


def _count_paybacks(tally: Tally, frame: Frame, months: Floats) -> None:
    if months.size == 0:
        return
    never = frame.payback_bins - 1
    tally.payback_bins = _histogram(np.where(np.isinf(months), never, months * PAYBACK_BINS_PER_MONTH), never + 1)
    tally.payback_least = months.min(axis=1)
    tally.payback_most = np.where(np.isinf(months), -np.inf, months).max(axis=1)
