"""Sobol indices: Ishigami's function, whose indices are known, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from payback.decision.uncertainty import philox
from payback.decision.uncertainty.indices import Indices, indices, sums_of

Floats = NDArray[np.float64]
A, B = 7.0, 0.1
CHUNKS, SIZE = 64, 2048


def ishigami(x: Floats) -> Floats:
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ for x from −π to π."""
    return np.asarray(np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0]))


def known() -> tuple[Floats, Floats, float]:
    """First and total indices and the variance (Ishigami and Homma 1990)."""
    variance = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
    one = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    both = B**2 * np.pi**8 * 8 / 225
    return (
        np.array([one, A**2 / 8, 0.0]) / variance,
        np.array([one + both, A**2 / 8, both]) / variance,
        float(variance),
    )


def points(first: int, replicate: int) -> Floats:
    numbers = np.arange(first, first + SIZE, dtype=np.uint64)
    words = philox.words(numbers, 0, replicate, (11, 12))
    return np.array([(2 * philox.share(word) - 1) * np.pi for word in words[:3]])


def estimated(outputs: int = 1) -> Indices:
    """Chunk by chunk; output k is k + 1 times the function, plus k thousand, whose indices are the same."""
    chunks = []
    for chunk in range(CHUNKS):
        a, b = points(chunk * SIZE, 0), points(chunk * SIZE, 1)
        samples = [a, b]
        for one in range(3):
            mixed = a.copy()
            mixed[one] = b[one]
            samples.append(mixed)
        values = [np.array([(k + 1) * ishigami(x) + 1000.0 * k for k in range(outputs)]) for x in samples]
        chunks.append(sums_of(values[0], values[1], np.array(values[2:])))
    return indices(np.array(chunks), np.full(CHUNKS, float(SIZE)), seed=1)


def test_ishigamis_indices() -> None:
    """First 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437: within three standard errors, below 0.01 each."""
    first, total, variance = known()
    found = estimated()

    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=1e-4)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=1e-4)
    for value, low, high, expected in (
        (found.first[0], found.first_low[0], found.first_high[0], first),
        (found.total[0], found.total_low[0], found.total_high[0], total),
    ):
        error = (high - low) / (2 * 1.96)
        assert np.all(error < 0.01)
        assert np.all(np.abs(value - expected) < 3 * error)
    assert found.variance[0] == pytest.approx(variance, rel=0.02)


def test_outputs_do_not_disturb_each_other() -> None:
    """Scaled and shifted outputs have the indices of the plain one, a shift of thousands included."""
    found = estimated(3)

    assert found.first == pytest.approx(np.repeat(found.first[:1], 3, axis=0), abs=1e-6)
    assert found.total == pytest.approx(np.repeat(found.total[:1], 3, axis=0), abs=1e-6)


def test_an_output_that_does_not_vary_has_no_indices() -> None:
    """0 of 0 is stated as 0, not as a number without meaning."""
    same = np.full((1, 10), 5.0)
    found = indices(np.array([sums_of(same, same, np.array([same, same]))] * 2), np.full(2, 10.0), seed=1)

    assert found.first.tolist() == [[0.0, 0.0]]
    assert found.total.tolist() == [[0.0, 0.0]]


def test_an_additive_function_has_first_indices_that_are_total() -> None:
    """x₁ + 2·x₂: 1/5 and 4/5 both times."""
    chunks = []
    for chunk in range(CHUNKS):
        a, b = points(chunk * SIZE, 0), points(chunk * SIZE, 1)
        values = [(x[0] + 2 * x[1])[None] for x in (a, b, np.array([b[0], a[1]]), np.array([a[0], b[1]]))]
        chunks.append(sums_of(values[0], values[1], np.array(values[2:])))
    found = indices(np.array(chunks), np.full(CHUNKS, float(SIZE)), seed=1)

    assert found.first[0] == pytest.approx([0.2, 0.8], abs=0.01)
    assert found.total[0] == pytest.approx([0.2, 0.8], abs=0.01)
