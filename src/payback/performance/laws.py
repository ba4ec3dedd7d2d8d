"""Speeds of one GPU: measured, else from the common fit, else from the law of a like task (P7, P10, P11, P12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import median
from typing import Final

import numpy as np

from payback.performance.cells import Cell, cell_of
from payback.performance.crossvalidation import scale_of
from payback.performance.device import GpuSpecs, Rate
from payback.performance.measurements import FP32, USABLE, Era, Measurement, era_for
from payback.performance.parameters import OTHER_VENDOR, Parameters
from payback.performance.posterior import Posterior
from payback.performance.scaling import Observed, observe
from payback.performance.speeds import Estimate
from payback.performance.tasks import is_core
from payback.performance.training import column_rates, training_cells
from payback.performance.transfer import (
    FITTED_VENDOR,
    TRUE_FP32_ERA,
    Anchor,
    anchors,
    law_cell,
    proxy_era,
    suite_of,
    transfer,
)

HOSTS_FOR_A_SPREAD: Final = 3
LEAST_HOST_DEVIATION: Final = 0.01
NEAREST: Final = 5
"""Measured rows of the same task that an answer names as its ground."""


@dataclass(frozen=True, slots=True)
class Laws:
    """Everything known about the speed of single GPUs."""

    specs: Mapping[str, GpuSpecs]
    rows: Sequence[Measurement]
    eras: Mapping[str, Era]
    parameters: Parameters
    model: Posterior
    observed: tuple[Observed, ...]
    rates: Mapping[tuple[str, str, str], Rate]
    by_task: Mapping[str, tuple[Measurement, ...]]
    host_deviation: Mapping[str, float]

    @classmethod
    def learn(
        cls,
        specs: Mapping[str, GpuSpecs],
        rows: Sequence[Measurement],
        eras: Mapping[str, Era],
        parameters: Parameters,
    ) -> Laws:
        """Fit the model to the measurements of the GPUs in `specs`."""
        known = [row for row in rows if row.gpu in specs]
        by_task: dict[str, list[Measurement]] = {}
        for row in known:
            by_task.setdefault(row.task, []).append(row)
        return cls(
            specs=specs,
            rows=known,
            eras=eras,
            parameters=parameters,
            model=Posterior(training_cells(known, specs, eras), parameters.hyper),
            observed=observe(known, specs),
            rates=column_rates(row for row in known if row.quality in USABLE),
            by_task={task: tuple(some) for task, some in by_task.items()},
            host_deviation=host_deviations(known),
        )

    def era(self, task: str, precision: str, as_of: dt.date | None, specs: GpuSpecs | None = None) -> str:
        """The software a speed is given for: of a day, or the newest with which such a GPU was measured."""
        rows = [row for row in self.by_task[task] if row.precision == precision] or list(self.by_task[task])
        if as_of is None and specs is not None:
            own = [row for row in rows if row.gpu == specs.gpu and row.gpu_count == 1]
            kin = [row for row in rows if self.specs[row.gpu].architecture == specs.architecture]
            rows = own or kin or rows
        return era_for((row.era for row in rows), as_of, self.eras)

    def single(self, specs: GpuSpecs, task: str, precision: str, era: str) -> Estimate:
        """The speed of one GPU on a task, by the best evidence there is."""
        found = self.measured(specs, task, precision, era)
        if found is not None:
            return found
        return self.fitted(specs, task, precision, era) if is_core(task) else self.by_proxy(specs, task, precision)

    def measured(self, specs: GpuSpecs, task: str, precision: str, era: str, count: int = 1) -> Estimate | None:
        """What somebody measured with this GPU, software, precision and count; None if nobody did."""
        key = (specs.gpu, precision, era, count)
        same = [row for row in self.by_task[task] if (row.gpu, row.precision, row.era, row.gpu_count) == key]
        usable = [row for row in same if row.is_stock]
        if not usable:
            return None
        best = max(usable, key=lambda row: (row.quality in USABLE, row.hosts, row.throughput))
        spread = self.host_deviation.get(task, self.host_deviation[""])
        doubt = spread if best.quality in USABLE else max(spread, self.parameters.transfer[""])
        hosts = "one host" if best.hosts == 1 else f"median of {best.hosts} hosts"
        return Estimate(
            log_speed=log(best.throughput),
            deviation=doubt * (1 + 1 / best.hosts) ** 0.5,
            grade="measured",
            facts=(best.fact(),),
            why=f"measured, {hosts}, {self.eras[best.era].software}" + (f" ({best.note})" if best.note else ""),
        )

    def cell(self, specs: GpuSpecs, task: str, precision: str, era: str) -> Cell:
        """The question to the common fit."""
        default = Rate.TF32 if precision == FP32 else Rate.TENSOR16
        rate = self.rates.get((task, precision, era), default)
        return cell_of(specs, task=task, precision=precision, era=era, year=self.eras[era].year, rate=rate)

    def fitted(self, specs: GpuSpecs, task: str, precision: str, era: str) -> Estimate:
        """From the common fit, which knows this card's other measurements if there are any (P7)."""
        estimates = self.model.estimate([self.cell(specs, task, precision, era)])
        deviation = float(estimates.deviation[0]) * scale_of(task, self.parameters.scales)
        own = [row for row in self.by_task[task] if row.gpu == specs.gpu and row.gpu_count == 1]
        others = [row for row in self.by_task[task] if row.precision == precision and row.gpu_count == 1]
        ground = own or sorted(others, key=lambda row: self._unlikeness(specs, row))
        known = "the same card with other software or precision" if own else "the GPU's figures and like cards"
        return Estimate(
            log_speed=float(estimates.mean[0]),
            deviation=self._with_vendor(specs, deviation),
            grade="derived",
            facts=tuple(row.fact() for row in ground[:NEAREST]),
            why=f"derived from {known}, {self.eras[era].software}",
        )

    def by_proxy(self, specs: GpuSpecs, task: str, precision: str) -> Estimate:
        """From the law of a like task, at the level of the GPUs that ran this one (P10)."""
        known = self.anchors(task, mixed=precision != FP32)
        target = self.proxy_cell(specs, task, known)
        found = transfer(
            target,
            specs.vendor,
            known,
            model=self.model,
            suite=suite_of(task),
            deviations=self.parameters.transfer,
        )
        measured_on = ", ".join(sorted({one.row.gpu for one in known})[:NEAREST])
        return Estimate(
            log_speed=found.log_speed,
            deviation=found.deviation,
            grade="derived",
            facts=tuple(one.row.fact() for one in known[:NEAREST]),
            why=f"derived: measured on {measured_on}; carried over by the law of {target.task}",
        )

    def anchors(self, task: str, *, mixed: bool) -> tuple[Anchor, ...]:
        """The GPUs a task outside the common fit was measured on; of the other precision if there are none."""
        for wanted in (mixed, not mixed):
            found = anchors(
                task,
                self.by_task[task],
                mixed=wanted,
                specs=self.specs,
                eras=self.eras,
                model=self.model,
                observed=self.observed,
            )
            if found:
                return found
        return ()

    def proxy_cell(self, specs: GpuSpecs, task: str, known: Sequence[Anchor]) -> Cell:
        """The question to the common fit that stands for a task outside it."""
        era = proxy_era(task, self.eras, self.model)
        mixed = known[0].row.is_mixed
        true_fp32 = known[0].row.era == TRUE_FP32_ERA
        return law_cell(specs, task, mixed=mixed, true_fp32=true_fp32, model=self.model, era=era)

    def joint_deviation(self, one: Cell, two: Cell, scale: float) -> float:
        """Calibrated deviation of the logarithm of the ratio of two predicted speeds."""
        estimates = self.model.estimate([one, two])
        c = estimates.covariance
        return float(np.sqrt(max(c[0, 0] + c[1, 1] - 2 * c[0, 1], 0.0) + estimates.noise.sum())) * scale

    def _with_vendor(self, specs: GpuSpecs, deviation: float) -> float:
        extra = 0.0 if specs.vendor == FITTED_VENDOR else self.parameters.transfer[OTHER_VENDOR]
        return float(np.hypot(deviation, extra))

    def _unlikeness(self, specs: GpuSpecs, row: Measurement) -> float:
        other = self.specs[row.gpu]
        return abs(log((specs.bandwidth_gb_s or 1.0) / (other.bandwidth_gb_s or 1.0)))


def host_deviations(rows: Iterable[Measurement]) -> dict[str, float]:
    """How far hosts with the same GPU differ on each task, from configurations that several hosts ran (P12).

    The range of n normal values is about 2 sqrt(2 ln n) - 1/2 deviations wide
    for the 3 to 40 hosts that occur.
    """
    by_task: dict[str, list[float]] = {}
    for row in rows:
        if row.hosts >= HOSTS_FOR_A_SPREAD and row.low and row.high and row.quality in USABLE:
            width = 2 * (2 * log(row.hosts)) ** 0.5 - 0.5
            by_task.setdefault(row.task, []).append(max(LEAST_HOST_DEVIATION, log(row.high / row.low) / width))
    out = {task: median(values) for task, values in by_task.items()}
    everything = [value for values in by_task.values() for value in values]
    return out | {"": median(everything) if everything else LEAST_HOST_DEVIATION}
