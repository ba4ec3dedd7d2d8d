"""The odds as an answer prints them: a distribution for every option, and what to measure first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty.inputs import GROUPS, SPEED, UncertainInput
from payback.decision.uncertainty.model import Model
from payback.decision.uncertainty.tally import PAYBACK_BINS_PER_MONTH, Frame, Tally

Floats = NDArray[np.float64]
Three = tuple[float, float, float]
QUANTILES = (0.1, 0.5, 0.9)
WORST_SHARE = 0.05
"""CVaR95 is the mean of this share of the dearest scenarios."""


def _list(values: tuple[float | None, ...] | None) -> list[float | None] | None:
    return None if values is None else list(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionOdds:
    """How one option fares over all scenarios."""

    probability_best: float
    """Share of scenarios in which it is the cheapest of all options."""
    mean_usd: float
    total_usd: Three
    """10th, 50th and 90th percentile of the total. [USD]"""
    payback_range_months: tuple[float | None, float | None, float | None] | None
    """The same of the payback against the baseline, None = never within the horizon; None for rented options."""
    probability_never: float | None
    """Share of scenarios in which it does not pay back within the horizon; None for rented options."""
    payback_share_by_month: tuple[float, ...] | None
    """Share of scenarios that pay back from that month on, by whole month; None for rented options."""
    regret_mean_usd: float
    """Mean excess over the option that turned out cheapest. [USD]"""
    regret_p95_usd: float
    regret_most_usd: float
    """The worst excess seen. [USD]"""
    cvar95_usd: float
    """Mean total of the dearest 5 % of scenarios. [USD]"""
    standard_error_usd: float
    """Of the mean. [USD]"""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {
            "probability_best": self.probability_best,
            "mean_usd": self.mean_usd,
            "total_usd": list(self.total_usd),
            "payback_range_months": _list(self.payback_range_months),
            "probability_never": self.probability_never,
            "payback_share_by_month": _list(self.payback_share_by_month),
            "regret_mean_usd": self.regret_mean_usd,
            "regret_p95_usd": self.regret_p95_usd,
            "regret_most_usd": self.regret_most_usd,
            "cvar95_usd": self.cvar95_usd,
            "standard_error_usd": self.standard_error_usd,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Dollars by month: 10th, 50th and 90th percentile over the scenarios of the first look. [USD]"""

    p10: tuple[float, ...]
    p50: tuple[float, ...]
    p90: tuple[float, ...]

    @classmethod
    def of(cls, table: Floats) -> Band:
        """The band of a table, months x scenarios."""
        p10, p50, p90 = (tuple(float(usd) for usd in row) for row in np.quantile(table, QUANTILES, axis=1))
        return cls(p10=p10, p50=p50, p90=p90)

    def as_dict(self) -> dict[str, list[float]]:
        """The form in which answers print it."""
        return {"p10": list(self.p10), "p50": list(self.p50), "p90": list(self.p90)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """How the cost of one option may grow."""

    label: str
    is_owned: bool
    cash: Band
    """Cumulative payments."""
    net: Band
    """The same less what the option would fetch."""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {"label": self.label, "cash_usd": self.cash.as_dict(), "net_usd": self.net.as_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """The answer to "how sure is that?"."""

    seed: int
    scenarios: int
    """Scenarios that were simulated; fewer than `asked` if the run was stopped."""
    asked: int
    engine: str
    """"kernel" (compiled) or "numpy"."""
    inputs: tuple[UncertainInput, ...]
    options: dict[str, OptionOdds]
    measure_first: tuple[tuple[str, float], ...]
    """Inputs and what knowing each for certain would save on average, most valuable first. [USD]"""
    perfect_information_usd: float
    """What knowing everything for certain would save on average. [USD]"""
    least_expected: str
    """The option with the lowest mean total."""
    fan: dict[str, Fan]

    @property
    def is_complete(self) -> bool:
        """Whether every scenario asked was simulated."""
        return self.scenarios == self.asked

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print the odds."""
        return {
            "seed": self.seed,
            "scenarios": self.scenarios,
            "complete": self.is_complete,
            "engine": self.engine,
            "least_expected": self.least_expected,
            "inputs": [one.as_dict() for one in self.inputs],
            "options": {name: one.as_dict() for name, one in self.options.items()},
            "measure_first": [{"input": name, "value_usd": usd} for name, usd in self.measure_first],
            "perfect_information_usd": self.perfect_information_usd,
            "fan": {name: one.as_dict() for name, one in self.fan.items()},
        }


def option_odds(model: Model, frame: Frame, tally: Tally) -> dict[str, OptionOdds]:
    """What a tally says about every option."""
    owned = {int(place): one for one, place in enumerate(model.owned.place)}
    return {name: _option(model, frame, tally, place, owned.get(place)) for place, name in enumerate(model.ids)}


def _option(model: Model, frame: Frame, tally: Tally, place: int, owned: int | None) -> OptionOdds:
    count = tally.scenarios
    low, high = float(tally.cost_least[place]), float(tally.cost_most[place])
    edges = frame.cost_low[place] + np.arange(tally.cost_bins.shape[1] + 1) / frame.cost_scale[place]
    regret_edges = np.arange(tally.regret_bins.shape[1] + 1) / frame.regret_scale[place]
    mean_shift = float(tally.shift_sum[place]) / count
    variance = max(0.0, float(tally.shift_square[place]) / count - mean_shift**2)
    return OptionOdds(
        probability_best=float(tally.wins[place]) / count,
        mean_usd=float(model.base_usd[place]) + mean_shift,
        total_usd=_three(edges, tally.cost_bins[place], low, high),
        payback_range_months=None if owned is None or model.baseline is None else _paybacks(tally, owned),
        probability_never=_never(model, tally, owned),
        payback_share_by_month=_by_month(model, tally, owned),
        regret_mean_usd=float(tally.regret_sum[place]) / count,
        regret_p95_usd=quantile(regret_edges, tally.regret_bins[place], 0.95, 0.0, float(tally.regret_most[place])),
        regret_most_usd=float(tally.regret_most[place]),
        cvar95_usd=worst_mean(edges, tally.cost_bins[place], low, high),
        standard_error_usd=float(np.sqrt(variance / count)),
    )


def _three(edges: Floats, counts: NDArray[np.int64], low: float, high: float) -> Three:
    p10, p50, p90 = (quantile(edges, counts, share, low, high) for share in QUANTILES)
    return p10, p50, p90


def quantile(edges: Floats, counts: NDArray[np.int64], share: float, low: float, high: float) -> float:
    """A quantile from bins: a straight line within the bin, held within what was seen (U17).

    Args:
        edges: Edges of the bins, one more than bins.
        counts: Entries by bin.
        share: Which quantile, 0 to 1.
        low: Least value seen.
        high: Largest value seen.

    Example:
        >>> import numpy as np
        >>> quantile(np.array([0.0, 1.0, 2.0]), np.array([5, 5]), 0.25, 0.0, 2.0)
        0.5
    """
    below = np.cumsum(counts)
    wanted = share * float(below[-1])
    place = int(np.searchsorted(below, wanted))
    place = min(place, counts.size - 1)
    within = (wanted - float(below[place] - counts[place])) / max(1.0, float(counts[place]))
    value = float(edges[place]) + within * float(edges[place + 1] - edges[place])
    return min(max(value, low), high)


def worst_mean(edges: Floats, counts: NDArray[np.int64], low: float, high: float) -> float:
    """Mean of the dearest 5 % from bins, each bin at its middle (U18)."""
    wanted = WORST_SHARE * float(counts.sum())
    dearer = np.cumsum(counts[::-1])[::-1] - counts
    taken = np.clip(wanted - dearer, 0.0, counts)
    middles = np.clip((edges[:-1] + edges[1:]) / 2, low, high)
    return float(taken @ middles) / wanted


def _paybacks(tally: Tally, owned: int) -> tuple[float | None, float | None, float | None]:
    counts = tally.payback_bins[owned]
    edges = np.arange(counts.size + 1) / PAYBACK_BINS_PER_MONTH
    low, high, never = float(tally.payback_least[owned]), float(tally.payback_most[owned]), int(counts[-1])
    finite = float(counts.sum() - never)
    p10, p50, p90 = (
        quantile(edges, counts, share, low, high) if share * float(counts.sum()) <= finite and finite > 0 else None
        for share in QUANTILES
    )
    return p10, p50, p90


def _never(model: Model, tally: Tally, owned: int | None) -> float | None:
    if owned is None or model.baseline is None:
        return None
    return float(tally.payback_bins[owned, -1]) / tally.scenarios


def _by_month(model: Model, tally: Tally, owned: int | None) -> tuple[float, ...] | None:
    """Shares that pay back in month 0, 1, ... N; with those that never do they add up to 1."""
    if owned is None or model.baseline is None:
        return None
    counts = tally.payback_bins[owned, :-1]
    month = np.arange(counts.size) // PAYBACK_BINS_PER_MONTH
    shares = np.bincount(np.minimum(month, model.months), counts, minlength=model.months + 1) / tally.scenarios
    return tuple(float(share) for share in shares)


def value_of_information(model: Model, frame: Frame, tally: Tally) -> tuple[tuple[str, float], ...]:
    """What knowing one input for certain would save on average, by input (U19). [USD]

    EVPPI = min over options of E[cost] − E[min over options of E[cost | input]]

    The conditional means are those of classes of the input's values. Each half
    of the sample chooses in each class and the other half judges, so that noise
    does not count as knowledge. Where the sample is too small to have two
    halves nothing is known.
    """
    if frame.valued and not tally.value_count.sum(axis=2).all():
        return ()
    options_total = tally.value_sum.sum(axis=2) if frame.valued else tally.value_sum
    out = []
    for one, (group, row) in enumerate(frame.valued):
        saved = [_saved(model, tally, options_total, one, half) for half in (0, 1)]
        name = f"{GROUPS[group]}, {model.gpus[model.speeds[row][0]]}" if group == SPEED else GROUPS[group]
        out.append((name, max(0.0, float(np.mean(saved)))))
    return tuple(sorted(out, key=lambda pair: -pair[1]))


def _saved(model: Model, tally: Tally, options_total: Floats, one: int, half: int) -> float:
    """Saving when one half of the sample chooses and the other judges."""
    choosing, judging = tally.value_sum[half, one], tally.value_sum[1 - half, one]
    counted, judged = tally.value_count[half, one], tally.value_count[1 - half, one]
    if counted.sum() == 0 or judged.sum() == 0:
        return 0.0
    overall = int(np.argmin(model.base_usd + options_total[half, one] / counted.sum()))
    mean = choosing / np.maximum(counted, 1)[:, None] + model.base_usd
    chosen = np.where(counted > 0, np.argmin(mean, axis=1), overall)
    classes = np.arange(counted.size)
    cost = judging[classes, chosen] + judged * model.base_usd[chosen]
    blind = judging[:, overall] + judged * model.base_usd[overall]
    return float((blind - cost).sum() / judged.sum())


def perfect_information_usd(model: Model, tally: Tally) -> float:
    """EVPI = min over options of E[cost] − E[min over options of cost] (U19). [USD]"""
    means = model.base_usd + tally.shift_sum / tally.scenarios
    least = float(model.base_usd.min()) + tally.least_sum / tally.scenarios
    return max(0.0, float(means.min()) - least)
