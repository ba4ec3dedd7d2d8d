"""The same simulation in JAX, 32-bit, compiled as a whole: what somebody who knows JAX would write.

Twice: every payment of every month, as most people write it, and in our own
algebra (totals as products of features and attributes, the payback as one fused
reduction over months and a look-up). Distributions by scatter-add, classes of
inputs by one-hot products; batches run inside one compiled loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, random

from payback.decision.uncertainty import draws, tally
from payback.decision.uncertainty.features import expected_generations
from payback.decision.uncertainty.inputs import ELECTRICITY, FAILURES, HOURS, RENT, RESALE, SPEED
from payback.decision.uncertainty.model import NEW_PARTS, USED_PARTS, Model
from payback.decision.uncertainty.spread import Spread
from payback.units import DAYS_PER_MONTH, HOURS_PER_MONTH

F = jnp.float32


def spread_at(spread: Spread, z: Any) -> Any:
    """Values of a spread (U1, U2)."""
    below, above = spread.halves
    step = z * jnp.where(z < 0, below, above)
    return spread.middle + step if spread.kind == "normal" else spread.middle * jnp.exp(step)


def scenarios(made: Model, key: Any, batch: int) -> dict[str, Any]:
    """Features of a batch; months come first, scenarios last."""
    inputs, months = made.inputs, made.months
    keys = iter(random.split(key, 8))
    z = random.normal(next(keys), (9 + len(made.gpus), batch), F)
    month = jnp.arange(months + 1, dtype=F)[:, None]
    path = inputs.path("market")  # this benchmark gives every class the same one
    fade, shock = path.wander.fade_per_month, path.wander.shock_deviation
    power = np.arange(months)[:, None] - np.arange(months)
    weights = jnp.array(np.where(power >= 0, shock * fade ** np.maximum(power, 0), 0.0), F)
    share = random.uniform(next(keys), (months, batch), F)
    limit, sizes = path.jumps_per_year / 12, jnp.array(path.jump_sizes, F)
    which = jnp.minimum((share * (len(path.jump_sizes) / limit)).astype(jnp.int32), len(path.jump_sizes) - 1)
    jumps = jnp.where(share < limit, sizes[which], 0.0)
    stray = weights @ random.normal(next(keys), (months, batch), F) + jnp.cumsum(jumps, axis=0)
    stray = jnp.concatenate([jnp.zeros((1, batch), F), stray])
    price = jnp.exp(spread_at(path.drift, z[0]) * month / 12 + stray)
    rents = []
    for _, term in made.paths:
        paid = np.arange(1, months + 1)
        began = paid if term == 0 else (paid - 1) // term * term
        rents.append(jnp.concatenate([jnp.zeros((1, batch), F), jnp.cumsum(price[began], axis=0)]))
    energy = jnp.cumsum(jnp.exp(spread_at(inputs.electricity_growth, z[1]) * month[1:] / 12), axis=0)
    hours = jnp.minimum(spread_at(inputs.hours, z[2]), inputs.most_hours)
    speeds = jnp.stack([spread_at(spread, z[9 + gpu]) for gpu, spread in made.speeds])
    resale, rest = _resale(made, z, random.uniform(next(keys), (batch,), F), stray[-1])
    breaks, lost = _breakdowns(made, z, random.exponential(next(keys), (events(made), batch), F))
    return {
        "hours": hours,
        "speeds": speeds,
        "work": hours / speeds,
        "energy": jnp.concatenate([jnp.zeros((1, batch), F), energy]),
        "rent": jnp.stack(rents),
        "resale": resale,
        "rest": rest,
        "breaks": breaks,
        "lost": lost,
        "spot": spread_at(inputs.spot_overhead, z[3]),
    }


def events(made: Model) -> int:
    """Breakdowns that are followed."""
    return draws.events_followed(made.inputs.failures, made.months)


def _resale(made: Model, z: Any, arrival: Any, stray: Any) -> tuple[Any, Any]:
    resale, months = made.inputs.resale, made.months
    assert resale is not None
    early, late = resale.next_generation_months
    since = months - (early + arrival * (late - early))
    came = jnp.where(since >= 0, 1 + jnp.floor(since / resale.generation_interval_months), 0.0)
    own, rent = resale.wander.deviation(months), made.inputs.path("market").wander.deviation(months)
    rho = resale.rent_correlation
    strayed = own * (rho * stray / rent + np.sqrt(1 - rho**2) * z[4])
    expected = resale.generation_step.middle * float(expected_generations(resale, months)[-1])
    aged = (spread_at(resale.decay, z[5]) - resale.decay.middle) * (months / 12)
    logarithm = strayed - aged - spread_at(resale.generation_step, z[6]) * came + expected
    most = np.log(resale.most_kept_share / made.gpu_kept[-1])
    rest = jnp.exp((spread_at(resale.rest_power, z[7]) - 1) * np.log(made.rest_kept[-1]))
    return jnp.exp(jnp.minimum(logarithm, most)), rest


def _breakdowns(made: Model, z: Any, waits: Any) -> tuple[Any, Any]:
    failures = made.inputs.failures
    assert failures is not None
    years = failures.reference_years
    rate = spread_at(failures.rate_per_year, z[8])
    when = 12 * years * (jnp.cumsum(waits, axis=0) / (rate * years)) ** (1 / failures.shape)
    month = jnp.arange(made.months + 1, dtype=F)[:, None]
    used, new = jnp.zeros_like(month * rate), jnp.zeros_like(month * rate)
    for one in when:
        used = used + (one < month)
        new = new + ((one < month) & (one >= failures.warranty_months))
    down = spread_at(failures.downtime_days, z[3]) / DAYS_PER_MONTH
    return jnp.stack([jnp.zeros_like(used), used, new]), jnp.diff(used, axis=0, prepend=0.0) * down


def costs(made: Model, found: dict[str, Any]) -> tuple[Any, Any]:
    """Totals of every option and paybacks of the owned ones."""
    own, rent, base = made.owned, made.rented, made.baseline
    assert base is not None
    array = partial(jnp.asarray, dtype=F)
    by_use = (
        array(rent.used_usd)[:, None] * found["work"][rent.speed] * (1 + found["spot"] * array(rent.is_spot)[:, None])
    )
    rented = array(rent.fixed_usd[:, -1:]) + by_use * found["rent"][rent.path, -1]
    cash = array(rent.fixed_usd[base])[:, None] + by_use[base] * found["rent"][rent.path[base]]
    down = jnp.cumsum(found["lost"] * jnp.diff(cash, axis=0, prepend=0.0), axis=0)
    use = array(own.load)[:, None] * found["work"][own.speed]
    idle, busy = array(own.idle_usd_per_h)[:, None], array(own.busy_usd_per_h)[:, None]
    power, kept = HOURS_PER_MONTH * (idle + (busy - idle) * jnp.minimum(use, 1)), 1 / jnp.maximum(use, 1)
    avoided = cash - down
    fixed, repair = array(own.fixed_usd), array(own.repair_usd)[:, None]

    def gap(rows: Any) -> Any:
        """Owned less baseline at given months, options x scenarios."""
        lane = jnp.arange(rows.shape[1])
        payments = jnp.take_along_axis(fixed, rows, axis=1) + power * found["energy"][rows, lane]
        return payments + repair * found["breaks"][own.failure_class[:, None], rows, lane] - kept * avoided[rows, lane]

    whole = (
        fixed.T[:, :, None]
        + power * found["energy"][:, None]
        + repair * jnp.moveaxis(found["breaks"][own.failure_class], 1, 0)
        - kept * avoided[:, None]
    )
    month = jnp.arange(made.months + 1, dtype=jnp.int32)[:, None, None]
    last = jnp.max(jnp.where(whole > 0, month, -1), axis=0)
    inside = jnp.clip(last, 0, made.months - 1)
    before, after = gap(inside), gap(inside + 1)
    payback = jnp.where(last < 0, 0.0, jnp.where(last >= made.months, jnp.inf, inside + before / (before - after)))
    breaks = found["breaks"][own.failure_class, -1]
    owned = fixed[:, -1:] + power * found["energy"][-1] + repair * breaks + (1 - kept) * cash[-1] + kept * down[-1]
    owned -= (
        array(own.gpu_residual_usd[:, -1:]) * found["resale"] + array(own.rest_residual_usd[:, -1:]) * found["rest"]
    )
    total = jnp.zeros((made.options, use.shape[1]), F).at[own.place].set(owned).at[rent.place].set(rented)
    return total, payback


def costs_by_month(made: Model, found: dict[str, Any]) -> tuple[Any, Any]:
    """The same, every payment of every option in every month, as `monte_carlo.by_month` does it in NumPy."""
    own, rent, base = made.owned, made.rented, made.baseline
    assert base is not None
    array = partial(jnp.asarray, dtype=F)
    by_use = (
        array(rent.used_usd)[:, None] * found["work"][rent.speed] * (1 + found["spot"] * array(rent.is_spot)[:, None])
    )
    monthly = by_use[:, None] * jnp.diff(found["rent"], axis=1)[rent.path]
    rented = array(rent.fixed_usd[:, -1:]) + monthly.sum(axis=1)
    cash = array(rent.fixed_usd[base])[:, None] + by_use[base] * found["rent"][rent.path[base]]
    paid = jnp.diff(cash, axis=0, prepend=0.0)
    use = array(own.load)[:, None] * found["work"][own.speed]
    idle, busy = array(own.idle_usd_per_h)[:, None], array(own.busy_usd_per_h)[:, None]
    power, kept = HOURS_PER_MONTH * (idle + (busy - idle) * jnp.minimum(use, 1)), 1 / jnp.maximum(use, 1)
    energy = jnp.diff(found["energy"], axis=0, prepend=0.0)
    breaks = jnp.diff(found["breaks"], axis=1, prepend=0.0)[own.failure_class]
    payments = jnp.diff(array(own.fixed_usd), axis=1, prepend=0.0)[:, :, None] + power[:, None] * energy
    payments += array(own.repair_usd)[:, None, None] * breaks
    payments += (1 - kept)[:, None] * paid + kept[:, None] * (found["lost"] * paid)
    owned_cash = jnp.cumsum(payments, axis=1)
    gap = owned_cash - cash
    last = jnp.max(jnp.where(gap > 0, jnp.arange(made.months + 1)[:, None], -1), axis=1)
    inside = jnp.clip(last, 0, made.months - 1)[:, None]
    before, after = (jnp.take_along_axis(gap, inside + step, axis=1)[:, 0] for step in (0, 1))
    within = inside[:, 0] + before / (before - after)
    payback = jnp.where(last < 0, 0.0, jnp.where(last >= made.months, jnp.inf, within))
    left = array(own.gpu_residual_usd[:, -1:]) * found["resale"] + array(own.rest_residual_usd[:, -1:]) * found["rest"]
    total = jnp.zeros((made.options, use.shape[1]), F).at[own.place].set(owned_cash[:, -1] - left)
    return total.at[rent.place].set(rented), payback


Costs = Callable[[Model, dict[str, Any]], tuple[Any, Any]]


def counts(made: Model, frame: tally.Frame, found: dict[str, Any], total: Any, payback: Any) -> dict[str, Any]:
    """Everything a tally holds of one batch."""
    array = partial(jnp.asarray, dtype=F)
    least = total.min(axis=0)
    regret, shift = total - least, total - array(made.base_usd)[:, None]
    place = (total - array(frame.cost_low)[:, None]) * array(frame.cost_scale)[:, None]
    values = [_value(group, row, found) for group, row in frame.valued]
    out = {
        "shift_sum": shift.sum(axis=1),
        "shift_square": (shift**2).sum(axis=1),
        "least_sum": (least - made.base_usd.min()).sum(),
        "regret_sum": regret.sum(axis=1),
        "wins": jnp.zeros(made.options, jnp.int32).at[total.argmin(axis=0)].add(1),
        "cost_bins": _bins(place, tally.COST_BINS),
        "regret_bins": _bins(regret * array(frame.regret_scale)[:, None], tally.REGRET_BINS),
        "payback_bins": _bins(payback * tally.PAYBACK_BINS_PER_MONTH, frame.payback_bins),
    }
    sums = []
    for one, value in enumerate(values):
        where = (value - frame.value_low[one]) * frame.value_scale[one]
        classes = jnp.clip(where, 0, tally.VALUE_BINS - 1).astype(jnp.int32)
        sums.append(jax.nn.one_hot(classes, tally.VALUE_BINS, dtype=F).T @ shift.T)
    return out | {"value_sum": jnp.stack(sums)}


def _value(group: int, row: int, found: dict[str, Any]) -> Any:
    whole = {HOURS: "hours", RESALE: "resale", FAILURES: "breaks", ELECTRICITY: "energy", RENT: "rent", SPEED: "speeds"}
    value = found[whole.get(group, "spot")]
    if group == RENT:
        return value[row, -1]
    if group == SPEED:
        return value[row]
    if group == FAILURES:
        return value[USED_PARTS, -1]
    return value[-1] if group == ELECTRICITY else value


def _bins(place: Any, bins: int) -> Any:
    index = jnp.clip(place, 0, bins - 1).astype(jnp.int32)
    return jax.vmap(lambda row: jnp.zeros(bins, jnp.int32).at[row].add(1))(index)


def engine(made: Model, frame: tally.Frame, batch: int, costs_of: Costs = costs) -> Callable[[int], Any]:
    """Scenarios in JAX, a batch at a time inside one compiled loop."""
    assert {NEW_PARTS, USED_PARTS} >= set(made.owned.failure_class.tolist())

    def one(total: Any, key: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, batch_of(key)), None

    def batch_of(key: Any) -> dict[str, Any]:
        found = scenarios(made, key, batch)
        return counts(made, frame, found, *costs_of(made, found))

    @partial(jax.jit, static_argnums=1)
    def run(key: Any, batches: int) -> Any:
        shapes = jax.eval_shape(batch_of, key)
        empty = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
        return lax.scan(one, empty, random.split(key, batches))[0]

    def call(count: int) -> Any:
        return jax.block_until_ready(run(random.key(1), count // batch))

    return call
