"""Sobol indices from sums, so that no output of a simulation is stored.

Pick-freeze: A and B are two independent samples, AB_i is A with input i taken
from B. For an output f with variance V:

    S_i  = mean((f_B − c)·(f_ABi − f_A)) / V      first order              (U20)
    ST_i = mean((f_A − f_ABi)²) / (2V)            total                    (U21)

after Saltelli et al. (2010, doi 10.1016/j.cpc.2009.09.018) and Jansen (1999,
doi 10.1016/S0010-4655(98)00154-4); c is the mean. Intervals come from drawing
whole chunks again with replacement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INTERVAL_SHARE = 0.95
RESAMPLES = 200
PLAIN = 4
"""Sums that no input belongs to: Σ A, Σ A², Σ B, Σ B²."""
BY_INPUT = 3
"""Sums of each input: Σ AB, Σ B·(AB − A), Σ (A − AB)²."""


@dataclass(frozen=True, slots=True)
class Indices:
    """First-order and total indices with their intervals; outputs x inputs."""

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    variance: Floats
    """Of each output."""


def sums_of(sample_a: Floats, sample_b: Floats, swapped: Floats) -> Floats:
    """What one chunk adds: sums x outputs.

    Args:
        sample_a: Outputs x scenarios.
        sample_b: The same of the second sample.
        swapped: Inputs x outputs x scenarios, of A with that input from B.
    """
    plain = [sample_a.sum(1), (sample_a**2).sum(1), sample_b.sum(1), (sample_b**2).sum(1)]
    rows = [*plain]
    for one in swapped:
        rows += [one.sum(1), (sample_b * (one - sample_a)).sum(1), ((sample_a - one) ** 2).sum(1)]
    return np.array(rows)


def indices(chunks: Floats, scenarios: Floats, *, seed: int, resamples: int = RESAMPLES) -> Indices:
    """Indices of every output and input.

    Args:
        chunks: Sums of each chunk, chunks x sums x outputs.
        scenarios: Scenarios of each chunk.
        seed: For drawing chunks again.
        resamples: How often.
    """
    whole = np.ones((1, scenarios.size))
    first, total, variance = _estimate(whole, chunks, scenarios)
    generator = np.random.Generator(np.random.Philox(seed))
    weights = generator.multinomial(scenarios.size, np.full(scenarios.size, 1 / scenarios.size), resamples)
    firsts, totals, _ = _estimate(weights.astype(np.float64), chunks, scenarios)
    edge = (1.0 - INTERVAL_SHARE) / 2
    first_low, first_high = np.quantile(firsts, [edge, 1 - edge], axis=0)
    total_low, total_high = np.quantile(totals, [edge, 1 - edge], axis=0)
    return Indices(
        first=first[0],
        first_low=first_low,
        first_high=first_high,
        total=total[0],
        total_low=total_low,
        total_high=total_high,
        variance=variance[0],
    )


def _estimate(weights: Floats, chunks: Floats, scenarios: Floats) -> tuple[Floats, Floats, Floats]:
    """U20 and U21 for each row of chunk weights: rows x outputs x inputs, and the variance."""
    count = (weights @ scenarios)[:, None]
    sums = np.einsum("rc,cso->rso", weights, chunks, optimize=True)
    mean = (sums[:, 0] + sums[:, 2]) / (2 * count)
    variance = np.maximum((sums[:, 1] + sums[:, 3]) / (2 * count) - mean**2, 0.0)
    by_input = sums[:, PLAIN:].reshape(sums.shape[0], -1, BY_INPUT, sums.shape[2])
    moved = by_input[:, :, 1] - mean[:, None] * (by_input[:, :, 0] - sums[:, None, 0])
    safe = np.where(variance > 0, variance, 1.0)[:, None]
    first = np.where(variance[:, None] > 0, moved / count[:, None] / safe, 0.0)
    total = np.where(variance[:, None] > 0, by_input[:, :, 2] / (2 * count[:, None]) / safe, 0.0)
    return first.transpose(0, 2, 1), total.transpose(0, 2, 1), variance
