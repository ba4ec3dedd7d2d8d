"""Formulas of the benchmark against hand arithmetic."""

from __future__ import annotations

import statistics

import pytest

from payback.observe.bench.energy import integrate_j, per_unit_j
from payback.observe.bench.ingest import stalls
from payback.observe.bench.several import bus_gb_per_s
from payback.observe.bench.stats import quartiles, significant, spread
from payback.observe.bench.sustained import last_over_first
from payback.observe.bench.training import block_rates


def test_quartiles_agree_with_the_standard_library() -> None:
    """statistics.quantiles with the inclusive method interpolates the same way."""
    samples = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.3]

    assert tuple(statistics.quantiles(samples, n=4, method="inclusive")) == pytest.approx(quartiles(samples))


def test_no_samples_is_an_error_not_a_zero() -> None:
    """Nothing measured has no median."""
    with pytest.raises(ValueError, match="nothing was measured"):
        quartiles([])


def test_spread_of_normal_data_is_its_coefficient_of_variation() -> None:
    """A normal distribution with mean 100 and sigma 2 has a spread of 2 %."""
    samples = statistics.NormalDist(100, 2).samples(20_000, seed=1)

    assert spread(samples) == pytest.approx(0.02, rel=0.05)


def test_one_late_sample_does_not_move_the_spread() -> None:
    """19 samples of 100 and 1 of 300: the middle half is 100 wide by 0."""
    assert spread([100.0] * 19 + [300.0]) == 0


def test_raw_samples_keep_six_digits() -> None:
    """0.123456789 becomes 0.123457."""
    assert significant(0.123456789) == 0.123457


def test_energy_is_the_area_under_irregular_readings() -> None:
    """0-1 s at 100 W: 100 J; 1-4 s from 100 to 200 W: 3 x 150 = 450 J."""
    assert integrate_j([0, 1, 4], [100, 100, 200]) == 550


def test_a_silent_sensor_is_bridged_by_its_neighbours() -> None:
    """0-2 s from 100 to 200 W: 2 x 150 = 300 J, the missing middle is not a zero."""
    assert integrate_j([0, 1, 2], [100, None, 200]) == 300


def test_one_reading_is_no_energy() -> None:
    """A moment has power but no energy."""
    assert integrate_j([0, 1], [100, None]) is None


def test_energy_a_unit_needs_units() -> None:
    """600 J over 300 images is 2 J an image; over none it is unknown."""
    assert per_unit_j(600, 300) == 2
    assert per_unit_j(600, 0) is None
    assert per_unit_j(None, 300) is None


@pytest.mark.parametrize(
    ("gpu", "cpu", "disk", "preparation", "fetch"),
    [(1000, 2000, 3000, 0, 0), (1000, 250, 3000, 0.75, 0), (1000, 2000, 500, 0, 0.5), (1000, 800, 400, 0.2, 0.4)],
)
def test_stalls_are_the_differences_of_the_three_rates(
    gpu: float, cpu: float, disk: float, preparation: float, fetch: float
) -> None:
    """The shares of waiting and the rate that remains add up: bound = G (1 - both stalls)."""
    result = stalls(gpu, cpu, disk)

    assert preparation == pytest.approx(result["preparation"])
    assert fetch == pytest.approx(result["fetch"])
    assert result["bound"] == pytest.approx(gpu * (1 - preparation - fetch))


def test_bus_bandwidth_of_two_devices_is_the_payload_rate() -> None:
    """2 (2 - 1) / 2 = 1, so 1 GB in 0.1 s is 10 GB/s."""
    assert bus_gb_per_s(10**9, 0.1, 2) == 10


def test_bursts_average_out_over_blocks() -> None:
    """Steps of 1 s and 3 s in turn, 8 images each: 4 images/s in every block, never 8 or 2.67."""
    assert set(block_rates(8, [1.0, 3.0] * 20)) == {4.0}


def test_last_minute_over_first_minute() -> None:
    """300 s at 10/s, then the last 60 s at 8/s: 0.8."""
    times = [float(t) for t in range(361)]
    done = [10.0 * t if t <= 300 else 3000 + 8.0 * (t - 300) for t in times]

    assert last_over_first(times, done) == pytest.approx(0.8)


def test_too_few_readings_say_nothing_about_heat() -> None:
    """Four readings hold no first and last quarter."""
    assert last_over_first([0, 1, 2, 3], [0, 1, 2, 3]) is None
