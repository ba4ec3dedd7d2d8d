"""NumPy on the CPU: the whole protocol on any machine. It says nothing about a GPU."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from payback.observe.bench.backend import (
    CPU,
    Array,
    Dataset,
    DeviceOutOfMemoryError,
    Loader,
    NotSupportedError,
    Sustained,
    Work,
    Workload,
    standard_normal,
)
from payback.observe.bench.machine import last_cache_bytes, memory_bytes, usable_cores
from payback.observe.bench.numpy_training import MLP_IMAGES, MlpStep, ThreadLoader, ThreadSustained

NO_GPU: Final = "NumPy computes on the CPU and reaches no GPU"


@dataclass(slots=True)
class NumpyWork:
    """Work given as two functions."""

    amount: float
    once: Callable[[], object]
    again: Callable[[], object] = lambda: None

    def refresh(self) -> None:
        """New data."""
        self.again()

    def run(self) -> None:
        """Do it, and wait for it."""
        self.once()


@dataclass(slots=True)
class NumpyBackend:
    """Matrix products by the BLAS that NumPy was built with, copies by threads, a hand-written training step."""

    name: str = "numpy"
    kind: Literal["cuda", "rocm", "cpu"] = "cpu"
    gpu_count: int = 0
    workloads: Sequence[Workload] = (MLP_IMAGES,)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def versions(self) -> dict[str, str]:
        """NumPy and its BLAS."""
        config: Any = np.show_config(mode="dicts")
        blas = config.get("Build Dependencies", {}).get("blas", {})
        return {"numpy": np.__version__, "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()}

    def settings(self) -> Mapping[str, str | bool]:
        """Nothing is switched on."""
        return {}

    def gpu_names(self) -> list[tuple[str, float]]:
        """None."""
        return []

    def device_ids(self) -> list[str]:
        """None."""
        return []

    def now(self) -> float:
        """Seconds on the performance counter."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def matmul_precisions(self, _device: int) -> Sequence[str]:
        """BLAS computes in fp32; half precision would run in slow emulation."""
        return ("fp32",)

    def cache_bytes(self, _device: int) -> int:
        """All last-level caches together."""
        return last_cache_bytes()

    def free_bytes(self, _device: int) -> int:
        """Memory the operating system would give without swapping."""
        return memory_bytes().available

    def matmul(self, _device: int, _precision: str, shape: tuple[int, int, int]) -> Work:
        """Product in fp32 with a fresh left matrix each time."""
        rows, columns, inner = shape
        left, right = standard_normal(self.rng, (rows, inner)), standard_normal(self.rng, (inner, columns))
        out = np.empty((rows, columns), dtype=np.float32)
        return NumpyWork(
            2.0 * rows * columns * inner,
            lambda: np.matmul(left, right, out=out),
            lambda: self.rng.standard_normal(out=left, dtype=np.float32),
        )

    def copy(self, _device: int, size_bytes: int) -> Work:
        """One thread a core copies its share."""
        source, target = (self._chunks(size_bytes) for _ in range(2))
        return NumpyWork(2.0 * size_bytes, lambda: _in_threads(np.copyto, target, source))

    def triad(self, _device: int, size_bytes: int) -> Work:
        """Two passes, a = s x c and a += b, because NumPy has no fused one: 5 arrays' worth of traffic."""
        out, first, second = (self._chunks(size_bytes) for _ in range(3))
        return NumpyWork(5.0 * size_bytes, lambda: _in_threads(_triad, out, first, second))

    def transfer(self, *_: object, **__: object) -> Work:
        """There is no device to copy to."""
        raise NotSupportedError(NO_GPU)

    def peer_copy(self, *_: object, **__: object) -> Work:
        """There is no device to copy to."""
        raise NotSupportedError(NO_GPU)

    def peer_access(self, *_: object, **__: object) -> bool:
        """There is no device."""
        raise NotSupportedError(NO_GPU)

    def train(self, _device: int, workload: Workload, batch: int, batches: Iterator[Any] | None) -> Work:
        """A step of stochastic gradient descent, forward and backward by hand."""
        try:
            return MlpStep(workload, batch, batches, self.rng)
        except MemoryError as error:
            raise DeviceOutOfMemoryError(str(error)) from error

    def time_each(self, work: Work, _device: int, iterations: int) -> list[float]:
        """Each run by the performance counter."""
        seconds = []
        for _ in range(iterations):
            work.refresh()
            begin = time.perf_counter()
            work.run()
            seconds.append(time.perf_counter() - begin)
        return seconds

    def time_steps(self, work: Work, _device: int, iterations: int) -> list[float]:
        """Fresh data and run together."""
        ends = [time.perf_counter()]
        for _ in range(iterations):
            work.refresh()
            work.run()
            ends.append(time.perf_counter())
        return [after - before for before, after in itertools.pairwise(ends)]

    def loader(self, dataset: Dataset, _workload: Workload, batch: int, workers: int) -> Loader:
        """Threads, which decode side by side because Pillow lets the interpreter go."""
        return ThreadLoader(dataset, batch, workers)

    def sustain(self, workload: Workload, batch: int) -> Sustained:
        """The training step in a thread of its own."""
        return ThreadSustained(self.train(CPU, workload, batch, None))

    def all_reduce(self, *_: object, **__: object) -> list[list[float]]:
        """There are no devices."""
        raise NotSupportedError(NO_GPU)

    def scaling(self, *_: object, **__: object) -> list[float]:
        """There are no devices."""
        raise NotSupportedError(NO_GPU)

    def release(self) -> None:
        """Arrays are freed as they go out of use."""

    def _chunks(self, size_bytes: int) -> list[Array]:
        threads = usable_cores()
        length = max(1, size_bytes // 4 // threads)
        return [np.full(length, 1.0, dtype=np.float32) for _ in range(threads)]


def _triad(out: Array, first: Array, second: Array) -> None:
    np.multiply(second, np.float32(3.0), out=out)
    np.add(out, first, out=out)


def _in_threads(do: Callable[..., object], *parts: Sequence[Array]) -> None:
    count = len(parts[0])
    if count == 1:
        do(*(part[0] for part in parts))
        return
    threads = [threading.Thread(target=do, args=arrays) for arrays in zip(*parts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
