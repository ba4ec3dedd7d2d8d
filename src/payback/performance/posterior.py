"""What the measurements say about cells nobody measured: a Gaussian process about the pooled roofline (P3 to P7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payback.errors import BadCatalogueError
from payback.performance.cells import Cell, Floats, Vocabulary, log_speed, tabulate
from payback.performance.covariance import Hyper, Side, covariance, noise_variance
from payback.performance.roofline import Roofline, fit_roofline


@dataclass(frozen=True, slots=True)
class Estimates:
    """Logarithms of speed of some cells."""

    mean: Floats
    covariance: Floats
    """Of the law itself; what one run scatters about it is in `noise`."""
    noise: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviation of one measured logarithm, cell by cell."""
        return np.asarray(np.sqrt(np.diag(self.covariance) + self.noise), dtype=np.float64)


class Posterior:
    """The speed table after seeing the measured cells."""

    def __init__(self, cells: Sequence[Cell], hyper: Hyper) -> None:
        """Fit roofline and residuals to measured cells."""
        self._vocabulary = Vocabulary()
        table = tabulate(cells, self._vocabulary)
        self.roofline: Roofline = fit_roofline(cells, table)
        self.hyper = hyper
        self.columns = frozenset(table.columns)
        self._eras = {(cell.task, cell.era) for cell in cells}
        self._side, law = self._work_out(cells)
        residual = log_speed(cells) - law
        self._level = _column_means(table.columns, residual)
        self.residual: Floats = residual - np.array([self._level[column] for column in table.columns])
        matrix = covariance(self._side, self._side, hyper)
        matrix[np.diag_indices_from(matrix)] += noise_variance(self._side, hyper)
        self._inverse: Floats = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        self._weights: Floats = self._inverse @ self.residual

    @property
    def side(self) -> Side:
        """The measured cells as the covariance sees them."""
        return self._side

    def eras_of(self, task: str) -> tuple[str, ...]:
        """The software a task was measured with."""
        return tuple(sorted(era for one, era in self._eras if one == task))

    def pull(self) -> Floats:
        """Derivative of the log evidence to each entry of the covariance, doubled: w w' - K^-1."""
        return np.asarray(np.outer(self._weights, self._weights) - self._inverse, dtype=np.float64)

    def estimate(self, cells: Sequence[Cell]) -> Estimates:
        """Speeds of cells whose task and precision were measured on some GPU (P7).

        Raises:
            BadCatalogueError: A cell asks for a task and precision nobody measured.
        """
        unknown = [cell.column for cell in cells if cell.column not in self.columns]
        if unknown:
            raise BadCatalogueError(f"no GPU was measured on {unknown[0]}; expected one of {sorted(self.columns)}")
        side, law = self._work_out(cells)
        across = covariance(side, self._side, self.hyper)
        level = np.array([self._level[cell.column] for cell in cells])
        spread = covariance(side, side, self.hyper) - across @ self._inverse @ across.T
        return Estimates(
            mean=law + level + across @ self._weights,
            covariance=(spread + spread.T) / 2,
            noise=noise_variance(side, self.hyper),
        )

    def _work_out(self, cells: Sequence[Cell]) -> tuple[Side, Floats]:
        table = tabulate(cells, self._vocabulary)
        terms = self.roofline.terms(table)
        time = terms.sum(axis=1)
        return Side(table, terms / time[:, None]), -np.log(time)


def _column_means(columns: Sequence[str], residual: Floats) -> dict[str, float]:
    sums: dict[str, list[float]] = {}
    for column, value in zip(columns, residual, strict=True):
        sums.setdefault(column, []).append(float(value))
    return {column: float(np.mean(values)) for column, values in sums.items()}
