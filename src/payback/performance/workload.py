"""What people train, in the figures that decide its speed, its memory and its hunger for data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table
from payback.errors import BadQuestionError, UnknownNameError
from payback.evidence import Fact, Grade
from payback.performance.measurements import Measurement, load_measurements

Kind = Literal["cnn", "transformer", "llm", "diffusion", "other"]
Method = Literal["full", "lora", "qlora"]
ALIASES: Final[Mapping[str, str]] = {
    "resnet-50": "resnet50",
    "segmentation": "unet-segmentation",
    "detection": "ssd",
    "bert": "bert-base",
    "gpt": "gpt2-124m",
    "gpt2": "gpt2-124m",
    "lora": "llm-8b-lora",
    "diffusion": "sd-pretrain",
}
OWN_BASIS: Final[Mapping[Kind, str]] = {
    "cnn": "resnet50",
    "transformer": "bert-large",
    "llm": "llm-7b-pretrain",
    "diffusion": "sd-pretrain",
    "other": "resnet50",
}
"""The measured workload from whose operations per second the speed of one's own is scaled."""
LIST_HINT: Final = "See them all: payback speed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload(Row):
    """One kind of training; a unit is an image, a sequence or a token."""

    workload: str
    title: str
    kind: Kind
    unit: str
    """Of its speed, e.g. images/s."""
    task: str = ""
    """The measured task; empty if its speed is scaled from another workload."""
    scaled_from: str = ""
    """Workload whose speed it takes, by the ratio of operations per unit (P11)."""
    parameters: float | None = None
    training_flops_per_unit: float | None = None
    stored_bytes_per_unit: float | None = None
    """On disk. [B]"""
    device_bytes_per_unit: float | None = None
    """Sent to the GPU. [B]"""
    preparation: str = ""
    """What the processor does for a unit: a name of ``cpu_preparation.csv``; empty for nothing worth counting."""
    activation_bytes_per_unit: float | None = None
    """Kept for the backward pass in FP32, for networks that are not transformers. [B]"""
    layers: int | None = None
    width: int | None = None
    heads: int | None = None
    sequence: int | None = None
    """Tokens in a sequence."""
    vocabulary: int | None = None
    method: Method = "full"

    def __post_init__(self) -> None:
        """A workload is measured itself or scaled from one that is, never both."""
        if bool(self.task) == bool(self.scaled_from):
            raise BadQuestionError(f"workload {self.workload}", "task and scaled_from", "one of the two")

    @property
    def units_per_sample(self) -> int:
        """Units in one sample of a batch: the tokens of a sequence, else 1."""
        return self.sequence or 1 if self.unit.startswith("tokens") else 1

    @property
    def training_flops_per_sample(self) -> float | None:
        """Operations of one training step for one sample of the batch."""
        flops = self.training_flops_per_unit
        return None if flops is None else flops * self.units_per_sample

    def fact(self, field: str, unit: str) -> Fact:
        """One figure of the workload as a fact."""
        return self._fact(f"workload:{self.workload}/{field}", getattr(self, field), unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation(Row):
    """How many samples one processor core prepares in a second."""

    preparation: str
    title: str
    samples_per_s_per_core: float
    low: float
    high: float

    def fact(self) -> Fact:
        """The rate as a fact."""
        return self._fact(f"preparation:{self.preparation}", self.samples_per_s_per_core, "samples/s per core")


@cache
def _load() -> Mapping[str, Workload]:
    return {row.workload: row for row in read_table(data_folder() / "workloads.csv", Workload)}


WORKLOADS: Final[Mapping[str, Workload]] = _load()
"""The workloads of ``workloads.csv``; every task of ``data/throughput`` is understood besides."""


@cache
def preparations() -> Mapping[str, Preparation]:
    """What processors are asked to do, by name."""
    return {row.preparation: row for row in read_table(data_folder() / "cpu_preparation.csv", Preparation)}


@cache
def measured_tasks() -> Mapping[str, Measurement]:
    """Every measured task with one of its rows."""
    return {row.task: row for row in load_measurements()}


def workload(name: str) -> Workload:
    """The workload called `name`: one of `WORKLOADS`, another name for it, or a measured task.

    Raises:
        UnknownNameError: Nothing is called so; the message names the nearest.

    Example:
        >>> workload("segmentation").workload
        'unet-segmentation'
        >>> workload("mpt_7b_seq2048").unit
        'tokens/s'
    """
    folded = name.strip().casefold().replace(" ", "-")
    known = WORKLOADS.get(ALIASES.get(folded, folded))
    if known is not None:
        return known
    task = _task_called(name.strip())
    if task is None:
        raise UnknownNameError("workload", name, (*WORKLOADS, *ALIASES, *measured_tasks()), LIST_HINT)
    row = measured_tasks()[task]
    return Workload(
        workload=task,
        title=f"{task} as in the suite that measured it",
        kind="other",
        unit=row.unit,
        task=task,
        source=row.source,
        locator=row.locator,
        grade=Grade.MEASURED,
    )


def _task_called(name: str) -> str | None:
    tasks = measured_tasks()
    if name in tasks:
        return name
    folded = name.casefold().replace("-", "_")
    by_batch = sorted((task for task in tasks if task.startswith(f"{folded}_b")), key=_batch)
    return folded if folded in tasks else by_batch[-1] if by_batch else None


def _batch(task: str) -> int:
    digits = task.rpartition("_b")[2]
    return int(digits) if digits.isdigit() else 0


def own(
    name: str,
    *,
    training_flops_per_unit: float,
    kind: Kind = "other",
    unit: str = "samples/s",
    like: str | None = None,
    **figures: float | str | None,
) -> Workload:
    """A workload of the user's, known by its operations and bytes.

    Args:
        name: How answers call it.
        training_flops_per_unit: Operations of forward and backward pass for one unit; a multiply-add is two. [FLOP]
        kind: Decides which measured workload its efficiency is taken from.
        unit: Unit of its speed.
        like: Workload to take the efficiency from instead.
        figures: Further fields of `Workload`, e.g. ``parameters`` or ``stored_bytes_per_unit``.

    Example:
        >>> own("mine", training_flops_per_unit=5e10, kind="cnn").scaled_from
        'resnet50'
    """
    basis = workload(like) if like else WORKLOADS[OWN_BASIS[kind]]
    if training_flops_per_unit <= 0:
        raise BadQuestionError("work.training_flops_per_unit", str(training_flops_per_unit), "operations above 0")
    mine = Workload(
        workload=name,
        title=name,
        kind=kind,
        unit=unit,
        scaled_from=basis.workload,
        training_flops_per_unit=training_flops_per_unit,
        source="question",
        grade=Grade.ASSUMED,
    )
    return replace(mine, **figures)  # type: ignore[arg-type]  # names and types are those of Workload
