"""How far the model errs on GPUs it has never seen, and how wide its intervals must therefore be (P8, P9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np

from payback.performance.cells import Cell
from payback.performance.covariance import Hyper
from payback.performance.posterior import Posterior

TAIL_80: Final = 1.2815515655446004
"""Standard normal quantile of 90 %: an 80 % interval reaches this many deviations to both sides."""
COVERAGE: Final = 0.8
CALIBRATION_WEIGHT: Final = 20
"""How many residuals of its own a task needs before they weigh as much as those of all tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A cell predicted without any knowledge of its GPU (or of its architecture)."""

    cell: Cell
    log_speed: float
    deviation: float

    @property
    def log_error(self) -> float:
        """Logarithm of predicted over measured speed."""
        return self.log_speed - log(self.cell.throughput or 1.0)

    @property
    def relative_error(self) -> float:
        """Predicted over measured speed, less one."""
        return exp(self.log_error) - 1

    @property
    def standardised(self) -> float:
        """Size of the error in the model's own standard deviations."""
        return abs(self.log_error) / self.deviation


def by_gpu(cell: Cell) -> str:
    """Hold out one variant of a GPU: every row of it, whatever the software."""
    return cell.gpu


def by_architecture(cell: Cell) -> str:
    """Hold out a whole generation."""
    return cell.architecture


def leave_one_out(
    cells: Sequence[Cell], group: Callable[[Cell], str], hyper_of: Callable[[Sequence[Cell]], Hyper]
) -> list[Prediction]:
    """Each cell predicted from the cells of all other groups.

    Args:
        cells: Measured cells.
        group: What is held out together.
        hyper_of: Chooses the parameters from the training cells alone.

    Returns:
        Predictions of the cells whose task and precision were measured outside their group.
    """
    out: list[Prediction] = []
    for name in sorted({group(cell) for cell in cells}):
        train = [cell for cell in cells if group(cell) != name]
        model = Posterior(train, hyper_of(train))
        test = [cell for cell in cells if group(cell) == name and cell.column in model.columns]
        if not test:
            continue
        estimates = model.estimate(test)
        pairs = zip(test, estimates.mean, estimates.deviation, strict=True)
        out += [Prediction(cell=cell, log_speed=float(mean), deviation=float(sd)) for cell, mean, sd in pairs]
    return out


def interval_scales(predictions: Iterable[Prediction]) -> dict[str, float]:
    """Factor on the model's deviation, by task, at which 80 % of the held-out cells lie inside (P9).

    A task's own residuals are weighed against those of all tasks; "" is the
    factor of a task without residuals.
    """
    by_task: dict[str, list[float]] = {"": []}
    for one in predictions:
        by_task[""].append(one.standardised)
        by_task.setdefault(one.cell.task, []).append(one.standardised)
    common = float(np.quantile(by_task[""], COVERAGE)) / TAIL_80
    return {task: _shrunk(values, common) if task else common for task, values in by_task.items()}


def _shrunk(standardised: Sequence[float], common: float) -> float:
    count = len(standardised)
    own = float(np.quantile(standardised, COVERAGE)) / TAIL_80
    return (count * own + CALIBRATION_WEIGHT * common) / (count + CALIBRATION_WEIGHT)


def honest_coverage(predictions: Sequence[Prediction], group: Callable[[Cell], str]) -> list[bool]:
    """Whether each held-out cell lies in its 80 % interval, the widths taken from the other groups alone."""
    inside: list[bool] = []
    for name in sorted({group(one.cell) for one in predictions}):
        scales = interval_scales(one for one in predictions if group(one.cell) != name)
        held_out = (one for one in predictions if group(one.cell) == name)
        inside.extend(one.standardised <= TAIL_80 * scale_of(one.cell.task, scales) for one in held_out)
    return inside


def scale_of(task: str, scales: Mapping[str, float]) -> float:
    """The factor of a task, or the common one."""
    return scales.get(task, scales[""])
