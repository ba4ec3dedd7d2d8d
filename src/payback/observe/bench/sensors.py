"""Watts, degrees, clocks and reasons for slowing down: what the GPUs' own sensors say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from payback.observe.bench.schema import Gpu
from payback.units import GIB

THROTTLE_REASONS: Final = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "heat",
    0x40: "heat",
    0x80: "power brake",
}
"""Bits of NVML's clock event reasons that cost speed; idle, sync and display bits do not."""
HEAT: Final = "heat"
POWER_CAP: Final = "power cap"
MILLI: Final = 1000.0
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One GPU at one moment; None where the sensor is silent."""

    power_w: float | None = None
    temperature_c: float | None = None
    sm_clock_mhz: float | None = None
    utilisation: float | None = None
    pcie_gen: int | None = None
    pcie_width: int | None = None
    throttle: frozenset[str] = frozenset()


class Sensors(Protocol):
    """Sensors of the GPUs, in the order in which the backend numbers them."""

    def driver(self) -> str | None:
        """Version of the driver."""

    def match(self, device_ids: Sequence[str]) -> None:
        """Put the GPUs in the backend's order."""

    def gpus(self) -> list[Gpu]:
        """Every GPU as the driver describes it."""

    def read(self) -> list[Reading]:
        """Every GPU now."""

    def energy_j(self) -> list[float] | None:
        """Energy counters [J]; None if a GPU has none."""

    def processes(self) -> list[int]:
        """How many programs compute on each GPU, this one included."""


class NvmlSensors:
    """NVIDIA's management library. What identifies a card is used to find it and never kept."""

    def __init__(self, library: Any) -> None:
        self._nvml = library
        self._nvml.nvmlInit()
        count = self._nvml.nvmlDeviceGetCount()
        self._handles = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]

    def driver(self) -> str | None:
        """Version of the driver."""
        return self._ask(lambda: str(_as_text(self._nvml.nvmlSystemGetDriverVersion())))

    def match(self, device_ids: Sequence[str]) -> None:
        """Put the GPUs in the backend's order: the fastest first, or as an environment variable says."""
        found = [self._ask(partial(self._nvml.nvmlDeviceGetHandleByUUID, name)) for name in device_ids]
        if found and all(handle is not None for handle in found):
            self._handles = found

    def gpus(self) -> list[Gpu]:
        """Every GPU as the driver describes it."""
        return [self._describe(handle) for handle in self._handles]

    def read(self) -> list[Reading]:
        """Every GPU now."""
        return [self._read(handle) for handle in self._handles]

    def energy_j(self) -> list[float] | None:
        """Energy counters, which GPUs since Volta have [J]."""
        found = [self._number(self._nvml.nvmlDeviceGetTotalEnergyConsumption, h, 1 / MILLI) for h in self._handles]
        return None if not found or any(value is None for value in found) else [v for v in found if v is not None]

    def processes(self) -> list[int]:
        """How many programs compute on each GPU."""
        ask = self._nvml.nvmlDeviceGetComputeRunningProcesses
        return [len(self._ask(partial(ask, handle)) or []) for handle in self._handles]

    def _describe(self, handle: Any) -> Gpu:
        n = self._nvml
        memory = self._ask(lambda: n.nvmlDeviceGetMemoryInfo(handle).total)
        return Gpu(
            name=str(_as_text(n.nvmlDeviceGetName(handle))),
            memory_gib=None if memory is None else round(memory / GIB, 2),
            power_limit_w=self._number(n.nvmlDeviceGetEnforcedPowerLimit, handle, 1 / MILLI),
            default_power_limit_w=self._number(n.nvmlDeviceGetPowerManagementDefaultLimit, handle, 1 / MILLI),
            pcie_gen=self._whole(n.nvmlDeviceGetCurrPcieLinkGeneration, handle),
            pcie_width=self._whole(n.nvmlDeviceGetCurrPcieLinkWidth, handle),
            pcie_gen_max=self._whole(n.nvmlDeviceGetMaxPcieLinkGeneration, handle),
            pcie_width_max=self._whole(n.nvmlDeviceGetMaxPcieLinkWidth, handle),
        )

    def _read(self, handle: Any) -> Reading:
        n = self._nvml
        rates = self._ask(lambda: n.nvmlDeviceGetUtilizationRates(handle).gpu)
        bits = self._whole(n.nvmlDeviceGetCurrentClocksThrottleReasons, handle) or 0
        return Reading(
            power_w=self._number(n.nvmlDeviceGetPowerUsage, handle, 1 / MILLI),
            temperature_c=self._ask(lambda: float(n.nvmlDeviceGetTemperature(handle, n.NVML_TEMPERATURE_GPU))),
            sm_clock_mhz=self._ask(lambda: float(n.nvmlDeviceGetClockInfo(handle, n.NVML_CLOCK_SM))),
            utilisation=None if rates is None else rates / 100,
            pcie_gen=self._whole(n.nvmlDeviceGetCurrPcieLinkGeneration, handle),
            pcie_width=self._whole(n.nvmlDeviceGetCurrPcieLinkWidth, handle),
            throttle=reasons(bits),
        )

    def _number(self, ask: Callable[[Any], Any], handle: Any, scale: float) -> float | None:
        return self._ask(lambda: float(ask(handle)) * scale)

    def _whole(self, ask: Callable[[Any], Any], handle: Any) -> int | None:
        return self._ask(lambda: int(ask(handle)))

    def _ask(self, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except self._nvml.NVMLError:
            return None


def reasons(bits: int) -> frozenset[str]:
    """Names of the throttle bits that cost speed.

    Example:
        >>> sorted(reasons(0x01 | 0x04 | 0x40))
        ['heat', 'power cap']
    """
    return frozenset(name for bit, name in THROTTLE_REASONS.items() if bits & bit)


def open_sensors() -> tuple[Sensors | None, str]:
    """NVIDIA's sensors, or None and the reason."""
    try:
        import pynvml
    except ImportError:
        return None, "the package nvidia-ml-py is not installed (pip install 'payback[bench]')"
    try:
        return NvmlSensors(pynvml), ""
    except pynvml.NVMLError as error:
        return None, f"no NVIDIA driver answers ({error})"


def _as_text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
