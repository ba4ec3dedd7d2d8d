"""Measurement 5: how many samples a second the CPU prepares, with one worker, with all, and between."""

from __future__ import annotations

import json
from typing import Final

from payback.observe.bench.context import Bench
from payback.observe.bench.machine import describe_cpu, usable_cores
from payback.observe.bench.preparation import NO_PILLOW, Task, actual_task
from payback.observe.bench.processes import ONE_THREAD, Group
from payback.observe.bench.schema import Absence, Detail
from payback.observe.bench.stats import median

WORKER: Final = "payback.observe.bench.preparation_worker"
READY_S: Final = 120.0
TASKS: Final[tuple[Task, ...]] = ("jpeg224", "segmentation")


def measure_preparation(bench: Bench) -> None:
    """Samples/s of each task by the number of workers; then per physical core, all cores at work."""
    if actual_task("jpeg224") != "jpeg224":
        bench.sheet.lacks("preparation.jpeg224, preparation.segmentation", Absence.NOT_INSTALLED, NO_PILLOW)
    for asked in TASKS:
        task = actual_task(asked)
        by_workers: dict[str, float] = {}
        samples: list[float] = []
        for workers in worker_counts(sweep=bench.scale.sweep):
            bench.tell(f"{task} with {workers} worker{'s' if workers > 1 else ''}")
            samples = prepare_rates(task, workers, bench.scale.preparation_seconds, bench.scale.preparation_window_s)
            by_workers[str(workers)] = median(samples)
        _write(bench, task, samples, by_workers)


def worker_counts(*, sweep: bool) -> list[int]:
    """1, 2, 4... up to every logical core; without a sweep, every core only."""
    cores = usable_cores()
    return sorted({2**step for step in range(cores.bit_length()) if 2**step < cores} | {cores}) if sweep else [cores]


def prepare_rates(task: Task, workers: int, seconds: float, window_s: float) -> list[float]:
    """Samples/s of all workers together, one figure a window."""
    group = Group(WORKER, [f"{task},{seconds},{window_s}"] * workers, ONE_THREAD)
    try:
        group.wait_ready(READY_S)
        group.go()
        answers = [[line for line in group.lines(index) if line.startswith("[")] for index in range(workers)]
        if not all(answers):
            raise RuntimeError(group.broken() or "a worker ended without an answer")
    finally:
        group.close()
    return [sum(rates) for rates in zip(*(json.loads(answer[-1]) for answer in answers), strict=False)]


def _write(bench: Bench, task: Task, samples: list[float], by_workers: dict[str, float]) -> None:
    cpu = describe_cpu()
    detail: dict[str, Detail] = {"workers": cpu.logical_cores, "samples_per_s_by_workers": by_workers}
    metric = bench.sheet.measured(f"preparation.{task}", "cpu", "samples/s", samples, detail)
    if cpu.physical_cores is not None:
        bench.sheet.computed(
            f"preparation.{task}.per_core",
            "cpu",
            "samples/s",
            metric.median / cpu.physical_cores,
            f"preparation.{task} / physical cores",
            physical_cores=cpu.physical_cores,
        )
