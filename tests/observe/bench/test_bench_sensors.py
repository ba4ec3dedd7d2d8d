"""NVIDIA's library, imitated."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from tests.observe.bench.bench_simulation import FakeNvml, fake_nvml

from payback.observe.bench.sensors import NvmlSensors, open_sensors, reasons

CARD: dict[str, Any] = {
    "uuid": "GPU-a",
    "name": b"NVIDIA GeForce RTX 3090",
    "memory": SimpleNamespace(total=24 * 2**30),
    "limit_mw": 280_000,
    "default_limit_mw": 350_000,
    "gen": 1,
    "width": 4,
    "gen_max": 4,
    "width_max": 16,
    "rates": SimpleNamespace(gpu=37),
    "bits": 0x4 | 0x20,
    "power_mw": 279_500,
    "temperature": 83,
    "clock": 1395,
    "energy_mj": 5_000,
    "programs": [object()],
}


def test_a_card_is_described_in_watts_and_gib() -> None:
    """280,000 mW are 280 W; the name may come as bytes."""
    gpu = NvmlSensors(fake_nvml([CARD])).gpus()[0]

    assert (gpu.name, gpu.memory_gib) == ("NVIDIA GeForce RTX 3090", 24)
    assert (gpu.power_limit_w, gpu.default_power_limit_w) == (280, 350)
    assert (gpu.pcie_gen, gpu.pcie_width, gpu.pcie_gen_max, gpu.pcie_width_max) == (1, 4, 4, 16)


def test_a_reading_names_why_the_card_is_slow() -> None:
    """Bits 4 and 20 hex are the power cap and heat; 37 % is 0.37."""
    reading = NvmlSensors(fake_nvml([CARD])).read()[0]

    assert frozenset({"power cap", "heat"}) == reading.throttle
    assert (reading.power_w, reading.temperature_c, reading.utilisation) == (279.5, 83, 0.37)


def test_an_unsupported_query_is_unknown_not_zero() -> None:
    """A card that answers its name only."""
    sensors = NvmlSensors(fake_nvml([{"name": "Tesla K80"}]))

    assert sensors.read()[0].power_w is None
    assert sensors.gpus()[0].power_limit_w is None
    assert sensors.energy_j() is None
    assert sensors.processes() == [0]


def test_energy_counters_are_millijoules() -> None:
    """5,000 mJ are 5 J."""
    assert NvmlSensors(fake_nvml([CARD])).energy_j() == [5.0]


def test_cards_follow_the_order_of_the_backend() -> None:
    """PyTorch numbers the fastest card first, the library the first slot."""
    sensors = NvmlSensors(fake_nvml([CARD, {**CARD, "uuid": "GPU-b", "name": "NVIDIA GeForce RTX 4090"}]))

    sensors.match(["GPU-b", "GPU-a"])

    assert [gpu.name for gpu in sensors.gpus()] == ["NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3090"]


def test_an_unknown_card_keeps_the_order() -> None:
    """A slice of a card has a name of its own, which the library may not know."""
    sensors = NvmlSensors(fake_nvml([CARD]))

    sensors.match(["MIG-x"])

    assert len(sensors.gpus()) == 1


def test_idle_is_no_throttling() -> None:
    """Bit 1 (idle), 2 (set clocks), 10 (sync) and 100 (display) cost a busy card nothing of its own."""
    assert frozenset() == reasons(0x1 | 0x2 | 0x10 | 0x100)


def test_without_the_package_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """No nvidia-ml-py: None, and what to install."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    sensors, why = open_sensors()

    assert sensors is None
    assert "pip install" in why


def test_without_a_driver_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package without a driver raises when it is opened."""

    def refuse() -> None:
        raise FakeNvml.NVMLError("NVML Shared Library Not Found")

    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(nvmlInit=refuse))

    sensors, why = open_sensors()

    assert sensors is None
    assert why == "no NVIDIA driver answers (NVML Shared Library Not Found)"
