"""Features of a block of scenarios in lanes (the compiled form of `features`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from payback.decision.uncertainty.elementary import exp32, log32
from payback.decision.uncertainty.jit import kernel
from payback.decision.uncertainty.lanes import LANES, exponential_lanes, normal_lanes, philox_lanes, spread_lanes
from payback.decision.uncertainty.layout import Block, Monthly, Narrow, Number, Rented, RentedAt, Size, Walk, Wide
from payback.decision.uncertainty.pack import Packed
from payback.units import DAYS_PER_MONTH

Array = Any
F, U32 = np.float32, np.uint32
TWELVE, ZERO = F(12.0), F(0.0)


class Workspace(NamedTuple):
    """Scratch of one thread; rows are those of `layout`, the last axis is the lanes of a block."""

    wide: Array
    narrow: Array
    words: Array
    normals: Array


def workspace(packed: Packed) -> Workspace:
    """Scratch for a model."""
    sizes, rows = packed.sizes, 4 * packed.blocks.shape[0]
    return Workspace(
        wide=np.zeros((sizes[Size.WIDE_ROWS], LANES)),
        narrow=np.zeros((sizes[Size.NARROW_ROWS], LANES), np.float32),
        words=np.zeros((rows, LANES), np.uint32),
        normals=np.zeros((rows, LANES), np.float32),
    )


@kernel
def block_features(packed: Packed, streams: Array, first: int, w: Workspace) -> None:
    """Draw LANES scenarios from `first` on and work out what they are like.

    Args:
        packed: The model.
        streams: The random stream of each group of inputs.
        first: Number of the first scenario.
        w: Scratch that receives the features.
    """
    sizes, numbers = packed.sizes, packed.numbers
    for block in range(packed.blocks.shape[0]):
        group, number, pairs = packed.blocks[block, 0], packed.blocks[block, 1], packed.blocks[block, 2]
        words, normals = w.words[4 * block :], w.normals[4 * block :]
        philox_lanes(first, number, streams[group], packed.key, words)
        for pair in range(0, 2 * pairs, 2):
            normal_lanes(words[pair], words[pair + 1], normals[pair], normals[pair + 1])
    for one in range(packed.spreads.shape[0]):
        spread_lanes(packed.spreads[one], w.normals[packed.spread_at[one, 0]], w.wide[packed.spread_at[one, 1]])
    _work(sizes, numbers, w.wide)
    _energy(sizes, w.wide)
    _rents(packed, w)
    _resale(sizes, numbers, w)
    _breakdowns(sizes, numbers, w)
    _baseline_avoided(sizes, w)


@kernel
def _work(sizes: Array, numbers: Array, wide: Array) -> None:
    """Hours of use within the day, and hours over speed by row."""
    hours, most = wide[Wide.HOURS], numbers[Number.MOST_HOURS]
    for lane in range(LANES):
        hours[lane] = min(hours[lane], most)
    for row in range(sizes[Size.SPEED_ROWS]):
        speed, work = wide[sizes[Size.SPEEDS] + row], wide[sizes[Size.WORK] + row]
        for lane in range(LANES):
            work[lane] = hours[lane] / speed[lane]


@kernel
def _energy(sizes: Array, wide: Array) -> None:
    """Tariff over today's, cumulative by month."""
    growth, factor, start = wide[Wide.GROWTH], wide[Wide.SCRATCH], wide[sizes[Size.ENERGY]]
    for lane in range(LANES):
        growth[lane] = np.float64(exp32(F(growth[lane]) / TWELVE))
        factor[lane] = 1.0
        start[lane] = 0.0
    for month in range(1, sizes[Size.MONTHS] + 1):
        now, last = wide[sizes[Size.ENERGY] + month], wide[sizes[Size.ENERGY] + month - 1]
        for lane in range(LANES):
            factor[lane] *= growth[lane]
            now[lane] = last[lane] + factor[lane]


@kernel
def _rents(packed: Packed, w: Workspace) -> None:
    """Prices month by month (U5), their sums by commitment, and the payments of the baseline (U9)."""
    sizes, walks, rows = packed.sizes, packed.walks, packed.rows
    _start_rents(sizes, rows, w)
    _start_baseline(packed, w.wide)
    for month in range(sizes[Size.MONTHS] + 1):
        if month > 0:
            words = 4 * (sizes[Size.MONTH_BLOCKS] + (month - 1) // 2) + (month - 1) % 2
            for one in range(sizes[Size.CLASSES]):
                _walk(sizes, walks[one], packed.jumps[one], one, month, words, w)
            for row in range(sizes[Size.ROWS]):
                _bill(sizes, row, rows[row, 0], rows[row, 1], month, w.wide)
        _pay_baseline(packed, month, w.wide)


@kernel
def _start_rents(sizes: Array, rows: Array, w: Workspace) -> None:
    for one in range(sizes[Size.CLASSES]):
        price, swing, stray = (
            w.wide[sizes[Size.PRICE] + one],
            w.narrow[sizes[Size.SWING] + one],
            w.narrow[sizes[Size.STRAY] + one],
        )
        for lane in range(LANES):
            swing[lane] = ZERO
            stray[lane] = ZERO
            price[lane] = 1.0
    for row in range(sizes[Size.ROWS]):
        rent, upfront = w.wide[sizes[Size.RENT] + row], w.wide[sizes[Size.UPFRONT] + row]
        begins = 1.0 if rows[row, 1] > 0 else 0.0
        for lane in range(LANES):
            rent[lane] = 0.0
            upfront[lane] = begins


@kernel
def _walk(sizes: Array, walk: Array, jumps: Array, one: int, month: int, row: int, w: Workspace) -> None:
    """One class of prices moves on by a month."""
    fade, shock = F(walk[Walk.FADE]), F(walk[Walk.SHOCK])
    limit, scale, last = F(walk[Walk.JUMP_LIMIT]), F(walk[Walk.JUMP_SCALE]), F(walk[Walk.LAST_SIZE])
    swing, stray, drift = (
        w.narrow[sizes[Size.SWING] + one],
        w.narrow[sizes[Size.STRAY] + one],
        w.wide[sizes[Size.DRIFT] + one],
    )
    price, before = w.wide[sizes[Size.PRICE] + one], w.wide[sizes[Size.BEFORE] + one]
    normal, word, years = w.normals[row], w.words[row + 2], F(month) / TWELVE
    if limit > ZERO:
        for lane in range(LANES):
            place = F(np.int32(word[lane] >> U32(8)))
            if place < limit:
                stray[lane] += jumps[np.uint32(min(place * scale, last))]
    for lane in range(LANES):
        swing[lane] = fade * swing[lane] + shock * normal[lane]
        before[lane] = price[lane]
        price[lane] = np.float64(exp32(F(drift[lane]) * years + (swing[lane] + stray[lane])))


@kernel
def _bill(sizes: Array, row: int, one: int, term: int, month: int, wide: Array) -> None:
    """A month's rent under one commitment, at the price of the day its term began."""
    running, rent = wide[sizes[Size.RUNNING] + row], wide[sizes[Size.RENT] + row]
    if term == 0:
        now = wide[sizes[Size.PRICE] + one]
        for lane in range(LANES):
            running[lane] = now[lane]
    elif (month - 1) % term == 0:
        then, upfront = wide[sizes[Size.BEFORE] + one], wide[sizes[Size.UPFRONT] + row]
        first_day = 1.0 if month > 1 else 0.0
        for lane in range(LANES):
            running[lane] = then[lane]
            upfront[lane] += first_day * then[lane]
    for lane in range(LANES):
        rent[lane] += running[lane]


@kernel
def _start_baseline(packed: Packed, wide: Array) -> None:
    """What the baseline pays in a month at today's price, and how much more for work beyond its commitment (U10)."""
    rented, one = packed.rented, packed.sizes[Size.BASELINE]
    if one < 0:
        return
    work, spot = wide[packed.sizes[Size.WORK] + packed.rented_at[RentedAt.SPEED, one]], wide[Wide.SPOT]
    paid, more = wide[Wide.PAID], wide[Wide.MORE]
    used, flat, load = rented[Rented.USED, one], rented[Rented.FLAT, one], rented[Rented.LOAD, one]
    is_spot = rented[Rented.IS_SPOT, one]
    for lane in range(LANES):
        paid[lane] = used * (work[lane] * (1.0 + spot[lane] * is_spot)) + flat
        more[lane] = 2.0 - 1.0 / max(load * work[lane], 1.0)


@kernel
def _pay_baseline(packed: Packed, month: int, wide: Array) -> None:
    """Payments of the baseline up to a month (U9)."""
    sizes, one = packed.sizes, packed.sizes[Size.BASELINE]
    if one < 0:
        return
    path, first = packed.rented_at[RentedAt.PATH, one], packed.rented[Rented.UPFRONT, one]
    rent, upfront, cash = (
        wide[sizes[Size.RENT] + path],
        wide[sizes[Size.UPFRONT] + path],
        wide[sizes[Size.CASH] + month],
    )
    fixed, paid, more = packed.baseline_fixed_usd[month], wide[Wide.PAID], wide[Wide.MORE]
    for lane in range(LANES):
        cash[lane] = (fixed + paid[lane] * rent[lane] + first * upfront[lane]) * more[lane]


@kernel
def _resale(sizes: Array, numbers: Array, w: Workspace) -> None:
    """Resale over that of the statement at the horizon (U7, U8)."""
    resale, rest, came = w.wide[Wide.RESALE], w.wide[Wide.REST], w.wide[Wide.SCRATCH]
    if sizes[Size.HAS_RESALE] == 0:
        for lane in range(LANES):
            resale[lane] = 1.0
            rest[lane] = 1.0
        return
    _generations(np.float64(sizes[Size.MONTHS]), numbers, w.words[4 * Block.GENERATION], came)
    own, shared, years = numbers[Number.OWN_STRAY], numbers[Number.SHARED_STRAY], numbers[Number.YEARS]
    most, middle, expected = numbers[Number.MOST_KEPT_LOG], numbers[Number.DECAY_MIDDLE], numbers[Number.STEP_EXPECTED]
    decay, step, normal = w.wide[Wide.DECAY], w.wide[Wide.STEP], w.normals[4 * Block.RESALE + 1]
    swing, stray, rest_log = w.narrow[sizes[Size.SWING]], w.narrow[sizes[Size.STRAY]], numbers[Number.REST_LOG]
    for lane in range(LANES):
        strayed = own * np.float64(normal[lane]) + shared * np.float64(swing[lane] + stray[lane])
        dropped = step[lane] * came[lane] - expected
        logarithm = strayed - (decay[lane] - middle) * years - dropped
        resale[lane] = np.float64(exp32(F(min(logarithm, most))))
    for lane in range(LANES):
        rest[lane] = np.float64(exp32(F((rest[lane] - 1.0) * rest_log)))


@kernel
def _generations(months: float, numbers: Array, word: Array, came: Array) -> None:
    """Generations that have come by the horizon."""
    early, width = numbers[Number.GENERATION_EARLY], numbers[Number.GENERATION_WIDTH]
    interval = numbers[Number.GENERATION_INTERVAL]
    for lane in range(LANES):
        since = months - (early + (np.float64(word[lane] >> U32(8)) + 1.0) * 2.0**-24 * width)
        further = np.floor(since / interval) if interval > 0.0 else 0.0
        came[lane] = 1.0 + further if since >= 0.0 else 0.0


@kernel
def _breakdowns(sizes: Array, numbers: Array, w: Workspace) -> None:
    """Breakdowns of a Weibull process (U6) and the months lost to them."""
    wide, months, waited = w.wide, sizes[Size.MONTHS], w.narrow[Narrow.WAITED]
    for row in range(sizes[Size.BREAKS], sizes[Size.WIDE_ROWS]):
        counts = wide[row]
        for lane in range(LANES):
            counts[lane] = 0.0
    if sizes[Size.EVENTS] == 0:
        return
    for lane in range(LANES):
        waited[lane] = ZERO
    for event in range(sizes[Size.EVENTS]):
        word = w.words[4 * sizes[Size.EVENT_BLOCKS] + event]
        if _break_times(numbers, word, F(months), w) == 0:
            break
        _break(sizes, F(numbers[Number.WARRANTY]), w.narrow[Narrow.WHEN], wide)
    for table in (Size.BREAKS, Size.LATER_BREAKS):
        for month in range(1, months + 1):
            now, last = wide[sizes[table] + month], wide[sizes[table] + month - 1]
            for lane in range(LANES):
                now[lane] += last[lane]


@kernel
def _break_times(numbers: Array, word: Array, horizon: np.float32, w: Workspace) -> int:
    """Month of the next breakdown of each lane; how many fall before the horizon."""
    rate, waited = w.wide[Wide.RATE], w.narrow[Narrow.WAITED]
    wait, when = w.narrow[Narrow.WAIT], w.narrow[Narrow.WHEN]
    unit, years = F(numbers[Number.WEIBULL_UNIT]), F(numbers[Number.WEIBULL_YEARS])
    power = F(numbers[Number.WEIBULL_POWER])
    exponential_lanes(word, wait)
    soon = 0
    for lane in range(LANES):
        waited[lane] += wait[lane]
        when[lane] = unit * exp32(power * log32(waited[lane] / (F(rate[lane]) * years)))
        soon += 1 if when[lane] < horizon else 0
    return soon


@kernel
def _break(sizes: Array, warranty: np.float32, when: Array, wide: Array) -> None:
    """Enter one breakdown a lane where it falls before the horizon."""
    horizon, days = F(sizes[Size.MONTHS]), wide[Wide.DOWNTIME]
    for lane in range(LANES):
        if when[lane] < horizon:
            month = np.int64(when[lane]) + 1
            wide[sizes[Size.BREAKS] + month, lane] += 1.0
            wide[sizes[Size.LATER_BREAKS] + month, lane] += 1.0 if when[lane] >= warranty else 0.0
            wide[sizes[Size.LOST] + month, lane] += days[lane] / DAYS_PER_MONTH


@kernel
def _baseline_avoided(sizes: Array, w: Workspace) -> None:
    """Baseline payments less those on days of repair, and the monthly rows again in 32-bit floats."""
    wide, downtime = w.wide, w.wide[Wide.SCRATCH]
    for lane in range(LANES):
        downtime[lane] = 0.0
    for month in range(sizes[Size.MONTHS] + 1):
        now, last = wide[sizes[Size.CASH] + month], wide[sizes[Size.CASH] + max(month - 1, 0)]
        lost, avoided = wide[sizes[Size.LOST] + month], wide[sizes[Size.AVOIDED] + month]
        for lane in range(LANES):
            downtime[lane] += lost[lane] * (now[lane] - last[lane])
            avoided[lane] = now[lane] - downtime[lane]
    for table in range(Monthly.COUNT):
        source = sizes[Size.ENERGY + table]
        for month in range(sizes[Size.MONTHS] + 1):
            row, copy = wide[source + month], w.narrow[sizes[Size.NARROW_MONTHS] + Monthly.COUNT * month + table]
            for lane in range(LANES):
                copy[lane] = F(row[lane])
