"""A training step by hand in NumPy, and threads that feed it or repeat it."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from payback.observe.bench.backend import Array, Batch, Dataset, Work, Workload, standard_normal

POOLED_EDGE: Final = 28
HIDDEN: Final = 512
LEARNING_RATE: Final = np.float32(1e-3)

MLP_IMAGES: Final = Workload(
    name="mlp-images",
    unit="images/s",
    units_per_sample=1,
    task="jpeg224",
    samples_per_gib=16,
    most_samples=64,
    cpu_samples=64,
    sample_shape=(3, 224, 224),
    classes=10,
)
"""Two dense layers on pooled images: small enough for any CPU, and comparable with nothing but itself."""


@dataclass(slots=True)
class MlpStep:
    """One step of a two-layer perceptron on images pooled to 28 x 28."""

    workload: Workload
    batch: int
    batches: Iterator[Any] | None
    rng: np.random.Generator
    amount: float = field(init=False)
    _images: Array = field(init=False)
    _labels: Array = field(init=False)
    _layers: tuple[Array, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.amount = float(self.batch * self.workload.units_per_sample)
        self._images = standard_normal(self.rng, (self.batch, *self.workload.sample_shape))
        self._labels = self.rng.integers(0, self.workload.classes, self.batch)
        width = self.workload.sample_shape[0] * POOLED_EDGE**2
        first = standard_normal(self.rng, (width, HIDDEN)) / np.float32(np.sqrt(width))
        second = standard_normal(self.rng, (HIDDEN, self.workload.classes)) / np.float32(np.sqrt(HIDDEN))
        self._layers = (first, second)

    def refresh(self) -> None:
        """The next batch of the pipeline, if there is one."""
        if self.batches is not None:
            self._images, self._labels = next(self.batches)

    def run(self) -> None:
        """Forward, softmax cross-entropy, backward, update."""
        first, second = self._layers
        pooled = _pool(self._images)
        hidden = np.maximum(pooled @ first, 0)
        scores = hidden @ second
        scores -= scores.max(axis=1, keepdims=True)
        error = np.exp(scores)
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(self.batch), self._labels % self.workload.classes] -= 1
        back = (error @ second.T) * (hidden > 0)
        second -= LEARNING_RATE / self.batch * (hidden.T @ error)
        first -= LEARNING_RATE / self.batch * (pooled.T @ back)


@dataclass(slots=True)
class ThreadLoader:
    """Endless batches; two are kept ready while one is used."""

    dataset: Dataset
    batch: int
    workers: int
    _pool: ThreadPoolExecutor = field(init=False)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self.workers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[Batch]:
        """Batches in order, the data set over and over."""
        indices = itertools.cycle(range(len(self.dataset)))
        ready: deque[list[Future[Batch]]] = deque(self._begin(indices) for _ in range(2))
        while True:
            ready.append(self._begin(indices))
            samples = [future.result() for future in ready.popleft()]
            images, labels = zip(*samples, strict=True)
            yield np.stack(images), np.stack(labels)

    def _begin(self, indices: Iterator[int]) -> list[Future[Batch]]:
        chosen = itertools.islice(indices, self.batch)
        return [self._pool.submit(self.dataset.__getitem__, index) for index in chosen]


class ThreadSustained:
    """A training step repeated in a background thread until told to stop."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._done = 0.0
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._thread.start()

    def units_done(self) -> list[float]:
        """One figure: there is one device."""
        return [self._done]

    def stop(self) -> None:
        """Let the step in hand finish."""
        self._halt.set()
        self._thread.join()

    def _repeat(self) -> None:
        while not self._halt.is_set():
            self._work.run()
            self._done += self._work.amount


def _pool(images: Array) -> Array:
    count, channels, height, _ = images.shape
    step = height // POOLED_EDGE
    blocks = images.reshape(count, channels, POOLED_EDGE, step, POOLED_EDGE, step)
    return np.asarray(blocks.mean(axis=(3, 5), dtype=np.float32)).reshape(count, -1)
