"""What the choice hangs on: one input at a time, all at once, and where it flips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from payback.catalogue.catalogue import Catalogue
from payback.decision.plan import Plan
from payback.decision.uncertainty import reference
from payback.decision.uncertainty.draws import FIRST_SAMPLE, Draws, draw, events_followed, still, swapped
from payback.decision.uncertainty.features import features
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.indices import Indices, indices, sums_of
from payback.decision.uncertainty.inputs import (
    ELECTRICITY,
    FAILURES,
    GROUPS,
    HOURS,
    RENT,
    RESALE,
    SPEED,
    SPOT,
    Inputs,
    UncertainInput,
    Wander,
)
from payback.decision.uncertainty.model import Model, model_of
from payback.decision.uncertainty.pack import is_packable, pack, streams
from payback.decision.uncertainty.spread import Z_80, Spread
from payback.units import MONTHS_PER_YEAR

Floats = NDArray[np.float64]
DEFAULT_BASE = 4096
CHUNKS = 64
"""Chunks that are drawn again for the intervals; more scenarios make them larger, not more."""
FEW_TOTALS = 20_000_000
"""Scenarios x samples x options from which the compiled kernel is worth loading."""
FARTHEST = 5.0
"""Standard deviations within which a threshold is looked for."""
GRID = 161


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What owning saves when one input lies at the ends of its interval and the others in their middle."""

    name: str
    what: str
    unit: str
    low: float
    high: float
    """10th and 90th percentile of the input."""
    saved_at_low_usd: float
    saved_at_high_usd: float
    """Baseline less best owned option. [USD]"""

    @property
    def width_usd(self) -> float:
        """Length of the bar. [USD]"""
        return abs(self.saved_at_high_usd - self.saved_at_low_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Bars, the longest first, around what owning saves in the middle."""

    own: str
    rent: str
    saved_usd: float
    bars: tuple[Bar, ...]

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        rows = [
            {
                "name": bar.name,
                "what": bar.what,
                "unit": bar.unit,
                "low": bar.low,
                "high": bar.high,
                "saved_at_low_usd": bar.saved_at_low_usd,
                "saved_at_high_usd": bar.saved_at_high_usd,
            }
            for bar in self.bars
        ]
        return {"own": self.own, "rent": self.rent, "saved_usd": self.saved_usd, "bars": rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A value of one input at which the cheapest way changes between owning and renting, the others in their middle."""

    name: str
    what: str
    value: float
    unit: str
    below: str
    above: str
    """Cheapest way below and above: "own" or "rent"."""
    probability_below: float
    """How likely the input lies below."""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {
            "name": self.name,
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "below": self.below,
            "above": self.above,
            "probability_below": self.probability_below,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sobol:
    """Shares of the variance of each option's total that each input explains, alone and with all it acts with."""

    inputs: tuple[str, ...]
    options: tuple[str, ...]
    indices: Indices
    base: int
    """Scenarios of each sample."""
    seed: int


def tornado(plan: Plan, catalogue: Catalogue, *, inputs: Inputs | None = None) -> Tornado | None:
    """How far each input alone moves what the best owned option saves against the baseline; None where one is missing.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices.
        inputs: Other inputs than those gathered.
    """
    if plan.advice.best_owned is None or plan.advice.baseline is None:
        return None
    model = model_of(plan, gather(plan, catalogue) if inputs is None else inputs)
    own, rent = model.ids.index(plan.advice.best_owned.id), model.ids.index(plan.advice.baseline.id)
    entries = model.inputs.named
    total = _central_totals(model, entries, np.array([-Z_80, 0.0, Z_80]))
    saved = total[rent] - total[own]
    middle = reference.totals(model, features(model, _still(model, 1), central=True))
    bars = [
        Bar(
            name=entry.name,
            what=entry.what,
            unit=entry.unit,
            low=entry.spread.low,
            high=entry.spread.high,
            saved_at_low_usd=float(ends[0]),
            saved_at_high_usd=float(ends[2]),
        )
        for entry, ends in zip(entries, saved, strict=True)
    ]
    return Tornado(
        own=model.ids[own],
        rent=model.ids[rent],
        saved_usd=float((middle[rent] - middle[own])[0]),
        bars=tuple(sorted((bar for bar in bars if bar.width_usd > 0), key=lambda bar: -bar.width_usd)),
    )


def thresholds(plan: Plan, catalogue: Catalogue, *, inputs: Inputs | None = None) -> tuple[Threshold, ...]:
    """Where along each input the cheapest way changes between owning and renting.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices.
        inputs: Other inputs than those gathered.
    """
    model = model_of(plan, gather(plan, catalogue) if inputs is None else inputs)
    owned, rented = model.owned.place, model.rented.place
    if owned.size == 0 or rented.size == 0:
        return ()
    deviates = np.linspace(-FARTHEST, FARTHEST, GRID)
    total = _central_totals(model, model.inputs.named, deviates)
    gaps = total[owned].min(axis=0) - total[rented].min(axis=0)
    return tuple(
        _threshold(entry, deviates, gap, int(place))
        for entry, gap in zip(model.inputs.named, gaps, strict=True)
        for place in np.flatnonzero(np.diff(gap > 0))
    )


def _threshold(entry: UncertainInput, deviates: Floats, gap: Floats, place: int) -> Threshold:
    share = gap[place] / (gap[place] - gap[place + 1])
    z = float(deviates[place] + share * (deviates[place + 1] - deviates[place]))
    rents_below = bool(gap[place] > 0)
    return Threshold(
        name=entry.name,
        what=entry.what,
        value=entry.spread.at(z),
        unit=entry.unit,
        below="rent" if rents_below else "own",
        above="own" if rents_below else "rent",
        probability_below=NormalDist().cdf(z),
    )


def _still(model: Model, scenarios: int) -> Draws:
    return still(scenarios, months=model.months, gpus=len(model.gpus))


def _central_totals(model: Model, entries: Sequence[UncertainInput], deviates: Floats) -> Floats:
    """Totals with each input in turn at some deviates, the others in their middle; options x inputs x deviates."""
    draws = _still(model, len(entries) * deviates.size)
    for one, entry in enumerate(entries):
        columns = slice(one * deviates.size, (one + 1) * deviates.size)
        _set(model, draws, entry, columns, deviates)
    total = reference.totals(model, features(model, draws, central=True))
    return total.reshape(model.options, len(entries), deviates.size)


def _set(model: Model, draws: Draws, entry: UncertainInput, columns: slice, deviates: Floats) -> None:
    """Put one input's deviates into some columns."""
    group, _, which = entry.name.partition(", ")
    index = GROUPS.index(group)
    resale = model.inputs.resale
    if index == SPEED:
        draws.speeds[model.gpus.index(which), columns] = deviates
    elif index == RENT:
        path = model.inputs.path(which)
        if model.baseline is not None and which == model.paths[int(model.rented.path[model.baseline])][0]:
            draws.drift[columns] = deviates * _level(path.drift, path.wander, model.months)
    elif index == RESALE and resale is not None:
        draws.decay[columns] = -deviates * _level(resale.decay, resale.wander, model.months)
    else:
        rows = {HOURS: draws.hours, ELECTRICITY: draws.growth, FAILURES: draws.rate, SPOT: draws.spot}
        rows[index][columns] = deviates


def _level(trend: Spread, wander: Wander, months: int) -> float:
    """Deviates of a trend that move the level at the horizon as far as trend and stray together do in one."""
    years = months / MONTHS_PER_YEAR
    alone = trend.halves[0] * years
    return sqrt(alone**2 + wander.deviation(months) ** 2) / alone if alone > 0 else 0.0


def sobol(
    plan: Plan,
    catalogue: Catalogue,
    *,
    base: int = DEFAULT_BASE,
    seed: int,
    inputs: Inputs | None = None,
    engine: str | None = None,
) -> Sobol:
    """Sobol indices of every option's total, with 95 % intervals, in one pass.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices.
        base: Scenarios of each of the two samples; base x (inputs + 2) are simulated.
        seed: The seed.
        inputs: Other inputs than those gathered.
        engine: "kernel" or "numpy"; by default the kernel where the work is large and numba is installed.
    """
    model = model_of(plan, gather(plan, catalogue) if inputs is None else inputs)
    names = model.inputs.varying
    samples = [FIRST_SAMPLE, (1,) * len(GROUPS), *(swapped(GROUPS.index(name)) for name in names)]
    size = -(-base // CHUNKS)
    sizes = [min(size, base - start) for start in range(0, base, size)]
    large = base * len(samples) * model.options > FEW_TOTALS
    wanted = engine == "kernel" or (engine is None and large and find_spec("numba") is not None)
    chunk_sums = _kernel_sums if wanted and is_packable(model) else _numpy_sums
    chunks = chunk_sums(model, samples, sizes, seed)
    return Sobol(
        inputs=names,
        options=model.ids,
        indices=indices(chunks, np.array(sizes, np.float64), seed=seed),
        base=base,
        seed=seed,
    )


def _numpy_sums(model: Model, samples: Sequence[tuple[int, ...]], sizes: Sequence[int], seed: int) -> Floats:
    events = events_followed(model.inputs.failures, model.months)
    first, chunks = 0, []
    for size in sizes:
        shifts = []
        for sample in samples:
            drawn = draw(
                first,
                size,
                months=model.months,
                gpus=len(model.gpus),
                events=events,
                seed=seed,
                replicates=sample,
            )
            shifts.append(reference.totals(model, features(model, drawn)) - model.base_usd[:, None])
        swaps = np.array(shifts[2:]).reshape(len(samples) - 2, *shifts[0].shape)
        chunks.append(sums_of(shifts[0], shifts[1], swaps))
        first += size
    return np.array(chunks)


def _kernel_sums(model: Model, samples: Sequence[tuple[int, ...]], sizes: Sequence[int], seed: int) -> Floats:
    from payback.decision.uncertainty import kernel, kernel_features, kernel_sobol

    packed = pack(model, seed)
    w, scratch = kernel_features.workspace(packed), kernel.pad(model)
    space = kernel_sobol.sample_space(len(samples), model.options)
    table = np.array([streams(sample) for sample in samples])
    first, chunks = 0, []
    for size in sizes:
        sums = np.zeros((4 + 3 * (len(samples) - 2), model.options))
        kernel_sobol.sobol_chunk(packed, table, first, size, w, scratch, space, sums)
        chunks.append(sums)
        first += size
    return np.array(chunks)
