"""Full load: speed, heat, power and energy, with sensors that say what the test wants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.observe.bench.bench_simulation import AT_WORK, SimulatedBackend, SimulatedSensors, new_bench

from payback.observe.bench.schema import Absence
from payback.observe.bench.sensors import Reading
from payback.observe.bench.sustained import measure_sustained

MINUTES_10: dict[str, Any] = {"sustained_s": 600.0, "tick_s": 1.0}


def test_energy_by_integrating_power(tmp_path: Path) -> None:
    """Two cards at 300 W and 500 images/s each: 0.6 J an image, for each and for both together."""
    bench = new_bench(tmp_path, SimulatedBackend(gpu_count=2), sensors=SimulatedSensors(count=2), **MINUTES_10)

    measure_sustained(bench)

    energy = {d.device: d.value for d in bench.sheet.derived if d.name == "energy.resnet50"}
    assert energy == pytest.approx({"gpu0": 0.6, "gpu1": 0.6, "machine": 0.6})
    assert {"J/image"} == {d.unit for d in bench.sheet.derived if d.name == "energy.resnet50"}
    assert next(m.median for m in bench.sheet.metrics if m.name == "power.gpus") == 600


def test_an_energy_counter_is_believed_before_the_integral(tmp_path: Path) -> None:
    """The counter goes from 1,000 to 143,500 J over 285,000 images (570 s): 0.5 J, though 300 W would give 0.6."""
    sensors = SimulatedSensors(counters=iter([1_000.0, 143_500.0]))
    bench = new_bench(tmp_path, sensors=sensors, **MINUTES_10)

    measure_sustained(bench)

    found = next(d for d in bench.sheet.derived if d.name == "energy.resnet50" and d.device == "gpu0")
    assert found.value == pytest.approx(0.5, rel=0.005)
    assert found.formula == "energy counter / images"


def test_heat_shows_in_the_last_minute(tmp_path: Path) -> None:
    """The middle card drops to 81 % after 5 minutes, as in a full case; its neighbour does not."""
    backend = SimulatedBackend(
        gpu_count=2, slowdown=lambda time_s, device: 0.81 if device == 1 and time_s > 300 else 1.0
    )
    bench = new_bench(tmp_path, backend, **MINUTES_10)

    measure_sustained(bench)

    ratios = {d.device: d.value for d in bench.sheet.derived if d.name.endswith("last_over_first")}
    assert ratios == pytest.approx({"gpu0": 1.0, "gpu1": 0.81})


def test_throttling_for_heat_is_counted_and_disturbs(tmp_path: Path) -> None:
    """From the 286th of 571 readings on the card names heat: half of them."""
    hot = replace(AT_WORK, temperature_c=88.0, throttle=frozenset({"heat", "power cap"}))
    sensors = SimulatedSensors(later=lambda taken: hot if taken > 285 else AT_WORK)
    bench = new_bench(tmp_path, sensors=sensors, **MINUTES_10)

    measure_sustained(bench)

    derived = {d.name: d.value for d in bench.sheet.derived}
    assert derived["throttle.heat"] == pytest.approx(0.5, abs=0.01)
    assert derived["throttle.power_cap"] == pytest.approx(0.5, abs=0.01)
    assert derived["temperature.highest"] == 88
    assert bench.sheet.disturbed == ["gpu0 slowed itself down (heat) in 50% of the readings under full load"]


def test_a_power_cap_alone_disturbs_nothing(tmp_path: Path) -> None:
    """Every card at full load runs into its power limit: that is how it is meant."""
    capped = replace(AT_WORK, throttle=frozenset({"power cap"}))
    bench = new_bench(tmp_path, sensors=SimulatedSensors(reading=capped), **MINUTES_10)

    measure_sustained(bench)

    assert bench.sheet.disturbed == []


def test_silent_sensors_leave_no_power_and_no_energy(tmp_path: Path) -> None:
    """None stays None: no metric of power, no energy, and the trace says null."""
    bench = new_bench(tmp_path, sensors=SimulatedSensors(reading=Reading()), **MINUTES_10)

    measure_sustained(bench)

    assert not [m for m in bench.sheet.metrics if m.name.startswith("power.")]
    assert not [d for d in bench.sheet.derived if d.name.startswith("energy.")]
    assert {None} == set(bench.sheet.traces[0].power_w)


def test_the_wall_is_left_to_a_person(tmp_path: Path) -> None:
    """No sensor knows what the outlet delivers; that does not make the file incomplete."""
    bench = new_bench(tmp_path, **MINUTES_10)

    measure_sustained(bench)

    assert [(m.kind, m.lacking) for m in bench.sheet.missing] == [(Absence.BY_HAND, False)]


def test_load_ends_when_something_breaks(tmp_path: Path) -> None:
    """An interruption while watching still stops the training."""
    backend = SimulatedBackend(raises={"sleep": KeyboardInterrupt()})
    bench = new_bench(tmp_path, backend, **MINUTES_10)

    with pytest.raises(KeyboardInterrupt):
        measure_sustained(bench)

    assert [running.stopped for running in backend.sustained] == [True]
