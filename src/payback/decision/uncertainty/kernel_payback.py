"""Paybacks of a block of scenarios in lanes (D2).

Three steps: the scan finds the last month in which owning has cost more, in
32-bit floats; that month is checked, and moved where rounding chose a
neighbour, in 64-bit floats; the payback lies within the month that follows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from payback.decision.uncertainty.jit import kernel, part
from payback.decision.uncertainty.kernel_costs import KEPT, LAST, PAYBACK, POWER, Pad, owned_totals
from payback.decision.uncertainty.kernel_features import Workspace
from payback.decision.uncertainty.kernel_scan import WIDTH, scan_lanes
from payback.decision.uncertainty.lanes import LANES, bits64, from_bits64, ordered
from payback.decision.uncertainty.layout import TILE, TOGETHER, Monthly, Owned, OwnedAt, Size
from payback.decision.uncertainty.model import NEW_PARTS
from payback.decision.uncertainty.pack import Packed
from payback.decision.uncertainty.tally import PAYBACK_BINS_PER_MONTH

Array = Any
F = np.float32
ZERO, FAR = F(0.0), F(1e30)
NEVER = np.inf
NEVER_BITS = np.int64(0x7FF0000000000000)
"""Bits of infinity; bits of numbers above zero are in the numbers' order."""
NONE_BITS = np.int64(-(2**63))
BINS_PER_MONTH = float(PAYBACK_BINS_PER_MONTH)


@kernel
def pad_months(sizes: Array, table: Array) -> None:
    """Fill the months beyond the horizon with ones in which the baseline is dearest, so that none is ever found."""
    for month in range(sizes[Size.MONTHS] + 1, sizes[Size.MONTHS_PADDED]):
        row = Monthly.COUNT * month
        for lane in range(LANES):
            table[row + Monthly.ENERGY, lane] = ZERO
            table[row + Monthly.CASH, lane] = FAR
            table[row + Monthly.AVOIDED, lane] = FAR
            table[row + Monthly.BREAKS, lane] = ZERO
            table[row + Monthly.LATER_BREAKS, lane] = ZERO


@kernel
def own(packed: Packed, w: Workspace, scratch: Pad, bins: Array, ends: Array, lanes: int) -> None:
    """Totals and paybacks of the owned options, a few of one failure class at a time.

    Args:
        packed: The model.
        w: Features of the block.
        scratch: Receives the totals.
        bins: Counts of paybacks by bin, to add to.
        ends: Least and largest payback seen, to extend.
        lanes: Scenarios of the block that count.
    """
    at, owned = packed.owned_at, packed.sizes[Size.OWNED]
    one = 0
    while one < owned:
        count = 1
        while count < TILE and one + count < owned and _alike(at, one, one + count):
            count += 1
        for place in range(count):
            total = scratch.cost[at[OwnedAt.PLACE, one + place]]
            owned_totals(packed, one + place, w, total, scratch.wide[POWER + place], scratch.wide[KEPT + place])
        if packed.sizes[Size.BASELINE] >= 0:
            _pay_back(packed, one, count, w, scratch, bins, ends, lanes)
        one += count


@kernel
def _alike(at: Array, one: int, two: int) -> bool:
    return bool(at[OwnedAt.FAILURE_CLASS, one] == at[OwnedAt.FAILURE_CLASS, two])


@kernel
def _pay_back(
    packed: Packed, one: int, count: int, w: Workspace, scratch: Pad, bins: Array, ends: Array, lanes: int
) -> None:
    """Paybacks of a few options."""
    at, payback = packed.owned_at, scratch.wide[PAYBACK]
    never = 0
    for place in range(count):
        never += _ends_dearer(packed, one + place, w, scratch.wide[POWER + place], scratch.wide[KEPT + place])
    if never == count:
        for place in range(count):
            bins[at[OwnedAt.RANK, one + place], -1] += np.uint16(lanes)
        return
    scan(packed, one, count, w, scratch)
    for place in range(count):
        power, kept = scratch.wide[POWER + place], scratch.wide[KEPT + place]
        last = scratch.narrow[LAST + place]
        _gaps(packed, one + place, w, power, kept, last, scratch.around)
        if _place_paybacks(packed.sizes[Size.MONTHS], last, scratch.around, payback) > 0:
            _settle(packed, one + place, w, power, kept, last, payback)
        _count_paybacks(bins, ends, at[OwnedAt.RANK, one + place], payback, scratch.bins[0], lanes)


@kernel
def scan(packed: Packed, one: int, count: int, w: Workspace, scratch: Pad) -> None:
    """Last month with a positive gap of a few options of one failure class, into `scratch.narrow` (U24).

    Args:
        packed: The model.
        one: Row of the first option.
        count: How many; at most a tile.
        w: Features of the block.
        scratch: Power and kept shares of the options; receives the months.
    """
    failure_class, months = packed.owned_at[OwnedAt.FAILURE_CLASS, one], packed.sizes[Size.MONTHS_PADDED]
    avoided = Monthly.AVOIDED if failure_class > 0 else Monthly.CASH
    breaks = Monthly.LATER_BREAKS if failure_class == NEW_PARTS else Monthly.BREAKS
    wide, narrow, table = scratch.wide, scratch.narrow, w.narrow[packed.sizes[Size.NARROW_MONTHS] :]
    for place in range(count):
        for lane in range(LANES):
            narrow[place, lane] = F(wide[POWER + place, lane])
            narrow[TILE + place, lane] = F(wide[KEPT + place, lane])
    for lane in range(0, LANES, WIDTH):
        for place in range(0, count, TOGETHER):
            scan_lanes(
                packed.scan_fixed, packed.scan_repair, table, narrow, narrow[TILE:], narrow[LAST:],
                one + place, place, lane, months, avoided, breaks,
            )  # fmt: skip


@kernel
def _gaps(packed: Packed, one: int, w: Workspace, power: Array, kept: Array, last: Array, around: Array) -> None:
    """Owned less baseline at the month found and at the one after it, in 64-bit floats. [USD]"""
    most = np.int64(packed.sizes[Size.MONTHS] - 1)
    energy, paid, breaks = _tables(packed, one, w.wide)
    start, monthly = packed.owned[Owned.START, one], packed.owned[Owned.MONTHLY, one]
    repair = packed.owned[Owned.REPAIR, one]
    before, after = around[0], around[1]
    for lane in range(LANES):
        month = min(max(np.int64(np.int32(last[lane])), np.int64(0)), most)
        now, then, column = np.uint64(month), np.uint64(month + 1), np.uint64(lane)
        fixed, usd, does = start + monthly * np.float64(month), power[lane], kept[lane]
        before[lane] = fixed + repair * breaks[now, column] + usd * energy[now, column] - does * paid[now, column]
        after[lane] = (
            fixed + monthly + repair * breaks[then, column] + usd * energy[then, column] - does * paid[then, column]
        )


@kernel
def _place_paybacks(months: int, last: Array, around: Array, out: Array) -> int:
    """The payback within the month found; infinite where owning stays dearer.

    Returns how many lanes the rounding of the scan has put into a wrong
    month, which happens where owning and renting cost the same to seven digits.
    """
    before, after, final, unsettled = around[0], around[1], F(months), 0
    for lane in range(LANES):
        early, never = last[lane] < ZERO, last[lane] >= final
        above, below = before[lane] > 0.0, after[lane] <= 0.0
        wrong_before, wrong_after = early == above, never == below
        unsettled += 1 if (wrong_before & (not never)) | (wrong_after & (not early)) else 0
        within = np.float64(last[lane]) + before[lane] / (before[lane] - after[lane])
        placed = NEVER if never else within
        out[lane] = 0.0 if early else placed
    return unsettled


@kernel
def _tables(packed: Packed, one: int, wide: Array) -> tuple[Array, Array, Array]:
    """Monthly rows that an option's gap is made of: the tariff, what it avoids paying, its breakdowns."""
    sizes, failure_class = packed.sizes, packed.owned_at[OwnedAt.FAILURE_CLASS, one]
    breaks = sizes[Size.LATER_BREAKS] if failure_class == NEW_PARTS else sizes[Size.BREAKS]
    paid = sizes[Size.AVOIDED] if failure_class > 0 else sizes[Size.CASH]
    return wide[sizes[Size.ENERGY] :], wide[paid:], wide[breaks:]


@part
def _gap(
    terms: Array, energy: Array, paid: Array, breaks: Array, month: Any, lane: int, power: Array, kept: Array
) -> Any:
    """Owned less baseline at a month, in 64-bit floats. [USD]"""
    row, column = np.uint64(month), np.uint64(lane)
    fixed = terms[Owned.START] + terms[Owned.MONTHLY] * month + terms[Owned.REPAIR] * breaks[row, column]
    return fixed + power[lane] * energy[row, column] - kept[lane] * paid[row, column]


@kernel
def _settle(packed: Packed, one: int, w: Workspace, power: Array, kept: Array, last: Array, out: Array) -> None:
    """Paybacks where the scan's rounding chose a neighbouring month: moved until both sides agree."""
    months = packed.sizes[Size.MONTHS]
    energy, paid, breaks = _tables(packed, one, w.wide)
    terms = packed.owned[:, one]
    for lane in range(LANES):
        month, before, after, settled = np.int64(last[lane]), 1.0, 0.0, False
        while not settled:
            if month >= 0:
                before = _gap(terms, energy, paid, breaks, month, lane, power, kept)
            if month < months:
                after = _gap(terms, energy, paid, breaks, month + 1, lane, power, kept)
            if month < months and after > 0.0:
                month += 1
            elif month >= 0 and before <= 0.0:
                month -= 1
            else:
                settled = True
        if month < 0:
            out[lane] = 0.0
        else:
            out[lane] = NEVER if month >= months else month + before / (before - after)


@kernel
def _ends_dearer(packed: Packed, one: int, w: Workspace, power: Array, kept: Array) -> int:
    """1 if an option ends above the baseline in every lane, so that no month need be looked for; else 0."""
    months = packed.sizes[Size.MONTHS]
    energy, paid, breaks = _tables(packed, one, w.wide)
    terms = packed.owned[:, one]
    dearer = 0
    for lane in range(LANES):
        dearer += 1 if _gap(terms, energy, paid, breaks, months, lane, power, kept) > 0.0 else 0
    return dearer // LANES


@kernel
def _count_paybacks(bins: Array, ends: Array, rank: int, payback: Array, places: Array, lanes: int) -> None:
    """Count the paybacks of one option; those that never come fall into the last bin."""
    counts = bins[rank]
    top = np.float64(counts.size - 1)
    for lane in range(LANES):
        places[lane] = np.int32(min(payback[lane] * BINS_PER_MONTH, top))
    for lane in range(lanes):
        counts[np.uint32(places[lane])] += np.uint16(1)
    least, most, bits = bits64(ends[0, rank]), ordered(bits64(ends[1, rank])), payback.view(np.int64)
    for lane in range(lanes):
        month = bits[lane]
        least = min(least, month)
        most = max(most, month if month < NEVER_BITS else NONE_BITS)
    ends[0, rank] = from_bits64(least)
    ends[1, rank] = from_bits64(ordered(most))
