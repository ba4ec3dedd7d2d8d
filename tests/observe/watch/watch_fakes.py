# ruff: noqa: N802 - the functions are called as those of the library
"""A driver library, clocks and samples that tests hold in their hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from payback.observe.watch.clocks import Clocks
from payback.observe.watch.sample import GpuReading, Moment, Sample

UUIDS = ("GPU-aaaaaaaa-0000-0000-0000-000000000000", "GPU-bbbbbbbb-0000-0000-0000-000000000000")


class NVMLError(Exception):
    """As the library's own: the number of an error."""

    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


@dataclass
class FakeCard:
    """What one card's sensors say; a number that is an exception is raised."""

    uuid: str = UUIDS[0]
    name: bytes | str = "NVIDIA GeForce RTX 3090"
    utilisation: Any = 50
    power_mw: Any = 300_000
    energy_mj: Any = 1_000_000
    memory: Any = field(default_factory=lambda: (6 * 2**30, 24 * 2**30))
    processes: Any = 1
    buffer: list[tuple[int, int]] = field(default_factory=list)
    """Time [us] and utilisation [%] of the driver's own samples."""


class FakeNvml:
    """The functions of nvidia-ml-py that we call, over cards in a list."""

    NVMLError = NVMLError
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_GPU_UTILIZATION_SAMPLES = 1, 2, 1
    NVML_ERROR_UNINITIALIZED, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_NO_PERMISSION = 1, 3, 4
    NVML_ERROR_NOT_FOUND, NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_TIMEOUT = 6, 9, 10
    NVML_ERROR_IRQ_ISSUE, NVML_ERROR_LIBRARY_NOT_FOUND, NVML_ERROR_GPU_IS_LOST = 11, 12, 15
    NVML_ERROR_RESET_REQUIRED, NVML_ERROR_LIB_RM_VERSION_MISMATCH, NVML_ERROR_UNKNOWN = 16, 18, 999

    def __init__(self, *cards: FakeCard) -> None:
        self.cards = list(cards)
        self.gone = False
        """The driver is unloaded."""
        self.open = 0
        self.calls = 0

    def nvmlInit(self) -> None:
        self.calls += 1
        if self.gone:
            raise NVMLError(self.NVML_ERROR_DRIVER_NOT_LOADED)
        self.open += 1

    def nvmlShutdown(self) -> None:
        self._alive()
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        self._alive()
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        self._alive()
        return self.cards[index]

    def nvmlDeviceGetUUID(self, card: FakeCard) -> str:
        return str(self._given(card.uuid))

    def nvmlDeviceGetName(self, card: FakeCard) -> Any:
        return self._given(card.name)

    def nvmlDeviceGetUtilizationRates(self, card: FakeCard) -> Any:
        return SimpleNamespace(gpu=self._given(card.utilisation))

    def nvmlDeviceGetMemoryInfo(self, card: FakeCard) -> Any:
        used, total = self._given(card.memory)
        return SimpleNamespace(used=used, total=total)

    def nvmlDeviceGetPowerUsage(self, card: FakeCard) -> Any:
        return self._given(card.power_mw)

    def nvmlDeviceGetTotalEnergyConsumption(self, card: FakeCard) -> Any:
        return self._given(card.energy_mj)

    def nvmlDeviceGetClockInfo(self, card: FakeCard, kind: int) -> int:
        self._given(card)
        return 1700 if kind == self.NVML_CLOCK_SM else 9500

    def nvmlDeviceGetComputeRunningProcesses(self, card: FakeCard) -> list[int]:
        return [1] * int(self._given(card.processes))

    def nvmlDeviceGetSamples(self, card: FakeCard, kind: int, since: int) -> Any:
        self._given(kind)
        found = [
            SimpleNamespace(timeStamp=at, sampleValue=SimpleNamespace(uiVal=v)) for at, v in card.buffer if at > since
        ]
        if not found:
            raise NVMLError(self.NVML_ERROR_NOT_FOUND)
        return 1, found

    def _given(self, value: Any) -> Any:
        self._alive()
        if isinstance(value, Exception):
            raise value
        return value

    def _alive(self) -> None:
        self.calls += 1
        if self.gone:
            raise NVMLError(self.NVML_ERROR_UNINITIALIZED)


@dataclass
class FakeTime:
    """Three clocks and a processor; sleeping moves them."""

    unix_s: float = 1_700_000_000.0
    elapsed_s: float = 1000.0
    awake_s: float = 1000.0
    boot: str | None = "boot1"
    cpu_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> Moment:
        return Moment(unix_s=self.unix_s, elapsed_s=self.elapsed_s, awake_s=self.awake_s, boot=self.boot)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        """All clocks go on."""
        self.unix_s += seconds
        self.elapsed_s += seconds
        self.awake_s += seconds

    def suspend(self, seconds: float) -> None:
        """The machine sleeps; one clock stands still."""
        self.unix_s += seconds
        self.elapsed_s += seconds

    def clocks(self) -> Clocks:
        return Clocks(now=self.now, sleep=self.sleep, cpu_s=lambda: self.cpu_s)


def gpu(key: str = "a", **known: Any) -> GpuReading:
    """One card, of whose sensors only the named ones answer."""
    return GpuReading(key=key, name=known.pop("name", "NVIDIA GeForce RTX 3090"), **known)


def sample(at_s: float, *gpus: GpuReading, next_s: float = 10.0, **more: Any) -> Sample:
    """A sample with all clocks together."""
    at = Moment(unix_s=1_700_000_000.0 + at_s, elapsed_s=1000.0 + at_s, awake_s=1000.0 + at_s, boot="boot1")
    return Sample(at=more.pop("at", at), gpus=gpus, next_s=next_s, **more)


def busy_trace(spells: Sequence[tuple[float, float]], until_s: float, step_s: float = 10.0) -> list[Sample]:
    """One GPU, at work from begin to end of each spell [s], at 300 W and else 20 W."""
    found = []
    for number in range(int(until_s / step_s) + 1):
        at_s = number * step_s
        works = any(begin <= at_s < end for begin, end in spells)
        found.append(
            sample(at_s, gpu(utilisation=0.9 if works else 0.0, power_w=300.0 if works else 20.0), next_s=step_s)
        )
    return found
