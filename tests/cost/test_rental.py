"""Rents as sellers bill them."""

from __future__ import annotations

import pytest

from payback.cost.rental import RentalPlan, Term, billed_hours_per_day, rental_statement, used_hours_per_month


def plan(**changes: object) -> RentalPlan:
    values: dict[str, object] = {
        "price_usd_per_h": 3.06,
        "term": Term.parse("on-demand"),
        "instance_h_per_day": 24.0,
        "months": 12,
    }
    return RentalPlan(**(values | changes))  # type: ignore[arg-type]


def test_a_year_around_the_clock_is_8760_hours() -> None:
    """8,760 h x 3.06 = 26,805.60."""
    assert rental_statement(plan()).total_usd == pytest.approx(26_805.60)


def test_eight_hours_on_weekdays() -> None:
    """8 h x 5/7 x 365/12 days = 173.81 h a month."""
    assert used_hours_per_month(plan(instance_h_per_day=8.0, days_per_week=5.0)) == pytest.approx(8 * 5 / 7 * 365 / 12)


@pytest.mark.parametrize(
    ("hours", "granularity_s", "billed"),
    [(6.2, 3600, 7.0), (6.0, 3600, 6.0), (0.0, 3600, 0.0), (6.2, 60, 6.2), (0.1, 3600, 1.0)],
)
def test_a_started_unit_is_billed_whole(hours: float, granularity_s: int, billed: float) -> None:
    """Sellers round each session up to their unit."""
    assert billed_hours_per_day(hours, granularity_s) == pytest.approx(billed)


def test_a_commitment_is_billed_whether_used_or_not() -> None:
    """A year at 2.088 around the clock costs 18,290.88 even at one hour a day."""
    committed = plan(price_usd_per_h=2.088, term=Term.parse("reserved-1y-no-upfront"), instance_h_per_day=1.0)

    assert rental_statement(committed).total_usd == pytest.approx(8760 * 2.088)


def test_a_commitment_longer_than_the_need_still_owes_the_rest() -> None:
    """Three years at 1.332 for one year of need: 11,668.32 paid by month 12, 23,336.64 still owed."""
    committed = rental_statement(plan(price_usd_per_h=1.332, term=Term.parse("reserved-3y-no-upfront")))

    assert committed.cash_usd[12] == pytest.approx(8760 * 1.332)
    assert committed.total_usd == pytest.approx(3 * 8760 * 1.332)
    assert committed.lines_with_residual[-1].name == "commitment still to pay"


def test_all_upfront_is_paid_on_the_first_day_of_each_term() -> None:
    """1.949 x 8,760 = 17,073.24 on day one and again after a year."""
    upfront = 1.949 * 8760
    statement = rental_statement(
        plan(price_usd_per_h=1.949, term=Term.parse("reserved-1y-all-upfront"), upfront_usd=upfront, months=24)
    )

    assert statement.cash_usd[0] == pytest.approx(upfront)
    assert statement.cash_usd[12] == pytest.approx(upfront)
    assert statement.cash_usd[13] == pytest.approx(2 * upfront)
    assert statement.total_usd == pytest.approx(2 * upfront)


def test_partial_upfront_spreads_the_rest() -> None:
    """1 year at an effective 1.990: 8,717 now and (17,432.40 - 8,717) / 12 a month."""
    statement = rental_statement(
        plan(price_usd_per_h=1.990, term=Term.parse("reserved-1y-partial-upfront"), upfront_usd=8717.0)
    )

    assert statement.cash_usd[0] == 8717.0
    assert statement.cash_usd[1] - statement.cash_usd[0] == pytest.approx((1.990 * 8760 - 8717) / 12)
    assert statement.total_usd == pytest.approx(1.990 * 8760)


def test_storage_is_paid_while_the_machine_is_off() -> None:
    """1 TB at 0.10 a GB and month: 100 a month, even with no hour of work."""
    off = rental_statement(plan(instance_h_per_day=0.0, storage_usd_per_month=100.0))

    assert off.total_usd == pytest.approx(1200)


def test_hours_forgotten_are_billed_up_to_the_whole_month() -> None:
    """20 forgotten hours cost 61.20 a month; a machine that never stops cannot be forgotten."""
    forgotten = rental_statement(plan(instance_h_per_day=8.0, forgotten_h_per_month=20.0))
    busy = rental_statement(plan(forgotten_h_per_month=20.0))

    assert forgotten.lines[1].usd == pytest.approx(12 * 20 * 3.06)
    assert busy.total_usd == pytest.approx(26_805.60)
