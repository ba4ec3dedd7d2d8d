"""Four definitions of payback, never mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.cost.statement import Line, Statement, monthly, once
from payback.decision.payback import crossing_month, payback


def own(capital: float = 3000, per_month: float = 146, months: int = 36, life: int = 36) -> Statement:
    residual = tuple(capital * max(0.0, 1 - m / life) for m in range(months + 1))
    return Statement(
        lines=(once("capital", capital, months), monthly("electricity", per_month, months)), residual_usd=residual
    )


def rent(per_month: float = 2233.8, months: int = 36) -> Statement:
    return Statement(lines=(monthly("rent", per_month, months),), residual_usd=(0.0,) * (months + 1))


def test_the_articles_two_months() -> None:
    """3,000 / ((3.06 - 0.20) x 730) = 1.437 months, simple and by cumulative cash alike."""
    result = payback(own(), rent(), discount_rate=0.0)

    assert result.simple == pytest.approx(3000 / (2.86 * 730))
    assert result.cash == pytest.approx(3000 / (2.86 * 730))
    assert result.discounted == pytest.approx(result.cash)


def test_a_sold_machine_pays_back_sooner() -> None:
    """Net of resale, owning is ahead as soon as a month's loss of value and power is below a month's rent."""
    assert payback(own(), rent(), discount_rate=0.0).liquidation == pytest.approx(0.0)


def test_interest_delays_payback() -> None:
    """At 20 % a year a payback of 30 months comes later."""
    slow = payback(own(per_month=0), rent(per_month=100), discount_rate=0.20)

    assert slow.cash == pytest.approx(30)
    assert slow.discounted is None or slow.discounted > 30


def test_a_rent_below_the_electricity_is_never_overtaken() -> None:
    """At 100 a month against 146 of electricity owning never pays."""
    result = payback(own(), rent(per_month=100), discount_rate=0.05)

    assert result.simple is None
    assert result.cash is None


def test_beyond_the_horizon_only_the_simple_figure_speaks() -> None:
    """3,000 at 50 a month saved is 60 months: not within 36."""
    result = payback(own(per_month=0), rent(per_month=50), discount_rate=0.0)

    assert result.simple == pytest.approx(60)
    assert result.cash is None


def test_a_crossing_that_is_undone_does_not_count() -> None:
    """Ahead at month 1, behind at month 2, ahead from month 3: the last crossing counts."""
    assert crossing_month([10, 5, 30, 31], [0, 10, 20, 40]) == pytest.approx(2 + 10 / 19)


def test_a_prepaid_rent_is_overtaken_on_the_first_day() -> None:
    """17,073 upfront against 3,000: owning is ahead at month 0."""
    prepaid = Statement(lines=(once("rent", 17_073, 12),), residual_usd=(0.0,) * 13)

    assert payback(own(months=12), prepaid, discount_rate=0.0).cash == 0.0


@given(st.floats(min_value=200, max_value=5000), st.floats(min_value=1.01, max_value=3))
def test_a_dearer_rent_pays_back_no_later(per_month: float, factor: float) -> None:
    """Payback is monotone in the rent."""
    cheap = payback(own(), rent(per_month), discount_rate=0.05).cash
    dear = payback(own(), rent(per_month * factor), discount_rate=0.05).cash

    assert dear is not None or cheap is None
    assert cheap is None or (dear is not None and dear <= cheap + 1e-9)


def test_lines_of_equal_length_are_required() -> None:
    """Two horizons cannot be compared."""
    with pytest.raises(ValueError, match="zip"):
        crossing_month([1, 2], [1])


def test_empty_lines_cost_nothing() -> None:
    """An option without payments is free."""
    free = Statement(lines=(Line(name="nothing", payments_usd=(0.0, 0.0)),), residual_usd=(0.0, 0.0))

    assert free.total_usd == 0.0
