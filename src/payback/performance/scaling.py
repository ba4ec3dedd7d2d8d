"""What several GPUs in one machine do together: efficiency by link, task and count; heat, power caps (P13 to P15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2
from statistics import median
from typing import Final, Literal

import numpy as np

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table
from payback.evidence import Fact
from payback.performance.device import GpuSpecs
from payback.performance.measurements import USABLE, Measurement
from payback.performance.tasks import family_of

Link = Literal["pcie-consumer", "pcie-professional", "nvlink-bridge", "sxm"]
LANES: Final = 16
LINK_GB_S: Final[Mapping[Link, float]] = {"pcie-professional": 15.0, "nvlink-bridge": 7.5, "sxm": 27.0}
"""Gradients exchanged per second while a step waits for them: medians over BERT-large and GNMT on 2 to 8 GPUs."""
CONSUMER_GB_S: Final = 14.0
"""The same for consumer cards, shared by all of them: without direct transfers everything passes the main memory."""
WAIT_PER_DOUBLING: Final = 0.01
"""Share of a step lost to waiting for the slowest GPU, for each doubling of the count (CNNs, all links)."""
OVERLAP: Final = 0.5
"""Share of a sharded model's exchange that hides behind computing; between none and all of it."""
WIRE_SHARE: Final = 0.8
"""Part of NVLink's rate in one direction that large messages reach."""
MODEL_FACTOR: Final = 2.5
"""80 % interval of the exchange model: measured machines lose between this factor less and this factor more time."""
LOWEST, HIGHEST = 0.1, 1.15
"""Efficiencies outside are faults of a host or of a log, not of the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Speed of n GPUs over n times the speed of one."""

    value: float
    low: float
    high: float
    basis: Literal["one GPU", "like machines", "exchange model"]
    why: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What the GPUs must send each other at every step."""

    gradient_gb: float | None
    """Gradients, or for a sharded model its weights, once. [GB]"""
    step_s: float | None
    """Time of a step on one GPU. [s]"""
    sharded: bool
    """Weights are gathered for the forward and the backward pass and gradients scattered, partly while computing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One measured efficiency."""

    link: Link
    task: str
    gpu: str
    gpu_count: int
    value: float
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat(Row):
    """Speed of a hot card over that of the same card when cold."""

    situation: str
    cooler: str
    speed_share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCap(Row):
    """Speed kept at a power limit below the board's own."""

    gpu: str
    precision: str
    power_share: float
    speed_share: float
    low: float | None = None
    high: float | None = None


def link_of(specs: GpuSpecs, link: str = "") -> Link:
    """How cards of this kind talk inside a machine.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> link_of(load().gpus["RTX 4090"]), link_of(load().gpus["H100 SXM5 80GB"])
        ('pcie-consumer', 'sxm')
    """
    if specs.form in ("SXM", "OAM") or link == "sxm":
        return "sxm"
    if link == "nvlink-bridge":
        return "nvlink-bridge"
    return "pcie-consumer" if specs.geforce_licence else "pcie-professional"


def observe(rows: Iterable[Measurement], specs: Mapping[str, GpuSpecs]) -> tuple[Observed, ...]:
    """Efficiencies of all machines that were also measured with one GPU of the same kind and software."""
    usable = [row for row in rows if row.quality in USABLE and row.is_stock and row.gpu in specs]
    single = {(row.gpu, row.task, row.precision, row.era): row.throughput for row in usable if row.gpu_count == 1}
    out = []
    for row in usable:
        one = single.get((row.gpu, row.task, row.precision, row.era))
        if row.gpu_count == 1 or one is None:
            continue
        value = row.throughput / row.gpu_count / one
        if LOWEST < value < HIGHEST:
            link = link_of(specs[row.gpu], row.link)
            observed = Observed(
                link=link, task=row.task, gpu=row.gpu, gpu_count=row.gpu_count, value=value, fact=row.fact()
            )
            out.append(observed)
    return tuple(out)


def efficiency(
    specs: GpuSpecs,
    task: str,
    gpu_count: int,
    *,
    observed: Sequence[Observed],
    link: str = "",
    exchange: Exchange | None = None,
    lanes: float = LANES,
) -> Efficiency:
    """Efficiency of `gpu_count` GPUs on a task (P13, P14).

    Args:
        specs: The GPU.
        task: Measured task; machines that ran it are asked first.
        gpu_count: GPUs in the machine.
        observed: Result of `observe`.
        link: ``nvlink-bridge`` if the cards are bridged; else as the GPU's form tells.
        exchange: What a step sends; asked next for transformers, whose exchanges differ most, and last for others.
        lanes: PCIe lanes each card has; counts for cards without NVLink.
    """
    if gpu_count == 1:
        return Efficiency(value=1.0, low=1.0, high=1.0, basis="one GPU", why="one GPU waits for nobody")
    kind = link_of(specs, link)
    alike = [one for one in observed if one.link == kind and family_of(one.task) == family_of(task)]
    same = [one for one in alike if one.task == task]
    share = _exchange_share(specs, kind, gpu_count, exchange)
    found = _like_machines(same, gpu_count, f"{task} on machines with {kind}")
    if found is None and (share is None or family_of(task) != "transformer"):
        found = _like_machines(alike, gpu_count, f"{family_of(task)} tasks on machines with {kind}")
    found = found or _modelled(gpu_count, share)
    return found if lanes >= LANES or "pcie" not in kind else _with_fewer_lanes(found, lanes, share)


def _like_machines(chosen: Sequence[Observed], count: int, what: str) -> Efficiency | None:
    largest = max((one.gpu_count for one in chosen), default=0)
    return _interpolated(chosen, count, what) if count <= 2 * largest else None


def _interpolated(chosen: Sequence[Observed], count: int, what: str) -> Efficiency:
    by_count: dict[int, list[float]] = {}
    for one in chosen:
        by_count.setdefault(one.gpu_count, []).append(one.value)
    counts = sorted(by_count)
    middles, lows, highs = zip(*(_spread(by_count[n]) for n in counts), strict=True)
    doublings = [0.0, *(log2(n) for n in counts)]
    at = log2(count)
    value, low, high = (float(np.interp(at, doublings, [1.0, *series])) for series in (middles, lows, highs))
    if count > counts[-1]:
        lost = (1 - value) / doublings[-1] * (at - doublings[-1])
        value, low = value - lost, max(LOWEST, low - 2 * lost)
    near = min(counts, key=lambda n: abs(log2(n) - at))
    facts = tuple(one.fact for one in chosen if one.gpu_count == near)[:5]
    why = f"median of {len(by_count[near])} measured with {near} GPUs: {what}"
    return Efficiency(value=value, low=low, high=high, basis="like machines", why=why, facts=facts)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    middle = median(values)
    low, high = np.quantile(values, [0.1, 0.9])
    least = 0.04 if len(values) < 5 else 0.02
    return middle, min(float(low), middle * (1 - least)), max(float(high), min(1.0, middle * (1 + least)))


def _exchange_share(specs: GpuSpecs, link: Link, count: int, exchange: Exchange | None) -> float | None:
    """Time a step waits for its exchange over its time on one GPU (P14); None if either is unknown."""
    if exchange is None or exchange.gradient_gb is None or not exchange.step_s:
        return None
    if exchange.sharded:
        sent = 3 * (count - 1) / count * exchange.gradient_gb * (1 - OVERLAP)
        bandwidth = (specs.nvlink_gb_s or 0.0) / 2 * WIRE_SHARE if link == "sxm" else 0.0
    else:
        sent, bandwidth = 2 * (count - 1) / count * exchange.gradient_gb, 0.0
    shared = CONSUMER_GB_S / count if link == "pcie-consumer" else LINK_GB_S[link]
    return sent / max(bandwidth, shared) / exchange.step_s


def _modelled(count: int, exchange: float | None) -> Efficiency:
    waiting = WAIT_PER_DOUBLING * log2(count)
    if exchange is None:
        low = 1 / (1 + waiting + 0.5)
        why = "no machine alike was measured and the gradients are unknown"
        return Efficiency(value=1 / (1 + waiting + 0.15), low=low, high=1.0, basis="exchange model", why=why)
    lost = waiting + exchange
    return Efficiency(
        value=1 / (1 + lost),
        low=1 / (1 + MODEL_FACTOR * lost),
        high=1 / (1 + lost / MODEL_FACTOR),
        basis="exchange model",
        why=f"exchanging the gradients takes {exchange:.0%} of a step",
    )


def _with_fewer_lanes(found: Efficiency, lanes: float, exchange: float | None) -> Efficiency:
    longer = LANES / lanes - 1
    extra = longer * (exchange if exchange is not None else 1 / found.value - 1)
    value, low, high = (1 / (1 / share + extra * weight) for share, weight in zip(
        (found.value, found.low, found.high), (1.0, 1.5, 0.0), strict=True
    ))  # fmt: skip
    why = f"{found.why}; {lanes:g} lanes instead of {LANES} make the exchange {LANES / lanes:g} times as long"
    return Efficiency(value=value, low=low, high=high, basis=found.basis, why=why, facts=found.facts)


@cache
def heat_table() -> tuple[Heat, ...]:
    """Measured effects of heat."""
    return tuple(read_table(data_folder() / "gpu_heat.csv", Heat))


@cache
def power_cap_table() -> tuple[PowerCap, ...]:
    """Measured effects of power limits."""
    return tuple(read_table(data_folder() / "gpu_power_caps.csv", PowerCap))


def heat_share(*, packed: bool) -> tuple[float, float, float, Row]:
    """Speed kept when hot, with its interval and the row it comes from (P15).

    Packed means cards in neighbouring slots, all busy: the slowest one, whose
    air its neighbours have warmed, sets the pace of a common step.

    Example:
        >>> heat_share(packed=True)[0]
        0.817
    """
    rows = [row for row in heat_table() if row.situation.startswith("packed") == packed]
    slowest = min(rows, key=lambda row: row.speed_share)
    return slowest.speed_share, min(row.low for row in rows), max(row.speed_share for row in rows), slowest


def power_cap_share(power_share: float, *, mixed: bool) -> float | None:
    """Speed kept at a power limit given as a share of the board's own; None below the lowest one measured (P15).

    Example:
        >>> power_cap_share(0.8, mixed=True)
        0.95
    """
    wanted = "mixed" if mixed else "FP32"
    points = sorted((row.power_share, row.speed_share) for row in power_cap_table() if row.precision == wanted)
    if power_share >= 1:
        return 1.0
    if power_share < points[0][0]:
        return None
    x, y = zip(*points, (1.0, 1.0), strict=True)
    return float(np.interp(power_share, x, y))
