"""What every measurement gets: the scale, the devices, the sensors, and the sheet it writes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from payback.observe.bench.backend import CPU, Backend, Work, Workload
from payback.observe.bench.privacy import scrub
from payback.observe.bench.schema import Absence, Derived, Detail, Gpu, Metric, Missing, Trace
from payback.observe.bench.sensors import Reading, Sensors
from payback.observe.bench.stats import quartiles, significant, spread
from payback.observe.bench.tiers import Scale

STEADY: Final = 0.03
"""A GPU doing the same thing again varies by less than this; beyond it something else was going on."""
FEWEST: Final = 4
"""Samples needed before a spread means anything."""


@dataclass(slots=True)
class Sheet:
    """Figures as they come in. What is written here survives an interruption."""

    metrics: list[Metric] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    def measured(
        self,
        name: str,
        device: str,
        unit: str,
        samples: Sequence[float],
        detail: Mapping[str, Detail] | None = None,
        *,
        steady: bool = False,
    ) -> Metric:
        """Write a metric down; a `steady` one that varies too much marks the run as disturbed."""
        first, middle, third = quartiles(samples)
        metric = Metric(
            name=name,
            device=device,
            unit=unit,
            n=len(samples),
            median=significant(middle),
            iqr=significant(third - first),
            lowest=significant(min(samples)),
            highest=significant(max(samples)),
            spread=spread(samples),
            samples=[significant(sample) for sample in samples],
            detail=dict(detail or {}),
        )
        self.metrics.append(metric)
        if steady and metric.spread is not None and metric.spread > STEADY:
            self.disturb(f"{name} on {device} varied by {metric.spread:.1%} (at most {STEADY:.0%} is steady)")
        return metric

    def computed(self, name: str, device: str, unit: str, value: float, formula: str, **detail: Detail) -> None:
        """Write a derived quantity down."""
        self.derived.append(
            Derived(name=name, device=device, unit=unit, value=significant(value), formula=formula, detail=detail)
        )

    def lacks(self, what: str, kind: Absence, why: str) -> None:
        """Write down what is not there, and why."""
        self.missing.append(Missing(what=what, kind=kind, why=scrub(why)))

    def disturb(self, reason: str) -> None:
        """Write down, once, what makes the figures doubtful."""
        if reason not in self.disturbed:
            self.disturbed.append(reason)

    def find(self, name: str, device: str | None = None) -> Metric | None:
        """A metric already written down."""
        return next((m for m in self.metrics if m.name == name and device in (None, m.device)), None)


@dataclass(slots=True)
class Bench:
    """One run."""

    scale: Scale
    backend: Backend
    sensors: Sensors | None
    folder: Path
    """Where scratch files may lie; on the disk that is measured."""
    tell: Callable[[str], None] = lambda message: None
    sheet: Sheet = field(default_factory=Sheet)
    links: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Fastest link seen of each GPU, generation and width: idle links step down."""

    @property
    def devices(self) -> list[int]:
        """Every GPU, or the CPU alone."""
        return list(range(self.backend.gpu_count)) or [CPU]

    @property
    def workloads(self) -> list[Workload]:
        """What this tier trains on this backend."""
        wanted = self.scale.workloads
        return [w for w in self.backend.workloads if wanted is None or w.name in wanted]

    def observe(self) -> list[Reading]:
        """Read the sensors and remember the fastest links."""
        readings = [] if self.sensors is None else self.sensors.read()
        for index, reading in enumerate(readings):
            if reading.pcie_gen is not None and reading.pcie_width is not None:
                seen = self.links.get(index, (0, 0))
                self.links[index] = max(seen, (reading.pcie_gen, reading.pcie_width))
        return readings

    def gpus(self) -> list[Gpu]:
        """Every GPU as its driver, or else the backend, describes it; with the links seen under load."""
        if self.backend.gpu_count == 0:
            return []
        if self.sensors is None:
            return [Gpu(name=name, memory_gib=memory) for name, memory in self.backend.gpu_names()]
        return [self._with_link(index, gpu) for index, gpu in enumerate(self.sensors.gpus())]

    def rates(self, work: Work, device: int) -> list[float]:
        """Amount a second of each run, after warm-up; fewer runs when each lasts long.

        The number of runs follows from the time of the first ones, so that a slow card
        takes no longer than a fast one.
        """
        scale = self.scale
        trial = self.backend.time_each(work, device, 2)[-1]
        affordable = int(scale.cap_s / max(trial, 1e-9))
        if warm := min(scale.warm_up_iterations, affordable // 4):
            self.backend.time_each(work, device, warm)
        count = max(FEWEST, min(scale.iterations, affordable))
        return [work.amount / seconds for seconds in self.backend.time_each(work, device, count)]

    def _with_link(self, index: int, gpu: Gpu) -> Gpu:
        if index not in self.links:
            return gpu
        gen, width = self.links[index]
        return gpu.model_copy(update={"pcie_gen": gen, "pcie_width": width})


def device_name(device: int) -> str:
    """`gpu0`, `gpu1`... or `cpu`.

    Example:
        >>> device_name(0), device_name(CPU)
        ('gpu0', 'cpu')
    """
    return "cpu" if device == CPU else f"gpu{device}"
