"""Speed of a machine: GPUs, the processor that prepares, the disk that reads, the link between (P19, P20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import exp, hypot, log
from typing import Final

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table
from payback.errors import BadQuestionError
from payback.evidence import Fact
from payback.performance.crossvalidation import TAIL_80
from payback.performance.measurements import FP32
from payback.performance.predict import speed
from payback.performance.scaling import heat_share, power_cap_share
from payback.performance.speeds import Speed
from payback.performance.workload import Workload, preparations, workload

SHARPNESS: Final = 6.0
"""Exponent of the smooth minimum: two equal limits together give 11 % less than either."""
VCPUS_PER_CORE: Final = 2
"""Clouds sell threads; two share one core."""
BYTES_PER_MB: Final = 1e6
DISK_DEVIATION: Final = 0.1
"""Doubt about a disk's or link's figure, as a deviation of the logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudVolume(Row):
    """What a cloud's block storage delivers."""

    provider: str
    volume: str
    instance: str = ""
    throughput_mb_s: float

    def fact(self) -> Fact:
        """The throughput as a fact."""
        return self._fact(f"volume:{self.provider}/{self.instance or self.volume}", self.throughput_mb_s, "MB/s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one resource alone would allow, in the workload's unit."""

    value: float
    deviation: float
    """Of its logarithm."""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """Speed of a machine and what holds it back; `low` to `high` holds four times out of five."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    binding: str
    """The resource with the least limit: gpu, cpu, disk or link; "unknown" if no speed is known."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """What each known resource alone would allow."""
    unknown: tuple[str, ...] = ()
    """Resources nobody stated: not limits, but named."""
    facts: tuple[Fact, ...] = ()
    why: str = ""


def machine_speed(
    gpu: str,
    gpu_count: int,
    work: str | Workload,
    *,
    cpu_cores: float | None = None,
    disk_mb_per_s: float | None = None,
    link_gb_per_s: float | None = None,
    memory_gb: float | None = None,
    dataset_gb: float | None = None,
    packed: bool | None = None,
    power_limit_share: float | None = None,
    bridge: str = "",
    precision: str | None = None,
    as_of: dt.date | None = None,
    cpu_samples_per_s_per_core: float | None = None,
) -> MachineSpeed:
    """How fast a machine trains, and which resource binds (P19, P20).

    Args:
        gpu: Any name of the catalogue.
        gpu_count: GPUs in the machine.
        work: As in `payback.performance.predict.speed`.
        cpu_cores: Physical cores that prepare data; of a cloud half its vCPUs (`physical_cores`).
        disk_mb_per_s: Disk or cloud volume. [MB/s]
        link_gb_per_s: From main memory to one GPU. [GB/s]
        memory_gb: Main memory that can hold read data. [GB]
        dataset_gb: Data read in each epoch. [GB]
        packed: Whether busy cards sit side by side; None if unknown.
        power_limit_share: Power limit over the board's own.
        bridge: "nvlink-bridge" if the cards are bridged.
        precision: As in `speed`.
        as_of: As in `speed`.
        cpu_samples_per_s_per_core: Measured on the machine itself instead of the shipped rate.

    Example:
        >>> cloud = machine_speed("V100 SXM2 16GB", 1, "unet-segmentation", cpu_cores=4)
        >>> cloud.binding, cloud.unknown
        ('cpu', ('disk', 'link', 'heat'))
    """
    named = work if isinstance(work, Workload) else workload(work)
    gpus = speed(gpu, workload=named, gpu_count=gpu_count, precision=precision, as_of=as_of, link=bridge)
    if gpus.value is None:
        return MachineSpeed(value=None, low=None, high=None, unit=named.unit, binding="unknown", why=gpus.why)
    limits = {"gpu": _gpu_limit(gpus, packed=packed, power_limit_share=power_limit_share)}
    found = {
        "cpu": _cpu_limit(named, cpu_cores, cpu_samples_per_s_per_core),
        "disk": _disk_limit(named, disk_mb_per_s, memory_gb, dataset_gb),
        "link": _link_limit(named, link_gb_per_s, gpu_count),
    }
    limits |= {name: limit for name, limit in found.items() if limit is not None}
    stated = {"cpu": cpu_cores, "disk": disk_mb_per_s, "link": link_gb_per_s, "heat": packed}
    unknown = tuple(name for name, value in stated.items() if value is None)
    return _combined(named, gpus, limits, unknown)


def smooth_minimum(values: Mapping[str, float]) -> float:
    """The p-norm minimum of what each resource allows: (sum of x^-p)^(-1/p), p = 6 (P20).

    Example:
        >>> round(smooth_minimum({"gpu": 100.0, "cpu": 100.0}), 1)
        89.1
    """
    least = min(values.values())
    return float(least * sum((least / value) ** SHARPNESS for value in values.values()) ** (-1 / SHARPNESS))


def physical_cores(vcpus: float) -> float:
    """Cores behind the vCPUs of a cloud instance.

    Example:
        >>> physical_cores(8)
        4.0
    """
    return vcpus / VCPUS_PER_CORE


def cached_share(memory_gb: float, dataset_gb: float) -> float:
    """Share of the data that stays in memory after the first epoch: 0 to 1."""
    return min(1.0, memory_gb / dataset_gb)


@cache
def cloud_volumes() -> tuple[CloudVolume, ...]:
    """Throughput of cloud storage, as far as shipped."""
    return tuple(read_table(data_folder() / "cloud_volumes.csv", CloudVolume))


def volume_of(instance: str) -> CloudVolume | None:
    """The link to block storage of an instance, e.g. ``p3.2xlarge``; None if unknown."""
    name = instance.rpartition("/")[2]
    return next((row for row in cloud_volumes() if row.instance == name), None)


def _gpu_limit(gpus: Speed, *, packed: bool | None, power_limit_share: float | None) -> Limit:
    value, low, high = gpus.value or 0.0, gpus.low or 0.0, gpus.high or 0.0
    deviation = log(high / low) / 2 / TAIL_80
    if packed and gpus.gpu_count > 1:
        share, least, most, _ = heat_share(packed=True)
        value, deviation = value * share, hypot(deviation, log(most / least) / 2 / TAIL_80)
    if power_limit_share is not None:
        kept = power_cap_share(power_limit_share, mixed=gpus.precision != FP32)
        if kept is None:
            raise BadQuestionError(
                "power_limit_share", f"{power_limit_share:g}", "at least 0.6: nobody measured lower limits"
            )
        value *= kept
    return Limit(value=value, deviation=deviation, facts=gpus.facts)


def _cpu_limit(work: Workload, cores: float | None, measured: float | None) -> Limit | None:
    if cores is None:
        return None
    if measured is not None:
        return Limit(value=cores * measured * work.units_per_sample, deviation=DISK_DEVIATION)
    rate = preparations().get(work.preparation)
    if rate is None:
        return None
    deviation = log(rate.high / rate.low) / 2 / TAIL_80
    return Limit(value=cores * rate.samples_per_s_per_core, deviation=deviation, facts=(rate.fact(),))


def _disk_limit(
    work: Workload, mb_per_s: float | None, memory_gb: float | None, dataset_gb: float | None
) -> Limit | None:
    if mb_per_s is None or not work.stored_bytes_per_unit:
        return None
    cached = cached_share(memory_gb, dataset_gb) if memory_gb and dataset_gb else 0.0
    if cached >= 1:
        return None
    value = mb_per_s * BYTES_PER_MB / (work.stored_bytes_per_unit * (1 - cached))
    fact = work.fact("stored_bytes_per_unit", "B")
    return Limit(value=value, deviation=DISK_DEVIATION, facts=(fact,))


def _link_limit(work: Workload, gb_per_s: float | None, gpu_count: int) -> Limit | None:
    if gb_per_s is None or not work.device_bytes_per_unit:
        return None
    value = gpu_count * gb_per_s * 1e9 / work.device_bytes_per_unit
    return Limit(value=value, deviation=DISK_DEVIATION, facts=(work.fact("device_bytes_per_unit", "B"),))


def _combined(work: Workload, gpus: Speed, limits: Mapping[str, Limit], unknown: tuple[str, ...]) -> MachineSpeed:
    values = {name: limit.value for name, limit in limits.items()}
    value = smooth_minimum(values)
    binding = min(values, key=lambda name: values[name])
    weights = {name: (value / limit.value) ** SHARPNESS for name, limit in limits.items()}
    deviation = hypot(*(weights[name] * limit.deviation for name, limit in limits.items()))
    half = exp(TAIL_80 * deviation)
    parts = ", ".join(f"{name} {limit.value:.4g}" for name, limit in limits.items())
    return MachineSpeed(
        value=value,
        low=value / half,
        high=value * half,
        unit=work.unit,
        binding=binding,
        limits=values,
        unknown=unknown,
        facts=tuple({fact.id: fact for limit in limits.values() for fact in limit.facts}.values()),
        why=f"bound by the {binding}; each alone would allow {parts} {work.unit}; GPUs: {gpus.why}",
    )
