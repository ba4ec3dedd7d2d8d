"""The shipped parameters belong to the shipped measurements."""

from __future__ import annotations

from pathlib import Path

import pytest

from payback.catalogue.catalogue import load
from payback.performance import tune as tuning
from payback.performance.covariance import START
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.parameters import PARAMETERS_FILE, load_parameters, training_digest
from payback.performance.posterior import Posterior
from payback.performance.training import training_cells

CELLS = training_cells(load_measurements(), load().gpus, load_eras())
FEW = tuple(cell for cell in CELLS if cell.task in ("resnet50", "ssd"))
REFIT = "run: python -m payback.performance.tune"


def test_parameters_are_fresh() -> None:
    """A changed measurement or specification asks for a new fit."""
    assert training_digest(CELLS, load_measurements()) == load_parameters().digest, REFIT


def test_the_shipped_parameters_are_at_the_top() -> None:
    """Three rounds from there gain less than one unit of log evidence, of more than a thousand."""
    hyper = load_parameters().hyper
    before = tuning.log_evidence(Posterior(CELLS, hyper))
    after = tuning.log_evidence(Posterior(CELLS, tuning.tune(CELLS, hyper, rounds=3)))

    assert after - before < 1, REFIT


@pytest.mark.parametrize("name", sorted(START))
def test_slopes_are_those_of_the_evidence(name: str) -> None:
    """Against differences of log evidence, on a tenth of the cells."""
    model = Posterior(FEW, START)
    step = 1e-4
    up, down = (tuning.log_evidence(Posterior(FEW, {**START, name: START[name] + sign * step})) for sign in (1, -1))

    assert (up - down) / (2 * step) == pytest.approx(tuning.gradient(model)[name], abs=2e-3)


def test_tuning_gains_evidence() -> None:
    """From the start, four rounds make the data more probable."""
    gained = [tuning.log_evidence(Posterior(FEW, tuning.tune(FEW, rounds=rounds))) for rounds in (0, 4)]

    assert gained[0] < gained[1]


def test_parameters_survive_the_table(tmp_path: Path) -> None:
    """Every name, value and meaning is written."""
    parameters = load_parameters()
    path = tmp_path / "speed_model.csv"
    tuning.write(parameters, path)

    assert path.read_text() == PARAMETERS_FILE.read_text()
