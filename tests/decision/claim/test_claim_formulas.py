"""The formula catalogue against hand arithmetic and other people's code."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy_financial
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payback.decision.claim.formulas import CATALOGUE, NoValueError

DOCUMENT = Path(__file__).parents[3] / "docs" / "method" / "claims.md"


def call(name: str, *arguments: object) -> float:
    return float(CATALOGUE[name](*(Fraction(str(argument)) for argument in arguments)))


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("energy_kwh", (450, 1314), 591.3),
        ("energy_kwh", (1000, 10, "1.5"), 15),
        ("energy_cost_usd", (1000, 8760, "0.2"), 1752),
        ("straight_line_residual_usd", (3000, 2, 36), 3000 * 34 / 36),
        ("straight_line_usd_per_month", (24000, 60), 400),
        ("straight_line_usd_per_month", (24000, 60, 6000), 300),
        ("rental_months", (30000, 4, 720), 10.416667),
        ("rent_usd", ("32.77", 176), 5767.52),
        ("billed_hours", ("6.2", 3600), 7),
        ("simple_payback_months", (131600, "6217.52", "833.3333333333"), 24.441946),
        ("usd_per_unit_h", (14375, 36, 5, 8760), 0.00911657),
        ("capital_recovery_factor", (0, 4), 0.25),
        ("replicas", ("81000001", "81000000"), 2),
        ("replicas", (0, 81), 0),
        ("step_cost_usd", ("40.5e6", "81e6", 100, 30), 130),
        ("newsvendor_share", (1, 4), 0.75),
        ("break_even_use_share", (8760, 2, 8760), 0.5),
        ("machine_power_w", (300, 4), 1717.39),
    ],
)
def test_by_hand(name: str, arguments: tuple[object, ...], expected: float) -> None:
    """Each formula at figures one can work in the head or on paper."""
    assert expected == pytest.approx(call(name, *arguments), rel=1e-5)


def test_present_value_is_that_of_numpy_financial() -> None:
    """Monthly rate (1 + r)^(1/12) - 1, payments at the end of each month."""
    rate = 1.08 ** (1 / 12) - 1
    expected = -numpy_financial.pv(rate, 24, 100.0, when="end") + 500

    assert expected == pytest.approx(call("present_value_usd", 100, 24, "0.08", 500))


def test_recovering_capital_is_numpy_financials_payment() -> None:
    """CRF is the yearly payment on a loan of one dollar."""
    assert -numpy_financial.pmt(0.07, 5, 1) == pytest.approx(call("capital_recovery_factor", "0.07", 5))


def test_levelised_cost_without_interest_is_cost_over_hours() -> None:
    """(3,600 + 36 x 10 - 360) / (36 x 100 h) = 1.00."""
    assert call("levelised_usd_per_gpu_h", 3600, 10, 100, 36, 0, 360) == pytest.approx(1.0)


@given(
    unit=st.integers(1, 50),
    capacity=st.integers(1, 40),
    machine=st.integers(1, 400),
    fixed=st.integers(0, 300),
)
def test_the_crossover_is_the_first_load_that_pays(unit: int, capacity: int, machine: int, fixed: int) -> None:
    """Against a walk over every whole load: no smaller one pays, and the next whole one from it does."""
    gain = unit * capacity - machine
    assume(gain > 0)
    found = CATALOGUE["step_crossover_units"](*map(Fraction, (unit, capacity, machine, fixed)))
    machines = ceil(found / capacity)

    assert found * unit == fixed + machines * machine
    for load in range(1, ceil(found)):
        assert load * unit < fixed + ceil(Fraction(load, capacity)) * machine


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("step_crossover_units", (1, 10, 20)),
        ("simple_payback_months", (1000, 10, 10)),
        ("present_value_usd", (1, 12, -2)),
        ("present_value_usd", (1, "12.5", 0)),
        ("levelised_usd_per_gpu_h", (1, 1, 0, 12)),
    ],
)
def test_no_answer_is_said_so(name: str, arguments: tuple[object, ...]) -> None:
    """Curves that never cross, machines that never pay back, rates and months that are none."""
    with pytest.raises(NoValueError):
        call(name, *arguments)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_formula_is_documented_as_it_is_called(name: str) -> None:
    """The document shows the usage and the unit of every formula."""
    text = DOCUMENT.read_text(encoding="utf-8")

    assert f"`{CATALOGUE[name].usage}`" in text
    assert f"| {CATALOGUE[name].unit} |" in next(line for line in text.splitlines() if f"`{name}(" in line)
