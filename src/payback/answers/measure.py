"""Questions about speed: predicted, and measured here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from payback.observe.bench import BenchResult, Finding, Progress
    from payback.performance.speeds import Speed


def speed(gpu: str | None = None, workload: str | None = None, *, gpu_count: int = 1) -> list[Speed]:
    """How fast GPUs train, each figure with an interval that holds four times out of five.

    Args:
        gpu: A GPU; every one whose figures are known if None.
        workload: A kind of work or a measured task; ResNet-50 (or, for one GPU, every kind of work) if None.
        gpu_count: GPUs of one kind in one machine.

    Raises:
        UnknownNameError: No such GPU or workload.
    """
    from payback.performance.predict import speeds
    from payback.performance.workload import WORKLOADS

    names = [workload] if workload else (list(WORKLOADS) if gpu else ["resnet50"])
    return list(speeds(gpus=[gpu] if gpu else None, workloads=names, gpu_count=gpu_count))


def bench(tier: str, out: Path | None, progress: Callable[[Progress], None] | None = None) -> BenchResult:
    """Measure this machine.

    Args:
        tier: "quick", "standard" or "soak".
        out: Where the result is written as JSON; nowhere if None.
        progress: Called before each measurement.

    Raises:
        UnknownNameError: No such tier.
    """
    from payback.observe.bench import run_bench

    return run_bench(tier, out, progress)


def bench_compare(path: Path) -> list[Finding]:
    """A result of `bench` beside what the same parts should show, the slow first.

    Raises:
        BadQuestionError: The file is no result.
    """
    from payback.observe.bench import compare, expected_for, read_result

    result = read_result(path)
    return compare(result, expected_for(result))
