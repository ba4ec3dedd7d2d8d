"""Elementary functions in 32-bit floats: the error bounds that docs/method/uncertainty.md states, over their ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from payback.decision.uncertainty.elementary import cos_turn, exp32, log32, sin_turn

POINTS = 1_000_003


def mapped(function: Any, arguments: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    @numba.njit(fastmath={"contract", "nsz"}, error_model="numpy")
    def run(values: Any, out: Any) -> None:
        for place in range(values.size):
            out[place] = function(values[place])

    out = np.empty_like(arguments)
    run(arguments, out)
    return out


def shares() -> np.ndarray[Any, Any]:
    """Every kind of argument the generator gives the logarithm: (k + 1)·2^-24, its ends included."""
    k = np.unique(np.concatenate([np.arange(4096), np.arange(2**24 - 4096, 2**24), np.arange(0, 2**24, 61)]))
    return ((k + 1) * 2.0**-24).astype(np.float32)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(shares(), id="shares"),
        pytest.param(np.linspace(0.5, 2.0, POINTS, dtype=np.float32), id="around 1"),
        pytest.param(np.logspace(-37, 37, POINTS).astype(np.float32), id="whole range"),
    ],
)
def test_the_logarithm_is_right_to_its_last_bits(arguments: np.ndarray[Any, Any]) -> None:
    """|log32(x) − ln x| < 1e-7 · max(|ln x|, 2^-24): about one unit in the last place, near 1 as well."""
    exact = np.log(arguments.astype(np.float64))
    error = np.abs(mapped(log32, arguments) - exact)

    assert np.max(error / np.maximum(np.abs(exact), 2.0**-24)) < 1e-7


def test_the_exponential_is_right_to_its_last_bits() -> None:
    """Relative error below 1e-7 up to ±87, and exp32(0) is exactly 1, so that what does not vary stays exact."""
    arguments = np.concatenate([np.linspace(-87, 87, POINTS), np.linspace(-3, 3, POINTS)]).astype(np.float32)
    exact = np.exp(arguments.astype(np.float64))

    assert np.max(np.abs(mapped(exp32, arguments) / exact - 1.0)) < 1e-7
    assert mapped(exp32, np.zeros(1, np.float32))[0] == 1.0


def test_the_exponential_stays_finite() -> None:
    """Arguments beyond ±87 are taken as ±87."""
    out = mapped(exp32, np.array([-1e9, -87.0, 87.0, 1e9], np.float32))

    assert np.isfinite(out).all()
    assert out[0] == out[1]
    assert out[2] == out[3]


@pytest.mark.parametrize(("function", "exact"), [(sin_turn, np.sin), (cos_turn, np.cos)])
def test_sine_and_cosine_of_an_eighth_turn(function: Any, exact: Callable[[Any], Any]) -> None:
    """Absolute error below 1e-7 for t from −1 to 1."""
    t = np.linspace(-1, 1, POINTS, dtype=np.float32)
    error = np.abs(mapped(function, t) - exact(np.pi / 4 * t.astype(np.float64)))

    assert np.max(error) < 1e-7
