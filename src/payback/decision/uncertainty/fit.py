"""Price paths, resale and tariffs fitted to what had been observed by the day of the question.

Small, uneven histories: a handful of sightings an offer, months or years
apart. So the fits are few-parameter, robust and held near a wide prior that
grows weak as evidence comes in; nothing seen after the day enters.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty.inputs import Wander
from payback.decision.uncertainty.spread import Spread
from payback.evidence import Fact
from payback.units import DAYS_PER_YEAR

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A price of one thing on a day."""

    series: str
    """What was priced: the same offer, card or tariff."""
    group: str
    """What it belongs to: no group may outvote the others by being seen more often."""
    day: dt.date
    price_usd: float
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Two sightings of one series, one after the other."""

    group: str
    start: dt.date
    years: float
    change: float
    """Logarithm of the later price over the earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is held before any history is seen, and how much history it is worth."""

    drift_deviation: float
    """Standard deviation of the yearly drift about zero: prices may rise as well as fall. [1/year]"""
    groups: float
    """Groups of series that the prior on the drift is worth."""
    wander: Wander = Wander()
    moves: float = 0.0
    """Moves, of a quarter and of a year each, that the prior on the stray is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFit:
    """A fitted trend and stray, and how much it rests on."""

    drift: Spread
    wander: Wander
    jumps_per_year: float
    jump_sizes: tuple[float, ...]
    moves: int
    series_years: float
    groups: int
    trend_years: float
    """How long a trend of one group has been seen to last. [years]"""
    facts: tuple[Fact, ...]
    """The prices it rests on."""

    def drift_over(self, years: float) -> Spread:
        """The yearly drift over a horizon: beyond what was seen to last, groups fall back to their common trend (U12).

        deviation · min(1, seen / years)

        so that a rise of a year or two is not carried on for ten.
        """
        low, middle, high = self.drift.low, self.drift.middle, self.drift.high
        share = min(1.0, self.trend_years / years)
        return Spread.normal(middle - share * (middle - low), middle, middle + share * (high - middle))


LEAST_TREND_YEARS = 3.0
"""A trend may last as long as this even where no history is that long."""
MIN_SPAN_YEARS = 0.5
"""A trend needs at least this long a series."""
JUMP = 0.1
"""A move of the logarithm beyond this counts as a jump."""
ALIKE = 1e-6
"""Jumps that differ by less are one trend, not a distribution."""
MOST_JUMP_SIZES = 32
REVERSIONS = (0.5, 1.0, 2.0, 4.0, 8.0)
DRIFT_DEVIATIONS = tuple(0.01 * step for step in range(1, 81))
VARIANCES = tuple(10.0 ** (exponent / 4) for exponent in range(-16, 3))


def moves_of(sightings: Iterable[Sighting], trend_per_year: float = 0.0) -> list[Move]:
    """The steps from one month's median price of a series to that of the next month it was seen in.

    Args:
        sightings: Prices.
        trend_per_year: Slope of the logarithm that is taken out of every step. [1/year]
    """
    out = []
    for group, points in _by_series(sightings):
        for (before, low), (after, high) in itertools.pairwise(points):
            years = (after - before).days / DAYS_PER_YEAR
            out.append(Move(group=group, start=before, years=years, change=log(high / low) - trend_per_year * years))
    return out


def _by_series(sightings: Iterable[Sighting]) -> list[tuple[str, list[tuple[dt.date, float]]]]:
    """Each series with its group and its monthly medians, dated to the first sighting of the month."""
    series: dict[str, tuple[str, dict[tuple[int, int], list[Sighting]]]] = {}
    for seen in sightings:
        _, months = series.setdefault(seen.series, (seen.group, defaultdict(list)))
        months[seen.day.year, seen.day.month].append(seen)
    return [(group, [_month(rows) for _, rows in sorted(months.items())]) for group, months in series.values()]


def _month(rows: Sequence[Sighting]) -> tuple[dt.date, float]:
    return min(row.day for row in rows), median(row.price_usd for row in rows)


def slopes_of(sightings: Iterable[Sighting]) -> list[tuple[float, float]]:
    """Median yearly slope of each group's long series, with the median span they were seen over. [1/year], [years]"""
    grouped: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for group, points in _by_series(sightings):
        (first, low), (last, high) = points[0], points[-1]
        years = (last - first).days / DAYS_PER_YEAR
        if years >= MIN_SPAN_YEARS:
            grouped[group].append((log(high / low) / years, years))
    return [(median(slope for slope, _ in rows), median(span for _, span in rows)) for rows in grouped.values()]


def fit_path(sightings: Sequence[Sighting], prior: Prior, *, trend_per_year: float = 0.0) -> PathFit:
    """Trend, stray and jumps of a kind of price.

    The prior counts as so many groups and moves of its own, so that no history
    gives the prior and a long one forgets it.
    """
    moves = moves_of(sightings, trend_per_year)
    slopes = slopes_of(sightings)
    wander = fit_wander(moves, prior)
    rate, sizes = _jumps(moves, wander)
    return PathFit(
        drift=_drift(slopes, wander, prior),
        wander=wander,
        jumps_per_year=rate,
        jump_sizes=sizes,
        moves=len(moves),
        series_years=sum(move.years for move in moves),
        groups=len({move.group for move in moves}),
        trend_years=max(LEAST_TREND_YEARS, _long_span(slopes)),
        facts=tuple(fact for _, fact in sorted({seen.fact.id: seen.fact for seen in sightings}.items())),
    )


def _long_span(slopes: Sequence[tuple[float, float]]) -> float:
    """Span that one group in ten was seen over. [years]"""
    return float(np.quantile([span for _, span in slopes], 0.9)) if slopes else 0.0


def _drift(slopes: Sequence[tuple[float, float]], wander: Wander, prior: Prior) -> Spread:
    """Trend of a group drawn at random: mean μ and deviation τ at which the slopes are likeliest (U12).

    minimises Σ [ln(τ² + e²) + (slope − μ)²/(τ² + e²)], e² = v(span)/span²

    so that what the stray over a short span explains is not counted twice. The
    prior counts as so many groups of its own drift and width.
    """
    if not slopes:
        return Spread.gaussian(0.0, prior.drift_deviation)
    values = np.array([slope for slope, _ in slopes])
    noise = span_noise([span for _, span in slopes], wander)
    best, chosen = np.inf, Spread.gaussian(0.0, prior.drift_deviation)
    for deviation in DRIFT_DEVIATIONS:
        weight = 1.0 / (deviation**2 + noise)
        mean = float((values * weight).sum() / (weight.sum() + prior.groups / prior.drift_deviation**2))
        score = _misfit(values - mean, noise, deviation, prior)
        if score < best:
            best, chosen = score, Spread.gaussian(mean, deviation)
    return chosen


def span_noise(spans_years: Sequence[float], wander: Wander) -> Floats:
    """Variance of a yearly slope that the stray over the span explains, v(span)/span². [1/year²]"""
    spans = np.array(spans_years)
    return np.asarray(_variance(spans, wander) / spans**2)


def likeliest_deviation(residuals: Sequence[float], noise: Floats, prior: Prior) -> float:
    """Standard deviation between groups, their known noise taken out (U12)."""
    values = np.array(residuals)
    return min(DRIFT_DEVIATIONS, key=lambda deviation: _misfit(values, noise, deviation, prior))


def _misfit(residuals: Floats, noise: Floats, deviation: float, prior: Prior) -> float:
    variance = deviation**2 + noise
    held = prior.groups * (np.log(deviation**2) + prior.drift_deviation**2 / deviation**2)
    return float((np.log(variance) + residuals**2 / variance).sum() + held)


def _variance(years: Floats, wander: Wander) -> Floats:
    """Variance of a move between two sightings of a settled series: J·t + 2S·(1 − exp(−κt))."""
    fading = 2.0 * wander.swing_variance * (1.0 - np.exp(-wander.reversion_per_year * years))
    return wander.lasting_variance_per_year * years + fading


def fit_wander(moves: Sequence[Move], prior: Prior) -> Wander:
    """The J, S and κ under which the moves are likeliest, on a grid (U13).

    minimises Σ [ln v + c²/v] over moves c with v = J·t + 2S·(1 − exp(−κt)),
    the prior counting as moves of a quarter and of a year of its own size.
    Short moves that are large for their length speak for S, long ones for J.
    """
    years = np.array([move.years for move in moves] + [0.25, 1.0])
    squares = np.array([move.change**2 for move in moves] + list(_variance(np.array([0.25, 1.0]), prior.wander)))
    weights = np.array([1.0] * len(moves) + [prior.moves] * 2)
    best, chosen = np.inf, prior.wander
    grid = np.array(VARIANCES)
    lasting, swing = grid[:, None, None], grid[None, :, None]
    for reversion in REVERSIONS:
        variance = lasting * years + 2.0 * swing * (1.0 - np.exp(-reversion * years))
        score = (weights * (np.log(variance) + squares / variance)).sum(axis=-1)
        row, column = np.unravel_index(np.argmin(score), score.shape)
        if score[row, column] < best:
            best = score[row, column]
            chosen = Wander(
                lasting_variance_per_year=VARIANCES[row], swing_variance=VARIANCES[column], reversion_per_year=reversion
            )
    return chosen


def _jumps(moves: Sequence[Move], wander: Wander) -> tuple[float, tuple[float, ...]]:
    """How often lasting moves come and how large they are: the observed large moves, centred, of variance J in all."""
    years = sum(move.years for move in moves)
    large = [move.change for move in moves if abs(move.change) > JUMP]
    rate = (len(large) + 1.0) / (years + 5.0)
    differ = len(large) >= 4 and max(large) - min(large) > ALIKE
    sizes = np.array(large) if differ else np.array([-1.0, 1.0])
    if sizes.size > MOST_JUMP_SIZES:
        sizes = np.quantile(sizes, (np.arange(MOST_JUMP_SIZES) + 0.5) / MOST_JUMP_SIZES)
    sizes = sizes - sizes.mean()
    wanted = sqrt(wander.lasting_variance_per_year / rate)
    return rate, tuple(float(size) for size in sizes * (wanted / sqrt(float(np.mean(sizes**2)))))


def fit_step(moves: Sequence[Move], launches: Sequence[dt.date], *, prior_step: float, prior_moves: float) -> float:
    """Mean drop of the logarithm of a used price when a generation arrives (U14).

    Least squares of each move on its length and the launches inside it, the
    prior counting as so many moves.
    """
    inside = [sum(_during(move, day) for day in launches) for move in moves]
    design = np.array([[move.years, count] for move, count in zip(moves, inside, strict=True)] or [[0.0, 0.0]])
    change = np.array([move.change for move in moves] or [0.0])
    normal = design.T @ design + np.diag([1e-9, prior_moves])
    right = design.T @ change + np.array([0.0, -prior_step * prior_moves])
    return max(0.0, -float(np.linalg.solve(normal, right)[1]))


def _during(move: Move, day: dt.date) -> bool:
    return 0 <= (day - move.start).days < move.years * DAYS_PER_YEAR
