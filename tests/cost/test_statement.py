"""Lines add up, always."""

from __future__ import annotations

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from payback.cost.statement import Line, Statement, monthly, once

MONEY = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


def test_a_statement_sums_payments_and_residual() -> None:
    """3,000 once and 146 a month for 2 months, worth 2,800 at the end: 3,292 paid, 492 net."""
    own = Statement(
        lines=(once("capital", 3000, 2), monthly("electricity", 146, 2)), residual_usd=(3000.0, 2900.0, 2800.0)
    )

    assert own.cash_usd == (3000.0, 3146.0, 3292.0)
    assert own.net_usd == (0.0, 246.0, 492.0)
    assert own.total_usd == 492.0
    assert [line.usd for line in own.lines_with_residual] == [3000.0, 292.0, -2800.0]


@given(st.lists(st.lists(MONEY, min_size=13, max_size=13), min_size=1, max_size=6), MONEY)
def test_the_total_is_the_sum_of_the_lines_and_the_last_net(series: list[list[float]], residual: float) -> None:
    """Σ lines = total = net(N), whatever the payments."""
    lines = tuple(Line(name=str(i), payments_usd=tuple(payments)) for i, payments in enumerate(series))
    statement = Statement(lines=lines, residual_usd=(0.0,) * 12 + (residual,))

    assert isclose(sum(line.usd for line in statement.lines_with_residual), statement.total_usd, abs_tol=1e-5)
    assert isclose(statement.net_usd[-1], statement.total_usd, abs_tol=1e-5)


def test_a_worthless_machine_has_no_resale_line() -> None:
    """A residual of zero adds no line."""
    assert Statement(lines=(once("capital", 1, 1),), residual_usd=(0.0, 0.0)).lines_with_residual == (
        once("capital", 1, 1),
    )
