"""What a machine is still worth after some months."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from statistics import median

from payback.units import MONTHS_PER_YEAR


def straight_line_residual_usd(capital_usd: float, month: int, useful_life_months: int) -> float:
    """Book value on a straight line to zero.

    R(m) = C · max(0, 1 − m / L)                                           (C7)

    Args:
        capital_usd: Price paid. [USD]
        month: Age. [months]
        useful_life_months: Life L. [months]

    Example:
        >>> round(straight_line_residual_usd(3000, 2, 36), 2)
        2833.33
    """
    return capital_usd * max(0.0, 1.0 - month / useful_life_months)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resale:
    """One used price set against the price when new."""

    age_months: float
    kept_share: float
    """Used price over launch price; may exceed 1."""
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionCurve:
    """How much of its price a part keeps: an exponential with its spread.

    kept(m) = exp(−λ · m / 12)                                             (C8)
    """

    decay_per_year: float
    """λ, the median over observed resales of −12 ln(kept) / age. [1/year]"""
    low_decay_per_year: float
    high_decay_per_year: float
    """10th and 90th percentile of the same. [1/year]"""
    observations: int
    facts: tuple[str, ...]

    def kept_share(self, month: float) -> float:
        """Share of the price left at an age; never more than was paid. [months]

        Example:
            >>> curve = RetentionCurve(decay_per_year=0.2, low_decay_per_year=0, high_decay_per_year=1,
            ...                        observations=9, facts=())
            >>> round(curve.kept_share(12), 3)
            0.819
        """
        return min(1.0, exp(-self.decay_per_year * month / MONTHS_PER_YEAR))


MIN_OBSERVATIONS = 12
MIN_AGE_MONTHS = 6.0
"""Younger resales say more about scarcity at launch than about ageing."""


def fit_retention(resales: list[Resale]) -> RetentionCurve | None:
    """The median yearly decay among observed resales; None where there are too few to say.

    The median, because asking prices of rare cards reach several times the
    launch price and a least-squares line would follow them.

    Args:
        resales: Used prices over launch prices, each with its age.
    """
    old = [resale for resale in resales if resale.age_months >= MIN_AGE_MONTHS and resale.kept_share > 0]
    if len(old) < MIN_OBSERVATIONS:
        return None
    decays = sorted(-log(resale.kept_share) * MONTHS_PER_YEAR / resale.age_months for resale in old)
    return RetentionCurve(
        decay_per_year=max(0.0, median(decays)),
        low_decay_per_year=decays[len(decays) // 10],
        high_decay_per_year=decays[(len(decays) * 9) // 10],
        observations=len(old),
        facts=tuple(resale.fact for resale in old),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAndUsed:
    """A GPU's used price and its price when bought new, seen within weeks of each other."""

    used_usd: float
    new_usd: float
    facts: tuple[str, ...]


MIN_PAIRS = 5


def new_to_used_share(pairs: list[NewAndUsed]) -> float | None:
    """Share of its price that a new GPU keeps on the day it becomes a used one; None where too few pairs are known.

    s = median(used / new), at most 1                                     (C8b)

    Args:
        pairs: One pair a GPU, so that no long series outvotes the rest.

    Example:
        >>> pair = NewAndUsed(used_usd=600, new_usd=800, facts=())
        >>> new_to_used_share([pair] * 5), new_to_used_share([pair])
        (0.75, None)
    """
    if len(pairs) < MIN_PAIRS:
        return None
    return min(1.0, median(pair.used_usd / pair.new_usd for pair in pairs))
