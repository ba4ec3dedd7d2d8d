"""Measurement 8: what several GPUs lose to one another: copies between them, all-reduce, scaling."""

from __future__ import annotations

from typing import Final

from payback.observe.bench.backend import DeviceOutOfMemoryError
from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.schema import Absence, Detail
from payback.observe.bench.stats import median
from payback.units import BYTES_PER_GB

TRIALS: Final = 20
SECONDS_A_COUNT: Final = 10.0


def measure_several(bench: Bench) -> None:
    """Peer copies of every pair, all-reduce on all, data-parallel training on 1, 2, 4... all."""
    if bench.backend.gpu_count < 2:
        kind = Absence.NOT_APPLICABLE if bench.backend.gpu_count else Absence.NO_GPU
        bench.sheet.lacks("several GPUs", kind, f"{bench.backend.gpu_count} GPU: nothing to share work with")
        return
    _measure_peers(bench)
    _measure_all_reduce(bench)
    _measure_scaling(bench)


def bus_gb_per_s(size_bytes: int, seconds: float, devices: int) -> float:
    """Bus bandwidth of an all-reduce: what each link must have carried, whatever the number of devices.

    Args:
        size_bytes: Payload of one device [bytes].
        seconds: Of one all-reduce [s].
        devices: How many took part.

    Returns:
        size / t x 2 (n - 1) / n [GB/s], the definition of NVIDIA's nccl-tests.

    Example:
        >>> bus_gb_per_s(10**9, 0.1, 4)
        15.0
    """
    return size_bytes / seconds * 2 * (devices - 1) / devices / BYTES_PER_GB


def _measure_peers(bench: Bench) -> None:
    backend, size = bench.backend, bench.scale.transfer_bytes
    for source in bench.devices:
        for target in bench.devices:
            if source == target:
                continue
            work = backend.peer_copy(source, target, size)
            backend.time_each(work, source, 1)
            seconds = backend.time_each(work, source, bench.scale.transfer_repeats)
            samples = [work.amount / s / BYTES_PER_GB for s in seconds]
            detail: dict[str, Detail] = {"direct": backend.peer_access(source, target), "buffer_bytes": size}
            bench.sheet.measured(f"peer.to_{device_name(target)}", device_name(source), "GB/s", samples, detail)
            backend.release()


def _measure_all_reduce(bench: Bench) -> None:
    count = bench.backend.gpu_count
    sizes = bench.scale.reduce_bytes
    bench.tell(f"all-reduce on {count} GPUs")
    for size, seconds in zip(sizes, bench.backend.all_reduce(count, sizes, TRIALS), strict=True):
        samples = [bus_gb_per_s(size, s, count) for s in seconds]
        bench.sheet.measured(f"all_reduce.{size}", "machine", "GB/s", samples, {"devices": count, "bytes": size})


def _measure_scaling(bench: Bench) -> None:
    workload = bench.workloads[0]
    alone = bench.sheet.find(f"train.{workload.name}.synthetic", device_name(0))
    if alone is None or not isinstance(batch := alone.detail.get("batch"), int):
        bench.sheet.lacks("scaling", Absence.FAILED, f"no speed of one GPU on {workload.name} to compare with")
        return
    counts = [n for n in (1, 2, 4, 8, 16) if n < bench.backend.gpu_count] + [bench.backend.gpu_count]
    single: float | None = None
    for count in counts:
        bench.tell(f"{workload.name} on {count} GPUs")
        try:
            samples = bench.backend.scaling(workload, batch, count, min(SECONDS_A_COUNT, bench.scale.train_seconds))
        except DeviceOutOfMemoryError:
            bench.sheet.lacks(f"scaling on {count} GPUs", Absence.FAILED, f"out of memory at batch {batch}")
            continue
        detail: dict[str, Detail] = {"devices": count, "batch": batch}
        metric = bench.sheet.measured(f"scaling.{workload.name}.{count}", "machine", workload.unit, samples, detail)
        single = metric.median if count == 1 else single
        if single is not None:
            efficiency = median(samples) / (count * single)
            bench.sheet.computed(
                f"scaling.{workload.name}.{count}.efficiency", "machine", "share", efficiency, "T(n) / (n T(1))"
            )
