"""NVIDIA's management library (nvidia-ml-py): asks the driver, creates no compute context, raises no clock.

A card whose kernel device may sleep is looked up in the kernel first. If all are asleep nothing is asked; otherwise
the library is opened, read and closed again within the sample, because an open handle alone would keep a card awake.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

from payback.observe.bench.sensors import MILLI
from payback.observe.watch.sample import GpuReading, card_key, share
from payback.observe.watch.sources.base import SensorLostError
from payback.observe.watch.sources.power_state import NVIDIA, PCI, cards
from payback.units import GIB

Answer = TypeVar("Answer")
LOST: Final = (
    "NVML_ERROR_UNINITIALIZED",
    "NVML_ERROR_DRIVER_NOT_LOADED",
    "NVML_ERROR_TIMEOUT",
    "NVML_ERROR_IRQ_ISSUE",
    "NVML_ERROR_LIBRARY_NOT_FOUND",
    "NVML_ERROR_RESET_REQUIRED",
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH",
)
"""Answers that mean trouble with the driver; any other means that this one figure of this one card is unknown."""
GONE: Final = "NVML_ERROR_GPU_IS_LOST"
"""The card fell off the bus: it is missing from the sample, the others go on."""


class NvmlSource:
    """The NVIDIA GPUs of this machine.

    Args:
        library: The module ``pynvml``; imported when first needed if None.
        pci: Where the kernel lists PCI devices.
    """

    name = "nvml"

    def __init__(self, library: Any = None, pci: Path = PCI) -> None:
        self._nvml = library
        self._pci = pci
        self._handles: list[Any] = []
        self._known: tuple[GpuReading, ...] = ()
        self._seen_us: dict[str, int] = {}
        self._open = False

    def read(self) -> tuple[GpuReading, ...]:
        """Every GPU now; those that sleep are left asleep."""
        found = cards(NVIDIA, self._pci)
        if found and self._known and all(card.asleep for card in found):
            return tuple(GpuReading(key=gpu.key, name=gpu.name, asleep=True) for gpu in self._known)
        try:
            self._connect()
            read = [self._unless_gone(self._read, handle) for handle in self._handles]
        except self._nvml.NVMLError as error:
            self.close()
            raise SensorLostError(f"the NVIDIA driver does not answer ({error})") from error
        self._known = tuple(gpu for gpu in read if gpu is not None)
        if not self._known:
            self.close()
            raise SensorLostError("the NVIDIA driver names no GPU")
        if any(card.may_sleep for card in found):
            self.close()
        return self._known

    def close(self) -> None:
        """Let go of the driver."""
        if self._open:
            self._open = False
            self._handles = []
            with suppress(self._nvml.NVMLError):  # the driver may have gone already
                self._nvml.nvmlShutdown()

    def _connect(self) -> None:
        if self._open:
            return
        self._nvml.nvmlInit()
        self._open = True
        count = self._nvml.nvmlDeviceGetCount()
        found = [self._unless_gone(self._nvml.nvmlDeviceGetHandleByIndex, index) for index in range(count)]
        self._handles = [handle for handle in found if handle is not None]

    def _read(self, handle: Any) -> GpuReading:
        n = self._nvml
        identity = self._text(n.nvmlDeviceGetUUID, handle) or f"index {self._handles.index(handle)}"
        key = card_key(identity)
        memory = self._ask(n.nvmlDeviceGetMemoryInfo, handle)
        rates = self._ask(n.nvmlDeviceGetUtilizationRates, handle)
        running = self._ask(n.nvmlDeviceGetComputeRunningProcesses, handle)
        return GpuReading(
            key=key,
            name=self._text(n.nvmlDeviceGetName, handle) or "NVIDIA GPU",
            utilisation=None if rates is None else share(rates.gpu),
            peak_utilisation=self._peak(handle, key),
            memory_used_gib=None if memory is None else memory.used / GIB,
            memory_total_gib=None if memory is None else memory.total / GIB,
            power_w=self._number(n.nvmlDeviceGetPowerUsage, handle, 1 / MILLI),
            energy_j=self._number(n.nvmlDeviceGetTotalEnergyConsumption, handle, 1 / MILLI),
            sm_clock_mhz=self._number(lambda h: n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_SM), handle),
            memory_clock_mhz=self._number(lambda h: n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_MEM), handle),
            processes=None if running is None else len(running),
        )

    def _peak(self, handle: Any, key: str) -> float | None:
        """Highest of the utilisations that the driver kept since the last look: bursts between two samples show."""
        n, since = self._nvml, self._seen_us.get(key, 0)
        answer = self._ask(lambda h: n.nvmlDeviceGetSamples(h, n.NVML_GPU_UTILIZATION_SAMPLES, since), handle)
        if answer is None:
            return None
        fresh = [sample for sample in answer[1] if sample.timeStamp > since]
        if not fresh:
            return None
        self._seen_us[key] = max(sample.timeStamp for sample in fresh)
        return share(max(sample.sampleValue.uiVal for sample in fresh)) if since else None

    def _text(self, ask: Callable[[Any], Any], handle: Any) -> str | None:
        answer = self._ask(ask, handle)
        return answer.decode() if isinstance(answer, bytes) else answer

    def _number(self, ask: Callable[[Any], Any], handle: Any, scale: float = 1.0) -> float | None:
        answer = self._ask(ask, handle)
        return None if answer is None else float(answer) * scale

    def _ask(self, ask: Callable[[Any], Answer], handle: Any) -> Answer | None:
        try:
            return ask(handle)
        except self._nvml.NVMLError as error:
            if error.value in {getattr(self._nvml, name) for name in (*LOST, GONE)}:
                raise
            return None

    def _unless_gone(self, ask: Callable[[Any], Answer], argument: Any) -> Answer | None:
        try:
            return ask(argument)
        except self._nvml.NVMLError as error:
            if error.value != getattr(self._nvml, GONE):
                raise
            return None


def open_nvml(pci: Path = PCI, *, probe: bool = True) -> NvmlSource | str:
    """The NVIDIA GPUs of this machine, or why they cannot be watched.

    Args:
        pci: Where the kernel lists PCI devices.
        probe: Whether the driver must answer now; a service that starts before it waits for it.
    """
    try:
        library = import_module("pynvml")
    except ImportError:
        return "the package nvidia-ml-py is not installed (pip install 'payback[gpu]')"
    source = NvmlSource(library, pci)
    try:
        if probe:
            source.read()
    except SensorLostError as error:
        return str(error)
    return source
