"""Many samples become one figure: median, quartiles and a spread that ignores stray outliers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final

NORMAL_IQR_PER_SIGMA: Final = 1.349
"""Width of the middle half of a normal distribution, in standard deviations."""


def quartiles(samples: Sequence[float]) -> tuple[float, float, float]:
    """The 25th, 50th and 75th percentile, interpolated linearly between samples.

    Args:
        samples: At least one value, in any order.

    Returns:
        First quartile, median, third quartile, in the unit of the samples.

    Raises:
        ValueError: There are no samples.

    Example:
        >>> quartiles([4, 1, 3, 2, 5])
        (2.0, 3.0, 4.0)
    """
    ordered = sorted(samples)
    return _at(ordered, 0.25), _at(ordered, 0.5), _at(ordered, 0.75)


def spread(samples: Sequence[float]) -> float | None:
    """Robust coefficient of variation: IQR / (1.349 x median), a share.

    For normally distributed samples it equals standard deviation over mean; a
    single sample delayed by the operating system does not move it.

    Returns:
        Share of the median; None for fewer than 4 samples or a median of 0, where nothing can be said.

    Example:
        >>> round(spread([98, 99, 100, 101, 102]), 4)
        0.0148
        >>> spread([1.0]) is None
        True
    """
    if len(samples) < 4:
        return None
    first, middle, third = quartiles(samples)
    return (third - first) / (NORMAL_IQR_PER_SIGMA * middle) if middle else None


def significant(value: float, digits: int = 6) -> float:
    """`value` rounded to significant digits, so that raw samples stay short in the file.

    Example:
        >>> significant(1234.56789), significant(0.000123456789)
        (1234.57, 0.000123457)
    """
    return float(f"{value:.{digits}g}")


def median(samples: Sequence[float]) -> float:
    """The middle of the samples, as a float."""
    return float(statistics.median(samples))


def _at(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        raise ValueError("no samples: nothing was measured")
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (position - below))
