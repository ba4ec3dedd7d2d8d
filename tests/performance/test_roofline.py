"""The additive roofline."""

from __future__ import annotations

import numpy as np
import pytest

from payback.performance.cells import Cell, Vocabulary, tabulate
from payback.performance.roofline import Roofline, fit_roofline, memory_floors, relative_times


def cell(gpu: str = "card", **figures: object) -> Cell:
    """A cell at the reference figures, except as stated."""
    values: dict[str, object] = {
        "architecture": "A", "task": "resnet50", "precision": "FP32", "era": "e", "year": 2020.0, "tflops": 100.0,
        "bandwidth_gb_s": 900.0, "fp32_tflops": 20.0, "memory_gib": 24.0, "board_power_w": 300.0, "throughput": 1.0,
    }  # fmt: skip
    return Cell(gpu=gpu, **(values | figures))  # type: ignore[arg-type]


def test_the_reference_gpu_counts_one_in_every_term() -> None:
    """100 TFLOPS, 900 GB/s, 20 FP32 TFLOPS, 24 GiB."""
    table = tabulate([cell()], Vocabulary())

    assert [[1.0] * 5] == relative_times(table, {}).tolist()


def test_terms_fall_with_the_figures() -> None:
    """200 TFLOPS: half; 450 GB/s: twice; 14 GiB with a floor of 4: (24 - 4) / (14 - 4) = 2."""
    table = tabulate([cell(tflops=200.0, bandwidth_gb_s=450.0, memory_gib=14.0)], Vocabulary())

    assert [0.5, 2.0, 1.0, 1.0, 2.0] == relative_times(table, {"resnet50/FP32": 4.0})[0].tolist()


def test_a_law_without_noise_is_found_again() -> None:
    """Eight GPUs that follow 0.6 / bandwidth + 0.4 / TFLOPS: the pooled shares are those."""
    rng = np.random.default_rng(1)
    cells = []
    for number in range(8):
        t, b, f, m = rng.uniform(20, 300), rng.uniform(300, 3000), rng.uniform(10, 60), rng.uniform(10, 80)
        for task, precision in (("resnet50", "FP32"), ("resnet50", "AMP")):
            cells.append(
                cell(f"g{number}", task=task, precision=precision, tflops=t, bandwidth_gb_s=b, fp32_tflops=f,
                     memory_gib=m, throughput=1 / (0.4 * 100 / t + 0.6 * 900 / b))
            )  # fmt: skip

    shares = fit_roofline(cells, tabulate(cells, Vocabulary())).fp32

    assert [0.4, 0.6] == pytest.approx([shares[0], shares[1]], abs=0.04)
    assert sum(shares) == pytest.approx(1)


def test_the_floor_is_where_batches_are_proportional_to_the_rest() -> None:
    """Batches of 10 x (memory - 3 GiB)."""
    cells = [cell(f"g{m}", memory_gib=float(m), batch_per_gpu=10.0 * (m - 3)) for m in (8, 11, 16, 24, 40)]

    assert {"resnet50/FP32": 3.0} == memory_floors(cells)


def test_precisions_have_shares_of_their_own() -> None:
    """A mixed cell uses the mixed shares."""
    law = Roofline(mixed=np.array([1.0, 0, 0, 0, 0]), fp32=np.array([0.0, 1, 0, 0, 0]), floors={})
    table = tabulate([cell(precision="AMP"), cell()], Vocabulary())

    assert [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]] == law.terms(table).tolist()


def test_too_few_gpus_are_an_error() -> None:
    """Shares from two GPUs would be invented."""
    cells = [cell("a"), cell("b")]

    with pytest.raises(ValueError, match="enough GPUs"):
        fit_roofline(cells, tabulate(cells, Vocabulary()))
