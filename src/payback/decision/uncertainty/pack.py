"""A model laid out for the kernel: a dozen arrays whose rows `layout` names."""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty import philox
from payback.decision.uncertainty.draws import FIRST_SAMPLE, events_followed, stream
from payback.decision.uncertainty.features import expected_generations
from payback.decision.uncertainty.inputs import (
    ELECTRICITY,
    FAILURES,
    HOURS,
    RENT,
    RESALE,
    SPEED,
    SPOT,
    Failures,
    PricePath,
    Resale,
)
from payback.decision.uncertainty.layout import (
    TILE,
    Block,
    Monthly,
    Narrow,
    Number,
    Owned,
    OwnedAt,
    Size,
    Wide,
    months_padded,
)
from payback.decision.uncertainty.model import Model
from payback.decision.uncertainty.spread import Spread
from payback.units import MONTHS_PER_YEAR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Narrows = NDArray[np.float32]

LINEAR_SHARE = 1e-9
"""A fixed payment may differ from one at the start and one a month by this share and still be packed."""


class Packed(NamedTuple):
    """Everything the kernel reads."""

    sizes: Ints
    key: Words
    blocks: Ints
    """Blocks of random words to draw: group, number within the stream, pairs of normals wanted."""
    spreads: Floats
    """Kind, middle, deviation below, deviation above."""
    spread_at: Ints
    """By spread: row of its normal, row of the workspace that receives its values."""
    numbers: Floats
    walks: Floats
    jumps: Narrows
    """By class of prices: sizes of jumps."""
    rows: Ints
    """By price path: class, months of commitment."""
    owned: Floats
    """Owned options in the order of their failure class."""
    owned_at: Ints
    scan_fixed: Narrows
    """Payments that nothing changes, for the month scan: owned options and a tile more x padded months. [USD]"""
    scan_repair: Narrows
    """Cost of one breakdown, likewise. [USD]"""
    rented: Floats
    rented_at: Ints
    baseline_fixed_usd: Floats
    base_usd: Floats


def is_packable(model: Model) -> bool:
    """Whether every fixed payment of owned options is one at the start and one a month."""
    fixed = model.owned.fixed_usd
    straight = fixed[:, :1] + (fixed[:, -1:] - fixed[:, :1]) * np.arange(model.months + 1) / model.months
    return bool(np.all(np.abs(fixed - straight) <= LINEAR_SHARE * (1.0 + np.abs(fixed))))


def streams(replicates: tuple[int, ...] = FIRST_SAMPLE) -> Words:
    """The stream of each group for a sample."""
    return np.array([stream(group, replicate) for group, replicate in enumerate(replicates)], np.uint64)


def pack(model: Model, seed: int) -> Packed:
    """Lay a model out.

    Args:
        model: The plan as attributes.
        seed: The seed.
    """
    inputs, classes = model.inputs, model.rent_classes
    owned, owned_at = _owned(model)
    rented, rented_at = _rented(model)
    fixed = np.zeros(model.months + 1) if model.baseline is None else model.rented.fixed_usd[model.baseline].copy()
    rows = [(classes.index(name), term) for name, term in model.paths]
    sizes = _sizes(model)
    spreads, spread_at = _spreads(model, sizes)
    return Packed(
        sizes=sizes,
        key=np.array(philox.key_of(seed), np.uint64),
        blocks=_blocks(sizes),
        spreads=spreads,
        spread_at=spread_at,
        numbers=_numbers(model),
        walks=np.array([_walk(inputs.path(name)) for name in classes]),
        jumps=_jumps([inputs.path(name) for name in classes]),
        rows=np.array(rows, np.int64).reshape(len(rows), 2),
        owned=owned,
        owned_at=owned_at,
        scan_fixed=_scan_fixed(model, owned_at),
        scan_repair=np.append(owned[Owned.REPAIR], np.zeros(TILE)).astype(np.float32),
        rented=rented,
        rented_at=rented_at,
        baseline_fixed_usd=fixed,
        base_usd=model.base_usd,
    )


def _sizes(model: Model) -> Ints:
    classes, rows, speeds, months = len(model.rent_classes), len(model.paths), len(model.speeds), model.months + 1
    counts = {
        Size.MONTHS: model.months,
        Size.CLASSES: classes,
        Size.ROWS: rows,
        Size.SPEED_ROWS: speeds,
        Size.OWNED: model.owned.place.size,
        Size.RENTED: model.rented.place.size,
        Size.OPTIONS: model.options,
        Size.BASELINE: -1 if model.baseline is None else model.baseline,
        Size.EVENTS: events_followed(model.inputs.failures, model.months),
        Size.HAS_RESALE: int(model.inputs.resale is not None),
        Size.MONTHS_PADDED: months_padded(model.months),
    }
    wide = [speeds, speeds, classes, classes, classes, rows, rows, rows, months, months, months, months, months, months]
    counts |= _stacked(int(Wide.COUNT), Size.WORK, wide)
    counts |= _stacked(
        int(Narrow.COUNT), Size.SWING, [classes, classes, months_padded(model.months) * int(Monthly.COUNT)]
    )
    counts[Size.EVENT_BLOCKS] = int(Block.SPEEDS) - (-len(model.gpus) // 4)
    counts[Size.MONTH_BLOCKS] = counts[Size.EVENT_BLOCKS] + counts[Size.EVENTS] // 4
    return np.array([counts[Size(place)] for place in range(Size.COUNT)], np.int64)


def _stacked(first: int, name: Size, lengths: list[int]) -> dict[Size, int]:
    """First rows of tables that lie one after the other, and the row after the last."""
    ends = np.cumsum([first, *lengths])
    return {Size(name + place): int(row) for place, row in enumerate(ends)}


def _spread(spread: Spread) -> list[float]:
    below, above = spread.halves
    return [0.0 if spread.kind == "normal" else 1.0, spread.middle, below, above]


def _blocks(sizes: Ints) -> Ints:
    """The random words of a scenario, in the order of `Block` (see the table of `draws`)."""
    fixed = [(HOURS, 0, 1), (RENT, 0, 1), (RESALE, 0, 2), (RESALE, 1, 0)]
    fixed += [(ELECTRICITY, 0, 1), (FAILURES, 0, 1), (SPOT, 0, 1)]
    speeds = [(SPEED, block, 2) for block in range(sizes[Size.EVENT_BLOCKS] - Block.SPEEDS)]
    events = [(FAILURES, 1 + block, 0) for block in range(sizes[Size.EVENTS] // 4)]
    months = [(RENT, 1 + block, 1) for block in range(-(-sizes[Size.MONTHS] // 2))]
    return np.array([*fixed, *speeds, *events, *months], np.int64)


def _spreads(model: Model, sizes: Ints) -> tuple[Floats, Ints]:
    """Every spread with the normal it is drawn from and the row its values go to."""
    inputs = model.inputs
    resale = inputs.resale or Resale(decay=Spread.constant(0.0))
    failures = inputs.failures or Failures(rate_per_year=Spread.constant(1.0))
    rows: list[tuple[Spread, int, int]] = [
        (inputs.hours, 4 * Block.HOURS, Wide.HOURS),
        (inputs.spot_overhead, 4 * Block.SPOT, Wide.SPOT),
        (inputs.electricity_growth, 4 * Block.ELECTRICITY, Wide.GROWTH),
        (resale.decay, 4 * Block.RESALE, Wide.DECAY),
        (resale.rest_power, 4 * Block.RESALE + 2, Wide.REST),
        (resale.generation_step, 4 * Block.RESALE + 3, Wide.STEP),
        (failures.rate_per_year, 4 * Block.FAILURES, Wide.RATE),
        (failures.downtime_days, 4 * Block.FAILURES + 1, Wide.DOWNTIME),
    ]
    for row, name in enumerate(model.rent_classes):
        rows.append((inputs.path(name).drift, 4 * Block.DRIFT, sizes[Size.DRIFT] + row))
    for row, (gpu, speed) in enumerate(model.speeds):
        rows.append((speed, 4 * Block.SPEEDS + gpu, sizes[Size.SPEEDS] + row))
    table = np.array([_spread(spread) for spread, _, _ in rows])
    return table, np.array([(normal, place) for _, normal, place in rows], np.int64)


def _numbers(model: Model) -> Floats:
    resale = model.inputs.resale or Resale(decay=Spread.constant(0.0))
    failures = model.inputs.failures or Failures(rate_per_year=Spread.constant(1.0))
    early, late = resale.next_generation_months
    has_resale = model.inputs.resale is not None
    own, shared = _strays(resale, model.inputs.path(model.rent_classes[0]), model.months)
    numbers = {
        Number.MOST_HOURS: model.inputs.most_hours,
        Number.OWN_STRAY: own,
        Number.SHARED_STRAY: shared,
        Number.YEARS: model.months / MONTHS_PER_YEAR,
        Number.DECAY_MIDDLE: resale.decay.middle,
        Number.GENERATION_EARLY: early,
        Number.GENERATION_WIDTH: late - early,
        Number.GENERATION_INTERVAL: resale.generation_interval_months,
        Number.STEP_EXPECTED: resale.generation_step.middle * float(expected_generations(resale, model.months)[-1]),
        Number.MOST_KEPT_LOG: log(resale.most_kept_share / model.gpu_kept[-1]) if has_resale else 0.0,
        Number.REST_LOG: log(model.rest_kept[-1]) if has_resale else 0.0,
        Number.WEIBULL_UNIT: MONTHS_PER_YEAR * failures.reference_years,
        Number.WEIBULL_YEARS: failures.reference_years,
        Number.WEIBULL_POWER: 1.0 / failures.shape,
        Number.WARRANTY: failures.warranty_months,
        Number.LOWEST: float(model.base_usd.min()),
    }
    return np.array([numbers[Number(place)] for place in range(Number.COUNT)])


def _strays(resale: Resale, rents: PricePath, months: int) -> tuple[float, float]:
    """Factors of the used market's own normal and of the stray of rents at the horizon."""
    own, rent, rho = resale.wander.deviation(months), rents.wander.deviation(months), resale.rent_correlation
    return own * sqrt(1.0 - rho**2), own * rho / rent if rent > 0 else 0.0


def _walk(path: PricePath) -> list[float]:
    """A row of `Packed.walks`, in the order of `Walk`."""
    count = len(path.jump_sizes)
    limit = min(1.0, path.jumps_per_year / MONTHS_PER_YEAR) * 2.0**24 if count else 0.0
    scale = count / limit if limit else 0.0
    return [path.wander.fade_per_month, path.wander.shock_deviation, limit, scale, max(0, count - 1)]


def _jumps(paths: list[PricePath]) -> Narrows:
    out = np.zeros((len(paths), max(1, *(len(path.jump_sizes) for path in paths), 1)), np.float32)
    for row, path in zip(out, paths, strict=True):
        row[: len(path.jump_sizes)] = path.jump_sizes
    return out


def _owned(model: Model) -> tuple[Floats, Ints]:
    side = model.owned
    order = np.argsort(side.failure_class, kind="stable")
    start, end = side.fixed_usd[order, 0], side.fixed_usd[order, -1]
    columns = [
        start,
        (end - start) / model.months,
        end,
        side.busy_usd_per_h[order],
        side.idle_usd_per_h[order],
        side.load[order],
        side.repair_usd[order],
        side.gpu_residual_usd[order, -1],
        side.rest_residual_usd[order, -1],
    ]
    places = [side.place[order], order, side.speed[order], side.failure_class[order]]
    return np.array(columns), np.array(places, np.int64)


def _scan_fixed(model: Model, owned_at: Ints) -> Narrows:
    order = owned_at[OwnedAt.RANK]
    out = np.zeros((order.size + TILE, months_padded(model.months)), np.float32)
    out[: order.size, : model.months + 1] = model.owned.fixed_usd[order]
    return out


def _rented(model: Model) -> tuple[Floats, Ints]:
    side = model.rented
    columns = [
        side.fixed_usd[:, -1],
        side.used_usd,
        side.flat_usd,
        side.upfront_usd,
        side.owed_usd[:, -1],
        side.load,
        side.is_spot,
    ]
    return np.array(columns), np.array([side.place, side.speed, side.path], np.int64)
