"""What the measurements say about cells nobody measured."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from payback.catalogue.catalogue import load
from payback.errors import BadCatalogueError
from payback.performance.covariance import covariance
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.parameters import load_parameters
from payback.performance.posterior import Posterior
from payback.performance.training import training_cells

HYPER = load_parameters().hyper
CELLS = training_cells(load_measurements(), load().gpus, load_eras())
FEW = tuple(cell for cell in CELLS if cell.task in ("resnet50", "bert_base_squad"))


@pytest.fixture(scope="module")
def few() -> Posterior:
    return Posterior(FEW, HYPER)


def test_measured_cells_come_out_near_what_was_measured(few: Posterior) -> None:
    """Within 10 % for nine of ten."""
    estimates = few.estimate(FEW)
    errors = [abs(mean - log(cell.throughput or 1)) for mean, cell in zip(estimates.mean, FEW, strict=True)]

    assert np.quantile(errors, 0.9) < 0.1


def test_covariance_is_symmetric_and_positive(few: Posterior) -> None:
    """Otherwise no deviation would mean anything."""
    matrix = covariance(few.side, few.side, HYPER)

    assert matrix == pytest.approx(matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-8


def test_doubt_grows_away_from_what_was_measured(few: Posterior) -> None:
    """A card with ten times the figures of any measured one, of an unknown architecture."""
    known = next(cell for cell in FEW if cell.gpu == "RTX 3090")
    far = replace(
        known,
        gpu="nobody's",
        architecture="unknown",
        tflops=known.tflops * 50,
        bandwidth_gb_s=known.bandwidth_gb_s * 10,
    )
    near, wide = few.estimate([known, far]).deviation

    assert wide > 2 * near


def test_a_faster_memory_makes_a_faster_card(few: Posterior) -> None:
    """Twice the bandwidth: between 1.2 and 2 times the speed of ResNet-50."""
    known = next(cell for cell in FEW if (cell.gpu, cell.column) == ("RTX 3090", "resnet50/AMP"))
    other = replace(known, gpu="other", bandwidth_gb_s=2 * known.bandwidth_gb_s)
    one, two = few.estimate([replace(known, gpu="one"), other]).mean

    assert 1.2 < exp(two - one) < 2


def test_an_unmeasured_task_is_an_error(few: Posterior) -> None:
    """The model does not invent a level."""
    with pytest.raises(BadCatalogueError, match="no GPU was measured on tacotron2"):
        few.estimate([next(cell for cell in CELLS if cell.task == "tacotron2")])


def test_two_questions_about_one_cell_are_fully_correlated(few: Posterior) -> None:
    """Their difference has no variance."""
    question = replace(FEW[0], gpu="new")
    c = few.estimate([question, question]).covariance

    assert c[0, 0] + c[1, 1] - 2 * c[0, 1] == pytest.approx(0, abs=1e-9)
