"""The fused kernel: a chunk of scenarios from random numbers to counts, nothing of it stored.

Draws, features, totals, paybacks and tallies of 64 scenarios at a time stay in
the nearest caches. One call handles one chunk; chunks run on plain threads,
because the kernel holds no interpreter lock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from payback.decision.uncertainty import tally as tallies
from payback.decision.uncertainty.inputs import ELECTRICITY, FAILURES, HOURS, RENT, RESALE, SPEED
from payback.decision.uncertainty.jit import entry, kernel, source_stamp, summing
from payback.decision.uncertainty.kernel_costs import (
    KEPT,
    LEAST,
    NARROW_ROWS,
    PAYBACK,
    POWER,
    WIDE_ROWS,
    WINNER,
    Pad,
    owned_totals,
    rented_totals,
)
from payback.decision.uncertainty.kernel_features import Workspace, block_features
from payback.decision.uncertainty.kernel_payback import own, pad_months
from payback.decision.uncertainty.lanes import LANES, bits64, from_bits64, ordered
from payback.decision.uncertainty.layout import Number, OwnedAt, Size, Wide
from payback.decision.uncertainty.model import Model
from payback.decision.uncertainty.pack import Packed
from payback.decision.uncertainty.tally import Frame, Tally

Array = Any
COST_BINS, REGRET_BINS, VALUE_BINS = tallies.COST_BINS, tallies.REGRET_BINS, tallies.VALUE_BINS
F = np.float32


class Board(NamedTuple):
    """Where the bins lie, and the arrays of a `Tally` that a chunk counts into."""

    frame: Array
    """Lowest cost, bins of cost per dollar, bins of regret per dollar; 3 x options."""
    value_frame: Array
    """Lowest value, classes per unit; 2 x inputs."""
    valued: Array
    """Inputs x (group, row)."""
    sums: Array
    """Σ shift, Σ shift², Σ regret, most regret, least cost, most cost; 6 x options."""
    least_sum: Array
    wins: Array
    cost_bins: Array
    regret_bins: Array
    payback_bins: Array
    payback_ends: Array
    """Least and most; 2 x owned."""
    value_sum: Array
    value_count: Array


def board(model: Model, frame: Frame) -> Board:
    """Empty counts for a chunk."""
    options, owned, valued = model.options, model.owned.place.size, len(frame.valued)
    sums = np.zeros((6, options))
    sums[4], sums[5] = np.inf, -np.inf
    ends = np.full((2, owned), np.inf)
    ends[1] = -np.inf
    return Board(
        frame=np.array([frame.cost_low, frame.cost_scale, frame.regret_scale]),
        value_frame=np.array([frame.value_low, frame.value_scale]),
        valued=np.array(frame.valued, np.int64).reshape(valued, 2),
        sums=sums,
        least_sum=np.zeros(1),
        wins=np.zeros(options, np.int64),
        cost_bins=np.zeros((options, COST_BINS), np.uint16),
        regret_bins=np.zeros((options, REGRET_BINS), np.uint16),
        payback_bins=np.zeros((owned, frame.payback_bins), np.uint16),
        payback_ends=ends,
        value_sum=np.zeros((valued, VALUE_BINS, options)),
        value_count=np.zeros((valued, VALUE_BINS), np.int64),
    )


def pad(model: Model) -> Pad:
    """Scratch for a model."""
    return Pad(
        cost=np.zeros((model.options, LANES)),
        across=np.zeros((LANES, model.options), np.float32),
        wide=np.zeros((WIDE_ROWS, LANES)),
        narrow=np.zeros((NARROW_ROWS, LANES), np.float32),
        around=np.zeros((2, LANES)),
        bins=np.zeros((2, LANES), np.int32),
    )


def as_tally(counted: Board, scenarios: int, half: int, into: Tally) -> Tally:
    """The counts of a chunk as a `Tally`.

    Args:
        counted: What the kernel counted.
        scenarios: How many scenarios it saw.
        half: The half of the sample they belong to.
        into: An empty tally to fill.
    """
    sums = counted.sums
    into.scenarios = scenarios
    into.shift_sum, into.shift_square, into.regret_sum = sums[0], sums[1], sums[2]
    into.regret_most, into.cost_least, into.cost_most = sums[3], sums[4], sums[5]
    into.least_sum, into.wins = float(counted.least_sum[0]), counted.wins
    into.cost_bins = counted.cost_bins.astype(np.int64)
    into.regret_bins = counted.regret_bins.astype(np.int64)
    into.payback_bins = counted.payback_bins.astype(np.int64)
    into.payback_least, into.payback_most = counted.payback_ends
    into.value_sum[half], into.value_count[half] = counted.value_sum, counted.value_count
    return into


@kernel
def owned_rows(packed: Packed, w: Workspace, scratch: Pad, cost: Array) -> None:
    """Totals of the owned options alone."""
    for one in range(packed.sizes[Size.OWNED]):
        total = cost[packed.owned_at[OwnedAt.PLACE, one]]
        owned_totals(packed, one, w, total, scratch.wide[POWER], scratch.wide[KEPT])


@kernel
def _count(packed: Packed, scratch: Pad, counted: Board, lanes: int) -> None:
    """Count the costs of a block: who is cheapest, by how much, in which bin."""
    options, costs, least = packed.sizes[Size.OPTIONS], scratch.cost, scratch.wide[LEAST]
    _find_least(costs, least, scratch.wide[WINNER], counted.wins, lanes)
    lowest, behind, regret = packed.numbers[Number.LOWEST], 0.0, scratch.wide[PAYBACK]
    for lane in range(lanes):
        behind += least[lane] - lowest
    counted.least_sum[0] += behind
    for option in range(options):
        cost, base, behind_most = costs[option], packed.base_usd[option], counted.frame[2, option]
        _add_up(cost, least, base, lanes, counted.sums, option)
        _place(cost, least, counted.frame[0, option], counted.frame[1, option], behind_most, regret, scratch.bins)
        _find_ends(cost, regret, lanes, counted.sums, option)
        _scatter(scratch.bins[0], counted.cost_bins[option], lanes)
        _scatter(scratch.bins[1], counted.regret_bins[option], lanes)
        for lane in range(LANES):
            scratch.across[lane, option] = F(cost[lane] - base)


@kernel
def _find_least(costs: Array, least: Array, winner: Array, wins: Array, lanes: int) -> None:
    """Least cost of each scenario and the option that has it; the first of equals wins."""
    for lane in range(LANES):
        least[lane] = np.inf
        winner[lane] = 0.0
    for option in range(costs.shape[0]):
        cost, name = costs[option], np.float64(option)
        for lane in range(LANES):
            winner[lane] = name if cost[lane] < least[lane] else winner[lane]
            least[lane] = min(cost[lane], least[lane])
    for lane in range(lanes):
        wins[np.uint32(winner[lane])] += 1


@summing
def _add_up(cost: Array, least: Array, base: float, lanes: int, sums: Array, option: int) -> None:
    total, square, regret = 0.0, 0.0, 0.0
    for lane in range(lanes):
        shift, behind = cost[lane] - base, cost[lane] - least[lane]
        total += shift
        square += shift * shift
        regret += behind
    sums[0, option] += total
    sums[1, option] += square
    sums[2, option] += regret


@kernel
def _find_ends(cost: Array, regret: Array, lanes: int, sums: Array, option: int) -> None:
    """Most regret, least and most cost, compared as whole numbers, which vectorises (see `lanes.ordered`)."""
    costs, regrets = cost.view(np.int64), regret.view(np.int64)
    most, low, high = (
        ordered(bits64(sums[3, option])),
        ordered(bits64(sums[4, option])),
        ordered(bits64(sums[5, option])),
    )
    for lane in range(lanes):
        name = ordered(costs[lane])
        most = max(most, ordered(regrets[lane]))
        low = min(low, name)
        high = max(high, name)
    sums[3, option] = from_bits64(ordered(most))
    sums[4, option] = from_bits64(ordered(low))
    sums[5, option] = from_bits64(ordered(high))


@kernel
def _place(
    cost: Array, least: Array, low: float, scale: float, regret_scale: float, regret: Array, bins: Array
) -> None:
    """Regret of each lane, and the bins of cost and regret; what lies beyond the ends counts in the end bins."""
    top, regret_top = np.float64(COST_BINS - 1), np.float64(REGRET_BINS - 1)
    cost_bins, regret_bins = bins[0], bins[1]
    for lane in range(LANES):
        cost_bins[lane] = np.int32(min(max((cost[lane] - low) * scale, 0.0), top))
        regret[lane] = cost[lane] - least[lane]
        regret_bins[lane] = np.int32(min(regret[lane] * regret_scale, regret_top))


@kernel
def _classify(values: Array, low: float, scale: float, classes: Array) -> None:
    """Class of each lane's value."""
    top = np.float64(VALUE_BINS - 1)
    for lane in range(LANES):
        classes[lane] = np.int32(min(max((values[lane] - low) * scale, 0.0), top))


@kernel
def _scatter(bins: Array, counts: Array, lanes: int) -> None:
    for lane in range(lanes):
        counts[np.uint32(bins[lane])] += np.uint16(1)


@kernel
def _count_values(sizes: Array, wide: Array, scratch: Pad, counted: Board, lanes: int) -> None:
    """Add the costs of every option to the class that each input falls into."""
    for one in range(counted.valued.shape[0]):
        value = wide[_value_row(sizes, counted.valued[one, 0], counted.valued[one, 1])]
        classes = scratch.bins[0]
        _classify(value, counted.value_frame[0, one], counted.value_frame[1, one], classes)
        for lane in range(lanes):
            place = np.uint32(classes[lane])
            counted.value_count[one, place] += 1
            sums, shifts = counted.value_sum[one, place], scratch.across[lane]
            for option in range(shifts.size):
                sums[option] += np.float64(shifts[option])


@kernel
def _value_row(sizes: Array, group: int, row: int) -> Any:
    """Row of the workspace that holds the one number by which a group is known."""
    place = sizes[Size.MONTHS]
    if group == RENT:
        return sizes[Size.RENT] + row
    if group == SPEED:
        return sizes[Size.SPEEDS] + row
    if group == ELECTRICITY:
        return sizes[Size.ENERGY] + place
    if group == FAILURES:
        return sizes[Size.BREAKS] + place
    if group == HOURS:
        return Wide.HOURS
    return Wide.RESALE if group == RESALE else Wide.SPOT


def _compiled(stamp: str) -> Any:
    """The kernel of this source; the stamp is part of the key under which it is kept (see `source_stamp`)."""

    @entry
    def run_chunk(
        packed: Packed, streams: Array, first: int, scenarios: int, w: Workspace, scratch: Pad, counted: Board
    ) -> None:
        """Simulate scenarios `first` to `first + scenarios` and count them.

        Args:
            packed: The model.
            streams: The random stream of each group of inputs.
            first: Number of the first scenario.
            scenarios: How many.
            w: Scratch for features.
            scratch: Scratch for costs.
            counted: Receives the counts.
        """
        if len(stamp) == 0:
            return
        pad_months(packed.sizes, w.narrow[packed.sizes[Size.NARROW_MONTHS] :])
        for start in range(0, scenarios, LANES):
            lanes = min(LANES, scenarios - start)
            block_features(packed, streams, first + start, w)
            rented_totals(packed, w, scratch.cost)
            own(packed, w, scratch, counted.payback_bins, counted.payback_ends, lanes)
            _count(packed, scratch, counted, lanes)
            _count_values(packed.sizes, w.wide, scratch, counted, lanes)

    return run_chunk


run_chunk = _compiled(source_stamp())
