"""Totals of a block of scenarios in lanes (the compiled form of `reference`): sums of a few products an option."""

from __future__ import annotations

from typing import Any, NamedTuple

from payback.decision.uncertainty.jit import kernel
from payback.decision.uncertainty.kernel_features import Workspace
from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.layout import TILE, Owned, OwnedAt, Rented, RentedAt, Size, Wide
from payback.decision.uncertainty.model import NEW_PARTS
from payback.decision.uncertainty.pack import Packed
from payback.units import HOURS_PER_MONTH

Array = Any


class Pad(NamedTuple):
    """Scratch of one thread for costs."""

    cost: Array
    across: Array
    """Shifts again, lanes x options."""
    wide: Array
    """Least cost, who has it, payback, then power and kept share of a tile of options."""
    narrow: Array
    """Power, kept share and last month of a tile of options, in 32-bit floats."""
    around: Array
    """Owned less baseline before and after the payback."""
    bins: Array


LEAST, WINNER, PAYBACK, POWER, KEPT, WIDE_ROWS = 0, 1, 2, 3, 3 + TILE, 3 + 2 * TILE
LAST, NARROW_ROWS = 2 * TILE, 3 * TILE


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
