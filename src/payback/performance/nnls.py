"""Least squares with coefficients that cannot be negative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def nnls(matrix: Floats, target: Floats) -> Floats:
    """The vector x >= 0 with the least ||matrix @ x - target||.

    Args:
        matrix: One row an equation, one column a coefficient.
        target: Right-hand side.

    Returns:
        The coefficients; those at their bound are exactly 0.

    Source:
        Active-set method of Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23.

    Example:
        >>> nnls(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0])).tolist()
        [2.0, 0.0]
    """
    count = matrix.shape[1]
    solution = np.zeros(count)
    free = np.zeros(count, dtype=bool)
    tolerance = 1e-10 * float(np.abs(matrix.T @ target).max(initial=1.0))
    for _ in range(3 * count):
        gradient = matrix.T @ (target - matrix @ solution)
        if free.all() or gradient[~free].max() <= tolerance:
            break
        free[np.flatnonzero(~free)[gradient[~free].argmax()]] = True
        solution = _stay_positive(matrix, target, solution, free)
    return solution


def _stay_positive(matrix: Floats, target: Floats, solution: Floats, free: NDArray[np.bool_]) -> Floats:
    while True:
        candidate = np.zeros_like(solution)
        candidate[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
        leaving = free & (candidate <= 0)
        if not leaving.any():
            return candidate
        step = float((solution[leaving] / (solution[leaving] - candidate[leaving])).min())
        solution = solution + step * (candidate - solution)
        free &= solution > 1e-14
        solution[~free] = 0.0
