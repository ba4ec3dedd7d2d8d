"""Speed of GPUs on workloads, with the shipped facts: what other stages call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from payback.catalogue.catalogue import load
from payback.performance.device import unknown_for_speed
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.model import SpeedModel, every
from payback.performance.parameters import load_parameters
from payback.performance.speeds import Ratio, Speed
from payback.performance.workload import Workload

__all__ = ["Ratio", "Speed", "relative_speed", "speed", "speeds"]


@cache
def shipped_model() -> SpeedModel:
    """The model fitted to the shipped measurements, once a process."""
    return SpeedModel(load().gpus, load_measurements(), load_eras(), load_parameters())


def speed(
    gpu: str,
    *,
    workload: str | Workload,
    gpu_count: int = 1,
    precision: str | None = None,
    as_of: dt.date | None = None,
    link: str = "",
) -> Speed:
    """How fast GPUs train a workload, with an interval that holds four times out of five.

    Args:
        gpu: Any name of the catalogue.
        workload: A name of `payback.performance.workload.WORKLOADS`, a measured task, or a `Workload` of one's own.
        gpu_count: GPUs of that kind in one machine.
        precision: "FP32", "mixed" or a label of the task; if None mixed where the GPU has tensor cores, else FP32.
        as_of: The day whose software is meant; if None the newest with which this GPU was measured.
        link: "nvlink-bridge" if the cards are bridged.

    Returns:
        Throughput of all GPUs together; `value` is None where nobody can say.

    Raises:
        UnknownNameError: No such GPU or workload.
        BadQuestionError: The workload was not measured in that precision.

    Example:
        >>> answer = speed("GTX 1080 Ti", workload="resnet50")
        >>> answer.grade, round(answer.value), answer.unit
        ('measured', 197, 'images/s')
    """
    name = load().gpu_names.resolve(gpu).gpu
    model = shipped_model()
    return model.speed(name, workload, gpu_count=gpu_count, asked_precision=precision, as_of=as_of, link=link)


def relative_speed(
    gpu: str,
    reference_gpu: str,
    *,
    workload: str | Workload,
    precision: str | None = None,
    as_of: dt.date | None = None,
) -> Ratio:
    """How many times as fast one GPU is as another, both with the same software.

    Args:
        gpu: Any name of the catalogue.
        reference_gpu: The GPU that counts as 1.
        workload: As in `speed`.
        precision: As in `speed`; by default each GPU in the precision it is used in.
        as_of: As in `speed`; software with which both were measured is preferred.

    Example:
        >>> relative_speed("RTX 3090", "RTX 3090", workload="resnet50").value
        1.0
    """
    names = load().gpu_names
    one, two = names.resolve(gpu).gpu, names.resolve(reference_gpu).gpu
    return shipped_model().relative_speed(one, two, workload, asked_precision=precision, as_of=as_of)


def speeds(
    *,
    gpus: Iterable[str] | None = None,
    workloads: Iterable[str] = ("resnet50",),
    gpu_count: int = 1,
    all_eras: bool = False,
) -> tuple[Speed, ...]:
    """A row for each GPU, workload and measured precision: what ``payback speed`` prints.

    Args:
        gpus: Names of the catalogue; every GPU whose figures are known if None.
        workloads: Names as in `speed`.
        gpu_count: GPUs of one kind in one machine.
        all_eras: A row for each software too, newest first; else the newest with which such a GPU was measured.
    """
    catalogue = load()
    if gpus is None:
        names = [name for name, gpu in catalogue.gpus.items() if not unknown_for_speed(gpu)]
    else:
        names = [catalogue.gpu_names.resolve(name).gpu for name in gpus]
    return tuple(every(shipped_model(), names, list(workloads), gpu_count, all_eras=all_eras))
