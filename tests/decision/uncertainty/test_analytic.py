"""Cases with an answer in closed form; every mean within three of its own standard errors, which the test names.

The number of scenarios of the kernel's cases is PAYBACK_SCENARIOS, 200,000 by default.
"""

from __future__ import annotations

import datetime as dt
import os
from math import erf, exp, log, pi, sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from tests.decision.uncertainty.small_model import (
    SEED,
    Own,
    Rent,
    counted,
    mean_and_error,
    mixed_model,
    numpy_runner,
    small_model,
    z_score,
)

from payback import answers
from payback.catalogue.catalogue import load
from payback.decision.advise import paybacks
from payback.decision.plan import Plan
from payback.decision.uncertainty import outcome, simulate
from payback.decision.uncertainty.draws import draw
from payback.decision.uncertainty.features import price_factors
from payback.decision.uncertainty.inputs import Failures, Inputs, PricePath, Resale, Wander
from payback.decision.uncertainty.model import NEW_PARTS, USED_PARTS
from payback.decision.uncertainty.spread import Spread
from payback.question_file import default_question, read_question

SCENARIOS = int(os.environ.get("PAYBACK_SCENARIOS", "200000"))
EXAMPLE = Path(__file__).parents[3] / "examples" / "lab.toml"
NORMAL = NormalDist()
MONTHS = 36


def density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


# --- nothing varies -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan() -> Plan:
    return answers.plan(default_question(as_of=dt.date(2026, 11, 23)), load())


@pytest.fixture(scope="module")
def lab() -> Plan:
    return answers.plan(read_question(EXAMPLE, as_of=dt.date(2026, 11, 23)), load())


@pytest.mark.parametrize("engine", ["kernel", "numpy"])
def test_constant_inputs_give_the_deterministic_engine(plan: Plan, engine: str) -> None:
    """Total and payback of every option to 1e-12, no spread, no regret but the known one, nothing worth knowing."""
    odds = simulate.simulate(plan, load(), scenarios=300, seed=SEED, threads=1, inputs=Inputs(), engine=engine)
    least = min(option.total_usd for option in plan.options)

    assert odds.engine == engine
    for option in plan.options:
        found = odds.options[option.id]
        assert found.mean_usd == pytest.approx(option.total_usd, rel=1e-12)
        assert found.total_usd == pytest.approx((option.total_usd,) * 3, rel=1e-12)
        assert found.standard_error_usd <= 1e-6 * abs(option.total_usd)
        assert found.regret_mean_usd == pytest.approx(option.total_usd - least, rel=1e-12, abs=1e-9)
    assert odds.perfect_information_usd == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("engine", ["kernel", "numpy"])
def test_constant_inputs_pay_back_when_the_statements_do(lab: Plan, engine: str) -> None:
    """Paybacks of all owned options in months to 1e-12, or never; both kinds are there."""
    odds = simulate.simulate(lab, load(), scenarios=300, seed=SEED, threads=1, inputs=Inputs(), engine=engine)
    baseline, never = lab.advice.baseline, set()
    assert baseline is not None
    for option in lab.options:
        if not option.is_owned:
            continue
        stated, found = paybacks(option, baseline, lab.question).cash, odds.options[option.id]
        expected = (None,) * 3 if stated is None else pytest.approx((stated,) * 3, rel=1e-12)
        assert found.payback_range_months == expected
        assert found.probability_never == float(stated is None)
        never.add(stated is None)

    assert never == {True, False}


# --- sums of Gaussians ----------------------------------------------------------------------------------------


def test_a_gaussian_in_gives_a_gaussian_out() -> None:
    """Rent 150 USD a month times hours N(1, 0.1²), 36 months: mean 5400, deviation 540, quantiles of a normal."""
    model = small_model([], [Rent(used_usd=150.0)], Inputs(hours=Spread.gaussian(1.0, 0.1), most_hours=9.0))
    frame, found = counted(model, SCENARIOS)
    mean, error = mean_and_error(found, 0)
    option = outcome.option_odds(model, frame, found)["option 0"]

    assert abs(mean - 5400.0) < 3 * error
    assert error == pytest.approx(540.0 / sqrt(SCENARIOS), rel=0.02)
    for share, value in zip((0.1, 0.5, 0.9), option.total_usd, strict=True):
        # a quantile's error is √(p(1 − p)/n)/density, and a bin is 1/512 of the range of some eight deviations
        z = NORMAL.inv_cdf(share)
        tolerance = 540.0 * (4 * sqrt(share * (1 - share) / SCENARIOS) / density(z) + 16 / 512)
        assert value == pytest.approx(5400.0 + 540.0 * z, abs=tolerance)


def test_the_worst_twentieth_of_a_gaussian() -> None:
    """CVaR95 = μ + σ·φ(1.645)/0.05 = 5400 + 540 · 2.0627 = 6513.9; its own error is 2.4·σ/√n."""
    model = small_model([], [Rent(used_usd=150.0)], Inputs(hours=Spread.gaussian(1.0, 0.1), most_hours=9.0))
    frame, found = counted(model, SCENARIOS)
    expected = 5400.0 + 540.0 * density(NORMAL.inv_cdf(0.95)) / 0.05

    assert expected == pytest.approx(6513.9, abs=0.1)
    cvar = outcome.option_odds(model, frame, found)["option 0"].cvar95_usd
    assert abs(cvar - expected) < 3 * 2.4 * 540.0 / sqrt(SCENARIOS) + 540.0 * 8 / 512


def test_monthly_swings_add_up_to_the_stated_variance() -> None:
    """Logarithm of a price after m months: variance S(1 − e^(−2κm/12)) by formula U4; a chi-square's |z| < 3."""
    wander = Wander(swing_variance=0.04, reversion_per_year=1.5)
    path = PricePath(wander=wander)
    n = 50_000
    _, stray = price_factors(path, draw(0, n, months=24, gpus=0, events=0, seed=SEED))

    for month in (1, 6, 24):
        expected = wander.deviation(month) ** 2
        z = (stray[month].var() / expected - 1.0) / sqrt(2.0 / n)
        assert abs(z) < 3, month
        assert abs(stray[month].mean()) < 3 * sqrt(expected / n)


# --- price paths ----------------------------------------------------------------------------------------------


def brownian(variance_per_year: float, drift: float = 0.0) -> PricePath:
    """Swings that take a million years to fade: a geometric Brownian motion."""
    slow = 1e-6
    wander = Wander(swing_variance=variance_per_year / (2 * slow), reversion_per_year=slow)
    return PricePath(drift=Spread.constant(drift), wander=wander)


def test_rent_on_a_geometric_brownian_price() -> None:
    """E Σ p(m) = Σ exp((d + v/2)·m/12): with d = −0.1 and v = 0.09 a year the kernel's mean is within |z| < 3."""
    inputs = Inputs(rents={"market": brownian(0.09, -0.1)})
    _, found = counted(small_model([], [Rent(used_usd=100.0)], inputs), SCENARIOS)
    expected = 100.0 * sum(exp((-0.1 + 0.045) * month / 12) for month in range(1, MONTHS + 1))

    assert abs(z_score(found, 0, expected)) < 3


def test_the_variance_of_rent_on_a_geometric_brownian_price() -> None:
    """Var Σ p = Σ Σ e^(d(i+j)/12) e^(v(i+j)/24) (e^(v·min(i,j)/12) − 1); the sample's agrees within 3 %."""
    inputs = Inputs(rents={"market": brownian(0.09)})
    _, found = counted(small_model([], [Rent(used_usd=1.0)], inputs), SCENARIOS)
    month = np.arange(1, MONTHS + 1)
    growth = np.exp(0.09 * (month[:, None] + month) / 24)
    variance = float((growth * (np.exp(0.09 * np.minimum(month[:, None], month) / 12) - 1)).sum())

    assert mean_and_error(found, 0)[1] == pytest.approx(sqrt(variance / found.scenarios), rel=0.03)


def test_rent_at_a_price_that_jumps() -> None:
    """Jumps of −30 %, +10 % or +50 % in logarithms with 0.6 a year: E p(m) = (1 + 0.05·(mean e^J − 1))^m."""
    sizes = (-0.3, 0.1, 0.5)
    inputs = Inputs(rents={"market": PricePath(jumps_per_year=0.6, jump_sizes=sizes)})
    _, found = counted(small_model([], [Rent(used_usd=100.0)], inputs), SCENARIOS)
    growth = 1.0 + 0.05 * (sum(exp(size) for size in sizes) / 3 - 1.0)

    assert abs(z_score(found, 0, 100.0 * sum(growth**month for month in range(1, MONTHS + 1)))) < 3


def test_a_commitment_pays_the_price_of_the_day_it_began() -> None:
    """Twelve-month terms on a Brownian price: months 1-12 at 1, 13-24 at E p(12), 25-36 at E p(24)."""
    inputs = Inputs(rents={"list": brownian(0.09)})
    rent = Rent(flat_usd=100.0, rent_class="list", commitment_months=12)
    _, found = counted(small_model([], [rent], inputs), SCENARIOS)
    expected = 1200.0 * (1.0 + exp(0.09 / 2) + exp(0.09))

    assert abs(z_score(found, 0, expected)) < 3


def test_a_price_that_rises_makes_renting_dearer() -> None:
    """Drift +0.3 a year for certain: Σ e^(0.3·m/12), to the seven digits of 32-bit exponentials."""
    inputs = Inputs(rents={"market": PricePath(drift=Spread.constant(0.3))})
    _, found = counted(small_model([], [Rent(used_usd=100.0)], inputs), 1000)

    expected = 100.0 * sum(exp(0.3 * month / 12) for month in range(1, MONTHS + 1))
    assert mean_and_error(found, 0)[0] == pytest.approx(expected, rel=1e-6)


# --- speeds, electricity, spot, resale ------------------------------------------------------------------------


def test_work_takes_as_long_as_the_machine_is_slow() -> None:
    """Rent by use ~ 1/speed; for a lognormal of deviation s, E 1/q = e^(s²/2)."""
    s = log(1.2) / NORMAL.inv_cdf(0.9)
    speed = Spread.lognormal(1 / 1.2, 1.0, 1.2)
    _, found = counted(small_model([], [Rent(used_usd=100.0)], Inputs(), speed=speed), SCENARIOS)

    assert abs(z_score(found, 0, 3600.0 * exp(s * s / 2))) < 3


def test_interruptions_cost_their_hours() -> None:
    """Spot at 100 USD a month with a lognormal overhead of median 5 %, deviation s: 3600·(1 + 0.05·e^(s²/2))."""
    s = log(4.0) / NORMAL.inv_cdf(0.9)
    inputs = Inputs(spot_overhead=Spread.lognormal(0.05 / 4, 0.05, 0.2))
    model = small_model([], [Rent(used_usd=100.0), Rent(used_usd=100.0, is_spot=1.0, rent_class="spot")], inputs)
    _, found = counted(model, SCENARIOS)

    assert mean_and_error(found, 0)[0] == pytest.approx(3600.0, rel=1e-12)
    assert abs(z_score(found, 1, 3600.0 * (1 + 0.05 * exp(s * s / 2)))) < 3


def test_electricity_grows() -> None:
    """730 h · 0.1 USD/h idle, growth N(0.05, 0.03²) a year: Σ 73·e^(0.05·t + 0.03²·t²/2)."""
    model = small_model(
        [Own(capital_usd=0.0, busy_usd_per_h=0.1, idle_usd_per_h=0.1)],
        [Rent(used_usd=1.0)],
        Inputs(electricity_growth=Spread.gaussian(0.05, 0.03)),
    )
    _, found = counted(model, SCENARIOS)
    years = np.arange(1, MONTHS + 1) / 12

    assert abs(z_score(found, 0, 73.0 * float(np.exp(0.05 * years + 0.03**2 * years**2 / 2).sum()))) < 3


def test_resale_is_lognormal_about_the_curve() -> None:
    """Decay N(0.2, 0.05²): after 3 years GPUs fetch the curve's share times e^(−3·N(0, 0.05²)), mean e^(0.15²/2)."""
    resale = Resale(decay=Spread.gaussian(0.2, 0.05), most_kept_share=50.0)
    model = small_model([Own(capital_usd=1000.0, resale_share=1.0)], [Rent(used_usd=1.0)], Inputs(resale=resale))
    _, found = counted(model, SCENARIOS)
    gpus = 700.0 * exp(-0.2 * 3) * exp(0.15**2 / 2)
    rest = 300.0 * exp(-0.3 * 3)

    error = mean_and_error(found, 0)[1]
    assert abs(mean_and_error(found, 0)[0] - (1000.0 - gpus - rest)) < 3 * error


# --- failures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.8])
def test_breakdowns_of_a_weibull_process(shape: float) -> None:
    """Expected number over t years r·Y·(t/Y)^k; new parts are charged from month 12 on; the number is Poisson."""
    failures = Failures(rate_per_year=Spread.constant(0.4), shape=shape, reference_years=3.0, warranty_months=12.0)
    owned = [
        Own(capital_usd=0.0, repair_usd=1.0, failure_class=USED_PARTS),
        Own(capital_usd=0.0, repair_usd=1.0, failure_class=NEW_PARTS),
    ]
    model = small_model(owned, [Rent(used_usd=1.0)], Inputs(failures=failures))
    _, found = counted(model, SCENARIOS)
    whole, within = 1.2, 1.2 * (1.0 / 3.0) ** shape

    assert abs(z_score(found, 0, whole)) < 3
    assert abs(z_score(found, 1, whole - within)) < 3
    assert mean_and_error(found, 0)[1] == pytest.approx(sqrt(whole / SCENARIOS), rel=0.02)


def test_days_of_repair_are_rented() -> None:
    """A breakdown costs 10 days of the baseline at 3 USD a day: 0.9 expected breakdowns over 3 years cost 27 USD."""
    failures = Failures(rate_per_year=Spread.constant(0.3), downtime_days=Spread.constant(10.0))
    model = small_model(
        [Own(capital_usd=0.0, failure_class=USED_PARTS)],
        [Rent(used_usd=3.0 * 365.0 / 12.0)],
        Inputs(failures=failures),
    )
    _, found = counted(model, SCENARIOS)

    assert abs(z_score(found, 0, 27.0)) < 3


# --- decisions ------------------------------------------------------------------------------------------------


def two_gaussians() -> tuple[float, float]:
    """Mean and deviation of the first option's cost; the second costs 5600 USD whatever happens."""
    return 5400.0, 540.0


def test_regret_and_perfect_information_between_two_gaussians() -> None:
    """A ~ N(5400, 540²), B = 5600. With d = 200/540:

    P(A best) = Φ(d); E regret of A = σ(φ(d) − d·Φ(−d)) = EVPI, since A is the lesser mean; of B that plus 200.
    """
    mean, sigma = two_gaussians()
    flat = 5600.0 / MONTHS
    rented = [Rent(used_usd=150.0), Rent(flat_usd=flat)]
    model = small_model([], rented, Inputs(hours=Spread.gaussian(1.0, 0.1), most_hours=9.0))
    frame, found = counted(model, SCENARIOS)
    odds = outcome.option_odds(model, frame, found)
    d = (5600.0 - mean) / sigma
    lost = sigma * (density(d) - d * NORMAL.cdf(-d))
    square = sigma**2 * ((1 + d * d) * NORMAL.cdf(-d) - d * density(d))
    error = sqrt((square - lost**2) / SCENARIOS)

    assert lost == pytest.approx(130.0, abs=1.0)
    share = NORMAL.cdf(d)
    assert abs(odds["option 0"].probability_best - share) < 3 * sqrt(share * (1 - share) / SCENARIOS)
    assert abs(odds["option 0"].regret_mean_usd - lost) < 3 * error
    assert abs(odds["option 1"].regret_mean_usd - lost - 200.0) < 3 * sigma / sqrt(SCENARIOS)
    evpi = outcome.perfect_information_usd(model, found)
    assert abs(evpi - lost) < 3 * error
    ((name, value),) = outcome.value_of_information(model, frame, found)
    assert name == "hours of use"
    assert evpi * 0.97 <= value <= evpi * 1.03  # hours are all there is to know; sixteen classes lose 3 % at most


def test_the_least_of_two_lognormals() -> None:
    """150 USD for certain or 132·(1 + 0.1·e^(s·y)) on spot machines, both times e^(q·z): E min and who has it."""
    s = log(3.0) / NORMAL.inv_cdf(0.9)
    inputs = Inputs(hours=Spread.constant(1.0), spot_overhead=Spread.lognormal(0.1 / 3, 0.1, 0.3))
    speed = Spread.lognormal(1 / 1.1, 1.0, 1.1)
    q = log(1.1) / NORMAL.inv_cdf(0.9)
    rented = [Rent(used_usd=150.0), Rent(used_usd=132.0, is_spot=1.0, rent_class="spot")]
    model = small_model([], rented, inputs, speed=speed)
    _, found = counted(model, SCENARIOS)
    limit = (log((150.0 / 132.0 - 1.0) / 0.1)) / s
    below = 132.0 * (NORMAL.cdf(limit) + 0.1 * exp(s * s / 2) * NORMAL.cdf(limit - s))
    least = 36.0 * exp(q * q / 2) * (below + 150.0 * (1.0 - NORMAL.cdf(limit)))
    error = mean_and_error(found, 0)[1]

    assert abs(found.least_sum / found.scenarios - least) < 3 * error
    share = 0.5 * (1 + erf(limit / sqrt(2)))
    assert abs(found.wins[1] / found.scenarios - share) < 3 * sqrt(share * (1 - share) / SCENARIOS)


# --- edges ----------------------------------------------------------------------------------------------------


def test_no_hours_at_all() -> None:
    """Nothing is rented, so nothing owned ever pays back, and no number is spoilt."""
    model = small_model([Own(capital_usd=1000.0)], [Rent(used_usd=150.0)], Inputs(hours=Spread.constant(0.0)))
    frame, found = counted(model, 1000)
    odds = outcome.option_odds(model, frame, found)

    assert odds["option 0"].probability_never == 1.0
    assert odds["option 0"].total_usd == (1000.0, 1000.0, 1000.0)
    assert odds["option 1"].mean_usd == 0.0


def test_nothing_to_rent() -> None:
    """Without a baseline there is no payback, and totals stand all the same."""
    model = small_model([Own(capital_usd=1000.0), Own(capital_usd=900.0)], [], Inputs())
    frame, found = counted(model, 500)
    odds = outcome.option_odds(model, frame, found)

    assert odds["option 0"].payback_range_months is None
    assert odds["option 1"].probability_best == 1.0


def test_nothing_to_own() -> None:
    """Rented options alone are compared like any."""
    model = small_model([], [Rent(used_usd=150.0), Rent(used_usd=120.0)], Inputs())
    _, found = counted(model, 500)

    assert found.wins.tolist() == [0, 500]


def test_ten_years_keep_their_numbers() -> None:
    """120 months of every uncertainty: all sums finite, kernel and oracle agree on every mean within 1e-5."""
    model = mixed_model(120)
    frame, found = counted(model, 2000)
    expected = numpy_runner(model, frame).chunk(0, 2000)

    assert np.isfinite(found.shift_square).all()
    assert found.shift_sum == pytest.approx(expected.shift_sum, rel=1e-5)
