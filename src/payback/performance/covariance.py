"""How much two cells of the speed table tell of each other, beyond the roofline (P4 to P6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from payback.performance.cells import Floats, Table
from payback.performance.tasks import Scatter

Hyper = Mapping[str, float]
Mask = NDArray[np.bool_]
SHARES: Final = ("share_tensor", "share_bandwidth", "share_fp32", "share_constant", "share_batch")
LEVEL_VARIANCE: Final = 25.0
"""Prior variance of a column's level: wide enough that the data alone decide."""
ERA_MEMORY_A: Final = 3.0
"""Years over which the effect of software decays into that of other software. [a]"""
SCATTER_NAMES: Final = {
    Scatter.PROCESSOR: "scatter_processor",
    Scatter.MEMORY: "scatter_memory",
    Scatter.OTHER_SUITE: "scatter_other_suite",
}
START: Final[Hyper] = {
    "era": -2.5,
    "era_column": -3.0,
    "share_tensor": -1.0,
    "share_bandwidth": -1.0,
    "share_fp32": -1.0,
    "share_constant": -1.0,
    "share_batch": -1.0,
    "likeness_length": 1.5,
    "like": -1.5,
    "like_column": -2.0,
    "like_family": -2.5,
    "architecture": -3.0,
    "architecture_era": -2.6,
    "card": -3.0,
    "card_task": -3.0,
    "card_family": -3.5,
    "noise": -3.0,
    "scatter_processor": 0.7,
    "scatter_memory": 0.7,
    "scatter_other_suite": 0.0,
}
"""Where the search for the parameters starts, and the centre of their prior; natural logarithms of standard
deviations, of the length of likeness, and of the factors of scatter."""


@dataclass(frozen=True, slots=True)
class Side:
    """Cells with the roofline's terms worked out."""

    table: Table
    sensitivity: Floats
    """Share of each roofline term in the step; what a change of that share does to the logarithm of time."""

    @property
    def log_figures(self) -> Floats:
        """Logarithms of the five figures in which GPUs are compared."""
        return np.asarray(np.log(self.table.figures), dtype=np.float64)


def squared_distance(one: Side, two: Side) -> Floats:
    """Squared distance of every pair of cells in the logarithms of their figures."""
    a, b = one.log_figures, two.log_figures
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0), dtype=np.float64)


def scatter_factors(side: Side, hyper: Hyper) -> Floats:
    """Factor by which each cell strays more than a plain task."""
    factors = np.ones(len(side.table))
    for kind, name in SCATTER_NAMES.items():
        factors[side.table.scatter == int(kind)] = np.exp(hyper[name])
    return factors


def noise_variance(side: Side, hyper: Hyper) -> Floats:
    """Variance of one measured logarithm about the law, cell by cell."""
    return np.asarray(np.exp(2 * hyper["noise"]) * scatter_factors(side, hyper) ** 2, dtype=np.float64)


def levels(one: Side, two: Side) -> Iterator[tuple[str, Floats | Mask]]:
    """Parts of the covariance that scatter does not widen: software eras and shares of the roofline (P4, P5)."""
    column = _same(one, two, "column")
    era = np.exp(-np.abs(one.table.year[:, None] - two.table.year[None, :]) / ERA_MEMORY_A)
    yield "era", era
    yield "era_column", era * column
    for index, name in enumerate(SHARES):
        yield name, np.multiply.outer(one.sensitivity[:, index], two.sensitivity[:, index]) * column


def residuals(one: Side, two: Side, hyper: Hyper) -> Iterator[tuple[str, Floats | Mask]]:
    """Parts of the covariance that scatter widens: likeness, architecture and card (P6)."""
    like = squared_distance(one, two)
    like *= -0.5 * np.exp(-2 * hyper["likeness_length"])
    np.exp(like, out=like)
    yield "like", like
    yield "like_column", like * _same(one, two, "column")
    yield "like_family", like * _same(one, two, "kin")
    for name in ("architecture", "architecture_era", "card", "card_task", "card_family"):
        yield name, _same(one, two, name)


def covariance(one: Side, two: Side, hyper: Hyper) -> Floats:
    """Covariance of the logarithms of speed of two sets of cells, without the noise of measuring."""
    total = _weighted_sum(levels(one, two), hyper, (len(one.table), len(two.table)))
    total += LEVEL_VARIANCE * _same(one, two, "column")
    widened = _weighted_sum(residuals(one, two, hyper), hyper, total.shape)
    widened *= scatter_factors(one, hyper)[:, None]
    widened *= scatter_factors(two, hyper)[None, :]
    total += widened
    return total


def variance(hyper: Hyper, name: str) -> float:
    """Variance of one part of the covariance, from the logarithm of its standard deviation."""
    return float(np.exp(2 * hyper[name]))


def _weighted_sum(parts: Iterator[tuple[str, Floats | Mask]], hyper: Hyper, shape: tuple[int, ...]) -> Floats:
    total, scratch = np.zeros(shape), np.empty(shape)
    for name, part in parts:
        np.multiply(part, variance(hyper, name), out=scratch)
        total += scratch
    return total


def _same(one: Side, two: Side, label: str) -> Mask:
    return np.asarray(one.table.codes[label][:, None] == two.table.codes[label][None, :], dtype=np.bool_)
