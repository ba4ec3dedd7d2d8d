"""Totals and paybacks of a block of scenarios in lanes (the compiled form of `reference`).

Totals are sums of a few products an option. Only the payback needs months
times options: a scan for the last month in which owning has cost more, in
32-bit floats, two options and two months at a time so that the registers stay
full; the month found is then checked and placed in 64-bit floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from payback.decision.uncertainty.jit import kernel, part
from payback.decision.uncertainty.kernel_features import Workspace
from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.layout import Monthly, Owned, OwnedAt, Rented, RentedAt, Size, Wide
from payback.decision.uncertainty.model import NEW_PARTS
from payback.decision.uncertainty.pack import Packed
from payback.units import HOURS_PER_MONTH

Array = Any
F = np.float32
ZERO, BEFORE, FAR = F(0.0), F(-1.0), F(1e30)
NEVER = np.inf


@kernel
def rented_totals(packed: Packed, w: Workspace, cost: Array) -> None:
    """Total of every rented option (U9, U10).

    Args:
        packed: The model.
        w: Features of the block.
        cost: Receives the totals, options x lanes. [USD]
    """
    sizes, rented, at = packed.sizes, packed.rented, packed.rented_at
    spot, paid, baseline = w.wide[Wide.SPOT], w.wide[sizes[Size.CASH] + sizes[Size.MONTHS]], sizes[Size.BASELINE]
    for one in range(sizes[Size.RENTED]):
        path, total = at[RentedAt.PATH, one], cost[at[RentedAt.PLACE, one]]
        work, rent = w.wide[sizes[Size.WORK] + at[RentedAt.SPEED, one]], w.wide[sizes[Size.RENT] + path]
        upfront, running = w.wide[sizes[Size.UPFRONT] + path], w.wide[sizes[Size.RUNNING] + path]
        used, flat, first = rented[Rented.USED, one], rented[Rented.FLAT, one], rented[Rented.UPFRONT, one]
        fixed, owed, is_spot = rented[Rented.FIXED, one], rented[Rented.OWED, one], rented[Rented.IS_SPOT, one]
        load = rented[Rented.LOAD, one]
        for lane in range(LANES):
            by_month = used * (work[lane] * (1.0 + spot[lane] * is_spot)) + flat
            total[lane] = fixed + by_month * rent[lane] + first * upfront[lane] + owed * running[lane]
        if load > 0.0:
            own = 1.0 if one == baseline else 0.0
            other = 1.0 - own if baseline >= 0 else 0.0
            for lane in range(LANES):
                beyond = 1.0 - 1.0 / max(load * work[lane], 1.0)
                total[lane] += beyond * (own * total[lane] + other * paid[lane])


@kernel
def owned_totals(packed: Packed, one: int, w: Workspace, total: Array, power: Array, kept: Array) -> None:
    """Total of an owned option (U11), and the two factors by lane that its scan needs.

    Args:
        packed: The model.
        one: Row of the option.
        w: Features of the block.
        total: Receives the totals. [USD]
        power: Receives the electricity of a month at today's tariff. [USD]
        kept: Receives the share of the work that the machine does itself.
    """
    sizes, owned, wide, months = packed.sizes, packed.owned, w.wide, packed.sizes[Size.MONTHS]
    failure_class = packed.owned_at[OwnedAt.FAILURE_CLASS, one]
    work, energy = wide[sizes[Size.WORK] + packed.owned_at[OwnedAt.SPEED, one]], wide[sizes[Size.ENERGY] + months]
    cash, avoided = wide[sizes[Size.CASH] + months], wide[sizes[Size.AVOIDED] + months]
    later = sizes[Size.LATER_BREAKS] if failure_class == NEW_PARTS else sizes[Size.BREAKS]
    breaks, resale, rest = wide[later + months], wide[Wide.RESALE], wide[Wide.REST]
    busy, idle, load = owned[Owned.BUSY, one], owned[Owned.IDLE, one], owned[Owned.LOAD, one]
    fixed, repair = owned[Owned.FIXED, one], owned[Owned.REPAIR, one]
    gpus, others = owned[Owned.GPU_RESIDUAL, one], owned[Owned.REST_RESIDUAL, one]
    fails = 1.0 if failure_class > 0 else 0.0
    for lane in range(LANES):
        use = load * work[lane]
        usd = HOURS_PER_MONTH * (idle + (busy - idle) * min(use, 1.0))
        does = 1.0 / max(use, 1.0)
        power[lane] = usd
        kept[lane] = does
        rented = (1.0 - does) * cash[lane] + does * (fails * (cash[lane] - avoided[lane]))
        fetched = gpus * resale[lane] + others * rest[lane]
        total[lane] = fixed + usd * energy[lane] + repair * breaks[lane] + rented - fetched


@kernel
def scan_pair(packed: Packed, one: int, two: int, months32: Array, power: Array, kept: Array, last: Array) -> None:
    """Last month in which owning has cost more than the baseline, for two options (D2); −1 where there is none.

    gap(m) = start + monthly·m + repair·n(m) + power·Σe(m) − kept·avoided(m)

    Args:
        packed: The model.
        one: Row of the first option.
        two: Row of the second, of the same failure class; may be the first again.
        months32: `Monthly` rows of months 0 to N + 1.
        power: 2 x lanes, of the two options, in 32-bit floats.
        kept: 2 x lanes, likewise.
        last: Receives 2 x lanes.
    """
    owned, months, failure_class = packed.owned, packed.sizes[Size.MONTHS], packed.owned_at[OwnedAt.FAILURE_CLASS, one]
    avoided = Monthly.AVOIDED if failure_class > 0 else Monthly.CASH
    breaks = Monthly.LATER_BREAKS if failure_class == NEW_PARTS else Monthly.BREAKS
    repair_one, repair_two = F(owned[Owned.REPAIR, one]), F(owned[Owned.REPAIR, two])
    start_one, start_two = owned[Owned.START, one], owned[Owned.START, two]
    monthly_one, monthly_two = owned[Owned.MONTHLY, one], owned[Owned.MONTHLY, two]
    power_one, power_two, kept_one, kept_two = power[0], power[1], kept[0], kept[1]
    last_one, last_two = last[0], last[1]
    for lane in range(LANES):
        last_one[lane] = BEFORE
        last_two[lane] = BEFORE
    for month in range(0, months + 1, 2):
        here, beyond = months32[Monthly.COUNT * month :], months32[Monthly.COUNT * (month + 1) :]
        now, then = F(month), F(month + 1)
        one_now, one_then = F(start_one + monthly_one * month), F(start_one + monthly_one * (month + 1))
        two_now, two_then = F(start_two + monthly_two * month), F(start_two + monthly_two * (month + 1))
        energy_now, energy_then = here[Monthly.ENERGY], beyond[Monthly.ENERGY]
        paid_now, paid_then, break_now, break_then = here[avoided], beyond[avoided], here[breaks], beyond[breaks]
        for lane in range(LANES):
            p, k, q, j = power_one[lane], kept_one[lane], power_two[lane], kept_two[lane]
            a, b = last_one[lane], last_two[lane]
            e, c, n = energy_now[lane], paid_now[lane], break_now[lane]
            gap_one = one_now + repair_one * n + p * e - k * c
            gap_two = two_now + repair_two * n + q * e - j * c
            a = now if gap_one > ZERO else a
            b = now if gap_two > ZERO else b
            e, c, n = energy_then[lane], paid_then[lane], break_then[lane]
            gap_one = one_then + repair_one * n + p * e - k * c
            gap_two = two_then + repair_two * n + q * e - j * c
            last_one[lane] = then if gap_one > ZERO else a
            last_two[lane] = then if gap_two > ZERO else b


@kernel
def pad_months(sizes: Array, months32: Array) -> None:
    """One month beyond the horizon in which the baseline is dearest, so that months come in pairs."""
    row = Monthly.COUNT * (sizes[Size.MONTHS] + 1)
    for lane in range(LANES):
        months32[row + Monthly.ENERGY, lane] = ZERO
        months32[row + Monthly.CASH, lane] = FAR
        months32[row + Monthly.AVOIDED, lane] = FAR
        months32[row + Monthly.BREAKS, lane] = ZERO
        months32[row + Monthly.LATER_BREAKS, lane] = ZERO


@kernel
def place_paybacks(packed: Packed, one: int, w: Workspace, power: Array, kept: Array, last: Array, out: Array) -> None:
    """The payback within the month found, in 64-bit floats; infinite where owning stays dearer.

    The rounding of the scan only matters where owning and renting cost the
    same to seven digits; the month is moved where 64-bit floats say so.

    Args:
        packed: The model.
        one: Row of the option.
        w: Features of the block.
        power: As from `owned_totals`.
        kept: As from `owned_totals`.
        last: As from `scan_pair`.
        out: Receives the paybacks. [months]
    """
    months = packed.sizes[Size.MONTHS]
    energy, paid, breaks = _tables(packed, one, w.wide)
    terms = packed.owned[:, one]
    unsettled = 0
    for lane in range(LANES):
        month = np.int64(last[lane])
        if month < 0:
            unsettled += 1 if _gap(terms, energy, paid, breaks, 0, lane, power, kept) > 0.0 else 0
            out[lane] = 0.0
        elif month >= months:
            unsettled += 1 if _gap(terms, energy, paid, breaks, months, lane, power, kept) <= 0.0 else 0
            out[lane] = NEVER
        else:
            before = _gap(terms, energy, paid, breaks, month, lane, power, kept)
            after = _gap(terms, energy, paid, breaks, month + 1, lane, power, kept)
            unsettled += 1 if before <= 0.0 or after > 0.0 else 0
            out[lane] = month + before / (before - after)
    if unsettled > 0:
        _settle(packed, one, w, power, kept, last, out)


@kernel
def _tables(packed: Packed, one: int, wide: Array) -> tuple[Array, Array, Array]:
    """Monthly rows that an option's gap is made of: the tariff, what it avoids paying, its breakdowns."""
    sizes, failure_class = packed.sizes, packed.owned_at[OwnedAt.FAILURE_CLASS, one]
    breaks = sizes[Size.LATER_BREAKS] if failure_class == NEW_PARTS else sizes[Size.BREAKS]
    paid = sizes[Size.AVOIDED] if failure_class > 0 else sizes[Size.CASH]
    return wide[sizes[Size.ENERGY] :], wide[paid:], wide[breaks:]


@part
def _gap(
    terms: Array, energy: Array, paid: Array, breaks: Array, month: int, lane: int, power: Array, kept: Array
) -> float:
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
def ends_dearer(packed: Packed, one: int, w: Workspace, power: Array, kept: Array) -> bool:
    """Whether an option ends above the baseline in every lane, so that no month need be looked for."""
    months = packed.sizes[Size.MONTHS]
    energy, paid, breaks = _tables(packed, one, w.wide)
    terms = packed.owned[:, one]
    dearer = 0
    for lane in range(LANES):
        dearer += 1 if _gap(terms, energy, paid, breaks, months, lane, power, kept) > 0.0 else 0
    return dearer == LANES
