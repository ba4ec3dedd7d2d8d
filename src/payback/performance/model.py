"""Speeds and their ratios for any GPU, workload and count: evidence first, then laws, always with an interval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, hypot, log
from typing import Final

from payback.errors import UnknownNameError
from payback.evidence import Fact
from payback.performance import memory, precision
from payback.performance.crossvalidation import TAIL_80, scale_of
from payback.performance.device import GpuSpecs, unknown_for_speed
from payback.performance.laws import Laws
from payback.performance.measurements import FP32, Era, Measurement, era_for
from payback.performance.parameters import Parameters
from payback.performance.scaling import Efficiency, Exchange, efficiency
from payback.performance.speeds import Estimate, Ratio, Speed
from payback.performance.tasks import is_core
from payback.performance.transfer import suite_of
from payback.performance.workload import Kind, Workload, workload

SCALING_DEVIATION: Final[Mapping[Kind, float]] = {
    "cnn": 0.39,
    "transformer": 0.30,
    "llm": 0.25,
    "diffusion": 0.40,
    "other": 0.40,
}
"""How far networks of a kind differ in operations per second on one GPU, as a deviation of the logarithm (P11)."""
RATIO_DEVIATION: Final = 0.13
"""How far the ratio of two GPUs differs between networks of a kind, as a deviation of the logarithm (P11)."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with everything looked up."""

    specs: GpuSpecs
    work: Workload
    basis: Workload
    precision: str
    era: str
    count: int
    link: str

    @property
    def task(self) -> str:
        return self.basis.task

    @property
    def is_scaled(self) -> bool:
        return self.work is not self.basis

    @property
    def factor(self) -> float | None:
        """Units of the work per unit of its basis, by operations (P11); None if they are unknown."""
        if not self.is_scaled:
            return 1.0
        mine, theirs = self.work.training_flops_per_unit, self.basis.training_flops_per_unit
        return theirs / mine if mine and theirs else None


class SpeedModel:
    """Answers how fast GPUs train.

    Args:
        specs: The GPUs by name.
        measurements: What was measured.
        eras: The software it was measured with.
        parameters: What the model learned.
    """

    def __init__(
        self,
        specs: Mapping[str, GpuSpecs],
        measurements: Sequence[Measurement],
        eras: Mapping[str, Era],
        parameters: Parameters,
    ) -> None:
        """Fit the common law; takes about a quarter of a second."""
        self.specs = specs
        self.laws = Laws.learn(specs, measurements, eras, parameters)

    def speed(
        self,
        gpu: str,
        work: str | Workload,
        *,
        gpu_count: int = 1,
        asked_precision: str | None = None,
        as_of: dt.date | None = None,
        link: str = "",
    ) -> Speed:
        """Speed of `gpu_count` GPUs of one kind in one machine."""
        asked = self._look_up(gpu, work, gpu_count, asked_precision, as_of, link)
        found = None if asked.is_scaled else self._measured_together(asked)
        if found is not None:
            return self._answer(asked, found)
        refusal = self._cannot_say(asked)
        return self._silent(asked, refusal) if refusal else self._computed(asked)

    def precisions(self, work: str | Workload) -> tuple[str, ...]:
        """The precisions a workload was measured in."""
        return tuple(sorted({row.precision for row in self._rows(_basis_of(_named(work)))}))

    def era_days(self, work: str | Workload, label: str) -> tuple[dt.date, ...]:
        """Days on which each software that a workload was measured with appeared, newest first."""
        rows = self._rows(_basis_of(_named(work)))
        names = {row.era for row in rows if row.precision == label}
        return tuple(sorted((self.laws.eras[name].released for name in names), reverse=True))

    def relative_speed(
        self,
        gpu: str,
        reference_gpu: str,
        work: str | Workload,
        *,
        asked_precision: str | None = None,
        as_of: dt.date | None = None,
    ) -> Ratio:
        """Speed of one GPU over that of another; each in the precision it is used in, both with the same software."""
        one = self._look_up(gpu, work, 1, asked_precision, as_of, "")
        two = self._look_up(reference_gpu, work, 1, asked_precision, as_of, "")
        era = self._common_era(one, two, as_of)
        one, two = replace(one, era=era), replace(two, era=era)
        for asked in (one, two):
            refusal = self._cannot_say(asked)
            if refusal:
                return Ratio(value=None, low=None, high=None, why=refusal)
        if one.specs.gpu == two.specs.gpu:
            return Ratio(value=1.0, low=1.0, high=1.0, why="the same GPU")
        return self._ratio(one, two)

    def _look_up(
        self, gpu: str, work: str | Workload, count: int, asked: str | None, as_of: dt.date | None, link: str
    ) -> _Asked:
        specs = self.specs.get(gpu)
        if specs is None:
            raise UnknownNameError("GPU", gpu, self.specs)
        named = _named(work)
        basis = _basis_of(named)
        rows = self._rows(basis)
        chosen = precision.choose(rows, specs, asked)
        return _Asked(
            specs=specs,
            work=named,
            basis=basis,
            precision=chosen,
            era=self.laws.era(basis.task, chosen, as_of, specs),
            count=count,
            link=link,
        )

    def _rows(self, basis: Workload) -> Sequence[Measurement]:
        rows = self.laws.by_task.get(basis.task)
        if not rows:
            raise UnknownNameError("measured workload", basis.workload, self.laws.by_task)
        return rows

    def _measured_together(self, asked: _Asked) -> Estimate | None:
        return self.laws.measured(asked.specs, asked.task, asked.precision, asked.era, asked.count)

    def _cannot_say(self, asked: _Asked) -> str:
        """Why there is no speed; empty if there is one."""
        measured = self._measured_together(replace(asked, count=1)) is not None and not asked.is_scaled
        missing = unknown_for_speed(asked.specs)
        if missing and not measured:
            return f"{asked.specs.gpu}: {' and '.join(missing)} unknown, and nobody measured it on {asked.task}"
        if asked.factor is None:
            return f"{asked.work.workload}: operations unknown, so it cannot be scaled from {asked.basis.workload}"
        if not is_core(asked.task) and not self.laws.anchors(asked.task, mixed=asked.precision != FP32):
            return f"{asked.task} was measured on no GPU whose figures are known"
        fit = memory.fit(asked.work, asked.specs.memory_gib, asked.count, precision=asked.precision)
        return f"{asked.specs.gpu}: {fit.why}" if fit.fits is False and not measured else ""

    def _computed(self, asked: _Asked) -> Speed:
        single = self.laws.single(asked.specs, asked.task, asked.precision, asked.era)
        single = _scaled(single, asked)
        if asked.count == 1:
            return self._answer(asked, single)
        share = self._efficiency(asked, single)
        width = log(share.high / share.low) / 2 / TAIL_80
        together = Estimate(
            log_speed=single.log_speed + log(asked.count * share.value),
            deviation=hypot(single.deviation, width),
            grade="derived",
            facts=(*single.facts, *share.facts),
            why=f"{single.why}; {asked.count} GPUs at {share.value:.0%} each: {share.why}",
        )
        return self._answer(asked, together)

    def _efficiency(self, asked: _Asked, single: Estimate) -> Efficiency:
        samples_per_s = exp(single.log_speed) / asked.work.units_per_sample
        fit = memory.roomiest(asked.work, asked.specs.memory_gib, asked.count, precision=asked.precision)
        exchange = Exchange(
            gradient_gb=memory.exchange_gb(asked.work, asked.precision, fit.plan),
            step_s=None if fit.batch is None else fit.batch / samples_per_s,
            sharded=fit.plan.sharding,
        )
        return efficiency(
            asked.specs, asked.task, asked.count, observed=self.laws.observed, link=asked.link, exchange=exchange
        )

    def _common_era(self, one: _Asked, two: _Asked, as_of: dt.date | None) -> str:
        """Software with which both were measured, the newest of the day; else that of the day."""
        eras = self.laws.eras
        measured = [
            {row.era for row in self.laws.by_task[a.task]
             if (row.gpu, row.precision, row.gpu_count) == (a.specs.gpu, a.precision, 1)}
            for a in (one, two)
        ]  # fmt: skip
        common = measured[0] & measured[1]
        if common:
            return era_for(common, as_of, eras)
        return self.laws.era(two.task, two.precision, as_of)

    def _ratio(self, one: _Asked, two: _Asked) -> Ratio:
        first, second = (self.laws.single(a.specs, a.task, a.precision, a.era) for a in (one, two))
        deviation = hypot(first.deviation, second.deviation)
        if first.grade == "derived" and second.grade == "derived":
            deviation = min(deviation, self._joint(one, two))
        if one.is_scaled:
            deviation = hypot(deviation, RATIO_DEVIATION)
        middle, half = first.log_speed - second.log_speed, TAIL_80 * deviation
        return Ratio(
            value=exp(middle),
            low=exp(middle - half),
            high=exp(middle + half),
            facts=_unique((*first.facts, *second.facts)),
            why=f"{one.specs.gpu}: {first.why}; {two.specs.gpu}: {second.why}",
        )

    def _joint(self, one: _Asked, two: _Asked) -> float:
        """Deviation of the ratio of two derived speeds, less what both have in common."""
        laws = self.laws
        if is_core(one.task):
            cells = [laws.cell(a.specs, a.task, a.precision, a.era) for a in (one, two)]
            return laws.joint_deviation(cells[0], cells[1], scale_of(one.task, laws.parameters.scales))
        known = laws.anchors(one.task, mixed=one.precision != FP32)
        cells = [laws.proxy_cell(a.specs, a.task, known) for a in (one, two)]
        stray = laws.parameters.transfer.get(suite_of(one.task), laws.parameters.transfer[""])
        return hypot(laws.joint_deviation(cells[0], cells[1], 1.0), 2**0.5 * stray)

    def _answer(self, asked: _Asked, found: Estimate) -> Speed:
        value, half = exp(found.log_speed), exp(TAIL_80 * found.deviation)
        return replace(
            self._silent(asked, found.why),
            value=value,
            low=value / half,
            high=value * half,
            grade=found.grade,
            facts=_unique(found.facts),
        )

    def _silent(self, asked: _Asked, why: str) -> Speed:
        return Speed(
            gpu=asked.specs.gpu,
            form=asked.specs.form,
            gpu_count=asked.count,
            workload=asked.work.workload,
            precision=asked.precision,
            value=None,
            unit=asked.work.unit,
            low=None,
            high=None,
            grade="derived",
            era=asked.era,
            why=why,
        )


def _named(work: str | Workload) -> Workload:
    return work if isinstance(work, Workload) else workload(work)


def _basis_of(work: Workload) -> Workload:
    return workload(work.scaled_from) if work.scaled_from else work


def _scaled(single: Estimate, asked: _Asked) -> Estimate:
    if not asked.is_scaled or asked.factor is None:
        return single
    return Estimate(
        log_speed=single.log_speed + log(asked.factor),
        deviation=hypot(single.deviation, SCALING_DEVIATION[asked.work.kind]),
        grade="derived",
        facts=(*single.facts, asked.work.fact("training_flops_per_unit", "FLOP")),
        why=f"scaled by operations from {asked.basis.workload}, which is {single.why}",
    )


def _unique(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for fact in facts}.values())


def every(
    model: SpeedModel, gpus: Sequence[str], works: Sequence[str], count: int = 1, *, all_eras: bool = False
) -> Iterator[Speed]:
    """One row for each GPU, workload and measured precision; for each software besides if `all_eras`, newest first."""
    for work in works:
        for label in model.precisions(work):
            days = model.era_days(work, label) if all_eras else (None,)
            for gpu in gpus:
                for day in days:
                    yield model.speed(gpu, work, gpu_count=count, asked_precision=label, as_of=day)
