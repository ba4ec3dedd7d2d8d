"""Measurement 10: energy by the card's own counter, or by integrating its power."""

from __future__ import annotations

import itertools
from collections.abc import Sequence


def integrate_j(times_s: Sequence[float], powers_w: Sequence[float | None]) -> float | None:
    """Energy by the trapezoidal rule over irregular readings.

    Args:
        times_s: When each reading was taken [s], ascending.
        powers_w: Power at that moment [W]; None where the sensor was silent, bridged by its neighbours.

    Returns:
        Energy between the first and the last known reading [J]; None with fewer than two.

    Example:
        >>> integrate_j([0, 1, 2], [100, 100, 200])
        250.0
    """
    known = [(time, power) for time, power in zip(times_s, powers_w, strict=True) if power is not None]
    if len(known) < 2:
        return None
    pairs = itertools.pairwise(known)
    return float(sum((t2 - t1) * (p1 + p2) / 2 for (t1, p1), (t2, p2) in pairs))


def per_unit_j(energy_j: float | None, units: float) -> float | None:
    """Energy of one image, sequence or token [J]; None when either is unknown or nothing was done.

    Example:
        >>> per_unit_j(250.0, 500)
        0.5
    """
    return None if energy_j is None or units <= 0 else energy_j / units
