"""Measurement 6: training steps, on data that is already on the device and on data from the disk."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from payback.observe.bench.backend import CPU, DeviceOutOfMemoryError, Loader, Workload
from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.machine import usable_cores
from payback.observe.bench.preparation import NO_PILLOW, SampleFolder, actual_task, write_samples
from payback.observe.bench.schema import Absence, Detail
from payback.units import GIB

FEWEST_STEPS: Final = 5
BLOCKS: Final = 10
"""The real pipeline delivers in bursts, so its rate is taken over tenths of the run, not single steps."""
PREFETCHED: Final = 2
"""Batches that each worker holds ready: they must be used up before the steady state is seen."""


def measure_training(bench: Bench) -> None:
    """Every workload of the tier on the first device: synthetic, then through the real pipeline."""
    device = bench.devices[0]
    for workload in bench.workloads:
        bench.tell(f"training {workload.name}")
        batch, refused = fitting_batch(bench, workload, device)
        if batch == 0:
            why = f"out of memory on {device_name(device)} at every batch from {refused[0]:.0f} down to 1"
            bench.sheet.lacks(f"train.{workload.name}", Absence.FAILED, why)
            continue
        detail: dict[str, Detail] = {"batch": batch, "out_of_memory_at": refused}
        samples = _synthetic_rates(bench, workload, device, batch)
        name = f"train.{workload.name}"
        bench.sheet.measured(
            f"{name}.synthetic", device_name(device), workload.unit, samples, detail, steady=device != CPU
        )
        bench.observe()
        if bench.scale.real_pipeline:
            _measure_real(bench, workload, device, batch)
        bench.backend.release()


def fitting_batch(bench: Bench, workload: Workload, device: int) -> tuple[int, list[float]]:
    """The first batch, halving from a generous one, that trains; and those that ran out of memory.

    Returns:
        Samples a step, 0 when not even one fits; the batches that did not fit.
    """
    batch, refused = first_batch(bench, workload, device), list[float]()
    while batch >= 1:
        try:
            work = bench.backend.train(device, workload, batch, None)
            bench.backend.time_steps(work, device, 2)
        except DeviceOutOfMemoryError:
            refused.append(batch)
            batch //= 2
        else:
            return batch, refused
        bench.backend.release()
    return 0, refused


def first_batch(bench: Bench, workload: Workload, device: int) -> int:
    """The greatest power of two that the device's free memory may hold."""
    if device == CPU:
        return workload.cpu_samples
    wanted = workload.samples_per_gib * bench.backend.free_bytes(device) / GIB
    return int(2 ** math.floor(math.log2(max(1.0, min(wanted, workload.most_samples)))))


def _synthetic_rates(bench: Bench, workload: Workload, device: int, batch: int) -> list[float]:
    work = bench.backend.train(device, workload, batch, None)
    step_s = _warm_up(bench, work, device, bench.scale.train_warm_up_steps)
    seconds = bench.backend.time_steps(work, device, _steps(bench, step_s))
    return [work.amount / step for step in seconds]


def _measure_real(bench: Bench, workload: Workload, device: int, batch: int) -> None:
    """The same step fed by workers that read files and prepare them; then where its samples could come from at most."""
    from payback.observe.bench.ingest import measure_ingest

    if actual_task(workload.task) != workload.task and bench.backend.name != "numpy":
        bench.sheet.lacks(f"train.{workload.name}.real", Absence.NOT_INSTALLED, NO_PILLOW)
        return
    workers = usable_cores()
    with data_set(bench, workload) as dataset:
        with bench.backend.loader(dataset, workload, batch, workers) as loader:
            samples = _real_rates(bench, workload, device, batch, loader, workers)
        detail: dict[str, Detail] = {"batch": batch, "workers": workers, "files": dataset.count, "task": dataset.task}
        bench.sheet.measured(f"train.{workload.name}.real", device_name(device), workload.unit, samples, detail)
        if workload.task == "jpeg224":
            measure_ingest(bench, workload, device, batch, dataset, workers)


def _real_rates(bench: Bench, workload: Workload, device: int, batch: int, loader: Loader, workers: int) -> list[float]:
    work = bench.backend.train(device, workload, batch, iter(loader))
    warm = max(bench.scale.train_warm_up_steps, PREFETCHED * workers + 1)
    step_s = _warm_up(bench, work, device, warm)
    seconds = bench.backend.time_steps(work, device, _steps(bench, step_s))
    return block_rates(work.amount, seconds)


def block_rates(amount: float, seconds: Sequence[float]) -> list[float]:
    """Amount a second over tenths of a run.

    Args:
        amount: Done in each step.
        seconds: Of each step [s].

    Example:
        >>> block_rates(8, [1.0, 3.0] * 10)
        [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    """
    size = max(1, len(seconds) // BLOCKS)
    blocks = [seconds[start : start + size] for start in range(0, len(seconds) - size + 1, size)]
    return [amount * len(block) / sum(block) for block in blocks]


@contextmanager
def data_set(bench: Bench, workload: Workload) -> Iterator[SampleFolder]:
    """Files to train from, on the disk that is measured; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="payback-bench-", dir=bench.folder) as folder:
        task = actual_task(workload.task)
        yield write_samples(Path(folder), task, bench.scale.dataset_files, workload.classes, workload.sample_shape)


def _warm_up(bench: Bench, work: Any, device: int, steps: int) -> float:
    """Warm up for `steps` steps or until the cap; seconds of a step after that."""
    trial = max(bench.backend.time_steps(work, device, 2)[-1], 1e-9)
    affordable = max(1, min(steps - 2, int(bench.scale.train_cap_s / trial)))
    seconds = bench.backend.time_steps(work, device, affordable)
    last = seconds[-max(1, len(seconds) // 2) :]
    return max(sum(last) / len(last), 1e-9)


def _steps(bench: Bench, step_s: float) -> int:
    return max(FEWEST_STEPS, min(bench.scale.train_steps, math.ceil(bench.scale.train_seconds / step_s)))
