"""Hours and energy since a watcher began, added up in memory as intervals come in."""

from __future__ import annotations

from dataclasses import dataclass, field

from payback.observe.watch.intervals import Interval
from payback.observe.watch.usage import Use
from payback.units import JOULES_PER_KWH, SECONDS_PER_HOUR


@dataclass(slots=True)
class Sums:
    """Seconds and joules of one GPU."""

    watched_s: float = 0.0
    known_s: float = 0.0
    busy_s: float = 0.0
    utilised_s: float = 0.0
    energy_j: float = 0.0
    energy_known_s: float = 0.0

    def add(self, other: Sums) -> None:
        """Add another GPU's."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def use(self) -> Use:
        """As hours and kilowatt-hours."""
        return Use(
            watched_h=self.watched_s / SECONDS_PER_HOUR,
            known_h=self.known_s / SECONDS_PER_HOUR,
            busy_h=self.busy_s / SECONDS_PER_HOUR,
            mean_utilisation=self.utilised_s / self.known_s if self.known_s > 0 else None,
            energy_kwh=self.energy_j / JOULES_PER_KWH if self.energy_known_s > 0 else None,
            energy_known_h=self.energy_known_s / SECONDS_PER_HOUR,
        )


@dataclass(slots=True)
class Tally:
    """Sums by GPU, and how long the machine was seen and not seen."""

    by_gpu: dict[str, Sums] = field(default_factory=dict)
    machine_s: float = 0.0
    """Time between samples that lie close together. [s]"""
    unwatched_s: float = 0.0
    away_s: float = 0.0

    def add(self, interval: Interval) -> None:
        """Count one interval."""
        if interval.kind == "watched":
            self.machine_s += interval.seconds
        elif interval.kind == "unwatched":
            self.unwatched_s += interval.seconds
        else:
            self.away_s += interval.seconds
        for gpu in interval.gpus:
            sums = self.by_gpu.setdefault(gpu.key, Sums())
            sums.watched_s += interval.seconds
            if gpu.utilisation is not None:
                sums.known_s += interval.seconds
                sums.utilised_s += gpu.utilisation * interval.seconds
                sums.busy_s += (gpu.busy_share or 0.0) * interval.seconds
            if gpu.energy_j is not None:
                sums.energy_known_s += interval.seconds
                sums.energy_j += gpu.energy_j

    def total(self) -> Use:
        """All GPUs together."""
        whole = Sums()
        for sums in self.by_gpu.values():
            whole.add(sums)
        return whole.use()
