"""What is known about the time between two samples: energy, time in use, or that nobody was looking.

Numbered as in docs/method/usage.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from payback.observe.watch.sample import GpuReading, Moment, Sample

Kind = Literal["watched", "unwatched", "suspended", "off", "none"]
BUSY_FROM: Final = 0.05
"""A GPU counts as in use from this utilisation on: a desktop's own drawing stays below it (assumed)."""
LATE: Final = 3.0
"""A sample later than this many times its due time leaves a gap: what happened in between is unknown."""
SUSPEND_S: Final = 1.0
"""The two forward clocks drift apart by microseconds; a second between them is a suspended machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuInterval:
    """One GPU between two samples that lie close together."""

    key: str
    utilisation: float | None
    busy_share: float | None
    """Share of the time in which the GPU was in use. [0..1]"""
    energy_j: float | None
    counted: bool = False
    """Whether the card's own counter gave the energy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The time between two samples."""

    kind: Kind
    """watched; unwatched: too long to know; suspended or off: certainly not computing; none: no time passed."""
    begin_s: float
    """By the wall clock of the later sample, counted back. [s]"""
    seconds: float
    gpus: tuple[GpuInterval, ...] = ()


def between(before: Sample, after: Sample) -> Interval:
    """What two consecutive samples say about the time between them.

    Args:
        before: The earlier one.
        after: The one after it.

    Example:
        >>> a = Sample(at=Moment(unix_s=0), gpus=(GpuReading(key="a", name="x", utilisation=1.0, power_w=100),))
        >>> b = Sample(at=Moment(unix_s=10), gpus=(GpuReading(key="a", name="x", utilisation=0.0, power_w=200),))
        >>> between(a, b).gpus[0]
        GpuInterval(key='a', utilisation=0.5, busy_share=0.5, energy_j=1500.0, counted=False)
    """
    kind, seconds = _passed(before, after.at)
    begin_s = before.at.unix_s if kind == "off" else after.at.unix_s - seconds
    if kind != "watched":
        return Interval(kind=kind, begin_s=begin_s, seconds=seconds)
    earlier = {gpu.key: gpu for gpu in before.gpus}
    pairs = [(earlier[gpu.key], gpu) for gpu in after.gpus if gpu.key in earlier]
    gpus = tuple(_gpu(first, last, seconds) for first, last in pairs)
    return Interval(kind="watched", begin_s=begin_s, seconds=seconds, gpus=gpus)


def _passed(before: Sample, at: Moment) -> tuple[Kind, float]:
    first = before.at
    wall_s = at.unix_s - first.unix_s
    if first.boot is not None and at.boot is not None and first.boot != at.boot:
        return _off(at, wall_s)
    if first.elapsed_s is None or at.elapsed_s is None:
        seconds = wall_s
    else:
        seconds = at.elapsed_s - first.elapsed_s
        if first.awake_s is not None and at.awake_s is not None:
            asleep_s = seconds - (at.awake_s - first.awake_s)
            if asleep_s > SUSPEND_S:
                return "suspended", asleep_s
    if seconds <= 0:
        return "none", 0.0
    return ("watched" if seconds <= LATE * before.next_s else "unwatched"), seconds


def _off(at: Moment, wall_s: float) -> tuple[Kind, float]:
    """From the last sample before the machine went down to its start: the watcher ran to the end, or nearly.

    A container that went on to another host sees that host's clocks, which say nothing of the time between.
    """
    seconds = wall_s - (at.elapsed_s or 0.0)
    if seconds > 0:
        return "off", seconds
    return ("unwatched", wall_s) if wall_s > 0 else ("none", 0.0)


def _gpu(before: GpuReading, after: GpuReading, seconds: float) -> GpuInterval:
    used = (utilisation_of(before), utilisation_of(after))
    energy_j, counted = energy_between_j(before, after, seconds)
    known = used[0] is not None and used[1] is not None
    return GpuInterval(
        key=after.key,
        utilisation=(used[0] + used[1]) / 2 if known else None,  # type: ignore[operator]
        busy_share=sum(u >= BUSY_FROM for u in used if u is not None) / 2 if known else None,
        energy_j=energy_j,
        counted=counted,
    )


def utilisation_of(gpu: GpuReading) -> float | None:
    """Utilisation; a card that is powered down computes nothing, though nobody asked it.

    Example:
        >>> utilisation_of(GpuReading(key="a", name="x", asleep=True)), utilisation_of(GpuReading(key="a", name="x"))
        (0.0, None)
    """
    return 0.0 if gpu.asleep else gpu.utilisation


def energy_between_j(before: GpuReading, after: GpuReading, seconds: float) -> tuple[float | None, bool]:
    """Energy between two readings, and whether a counter gave it.

    E = c₂ − c₁, or (P₁ + P₂) / 2 · t where there is no counter or it was set back (driver reload)     (U1)

    Args:
        before: The earlier reading.
        after: The later one.
        seconds: Time between them. [s]

    Returns:
        Energy [J], or None where neither can be known.

    Example:
        >>> one = GpuReading(key="a", name="x", energy_j=5000.0, power_w=90.0)
        >>> energy_between_j(one, GpuReading(key="a", name="x", energy_j=6000.0, power_w=110.0), 10)
        (1000.0, True)
        >>> energy_between_j(one, GpuReading(key="a", name="x", energy_j=3.0, power_w=110.0), 10)
        (1000.0, False)
    """
    if before.energy_j is not None and after.energy_j is not None and after.energy_j >= before.energy_j:
        return after.energy_j - before.energy_j, True
    if before.power_w is not None and after.power_w is not None:
        return (before.power_w + after.power_w) / 2 * seconds, False
    return None, False
