"""Buy now, or rent for a while and buy then: the same price paths decide.

A plain lower bound on the value of waiting: dates fixed in advance, not chosen
by what prices did meanwhile.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import Gpu
from payback.decision.plan import Plan
from payback.decision.uncertainty import reference
from payback.decision.uncertainty.draws import Draws, draw, events_followed
from payback.decision.uncertainty.features import Features, ResaleLogs, features, price_factors, resale_logs, spread_at
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.inputs import Inputs
from payback.decision.uncertainty.model import Model, model_of
from payback.decision.uncertainty.outcome import Three
from payback.decision.uncertainty.reference import Baseline
from payback.decision.uncertainty.spread import Spread
from payback.units import HOURS_PER_MONTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WAITS = (3, 6, 12, 24)
"""Months of renting before buying that are tried, as far as the horizon reaches."""
DEFAULT_SCENARIOS = 2048
BUY_NOW, RENT_ON = "buy now", "rent all along"
GAIN_UNKNOWN = Spread.lognormal(0.9, 1.25, 1.7)
"""Work per dollar of a new generation over the one before, where too few generations are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One way to time a purchase, over all scenarios."""

    name: str
    mean_usd: float
    total_usd: Three
    probability_best: float
    regret_mean_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOdds:
    """When to buy the best owned machine, if at all."""

    own: str
    rent: str
    strategies: tuple[Strategy, ...]
    """Cheapest on average first."""
    waiting_saves_usd: float
    """Mean cost of buying now less that of the best date to buy; 0 where now is best. [USD]"""
    generation_gain: Spread
    """Work per dollar of the next generation over this one."""
    gain_facts: tuple[str, ...]
    seed: int
    scenarios: int

    @property
    def best(self) -> Strategy:
        """The strategy with the lowest mean."""
        return self.strategies[0]

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        rows = [
            {
                "name": one.name,
                "mean_usd": one.mean_usd,
                "total_usd": list(one.total_usd),
                "probability_best": one.probability_best,
                "regret_mean_usd": one.regret_mean_usd,
            }
            for one in self.strategies
        ]
        return {
            "own": self.own,
            "rent": self.rent,
            "strategies": rows,
            "waiting_saves_usd": self.waiting_saves_usd,
            "generation_gain": self.generation_gain.as_dict(),
            "seed": self.seed,
            "scenarios": self.scenarios,
        }


def wait_or_buy(
    plan: Plan,
    catalogue: Catalogue,
    *,
    scenarios: int = DEFAULT_SCENARIOS,
    seed: int,
    inputs: Inputs | None = None,
) -> WaitOdds | None:
    """Compare dates of purchase of the best owned machine; None where there is nothing to own or nothing to rent.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices and launches; nothing after the day of the question is used.
        scenarios: How many futures to draw.
        seed: The seed.
        inputs: Other inputs than those gathered.
    """
    if plan.advice.best_owned is None or plan.advice.baseline is None:
        return None
    model = model_of(plan, gather(plan, catalogue) if inputs is None else inputs)
    one = int(np.flatnonzero(model.owned.place == model.ids.index(plan.advice.best_owned.id))[0])
    timing = _Timing.of(model, one, scenarios, seed)
    gain, gain_facts = generation_gain(catalogue.gpus.values(), plan.question.as_of)
    never = np.full(scenarios, model.months)
    costs = {BUY_NOW: timing.cost(np.zeros(scenarios, np.int64)), RENT_ON: timing.cost(never)}
    for months in (wait for wait in WAITS if wait < model.months):
        costs[f"rent {months} months, then buy"] = timing.cost(np.full(scenarios, months))
    if model.inputs.resale is not None:
        faster = spread_at(gain, timing.gain_normal)
        costs["rent until the next generation, then buy it"] = timing.cost(timing.arrival(), faster)
    return _odds(plan, costs, gain, gain_facts, seed)


@dataclass(frozen=True, slots=True)
class _Timing:
    """The scenarios, and what buying one machine in a month costs in each."""

    model: Model
    one: int
    found: Features
    baseline: Baseline
    logs: ResaleLogs
    generation: Floats
    gain_normal: Floats

    @classmethod
    def of(cls, model: Model, one: int, scenarios: int, seed: int) -> _Timing:
        """Draw the scenarios."""
        drawn, other = (_draw(model, first, scenarios, seed) for first in (0, scenarios))
        found = features(model, drawn)
        baseline = reference.baseline_of(model, found)
        assert baseline is not None
        _, market = price_factors(model.inputs.path(model.rent_classes[0]), drawn)
        return cls(
            model=model,
            one=one,
            found=found,
            baseline=baseline,
            logs=resale_logs(model, drawn, market),
            generation=drawn.generation,
            gain_normal=other.step,
        )

    def arrival(self) -> Ints:
        """Month in which the next generation can be bought; the horizon where it comes later."""
        resale = self.model.inputs.resale
        assert resale is not None
        early, late = resale.next_generation_months
        month = np.ceil(early + self.generation * (late - early)).astype(np.int64)
        return np.minimum(month, self.model.months)

    def cost(self, bought: Ints, faster: Floats | None = None) -> Floats:
        """Total cost of renting up to a month and owning from then on (U22). [USD]

        Args:
            bought: Month of the purchase in each scenario; the horizon = never.
            faster: Speed of the machine bought over that of today's.
        """
        months, who = self.model.months, np.arange(bought.size)
        side, one, found = self.model.owned, self.one, self.found
        owns = (bought < months).astype(np.float64)
        age = months - bought
        use = side.load[one] * found.hours / found.speeds[side.speed[one]] / (1.0 if faster is None else faster)
        busy, idle = side.busy_usd_per_h[one], side.idle_usd_per_h[one]
        power = HOURS_PER_MONTH * (idle + (busy - idle) * np.minimum(use, 1.0))
        energy = found.energy[months] - found.energy[bought, who]
        does = 1.0 / np.maximum(use, 1.0)
        paid = self.baseline.cash_usd
        fixed = side.fixed_usd[one]
        running = fixed[age] - fixed[0] + power * energy + side.repair_usd[one] * self._breakdowns(age)
        rented = paid[bought, who] + (1.0 - does) * (paid[months] - paid[bought, who])
        start = fixed[0] * self._price(bought, superseded=faster is None)
        own = start + running + does * self._downtime(bought) - self._residual(bought, same=faster is None)
        return np.asarray(rented + owns * own)

    def _breakdowns(self, age: Ints) -> Floats:
        counts = self.found.breakdowns[self.model.owned.failure_class[self.one]]
        return np.asarray(counts[age, np.arange(age.size)])

    def _downtime(self, bought: Ints) -> Floats:
        """Rent on days of repair, counted from the purchase. [USD]"""
        months, who = self.model.months, np.arange(bought.size)
        total = np.zeros(bought.size)
        if not self.model.owned.failure_class[self.one]:
            return total
        paid = self.baseline.cash_usd
        for age in range(1, months + 1):
            month = np.minimum(bought + age, months)
            within = bought + age <= months
            total += within * self.found.days_lost[age] * (paid[month, who] - paid[month - 1, who])
        return total

    def _shares(self) -> tuple[float, float]:
        gpus = float(self.model.owned.gpu_residual_usd[self.one, 0])
        rest = float(self.model.owned.rest_residual_usd[self.one, 0])
        return gpus, rest

    def _price(self, bought: Ints, *, superseded: bool) -> Floats:
        """Price of the machine in a month over today's: the GPUs follow the market, the rest stays."""
        gpus, rest = self._shares()
        if gpus + rest <= 0:
            return np.ones(bought.size)
        return np.asarray((gpus * self._gpu_price(bought, superseded=superseded) + rest) / (gpus + rest))

    def _gpu_price(self, bought: Ints, *, superseded: bool) -> Floats:
        """Price of the GPUs in a month over today's; those of a new generation cost what today's do."""
        if not superseded:
            return np.ones(bought.size)
        return np.exp(_at(self.logs.stray, bought) - _at(self.logs.dropped, bought))

    def _residual(self, bought: Ints, *, same: bool) -> Floats:
        """What the machine fetches at the horizon: its age is that since the purchase. [USD]"""
        model, age = self.model, self.model.months - bought
        gpus, rest = self._shares()
        if model.inputs.resale is None:
            side = model.owned
            return np.asarray(side.gpu_residual_usd[self.one, age] + side.rest_residual_usd[self.one, age])
        last = np.full(bought.size, model.months)
        logs = self.logs
        kept = _at(logs.ageing, age) + _at(logs.stray, last) - _at(logs.dropped, last)
        kept = kept + _at(logs.expected, last) - _at(logs.expected, bought)
        if not same:
            kept = kept - _at(logs.stray, bought) + _at(logs.dropped, bought)
        most = model.inputs.resale.most_kept_share * self._gpu_price(bought, superseded=same)
        fetched = np.minimum(model.gpu_kept[age] * np.exp(kept), most)
        return np.asarray(gpus * fetched + rest * model.rest_kept[age] * _at(self.found.rest, age))


def _at(rows: Floats, month: Ints) -> Floats:
    """Each scenario's entry at its own month."""
    return np.asarray(np.broadcast_to(rows, (rows.shape[0], month.size))[month, np.arange(month.size)])


def _draw(model: Model, first: int, scenarios: int, seed: int) -> Draws:
    events = events_followed(model.inputs.failures, model.months)
    return draw(first, scenarios, months=model.months, gpus=len(model.gpus), events=events, seed=seed)


def generation_gain(gpus: Iterable[Gpu], as_of: dt.date) -> tuple[Spread, tuple[str, ...]]:
    """Work per dollar of a GeForce generation over the one before, from data sheets known by a day (U23).

    Work is the geometric mean of memory bandwidth and FP32 rate; each generation
    is known by its dearest card at launch, Titans aside.
    """
    top: dict[str, Gpu] = {}
    for gpu in gpus:
        known = gpu.launch_date is not None and gpu.launch_date <= as_of and gpu.geforce_licence
        if known and gpu.launch_price_usd and gpu.bandwidth_gb_s and gpu.fp32_tflops and "Titan" not in gpu.gpu:
            best = top.get(gpu.architecture)
            if best is None or (best.launch_price_usd or 0.0) < gpu.launch_price_usd:
                top[gpu.architecture] = gpu
    ordered = sorted(top.values(), key=lambda gpu: str(gpu.launch_date))
    worth = [_work_per_usd(gpu) for gpu in ordered]
    gains = [after / before for before, after in itertools.pairwise(worth)]
    if len(gains) < 3:
        return GAIN_UNKNOWN, ()
    middle = median(gains)
    spread = Spread.lognormal(min(*gains, middle * 0.999), middle, max(*gains, middle * 1.001))
    return spread, tuple(gpu.fact("fp32_tflops", "TFLOP/s").id for gpu in ordered)


def _work_per_usd(gpu: Gpu) -> float:
    assert gpu.bandwidth_gb_s is not None
    assert gpu.fp32_tflops is not None
    assert gpu.launch_price_usd is not None
    return float((gpu.bandwidth_gb_s * gpu.fp32_tflops) ** 0.5 / gpu.launch_price_usd)


def _odds(plan: Plan, costs: dict[str, Floats], gain: Spread, facts: tuple[str, ...], seed: int) -> WaitOdds:
    table = np.array(list(costs.values()))
    least, winners = table.min(axis=0), table.argmin(axis=0)
    strategies = []
    for place, (name, usd) in enumerate(costs.items()):
        p10, p50, p90 = (float(value) for value in np.quantile(usd, (0.1, 0.5, 0.9)))
        strategies.append(
            Strategy(
                name=name,
                mean_usd=float(usd.mean()),
                total_usd=(p10, p50, p90),
                probability_best=float((winners == place).mean()),
                regret_mean_usd=float((usd - least).mean()),
            )
        )
    buying = [one for one in strategies if one.name != RENT_ON]
    now = next(one for one in buying if one.name == BUY_NOW)
    assert plan.advice.best_owned is not None
    assert plan.advice.baseline is not None
    return WaitOdds(
        own=plan.advice.best_owned.id,
        rent=plan.advice.baseline.id,
        strategies=tuple(sorted(strategies, key=lambda one: one.mean_usd)),
        waiting_saves_usd=now.mean_usd - min(one.mean_usd for one in buying),
        generation_gain=gain,
        gain_facts=facts,
        seed=seed,
        scenarios=table.shape[1],
    )
