"""What computes: the few things a benchmark asks of NumPy, of PyTorch, or of a simulation in the tests.

The measuring rules (warm-up, how many samples, what is fresh) are written once,
against this protocol, so they can be tested without a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Batch = tuple[Array, Array]
Direction = Literal["to device", "from device", "both"]
CPU = -1
"""The device number that means "no GPU"."""


class DeviceOutOfMemoryError(Exception):
    """The device has no room for this; the caller halves the batch or leaves the shape out."""


class NotSupportedError(Exception):
    """The device or the library cannot do this at all; the message says why."""


class Work(Protocol):
    """One piece of work that can be done again and again."""

    amount: float
    """Floating-point operations, bytes or samples done by one `run`."""

    def refresh(self) -> None:
        """New data, so that caches and predictable values do not flatter the figure."""

    def run(self) -> None:
        """Do it once; on a GPU, only put it in the queue."""


class Dataset(Protocol):
    """Samples that are read and prepared on demand."""

    def __len__(self) -> int:
        """How many samples there are."""

    def __getitem__(self, index: int) -> Batch:
        """One prepared sample and its label."""


class Loader(Protocol):
    """Endless batches, prepared by workers ahead of time."""

    def __enter__(self) -> Self:
        """Start the workers."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the workers."""

    def __iter__(self) -> Iterator[Any]:
        """Batches, in whatever form the backend trains on."""


class Sustained(Protocol):
    """Every device training at once, in the background."""

    def units_done(self) -> list[float]:
        """Images, sequences or tokens trained since the start, one figure a device."""

    def stop(self) -> None:
        """End the training and wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A training job that a backend can run a step of."""

    name: str
    unit: str
    """What one sample counts as: `images/s`, `sequences/s`, `tokens/s`."""
    units_per_sample: int
    task: Literal["jpeg224", "segmentation", "tokens"]
    """How its samples are prepared on the CPU."""
    samples_per_gib: float
    """Batch to begin with, per GiB of device memory; halved until it fits."""
    most_samples: int
    cpu_samples: int
    """Batch on a CPU, where memory is no limit but time is."""
    sample_shape: tuple[int, ...]
    classes: int


class Backend(Protocol):
    """A library that computes on the devices of this machine."""

    name: str
    kind: Literal["cuda", "rocm", "cpu"]
    gpu_count: int
    workloads: Sequence[Workload]

    def versions(self) -> dict[str, str]:
        """Library and driver versions, by name."""

    def settings(self) -> Mapping[str, str | bool]:
        """What was switched on that changes speed."""

    def gpu_names(self) -> list[tuple[str, float]]:
        """Name and memory [GiB] of every GPU."""

    def device_ids(self) -> list[str]:
        """What the driver calls every GPU, to find it among the sensors; never written down."""

    def now(self) -> float:
        """Seconds on a clock that only runs forward."""

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""

    def matmul_precisions(self, device: int, /) -> Sequence[str]:
        """Of bf16, fp16, tf32, fp32: those the device computes."""

    def cache_bytes(self, device: int, /) -> int:
        """Size of the last cache before memory, or a safe upper guess."""

    def free_bytes(self, device: int, /) -> int:
        """Memory free on the device."""

    def matmul(self, device: int, precision: str, shape: tuple[int, int, int], /) -> Work:
        """Product of an m x k and a k x n matrix; amount in floating-point operations."""

    def copy(self, device: int, size_bytes: int, /) -> Work:
        """Copy within the device's memory; amount in bytes read and written."""

    def triad(self, device: int, size_bytes: int, /) -> Work:
        """The sum a = b + s x c on arrays of `size_bytes` each; amount in bytes read and written."""

    def transfer(self, device: int, size_bytes: int, direction: Direction, /, *, pinned: bool) -> Work:
        """Copy between host and device; amount in bytes."""

    def peer_copy(self, source: int, target: int, size_bytes: int, /) -> Work:
        """Copy from one GPU to another; amount in bytes."""

    def peer_access(self, source: int, target: int, /) -> bool:
        """Whether two GPUs reach each other's memory without passing through the host."""

    def train(self, device: int, workload: Workload, batch: int, batches: Iterator[Any] | None, /) -> Work:
        """One training step of `batch` samples; amount in the workload's units.

        Args:
            device: GPU number, or CPU.
            workload: What is trained.
            batch: Samples a step.
            batches: Where `refresh` takes the next batch from; None keeps one synthetic batch on the device.
        """

    def time_each(self, work: Work, device: int, iterations: int, /) -> list[float]:
        """Seconds of each run, `refresh` before it not counted."""

    def time_steps(self, work: Work, device: int, iterations: int, /) -> list[float]:
        """Seconds from the end of one run to the end of the next, `refresh` counted; synchronised at the ends only."""

    def loader(self, dataset: Dataset, workload: Workload, batch: int, workers: int, /) -> Loader:
        """Batches of a dataset, prepared by `workers` at once."""

    def sustain(self, workload: Workload, batch: int, /) -> Sustained:
        """Begin to train on all devices at once."""

    def all_reduce(self, device_count: int, sizes_bytes: Sequence[int], trials: int, /) -> list[list[float]]:
        """For each size, seconds of each all-reduce over the first `device_count` GPUs."""

    def scaling(self, workload: Workload, batch: int, device_count: int, seconds: float, /) -> list[float]:
        """Units/s of data-parallel training on the first `device_count` GPUs together, one figure a step."""

    def release(self) -> None:
        """Give memory back between measurements."""


def standard_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normally distributed data: real weights look like it, and constant data flatters power-limited chips."""
    return rng.standard_normal(shape, dtype=np.float32)
