"""The compiled kernel against the NumPy oracle, and that nothing but the seed decides the bits."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import fields
from typing import Any

import numba
import numpy as np
import pytest
from tests.decision.uncertainty.small_model import SEED, frame_of, mixed_model, numpy_runner

from payback.decision.uncertainty import (
    kernel,
    kernel_features,
    kernel_payback,
    kernel_sobol,
    pack,
    reference,
    simulate,
)
from payback.decision.uncertainty.draws import FIRST_SAMPLE, draw, events_followed, swapped
from payback.decision.uncertainty.features import features
from payback.decision.uncertainty.indices import sums_of
from payback.decision.uncertainty.inputs import GROUPS
from payback.decision.uncertainty.jit import COMMON
from payback.decision.uncertainty.kernel_costs import KEPT, LAST, POWER
from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.layout import TILE, Monthly, Size
from payback.decision.uncertainty.simulate import CHUNK, KernelRunner
from payback.decision.uncertainty.tally import Tally

ODD = 3 * LANES + 5
"""Scenarios that do not fill the last block."""


def parts(tally: Tally) -> dict[str, np.ndarray[Any, Any]]:
    return {field.name: np.asarray(getattr(tally, field.name)) for field in fields(tally)}


def identical(one: Tally, two: Tally) -> bool:
    mine, theirs = parts(one), parts(two)
    return all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.fixture(scope="module")
def runner() -> KernelRunner:
    model = mixed_model()
    return KernelRunner(model, frame_of(model), SEED)


@pytest.mark.parametrize("months", [1, 3, 36, 120])
def test_the_kernel_counts_what_the_oracle_counts(months: int) -> None:
    """Sums to 3e-6, extremes to 1e-5, bins but for scenarios on an edge; options of every kind, 1 month to 10 years."""
    model = mixed_model(months)
    frame = frame_of(model)
    found = parts(KernelRunner(model, frame, SEED).chunk(0, ODD))
    expected = parts(numpy_runner(model, frame).chunk(0, ODD))

    scale = np.abs(expected["cost_most"]).max()
    for name in ("shift_sum", "regret_sum", "least_sum"):
        assert found[name] == pytest.approx(expected[name], rel=3e-6, abs=1e-6 * scale * ODD), name
    assert found["shift_square"] == pytest.approx(expected["shift_square"], rel=6e-6)
    for name in ("cost_least", "cost_most", "regret_most", "payback_least", "payback_most"):
        assert found[name] == pytest.approx(expected[name], rel=1e-5, abs=1e-6 * scale), name
    for name in ("cost_bins", "regret_bins", "payback_bins", "value_count"):
        moved = np.abs(found[name] - expected[name]).sum(axis=-1) / 2
        assert np.all(found[name].sum(axis=-1) == expected[name].sum(axis=-1)), name
        assert np.all(moved <= 3), name
    assert np.abs(found["wins"] - expected["wins"]).sum() <= 2


def test_some_owned_options_pay_back_and_some_never_do(runner: KernelRunner) -> None:
    """The comparison above is not one of nothing: of all paybacks 5 to 95 % never come."""
    bins = runner.chunk(0, 1000).payback_bins

    assert 0.05 < bins[:, -1].sum() / bins.sum() < 0.95


def test_any_number_of_threads_gives_the_same_bits(runner: KernelRunner) -> None:
    """1, 2 and 5 threads, chunks that end out of order: fixed chunks are added up in their order."""
    scenarios = 5 * CHUNK + 17
    one = simulate.run(runner, scenarios, 1, None)

    class Late:
        """Even chunks take longer, so that odd ones end first."""

        name, model, frame = runner.name, runner.model, runner.frame

        def chunk(self, index: int, count: int) -> Tally:
            tally = runner.chunk(index, count)
            time.sleep(0.02 * (index % 2 == 0))
            return tally

    assert identical(one, simulate.run(runner, scenarios, 2, None))
    assert identical(one, simulate.run(Late(), scenarios, 5, None))


@pytest.mark.parametrize("size", [LANES - 1, LANES, 1000])
def test_the_size_of_chunks_changes_last_bits_alone(
    runner: KernelRunner, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Counts are the same for every size; sums differ by rounding, below 1e-12; halves of the sample go by chunk."""
    whole = parts(runner.chunk(0, 3000))
    monkeypatch.setattr(simulate, "CHUNK", size)
    pieces = parts(simulate.run(runner, 3000, 1, None))

    for name in ("wins", "cost_bins", "regret_bins", "payback_bins", "cost_least", "cost_most", "regret_most"):
        assert np.array_equal(whole[name], pieces[name]), name
    for name in ("shift_sum", "shift_square", "regret_sum"):
        assert pieces[name] == pytest.approx(whole[name], rel=1e-12), name
    assert np.array_equal(whole["value_count"].sum(axis=0), pieces["value_count"].sum(axis=0))


def test_scenarios_are_the_same_in_a_run_of_any_length(runner: KernelRunner) -> None:
    """The first 1000 of 2000 scenarios are the 1000 of a run of 1000: counters, not a state."""
    both = parts(runner.chunk(0, 2000))
    first = parts(runner.chunk(0, 1000))

    assert np.all(both["cost_bins"] >= first["cost_bins"])


def test_stopped_it_gives_what_is_done(runner: KernelRunner) -> None:
    """Ctrl-C after two of five chunks: exactly those two."""

    def stop(done: int, asked: int) -> None:
        assert asked == 5 * CHUNK
        if done == 2 * CHUNK:
            raise KeyboardInterrupt

    found = simulate.run(runner, 5 * CHUNK, 2, stop)
    assert found.scenarios == 2 * CHUNK
    assert identical(found, simulate.run(runner, 2 * CHUNK, 1, None))


def test_stopped_before_anything_is_done_it_stops(runner: KernelRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single chunk there is nothing to show."""

    def stop(_self: KernelRunner, _index: int, _scenarios: int) -> Tally:
        raise KeyboardInterrupt

    monkeypatch.setattr(KernelRunner, "chunk", stop)
    with pytest.raises(KeyboardInterrupt):
        simulate.run(runner, CHUNK, 1, None)


def test_memory_does_not_grow_with_scenarios(runner: KernelRunner) -> None:
    """Peak of what Python and NumPy hold: 40 chunks take less than 2 MB more than 4.

    (`benchmarks/monte_carlo.py` measures the whole process from 1e5 to 1e7.)
    """
    peaks = []
    for chunks in (4, 40):
        tracemalloc.start()
        simulate.run(runner, chunks * CHUNK, 2, None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] - peaks[0] < 2_000_000


def test_a_model_whose_payments_are_not_straight_is_left_to_numpy() -> None:
    """The kernel knows a payment at the start and one a month; a lump in month 7 is neither."""
    model = mixed_model()
    assert pack.is_packable(model)
    model.owned.fixed_usd[3, 7:] += 50.0
    assert not pack.is_packable(model)


def brute_last(
    fixed: np.ndarray[Any, Any], repair: float, table: np.ndarray[Any, Any], power: np.ndarray[Any, Any],
    kept: np.ndarray[Any, Any],
) -> np.ndarray[Any, Any]:  # fmt: skip
    """The last month with a positive gap, in 64-bit floats and a loop; avoided payments from the third row."""
    last = np.full(LANES, -1.0)
    for month in range(fixed.size):
        rows = table[Monthly.COUNT * month : Monthly.COUNT * (month + 1)].astype(np.float64)
        gap = fixed[month] + repair * rows[Monthly.BREAKS] + power * rows[Monthly.ENERGY] - kept * rows[Monthly.AVOIDED]
        last = np.where(gap > 0.0, float(month), last)
    return last


@pytest.mark.parametrize("seed", range(3))
def test_the_scan_finds_the_last_month_above_zero(seed: int) -> None:
    """Random tables whose gap crosses zero many times, against a loop; a tile of options, all lanes."""
    model = mixed_model(37)
    packed = pack.pack(model, SEED)
    order = np.argsort(model.owned.failure_class, kind="stable")
    first = int(np.searchsorted(model.owned.failure_class[order], 1))
    w, scratch, random = kernel_features.workspace(packed), kernel.pad(model), np.random.default_rng(seed)
    table = w.narrow[packed.sizes[Size.NARROW_MONTHS] :]
    table[: Monthly.COUNT * 38] = random.normal(0, 1, (Monthly.COUNT * 38, LANES))
    table[Monthly.AVOIDED :: Monthly.COUNT] += 2.0
    scratch.wide[POWER : POWER + TILE] = random.normal(0, 1e3, (TILE, LANES))
    scratch.wide[KEPT : KEPT + TILE] = random.uniform(1e4, 1e5, (TILE, LANES))

    @numba.njit(**COMMON)  # type: ignore[untyped-decorator]
    def run(packed: Any, one: int, w: Any, scratch: Any) -> None:
        kernel_payback.pad_months(packed.sizes, w.narrow[packed.sizes[Size.NARROW_MONTHS] :])
        kernel_payback.scan(packed, one, 4, w, scratch)

    run(packed, first, w, scratch)
    for place in range(4):
        option = order[first + place]
        expected = brute_last(
            model.owned.fixed_usd[option], model.owned.repair_usd[option], table, scratch.wide[POWER + place],
            scratch.wide[KEPT + place],
        )  # fmt: skip
        assert np.array_equal(scratch.narrow[LAST + place], expected)
        assert len(set(expected)) > 15


def test_pick_freeze_sums_are_those_of_the_oracle() -> None:
    """Totals of A, B and A with each group from B, in one pass: sums to 1e-7, products of differences to 1e-4."""
    model = mixed_model(12)
    packed, events = pack.pack(model, SEED), events_followed(model.inputs.failures, 12)
    samples = [FIRST_SAMPLE, (1,) * len(GROUPS), *(swapped(group) for group in range(len(GROUPS)))]
    sums = np.zeros((4 + 3 * len(GROUPS), model.options))
    table = np.array([pack.streams(sample) for sample in samples])
    space = kernel_sobol.sample_space(len(samples), model.options)
    scratch = kernel.pad(model)
    kernel_sobol.sobol_chunk(packed, table, 50, ODD, kernel_features.workspace(packed), scratch, space, sums)

    totals = []
    for sample in samples:
        drawn = draw(50, ODD, months=12, gpus=1, events=events, seed=SEED, replicates=sample)
        totals.append(reference.totals(model, features(model, drawn)))
    expected = sums_of(totals[0], totals[1], np.array(totals[2:]))
    error, plain = np.abs(sums - expected), expected[:4]
    assert np.all(error[:4] <= 1e-7 * plain.max(axis=1)[:, None])
    for row in range(4, expected.shape[0], 3):
        largest = np.sqrt(expected[3] * expected[row + 2])
        assert np.all(error[row] <= 1e-7 * plain[0].max())
        assert np.all(error[row + 1] <= 1e-4 * largest)
        assert np.all(error[row + 2] <= 1e-4 * expected[row + 2].max())
