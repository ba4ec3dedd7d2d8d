"""Models of a few options, small enough to have answers in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payback.decision.uncertainty import reference, simulate, tally
from payback.decision.uncertainty.draws import events_followed
from payback.decision.uncertainty.inputs import Failures, Inputs, PricePath, Resale, Wander
from payback.decision.uncertainty.model import NO_FAILURES, Model, OwnedSide, RentedSide
from payback.decision.uncertainty.spread import Spread
from payback.decision.uncertainty.tally import Frame, Tally

SEED = 20261128


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """An owned option."""

    capital_usd: float
    monthly_usd: float = 0.0
    busy_usd_per_h: float = 0.0
    idle_usd_per_h: float = 0.0
    load: float = 0.3
    repair_usd: float = 0.0
    failure_class: int = NO_FAILURES
    resale_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rent:
    """A rented option."""

    used_usd: float = 0.0
    flat_usd: float = 0.0
    upfront_usd: float = 0.0
    load: float = 0.0
    is_spot: float = 0.0
    rent_class: str = "market"
    commitment_months: int = 0


def small_model(
    owned: Sequence[Own], rented: Sequence[Rent], inputs: Inputs, *, months: int = 36, speed: Spread | None = None
) -> Model:
    """Owned options first, then the rented ones; the first of these is the baseline."""
    month = np.arange(months + 1, dtype=np.float64)
    paths = tuple(sorted({(one.rent_class, one.commitment_months) for one in rented}))
    kept, rest_kept = np.exp(-0.2 * month / 12), np.exp(-0.3 * month / 12)
    capital = np.array([one.capital_usd for one in owned], np.float64)
    share = np.array([one.resale_share for one in owned])
    fixed = capital[:, None] + np.array([one.monthly_usd for one in owned], np.float64)[:, None] * month
    own = OwnedSide(
        place=np.arange(len(owned)),
        speed=np.zeros(len(owned), np.int64),
        failure_class=np.array([one.failure_class for one in owned], np.int64),
        fixed_usd=fixed.reshape(len(owned), months + 1),
        busy_usd_per_h=np.array([one.busy_usd_per_h for one in owned]),
        idle_usd_per_h=np.array([one.idle_usd_per_h for one in owned]),
        load=np.array([one.load for one in owned]),
        repair_usd=np.array([one.repair_usd for one in owned]),
        gpu_residual_usd=((0.7 * share * capital)[:, None] * kept).reshape(len(owned), months + 1),
        rest_residual_usd=((0.3 * share * capital)[:, None] * rest_kept).reshape(len(owned), months + 1),
    )
    rent = RentedSide(
        place=np.arange(len(owned), len(owned) + len(rented)),
        speed=np.zeros(len(rented), np.int64),
        path=np.array([paths.index((one.rent_class, one.commitment_months)) for one in rented], np.int64),
        fixed_usd=np.zeros((len(rented), months + 1)),
        used_usd=np.array([one.used_usd for one in rented]),
        flat_usd=np.array([one.flat_usd for one in rented]),
        upfront_usd=np.array([one.upfront_usd for one in rented]),
        owed_usd=np.zeros((len(rented), months + 1)),
        load=np.array([one.load for one in rented]),
        is_spot=np.array([one.is_spot for one in rented]),
    )
    options = len(owned) + len(rented)
    return Model(
        months=months,
        ids=tuple(f"option {place}" for place in range(options)),
        base_usd=np.zeros(options),
        owned=own,
        rented=rent,
        baseline=0 if rented else None,
        gpus=("GPU",),
        speeds=((0, speed or Spread.constant(1.0)),),
        paths=paths,
        inputs=inputs,
        gpu_kept=kept,
        rest_kept=rest_kept,
    )


def everything_varies() -> Inputs:
    """Inputs of which none is constant."""
    wander = Wander(lasting_variance_per_year=0.03, swing_variance=0.02, reversion_per_year=4.0)
    path = PricePath(drift=Spread.gaussian(-0.05, 0.14), wander=wander, jumps_per_year=0.5, jump_sizes=(-0.3, 0.1, 0.2))
    return Inputs(
        hours=Spread.lognormal(0.3, 0.7, 1.4),
        most_hours=2.5,
        rents={"market": path, "list": path, "spot": path},
        resale=Resale(
            decay=Spread.gaussian(0.2, 0.1),
            wander=wander,
            rent_correlation=0.5,
            next_generation_months=(3, 20),
            generation_interval_months=12,
            generation_step=Spread.normal(0, 0.1, 0.2),
            rest_power=Spread.lognormal(0.6, 1, 1.8),
        ),
        electricity_growth=Spread.gaussian(0.03, 0.02),
        failures=Failures(
            rate_per_year=Spread.lognormal(0.1, 0.2, 0.4),
            shape=1.5,
            warranty_months=24,
            downtime_days=Spread.lognormal(3, 10, 30),
        ),
        spot_overhead=Spread.lognormal(0.005, 0.03, 0.15),
        speeds={"GPU": Spread.lognormal(0.85, 1.0, 1.2)},
    )


def mixed_model(months: int = 36, inputs: Inputs | None = None) -> Model:
    """Options of every kind, more owned ones than the kernel handles together, and an odd number of them."""
    owned = [
        Own(
            capital_usd=1200.0 + 400.0 * place,
            monthly_usd=2.0 * place,
            busy_usd_per_h=0.1 + 0.02 * place,
            idle_usd_per_h=0.01,
            load=0.2 + 0.06 * place,
            repair_usd=300.0 if place % 3 else 0.0,
            failure_class=place % 3,
            resale_share=0.5,
        )
        for place in range(13)
    ]
    rented = [
        Rent(used_usd=150.0, rent_class="market"),
        Rent(used_usd=110.0, is_spot=1.0, rent_class="spot"),
        Rent(flat_usd=130.0, load=0.6, rent_class="list", commitment_months=12),
        Rent(upfront_usd=1500.0, load=0.6, rent_class="list", commitment_months=12),
    ]
    made = inputs or everything_varies()
    speed = made.speeds.get("GPU", Spread.constant(1.0))
    return small_model(owned, rented, made, months=months, speed=speed)


def frame_of(model: Model, scenarios: int = 2048) -> Frame:
    """Bins from a first look, as `simulate` makes them."""
    events = events_followed(model.inputs.failures, model.months)
    look = simulate.scenarios_of(model, 0, scenarios, SEED, events)
    return tally.frame_of(model, reference.costs(model, look), look)


def numpy_runner(model: Model, frame: Frame) -> simulate.NumpyRunner:
    """The oracle."""
    events = events_followed(model.inputs.failures, model.months)
    return simulate.NumpyRunner(model=model, frame=frame, seed=SEED, events=events)


def counted(model: Model, scenarios: int, *, threads: int = 1) -> tuple[Frame, Tally]:
    """A run of the kernel."""
    frame = frame_of(model)
    return frame, simulate.run(simulate.KernelRunner(model, frame, SEED), scenarios, threads, None)


def mean_and_error(found: Tally, option: int) -> tuple[float, float]:
    """Mean cost of an option and its standard error; totals of statements are zero in these models."""
    mean = float(found.shift_sum[option]) / found.scenarios
    variance = float(found.shift_square[option]) / found.scenarios - mean**2
    return mean, float(np.sqrt(max(variance, 0.0) / found.scenarios))


def z_score(found: Tally, option: int, expected: float) -> float:
    """How many standard errors the mean lies from what it should be."""
    mean, error = mean_and_error(found, option)
    return (mean - expected) / error
