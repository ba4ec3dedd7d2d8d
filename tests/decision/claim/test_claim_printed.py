"""Figures as people print them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.decision.claim.printed import number, printed
from payback.errors import BadQuestionError


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "unit"),
    [
        ("$2,311", 2311, 0.5, "USD"),
        ("591 kWh", 591, 0.5, "kWh"),
        ("~300 days", 300, 9, "days"),
        ("about 13 months", 13, 0.5, "months"),
        ("≈ 5 %", 0.05, 0.005, "share"),
        ("9.4 months", 9.4, 0.05, "months"),
        (Decimal("1.40"), 1.40, 0.005, ""),
        (20, 20, 0.5, ""),
        (2270, 2270, 5, ""),
        (171_600, 171_600, 50, ""),
        (81_000_000, 81_000_000, 405_000, ""),
        ("$1.2M", 1_200_000, 50_000, "USD"),
        ("0.0091 USD/h", 0.0091, 0.00005, "USD/h"),
        ("-3.5", -3.5, 0.05, ""),
        (0, 0, 0.5, ""),
    ],
)
def test_digits_decide_the_tolerance(text: object, value: float, tolerance: float, unit: str) -> None:
    """Half of the last printed digit; trailing zeros at most 0.5 %; "about" 3 %."""
    figure = printed(text, "step")

    assert value == pytest.approx(float(figure.low))
    assert tolerance == pytest.approx(float(figure.tolerance))
    assert unit == figure.unit


@pytest.mark.parametrize(("tolerance", "room"), [(2, 2), ("1 %", 0.2), (0, 0)])
def test_a_stated_tolerance_wins(tolerance: object, room: float) -> None:
    """20 with a tolerance of 1 % may be off by 0.2."""
    figure = printed(20, "step", tolerance=tolerance)

    assert room == pytest.approx(float(figure.tolerance))
    assert not figure.is_cut_from(Fraction("20.9"))


def test_a_range_admits_what_lies_between() -> None:
    """4-6 admits 3.5 to 6.5."""
    figure = printed([6, 4], "step")

    assert [figure.admits(Fraction(v)) for v in ("3.5", "6.5", "6.6")] == [True, True, False]
    assert figure.as_json() == [4.0, 6.0]


def test_percent_is_kept_where_the_step_is_in_percent() -> None:
    """A step in % states 55, not 0.55."""
    assert printed("55 %", "step", unit="%").low == 55


def test_cut_digits_are_noticed_only_where_they_hardly_matter() -> None:
    """27,947.88 may be printed 27,947; 2.9 may not be printed 2."""
    assert printed(27_947, "step").is_cut_from(Fraction("27947.88"))
    assert not printed(2, "step").is_cut_from(Fraction("2.9"))


@pytest.mark.parametrize(
    "value",
    ["ten", "", "1.234,50", "1,40", "12,34,56", Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"), True, None, []],
)
def test_what_is_no_number_is_said_so(value: object) -> None:
    """Text, NaN, infinities, giants, decimal commas: all refused with the place."""
    with pytest.raises(BadQuestionError, match=r"^inputs\.x"):
        number(value, "inputs.x")


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4))
def test_a_number_admits_itself(value: Decimal) -> None:
    """Whatever is printed admits its own value, and nothing more than a unit of its last digit away."""
    figure = printed(value, "step")

    assert figure.admits(Fraction(value))
    assert not figure.admits(Fraction(value) + figure.last_digit)
