"""The result file `payback.bench/1`: one machine, measured once, as validated objects.

A metric keeps its raw samples. What could not be measured is an entry of
`missing` with its reason, never a zero. Nothing here identifies a person or a
particular machine: no serial numbers, UUIDs, bus addresses, host or user names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA: Final = "payback.bench/1"
PROTOCOL: Final = 1
"""Raise it whenever a measurement is done differently, so that old files are not compared with new ones."""

Detail = str | int | float | bool | None | list[str] | list[float] | dict[str, float]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Absence(StrEnum):
    """Why a figure is not in the file."""

    NOT_APPLICABLE = "not applicable"
    """The machine has no such part; nothing is lacking."""
    OTHER_TIER = "other tier"
    """A longer tier measures it."""
    NOT_INSTALLED = "not installed"
    """A package or driver is missing."""
    NO_GPU = "no GPU"
    """No GPU that can be used was found."""
    REFUSED = "refused"
    """Measuring would have harmed or misled: full disk, memory instead of a disk."""
    FAILED = "failed"
    """It was tried and broke off."""
    BY_HAND = "by hand"
    """Only a person can read it."""
    STOPPED = "stopped"
    """The run was interrupted first."""


class Missing(_Record):
    """A figure that was asked for and is not there."""

    what: str
    kind: Absence
    why: str

    @property
    def lacking(self) -> bool:
        """True when its absence makes the file incomplete."""
        return self.kind not in (Absence.NOT_APPLICABLE, Absence.OTHER_TIER, Absence.BY_HAND)


class Metric(_Record):
    """One measured quantity with every raw sample."""

    name: str
    """What was measured, e.g. `matmul.bf16`, `train.resnet50.real`."""
    device: str
    """`gpu0`, `cpu`, `disk`, or `machine` for all parts together."""
    unit: str
    n: int = Field(ge=1)
    median: float
    iqr: float = Field(ge=0)
    """Interquartile range, in the unit of the metric."""
    lowest: float
    highest: float
    spread: float | None = None
    """Robust coefficient of variation, a share; None when n < 4."""
    samples: list[float]
    detail: dict[str, Detail] = Field(default_factory=dict)


class Derived(_Record):
    """A quantity computed from metrics, by a formula that is named."""

    name: str
    device: str
    unit: str
    value: float
    formula: str
    detail: dict[str, Detail] = Field(default_factory=dict)


class Gpu(_Record):
    """A GPU as its driver describes it."""

    name: str
    memory_gib: float | None = None
    power_limit_w: float | None = None
    default_power_limit_w: float | None = None
    pcie_gen: int | None = None
    """Generation of the link under load: idle links step down."""
    pcie_width: int | None = None
    pcie_gen_max: int | None = None
    pcie_width_max: int | None = None


class Cpu(_Record):
    """The processor, and how much of it this program may use."""

    model: str | None = None
    physical_cores: int | None = None
    logical_cores: int
    quota_cores: float | None = None
    """A container's limit; None without one."""


class Disk(_Record):
    """The disk below the folder that was measured."""

    kind: str | None = None
    """`NVMe SSD`, `SATA SSD`, `hard disk`, `virtual disk`, `network`, `memory`; None when unknown."""
    filesystem: str | None = None


class Hardware(_Record):
    """The parts of the machine, without anything that identifies it."""

    gpus: list[Gpu]
    cpu: Cpu
    memory_gib: float | None = None
    disk: Disk
    virtualised: bool | None = None


class Trace(_Record):
    """Sensor readings of one GPU, about once a second, while all GPUs worked."""

    device: str
    time_s: list[float]
    power_w: list[float | None]
    temperature_c: list[float | None]
    sm_clock_mhz: list[float | None]
    throttle: list[list[str]]


class BenchResult(_Record):
    """One machine, measured once.

    `clean` is True only for a file that lacks nothing and was not disturbed.
    """

    schema_name: Literal["payback.bench/1"] = Field(alias="schema")
    protocol: int = Field(ge=1)
    payback_version: str
    created: dt.datetime
    tier: str
    elapsed_s: float
    complete: bool
    disturbed: list[str]
    missing: list[Missing]
    hardware: Hardware
    software: dict[str, str]
    settings: dict[str, Detail]
    metrics: list[Metric]
    derived: list[Derived]
    traces: list[Trace]
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def clean(self) -> bool:
        """True when nothing is lacking and nothing disturbed the run."""
        return self.complete and not self.disturbed

    def metric(self, name: str, device: str | None = None) -> Metric | None:
        """The metric called `name`, of `device` or of the first device that has it; None when not measured."""
        found = (m for m in self.metrics if m.name == name and device in (None, m.device))
        return next(found, None)

    def derived_value(self, name: str, device: str | None = None) -> float | None:
        """The derived quantity called `name`; None when it could not be computed."""
        found = (d.value for d in self.derived if d.name == name and device in (None, d.device))
        return next(found, None)

    @property
    def wall_power_w(self) -> float | None:
        """What a meter at the wall showed under load [W], typed by its reader; None when nobody looked.

        The sum of the GPUs' own sensors is `gpu_power_w`; it leaves out CPU, fans and the power supply's loss.
        """
        return _median_of(self.metric("power.wall"))

    @property
    def gpu_power_w(self) -> float | None:
        """Median power of all GPUs together under sustained load [W]; None without sensors."""
        return _median_of(self.metric("power.gpus"))

    @property
    def disk_mb_per_s(self) -> float | None:
        """Random 128 KiB reads, 32 at a time [MB/s]: how training reads its files. None when not measured."""
        return _median_of(self.metric("disk.read.random_128k"))

    def rate(self, workload: str, *, pipeline: Literal["synthetic", "real"] = "synthetic") -> float | None:
        """Training speed of one GPU (or of the CPU, on a machine without one).

        Args:
            workload: `resnet50`, `unet`, `bert-base`, `gpt2-124m` or another spelling of them, "ResNet-50".
            pipeline: `synthetic` is the GPU alone; `real` includes disk and CPU preparation.

        Returns:
            images/s, sequences/s or tokens/s, as the metric's unit says; None when not measured.
        """
        wanted = fold_workload(workload)
        ends = f".{pipeline}"
        for metric in self.metrics:
            name = metric.name.removeprefix("train.").removesuffix(ends)
            if metric.name == f"train.{name}{ends}" and fold_workload(name) == wanted:
                return metric.median
        return None

    def cpu_samples_per_s_per_core(self, task: Literal["jpeg224", "segmentation"] = "jpeg224") -> float | None:
        """Samples prepared in a second by one physical core when all cores work; None when not measured."""
        return self.derived_value(f"preparation.{task}.per_core")

    def verdict(self) -> str:
        """One sentence: whether these figures may be relied on, and if not, what is wrong."""
        if self.clean:
            return "Complete and clean."
        lacking = sorted({m.what for m in self.missing if m.lacking})
        parts = [f"missing: {', '.join(lacking)}"] if lacking else []
        parts += [f"disturbed: {'; '.join(self.disturbed)}"] if self.disturbed else []
        return ("Complete but not clean; " if self.complete else "Partial; ") + "; ".join(parts) + "."


_SPELLINGS: Final[Mapping[str, str]] = {
    "resnet50v15": "resnet50",
    "unetsegmentation": "unet",
    "unetsegmentation512x512": "unet",
    "unet512": "unet",
    "bertbasesquad": "bertbase",
    "gpt2": "gpt2124m",
    "gpt124m": "gpt2124m",
}


def fold_workload(name: str) -> str:
    """A workload's spelling without case and punctuation, synonyms joined.

    Example:
        >>> fold_workload("ResNet-50"), fold_workload("GPT-124M")
        ('resnet50', 'gpt2124m')
    """
    folded = "".join(letter for letter in name.casefold() if letter.isalnum())
    return _SPELLINGS.get(folded, folded)


def _median_of(metric: Metric | None) -> float | None:
    return None if metric is None else metric.median
