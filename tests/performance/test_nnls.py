"""Least squares without negative coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payback.performance.nnls import nnls


def _problem(seed: int, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)), rng.normal(size=rows)


def test_a_negative_coefficient_is_set_to_zero() -> None:
    """x + 2 y with targets 3 and -4 on the axes: y would be -2."""
    found = nnls(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([3.0, -4.0]))

    assert [3.0, 0.0] == found.tolist()


@given(seed=st.integers(0, 10_000), rows=st.integers(5, 20), columns=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_the_conditions_of_an_optimum_hold(seed: int, rows: int, columns: int) -> None:
    """No coefficient below zero; no gradient that a step could follow; none at a coefficient that is free."""
    matrix, target = _problem(seed, rows, columns)

    found = nnls(matrix, target)
    gradient = matrix.T @ (target - matrix @ found)

    assert (found >= 0).all()
    assert (gradient <= 1e-7).all()
    assert np.abs(gradient * found).max() <= 1e-7


@pytest.mark.parametrize("seed", range(20))
def test_scipy_finds_the_same(seed: int) -> None:
    """An independent implementation of the same problem."""
    oracle = pytest.importorskip("scipy.optimize")
    matrix, target = _problem(seed, 12, 5)

    assert oracle.nnls(matrix, target)[0] == pytest.approx(nnls(matrix, target), abs=1e-9)
