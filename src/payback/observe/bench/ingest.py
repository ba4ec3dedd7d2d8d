"""Measurement 7: the three rates of DS-Analyzer, and which of them holds training back.

Mohan, Phanishayee, Raniwala and Chidambaram, "Analyzing and Mitigating Data
Stalls in DNN Training", VLDB 2021: G is what the GPU takes when data are
there, P what the CPU prepares when files are in memory, F what the disk
delivers when they are not. Training runs at no more than the least of them.
"""

from __future__ import annotations

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from payback.observe.bench.backend import Workload
from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.preparation import SampleFolder
from payback.observe.bench.schema import Absence
from payback.observe.bench.stats import median
from payback.observe.bench.training import PREFETCHED, block_rates

READERS: Final = 32
COLD_ROUNDS: Final = 5
TERMS: Final = {"G": "GPU", "P": "CPU preparation", "F": "disk"}


def measure_ingest(
    bench: Bench, workload: Workload, device: int, batch: int, dataset: SampleFolder, workers: int
) -> None:
    """P by the loader alone, F by cold reads; with G, the bound and the stalls."""
    where, name = device_name(device), f"ingest.{workload.name}"
    prepared = _preparation_rates(bench, workload, batch, dataset, workers)
    detail = {"workers": workers, "batch": batch}
    bench.sheet.measured(f"{name}.P", "cpu", workload.unit, prepared, {**detail, "task": dataset.task})
    fetched = fetch_rates(dataset)
    if not fetched:
        bench.sheet.lacks(f"{name}.F", Absence.FAILED, "this system cannot drop files from memory (posix_fadvise)")
        return
    bench.sheet.measured(f"{name}.F", "disk", workload.unit, fetched, {"files": dataset.count, "readers": READERS})
    synthetic = bench.sheet.find(f"train.{workload.name}.synthetic", where)
    if synthetic is not None:
        _write_bound(bench, workload, synthetic.median, median(prepared), median(fetched))


def stalls(gpu: float, cpu: float, disk: float) -> dict[str, float]:
    """Shares of the device's time spent waiting, by the differences of the three rates.

    Args:
        gpu: G, samples/s of all devices together with data at hand.
        cpu: P, samples/s prepared from memory.
        disk: F, samples/s read from a cold disk.

    Returns:
        `bound` [samples/s]; `preparation` and `fetch`, shares of time 0 to 1.

    Example:
        >>> stalls(gpu=1000, cpu=500, disk=250)
        {'bound': 250, 'preparation': 0.5, 'fetch': 0.25}
    """
    fed = min(gpu, cpu)
    bound = min(fed, disk)
    return {"bound": bound, "preparation": 1 - fed / gpu, "fetch": (fed - bound) / gpu}


def fetch_rates(dataset: SampleFolder) -> list[float]:
    """Samples/s read from files that were first dropped from memory; empty where that cannot be done."""
    if not hasattr(os, "posix_fadvise"):
        return []
    os.sync()
    files = [str(dataset.path(index)) for index in range(dataset.count)]
    rates = []
    with ThreadPoolExecutor(READERS) as pool:
        for _ in range(COLD_ROUNDS):
            for name in files:
                _drop(name)
            begin = time.perf_counter()
            for _ in pool.map(_read, files, chunksize=1):
                pass
            rates.append(len(files) / (time.perf_counter() - begin))
    return rates


def _preparation_rates(
    bench: Bench, workload: Workload, batch: int, dataset: SampleFolder, workers: int
) -> list[float]:
    amount = float(batch * workload.units_per_sample)
    with bench.backend.loader(dataset, workload, batch, workers) as loader:
        batches = iter(loader)
        first = _seconds_of(batches, PREFETCHED * workers + 1, bench.scale.train_cap_s)
        count = max(5, min(bench.scale.train_steps, int(bench.scale.train_seconds / 2 / max(first[-1], 1e-9))))
        return block_rates(amount, _seconds_of(batches, count, bench.scale.train_seconds))


def _seconds_of(batches: Any, count: int, cap_s: float) -> list[float]:
    """Seconds of each of `count` batches, fewer when they would last longer than the cap; at least one."""
    begin = before = time.perf_counter()
    seconds = []
    for _ in itertools.islice(batches, count):
        now = time.perf_counter()
        seconds.append(now - before)
        before = now
        if now - begin > cap_s:
            break
    return seconds


def _write_bound(bench: Bench, workload: Workload, gpu: float, cpu: float, disk: float) -> None:
    devices = max(1, bench.backend.gpu_count)
    rates = {"G": gpu * devices, "P": cpu, "F": disk}
    result = stalls(rates["G"], rates["P"], rates["F"])
    name, unit = f"ingest.{workload.name}", workload.unit
    binding = TERMS[min(rates, key=lambda term: rates[term])]
    bench.sheet.computed(
        f"{name}.bound", "machine", unit, result["bound"], "min(n G, P, F)", binding=binding, devices=devices
    )
    bench.sheet.computed(
        f"{name}.preparation_stall", "machine", "share", result["preparation"], "1 - min(n G, P) / n G"
    )
    bench.sheet.computed(
        f"{name}.fetch_stall", "machine", "share", result["fetch"], "(min(n G, P) - min(n G, P, F)) / n G"
    )


def _drop(name: str) -> None:
    handle = os.open(name, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def _read(name: str) -> int:
    handle = os.open(name, os.O_RDONLY)
    try:
        return len(os.read(handle, os.fstat(handle).st_size))
    finally:
        os.close(handle)
