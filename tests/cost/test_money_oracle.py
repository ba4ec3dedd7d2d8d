"""Present values against numpy-financial, an independent implementation."""

from __future__ import annotations

import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.cost.present_value import levelised_usd_per_gpu_h, present_value_usd, statement_present_value_usd
from payback.cost.statement import Statement, monthly, once

PAYMENTS = st.lists(st.floats(min_value=-1e5, max_value=1e5), min_size=1, max_size=61)


@given(PAYMENTS, st.floats(min_value=0, max_value=0.5))
def test_present_value_agrees_with_numpy_financial(payments: list[float], rate: float) -> None:
    """Discounting monthly at (1+r)^(1/12) equals npf.npv at that monthly rate."""
    monthly_rate = (1 + rate) ** (1 / 12) - 1

    assert present_value_usd(payments, rate) == pytest.approx(npf.npv(monthly_rate, payments), rel=1e-9, abs=1e-6)


def test_a_loan_payment_has_the_present_value_of_the_loan() -> None:
    """The 36 payments that repay 3,000 at 5 % a year are worth 3,000 today (npf.pmt as oracle)."""
    monthly_rate = 1.05 ** (1 / 12) - 1
    payment = -float(npf.pmt(monthly_rate, 36, 3000))

    assert present_value_usd([0.0] + [payment] * 36, 0.05) == pytest.approx(3000)


def test_levelised_cost_without_interest_is_cost_over_hours() -> None:
    """(3,000 + 36 x 146) / (36 x 730 h) = 8,256 / 26,280 = 0.31416 USD/h."""
    own = Statement(lines=(once("capital", 3000, 36), monthly("electricity", 146, 36)), residual_usd=(0.0,) * 37)

    assert levelised_usd_per_gpu_h(own, 730, 0.0) == pytest.approx(8256 / 26280)


def test_levelised_cost_of_a_rent_is_the_rent_at_any_rate() -> None:
    """Paying 3.06 an hour at the end of the month for that month's hours levelises to 3.06."""
    rent = Statement(lines=(monthly("rent", 3.06 * 730, 36),), residual_usd=(0.0,) * 37)

    assert levelised_usd_per_gpu_h(rent, 730, 0.07) == pytest.approx(3.06)


def test_no_hours_have_no_price() -> None:
    """A machine that does nothing has no cost per hour."""
    assert levelised_usd_per_gpu_h(Statement(lines=(), residual_usd=(0.0, 0.0)), 0.0, 0.05) is None


def test_residual_lowers_the_present_value() -> None:
    """3,000 now, 1,000 back after a year at 10 %: 3,000 - 909.09."""
    own = Statement(lines=(once("capital", 3000, 12),), residual_usd=(0.0,) * 12 + (1000.0,))

    assert statement_present_value_usd(own, 0.10) == pytest.approx(3000 - 1000 / 1.1)
