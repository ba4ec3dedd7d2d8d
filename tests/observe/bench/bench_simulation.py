"""A machine made of numbers: GPUs whose clock is a counter, and sensors that say what the test wants."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from payback.observe.bench.backend import (
    Backend,
    Batch,
    Dataset,
    DeviceOutOfMemoryError,
    Direction,
    Loader,
    Work,
    Workload,
)
from payback.observe.bench.context import Bench
from payback.observe.bench.numpy_backend import NumpyBackend
from payback.observe.bench.numpy_training import MLP_IMAGES, ThreadLoader
from payback.observe.bench.schema import Gpu
from payback.observe.bench.sensors import Reading
from payback.observe.bench.tiers import SCALES, Scale, Tier
from payback.units import GIB

RESNET = Workload(
    name="resnet50", unit="images/s", units_per_sample=1, task="jpeg224", samples_per_gib=16, most_samples=512,
    cpu_samples=4, sample_shape=(3, 224, 224), classes=10,
)  # fmt: skip
SMALL_MLP = replace(MLP_IMAGES, cpu_samples=2)


RTX_3090 = Gpu(
    name="NVIDIA GeForce RTX 3090", memory_gib=24.0, power_limit_w=350.0, default_power_limit_w=350.0,
    pcie_gen=1, pcie_width=16, pcie_gen_max=4, pcie_width_max=16,
)  # fmt: skip
AT_WORK = Reading(
    power_w=300.0, temperature_c=70.0, sm_clock_mhz=1700.0, utilisation=0.0, pcie_gen=4, pcie_width=16
)  # fmt: skip


def small_numpy() -> NumpyBackend:
    """NumPy at a size that tests can afford."""
    return NumpyBackend(workloads=(SMALL_MLP,))


@dataclass
class SimulatedWork:
    """Takes `seconds` of the machine's own time."""

    amount: float
    seconds: Callable[[], float]
    batches: Iterator[Any] | None = None
    refreshed: int = 0

    def refresh(self) -> None:
        self.refreshed += 1
        if self.batches is not None:
            next(self.batches)

    def run(self) -> None:
        return


@dataclass
class SimulatedBackend(Backend):
    """GPUs of known speed: 100 TFLOPS, 1,000 GB/s, 20 GB/s links, 500 images/s."""

    name: str = "simulated"
    kind: Literal["cuda", "rocm", "cpu"] = "cuda"
    gpu_count: int = 1
    workloads: Sequence[Workload] = (RESNET,)
    clock_s: float = 0.0
    tflops: Mapping[str, float] = field(default_factory=lambda: {"bf16": 100.0, "fp32": 10.0})
    images_per_s: float = 500.0
    jitter: Sequence[float] = (1.0,)
    """Factors on the time of each run, one after the other."""
    fits: int = 10**9
    """Greatest batch that fits into memory."""
    free_gib: float = 16.0
    slowdown: Callable[[float, int], float] = lambda _time_s, _device: 1.0
    """Factor on speed under sustained load, by time and device."""
    works: list[SimulatedWork] = field(default_factory=list)
    sustained: list[SimulatedSustained] = field(default_factory=list)
    raises: Mapping[str, BaseException] = field(default_factory=dict)
    """What a method raises instead of answering."""

    def __post_init__(self) -> None:
        self._jitter = itertools.cycle(self.jitter)

    def versions(self) -> dict[str, str]:
        return {"torch": "2.simulated"}

    def settings(self) -> dict[str, str | bool]:
        return {"training_precision": "mixed bfloat16"}

    def gpu_names(self) -> list[tuple[str, float]]:
        return [("NVIDIA GeForce RTX 3090", 24.0)] * self.gpu_count

    def device_ids(self) -> list[str]:
        return [f"GPU-12345678-1234-1234-1234-12345678900{i}" for i in range(self.gpu_count)]

    def now(self) -> float:
        return self.clock_s

    def sleep(self, seconds: float) -> None:
        self._may_raise("sleep")
        self.clock_s += seconds

    def matmul_precisions(self, _device: int) -> Sequence[str]:
        return tuple(self.tflops)

    def cache_bytes(self, _device: int) -> int:
        return 40 * 2**20

    def free_bytes(self, _device: int) -> int:
        return int(self.free_gib * GIB)

    def matmul(self, _device: int, precision: str, shape: tuple[int, int, int]) -> Work:
        self._may_raise("matmul")
        rows, columns, inner = shape
        efficiency = 0.5 if rows == columns == inner else 1.0
        return self._work(2.0 * rows * columns * inner, self.tflops[precision] * 1e12 * efficiency)

    def copy(self, _device: int, size_bytes: int) -> Work:
        return self._work(2.0 * size_bytes, 1e12)

    def triad(self, _device: int, size_bytes: int) -> Work:
        return self._work(3.0 * size_bytes, 1e12)

    def transfer(self, _device: int, size_bytes: int, direction: Direction, *, pinned: bool) -> Work:
        both = 2 if direction == "both" else 1
        return self._work(float(size_bytes * both), 20e9 if pinned else 5e9)

    def peer_copy(self, _source: int, _target: int, size_bytes: int) -> Work:
        return self._work(float(size_bytes), 10e9)

    def peer_access(self, _source: int, _target: int) -> bool:
        return False

    def train(self, _device: int, workload: Workload, batch: int, batches: Iterator[Any] | None) -> Work:
        self._may_raise("train")
        if batch > self.fits:
            raise DeviceOutOfMemoryError(f"batch {batch} does not fit")
        work = self._work(float(batch * workload.units_per_sample), self.images_per_s)
        work.batches = batches
        return work

    def time_each(self, work: Work, _device: int, iterations: int) -> list[float]:
        seconds = []
        for _ in range(iterations):
            work.refresh()
            assert isinstance(work, SimulatedWork)
            seconds.append(work.seconds())
        self.clock_s += sum(seconds)
        return seconds

    def time_steps(self, work: Work, device: int, iterations: int) -> list[float]:
        return self.time_each(work, device, iterations)

    def loader(self, dataset: Dataset, _workload: Workload, batch: int, workers: int) -> Loader:
        return ThreadLoader(_Cheap(dataset), batch, workers)

    def sustain(self, _workload: Workload, _batch: int) -> SimulatedSustained:
        self.sustained.append(SimulatedSustained(self, self.clock_s))
        return self.sustained[-1]

    def all_reduce(self, _device_count: int, sizes_bytes: Sequence[int], trials: int) -> list[list[float]]:
        return [[size / 10e9] * trials for size in sizes_bytes]

    def scaling(self, _workload: Workload, _batch: int, device_count: int, _seconds: float) -> list[float]:
        return [self.images_per_s * device_count * (1.0 if device_count == 1 else 0.9)] * 5

    def release(self) -> None:
        return

    def _work(self, amount: float, per_s: float) -> SimulatedWork:
        work = SimulatedWork(amount, lambda: amount / per_s * next(self._jitter))
        self.works.append(work)
        return work

    def _may_raise(self, what: str) -> None:
        if what in self.raises:
            raise self.raises[what]


@dataclass
class SimulatedSustained:
    """Counts images by the machine's own clock."""

    backend: SimulatedBackend
    begin_s: float
    done: list[float] = field(default_factory=list)
    stopped: bool = False

    def __post_init__(self) -> None:
        self.done = [0.0] * self.backend.gpu_count

    def units_done(self) -> list[float]:
        now = self.backend.now()
        for device in range(self.backend.gpu_count):
            self.done[device] += (now - self.begin_s) * self.backend.images_per_s * self.backend.slowdown(now, device)
        self.begin_s = now
        return list(self.done)

    def stop(self) -> None:
        self.stopped = True


@dataclass(frozen=True)
class _Cheap:
    """A data set whose samples are read but not decoded."""

    dataset: Dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, _index: int) -> Batch:
        return np.zeros(1), np.zeros(1)


@dataclass
class SimulatedSensors:
    """Sensors that say the same each time, unless told otherwise."""

    gpu: Gpu = RTX_3090
    count: int = 1
    reading: Reading = AT_WORK
    later: Callable[[int], Reading] | None = None
    """The reading by how many were taken before."""
    programs: Sequence[int] = (0, 1)
    """Programs seen on each GPU: before, and after."""
    counters: Iterator[float] | None = None
    taken: int = 0
    asked: int = 0
    order: list[str] = field(default_factory=list)

    def driver(self) -> str | None:
        return "580.1"

    def match(self, device_ids: Sequence[str]) -> None:
        self.order = list(device_ids)

    def gpus(self) -> list[Gpu]:
        return [self.gpu] * self.count

    def read(self) -> list[Reading]:
        self.taken += 1
        return [self.later(self.taken) if self.later else self.reading] * self.count

    def energy_j(self) -> list[float] | None:
        return None if self.counters is None else [next(self.counters)] * self.count

    def processes(self) -> list[int]:
        self.asked += 1
        return [self.programs[min(self.asked, len(self.programs)) - 1]] * self.count


class FakeNvml(SimpleNamespace):
    """The functions of NVIDIA's library that are used, answering for cards of a dict each."""

    class NVMLError(Exception):
        """What the library raises."""


def fake_nvml(cards: Sequence[Mapping[str, Any]]) -> FakeNvml:
    """A library over `cards`; a key that a card lacks raises as an unsupported query does."""

    def ask(key: str) -> Callable[..., Any]:
        def answer(handle: int, *_: object) -> Any:
            if key not in cards[handle]:
                raise FakeNvml.NVMLError("Not Supported")
            return cards[handle][key]

        return answer

    def by_uuid(name: str) -> int:
        found = [index for index, card in enumerate(cards) if card.get("uuid") == name]
        if not found:
            raise FakeNvml.NVMLError("Not Found")
        return found[0]

    return FakeNvml(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(cards),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=by_uuid,
        nvmlSystemGetDriverVersion=lambda: b"580.1",
        nvmlDeviceGetName=ask("name"),
        nvmlDeviceGetMemoryInfo=ask("memory"),
        nvmlDeviceGetEnforcedPowerLimit=ask("limit_mw"),
        nvmlDeviceGetPowerManagementDefaultLimit=ask("default_limit_mw"),
        nvmlDeviceGetCurrPcieLinkGeneration=ask("gen"),
        nvmlDeviceGetCurrPcieLinkWidth=ask("width"),
        nvmlDeviceGetMaxPcieLinkGeneration=ask("gen_max"),
        nvmlDeviceGetMaxPcieLinkWidth=ask("width_max"),
        nvmlDeviceGetUtilizationRates=ask("rates"),
        nvmlDeviceGetCurrentClocksThrottleReasons=ask("bits"),
        nvmlDeviceGetPowerUsage=ask("power_mw"),
        nvmlDeviceGetTemperature=ask("temperature"),
        nvmlDeviceGetClockInfo=ask("clock"),
        nvmlDeviceGetTotalEnergyConsumption=ask("energy_mj"),
        nvmlDeviceGetComputeRunningProcesses=ask("programs"),
        NVML_TEMPERATURE_GPU=0,
        NVML_CLOCK_SM=1,
    )


def new_bench(tmp_path: Path, backend: Backend | None = None, **changes: Any) -> Bench:
    """A bench at the tiny scale, with changes to the scale."""
    scale: Scale = replace(SCALES[Tier.TINY], **{k: v for k, v in changes.items() if k != "sensors"})
    return Bench(scale=scale, backend=backend or SimulatedBackend(), sensors=changes.get("sensors"), folder=tmp_path)
