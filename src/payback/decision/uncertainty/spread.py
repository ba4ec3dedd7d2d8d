"""One uncertain number: its middle and the interval that holds it in four cases of five."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist
from typing import Literal

Z_80 = NormalDist().inv_cdf(0.9)
"""Half width of the 80 % interval of a standard normal, in standard deviations: 1.2816."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A normal or lognormal of two halves, through its 10th, 50th and 90th percentile.

    normal:    x(z) = middle + s·z                                         (U1)
    lognormal: x(z) = middle · exp(s·z)                                    (U2)

    with s from `low` where z < 0 and from `high` where z > 0, so that an
    uneven interval is honoured as it was stated.

    Example:
        >>> Spread.lognormal(0.5, 1.0, 4.0).at(Z_80)
        4.0
    """

    kind: Literal["normal", "lognormal"]
    low: float
    """10th percentile."""
    middle: float
    """Median."""
    high: float
    """90th percentile."""

    def __post_init__(self) -> None:
        if not self.low <= self.middle <= self.high:
            raise ValueError(f"a spread must be in order: {self.low}, {self.middle}, {self.high}")
        if self.kind == "lognormal" and not self.is_constant and self.low <= 0:
            raise ValueError(f"a lognormal spread must be above zero: {self.low}, {self.middle}, {self.high}")

    @classmethod
    def normal(cls, low: float, middle: float, high: float) -> Spread:
        """A spread whose halves are straight."""
        return cls(kind="normal", low=low, middle=middle, high=high)

    @classmethod
    def lognormal(cls, low: float, middle: float, high: float) -> Spread:
        """A spread whose halves are proportional."""
        return cls(kind="lognormal", low=low, middle=middle, high=high)

    @classmethod
    def constant(cls, value: float) -> Spread:
        """A number nobody doubts."""
        return cls(kind="normal", low=value, middle=value, high=value)

    @classmethod
    def gaussian(cls, mean: float, deviation: float) -> Spread:
        """A plain normal."""
        return cls.normal(mean - Z_80 * deviation, mean, mean + Z_80 * deviation)

    @property
    def is_constant(self) -> bool:
        """Whether it has no width."""
        return self.low == self.high

    @property
    def halves(self) -> tuple[float, float]:
        """Standard deviation below and above the middle; of the logarithm for a lognormal."""
        if self.is_constant:
            return 0.0, 0.0
        if self.kind == "normal":
            return (self.middle - self.low) / Z_80, (self.high - self.middle) / Z_80
        return log(self.middle / self.low) / Z_80, log(self.high / self.middle) / Z_80

    def at(self, z: float) -> float:
        """The value at a standard normal deviate (U1, U2)."""
        below, above = self.halves
        step = z * (below if z < 0 else above)
        return self.middle + step if self.kind == "normal" else self.middle * exp(step)

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {"kind": self.kind, "p10": self.low, "p50": self.middle, "p90": self.high}
