"""Choose the parameters of the speed model: ``python -m payback.performance.tune`` writes ``data/speed_model.csv``.

Run it after a change of ``data/throughput``, ``data/software_eras.csv`` or of
the figures of a measured GPU in ``data/gpus.csv``; a test fails until you do.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from payback.catalogue.catalogue import load
from payback.performance.cells import Cell, Floats
from payback.performance.covariance import (
    SCATTER_NAMES,
    START,
    Hyper,
    covariance,
    levels,
    noise_variance,
    residuals,
    scatter_factors,
    squared_distance,
    variance,
)
from payback.performance.crossvalidation import by_gpu, interval_scales, leave_one_out
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.parameters import PARAMETERS_FILE, Parameters, training_digest
from payback.performance.posterior import Posterior
from payback.performance.training import training_cells
from payback.performance.transfer import transfer_deviations

PRIOR_DEVIATION: Final = 1.0
"""How far, in logarithms, a parameter may stray from `START` before it costs half a unit of likelihood."""
FIRST_STEP, LARGEST_STEP, SMALLEST_STEP = 0.1, 0.3, 0.004
FASTER, SLOWER = 1.2, 0.5


def log_evidence(model: Posterior) -> float:
    """Logarithm of the probability of the data under the parameters, and of the parameters, up to a constant (P8)."""
    side, hyper = model.side, model.hyper
    matrix = covariance(side, side, hyper)
    matrix[np.diag_indices_from(matrix)] += noise_variance(side, hyper)
    _, log_determinant = np.linalg.slogdet(matrix)
    fit = model.residual @ np.linalg.solve(matrix, model.residual)
    return float(-0.5 * (fit + log_determinant)) - _penalty(hyper)


def gradient(model: Posterior) -> dict[str, float]:
    """Derivative of `log_evidence` to each parameter."""
    side, hyper = model.side, model.hyper
    pull = model.pull()
    slopes = {name: variance(hyper, name) * float(np.sum(pull * part)) for name, part in levels(side, side)}
    factors = scatter_factors(side, hyper)
    widened_pull = pull * np.outer(factors, factors)
    stretch = squared_distance(side, side) * np.exp(-2 * hyper["likeness_length"])
    length, widened = 0.0, np.zeros_like(pull)
    for name, part in residuals(side, side, hyper):
        weighted = variance(hyper, name) * part * widened_pull
        slopes[name] = float(weighted.sum())
        length += 0.5 * float(np.sum(weighted * stretch)) if name.startswith("like") else 0.0
        widened += weighted
    slopes["likeness_length"] = length
    slopes |= _noise_slopes(model, pull, widened)
    return {name: slopes[name] - (hyper[name] - START[name]) / PRIOR_DEVIATION**2 for name in hyper}


def _noise_slopes(model: Posterior, pull: Floats, widened: Floats) -> dict[str, float]:
    diagonal = np.diag(pull) * noise_variance(model.side, model.hyper)
    by_cell = widened.sum(axis=1) + diagonal
    kinds = {name: model.side.table.scatter == int(kind) for kind, name in SCATTER_NAMES.items()}
    return {"noise": float(diagonal.sum())} | {name: float(by_cell[mask].sum()) for name, mask in kinds.items()}


def tune(cells: Sequence[Cell], start: Hyper = START, rounds: int = 40) -> Hyper:
    """Parameters under which the measured cells are most probable.

    Each parameter moves in the direction of its slope by a step that grows
    while the sign stays and halves when it turns (resilient propagation,
    Riedmiller and Braun 1993).
    """
    hyper = dict(start)
    steps = dict.fromkeys(hyper, FIRST_STEP)
    before = dict.fromkeys(hyper, 0.0)
    for _ in range(rounds):
        slopes = gradient(Posterior(cells, hyper))
        for name, slope in slopes.items():
            turned = slope * before[name]
            factor = FASTER if turned > 0 else SLOWER if turned < 0 else 1.0
            steps[name] = min(LARGEST_STEP, max(SMALLEST_STEP / 2, steps[name] * factor))
            before[name] = 0.0 if turned < 0 else slope
            hyper[name] += steps[name] * float(np.sign(before[name]))
        if max(steps.values()) < SMALLEST_STEP:
            break
    return hyper


def _penalty(hyper: Hyper) -> float:
    return sum(0.5 * ((value - START[name]) / PRIOR_DEVIATION) ** 2 for name, value in hyper.items())


def fit_parameters(cells: Sequence[Cell]) -> Parameters:
    """Everything the speed model learns from the shipped tables beyond the measurements themselves."""
    hyper = {name: round(value, 3) for name, value in tune(cells).items()}
    predictions = leave_one_out(cells, by_gpu, lambda _: hyper)
    scales = {task: round(scale, 3) for task, scale in interval_scales(predictions).items()}
    model = Posterior(cells, hyper)
    transfer = transfer_deviations(model, load_measurements(), load().gpus, load_eras())
    return Parameters(
        hyper=hyper,
        scales=scales,
        transfer={name: round(value, 3) for name, value in transfer.items()},
        digest=training_digest(cells, load_measurements()),
    )


def write(parameters: Parameters, path: Path) -> None:
    """The parameters as a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "value", "source", "locator", "observed_on", "grade", "note"])
        for name, value, note in parameters.rows():
            writer.writerow(
                [name, value, "payback-speed-model", "python -m payback.performance.tune", "", "derived", note]
            )


def main() -> None:
    """Fit and write."""
    cells = training_cells(load_measurements(), load().gpus, load_eras())
    parameters = fit_parameters(cells)
    write(parameters, PARAMETERS_FILE)
    sys.stderr.write(f"{len(cells)} cells; wrote {PARAMETERS_FILE}\n")


if __name__ == "__main__":
    main()
