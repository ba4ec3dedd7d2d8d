"""Errors on GPUs never seen, and the intervals that follow from them."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from payback.catalogue.catalogue import load
from payback.performance.cells import Cell
from payback.performance.crossvalidation import (
    TAIL_80,
    Prediction,
    by_architecture,
    by_gpu,
    honest_coverage,
    interval_scales,
    leave_one_out,
    scale_of,
)
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.parameters import load_parameters
from payback.performance.posterior import Posterior
from payback.performance.tasks import BACKBONE
from payback.performance.training import training_cells

HYPER = load_parameters().hyper
CELLS = training_cells(load_measurements(), load().gpus, load_eras())


def _only(gpu: str) -> list[Prediction]:
    train = [cell for cell in CELLS if cell.gpu != gpu]
    test = [cell for cell in CELLS if cell.gpu == gpu]
    estimates = Posterior(train, HYPER).estimate(test)
    rows = zip(test, estimates.mean, estimates.deviation, strict=True)
    return [Prediction(cell=cell, log_speed=mean, deviation=sd) for cell, mean, sd in rows]


@pytest.mark.parametrize("gpu", ["RTX 5090", "RTX 3090", "A100 PCIe 80GB"])
def test_a_held_out_gpu_is_predicted_from_its_figures(gpu: str) -> None:
    """Mean error below 13 %, median below 11 %, on cards people buy."""
    errors = np.abs([one.relative_error for one in _only(gpu)])

    assert errors.mean() < 0.13
    assert np.median(errors) < 0.11


def test_unseen_architectures_stay_within_the_stated_error() -> None:
    """All eight generations held out one after the other: mean 14 %, median 10 %, four of five inside."""
    predictions = leave_one_out(CELLS, by_architecture, lambda _: HYPER)
    recent = [one for one in predictions if one.cell.task in BACKBONE and one.cell.year > 2022.5]
    errors = np.abs([one.relative_error for one in predictions])

    assert errors.mean() < 0.16
    assert np.median(errors) < 0.115
    assert np.mean(np.abs([one.relative_error for one in recent])) < 0.14
    assert 0.72 <= np.mean(honest_coverage(predictions, by_architecture)) <= 0.88


def test_nothing_of_the_held_out_gpu_leaks() -> None:
    """Its own measurements made ten times as fast change no prediction of it."""
    some = [cell for cell in CELLS if cell.task in ("resnet50", "ssd")]
    lies = [replace(c, throughput=10 * (c.throughput or 1)) if c.gpu == "RTX 3090" else c for c in some]

    true, false = (
        [one.log_speed for one in leave_one_out(cells, by_gpu, lambda _: HYPER) if one.cell.gpu == "RTX 3090"]
        for cells in (some, lies)
    )

    assert true == pytest.approx(false)


def test_parameters_are_chosen_from_the_training_cells() -> None:
    """The chooser never sees a cell of the held-out group."""
    seen: list[set[str]] = []

    def choose(train: object) -> dict[str, float]:
        seen.append({cell.gpu for cell in train})  # type: ignore[attr-defined]
        return dict(HYPER)

    some = [cell for cell in CELLS if cell.task == "resnet50"]
    leave_one_out(some, by_gpu, choose)

    assert [{gpu} for gpu in sorted({c.gpu for c in some})] == [{c.gpu for c in some} - gpus for gpus in seen]


def _prediction(task: str, standardised: float, gpu: str = "g") -> Prediction:
    cell = replace(CELLS[0], task=task, gpu=gpu, throughput=1.0)
    return Prediction(cell=cell, log_speed=standardised, deviation=1.0)


def test_a_task_without_many_residuals_takes_the_common_width() -> None:
    """All residuals are 1: every factor is 1 / 1.2816."""
    scales = interval_scales([_prediction("a", 1.0), _prediction("b", 1.0)])

    assert scales == pytest.approx(dict.fromkeys(("", "a", "b"), 1 / TAIL_80))
    assert scale_of("never seen", scales) == scales[""]


def test_own_residuals_weigh_as_many_as_they_are() -> None:
    """20 residuals of 2 beside 80 of 1: own 2, common 1; (20 x 2 + 20 x 1) / 40 = 1.5."""
    predictions = [_prediction("a", 2.0)] * 20 + [_prediction("b", 1.0)] * 80 + [_prediction("c", 1.0)]

    assert interval_scales(predictions)["a"] == pytest.approx(1.5 / TAIL_80)


def test_coverage_takes_widths_from_other_groups() -> None:
    """A GPU with many errors of 5 deviations lies outside an interval set by ten others, whose errors are below 1."""
    predictions = [_prediction("a", 0.1 * n, f"g{n}") for n in range(10)] + [_prediction("a", 5.0, "h")] * 30

    assert [False] * 30 == honest_coverage(predictions, by_gpu)[10:]


def test_errors_are_relative_to_what_was_measured() -> None:
    """Predicted 2, measured 1: 100 % too fast."""
    cell: Cell = replace(CELLS[0], throughput=1.0)

    assert Prediction(cell=cell, log_speed=log(2), deviation=1).relative_error == pytest.approx(1)
