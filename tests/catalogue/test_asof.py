"""Prices as of a day: the newest observation not after it, never a later one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import offer, part_price

from payback.catalogue.asof import latest_offers, quote
from payback.catalogue.schema import ComponentPrice

AS_OF = dt.date(2026, 11, 23)


def usd(row: ComponentPrice) -> float:
    return row.price_usd


def test_the_newest_price_wins_and_says_its_age() -> None:
    """Of August and September, September: 54 days old; the quarter spans 4,262 to 5,258."""
    seen = quote(
        [part_price("RTX 5090", 4262, "2026-08-15"), part_price("RTX 5090", 5258, "2026-09-30")], AS_OF, price_usd=usd
    )

    assert seen is not None
    assert (4262.0, 5258.0, 5258.0) == (seen.low_usd, seen.mid_usd, seen.high_usd)
    assert seen.age_days == 54


def test_a_later_price_does_not_exist_yet() -> None:
    """Before the first observation there is no price at all."""
    assert quote([part_price("x", 1, "2026-12-01")], AS_OF, price_usd=usd) is None


def test_several_prices_of_one_day_give_their_median() -> None:
    """550, 560 and 600 on one day: 560."""
    rows = [part_price("x", price, "2026-11-01") for price in (600, 550, 560)]
    seen = quote(rows, AS_OF, price_usd=usd)

    assert seen is not None
    assert seen.mid_usd == 560
    assert seen.newest.price == 560


def test_shops_at_home_come_first_unless_they_are_stale() -> None:
    """A US price 67 days older than a Greek one still counts; one 220 days older does not."""
    greek = part_price("x", 900, "2026-10-07", market="GR")
    recent = quote([part_price("x", 800, "2026-08-01"), greek], AS_OF, price_usd=usd, market="US")
    stale = quote([part_price("x", 800, "2026-03-01"), greek], AS_OF, price_usd=usd, market="US")

    assert recent is not None
    assert stale is not None
    assert recent.mid_usd == 800
    assert stale.mid_usd == 900


def test_foreign_prices_lose_their_tax_and_become_dollars() -> None:
    """1,240 EUR with 24 % VAT at 1.10 USD: 1,000 x 1.10 = 1,100."""
    row = part_price("x", 1240, "2026-10-07", currency="EUR", usd_per_unit=1.10)

    assert part_price("x", 1240, "2026-10-07").price_usd == 1240
    with_tax = ComponentPrice(
        component="x", category="gpu", condition="new", price=1240, currency="EUR", tax_included_share=0.24,
        usd_per_unit=1.10, observed_on=row.observed_on, source="shop", grade=row.grade,
    )  # fmt: skip
    assert with_tax.price_usd == pytest.approx(1100)
    in_usd, as_seen = with_tax.facts()
    assert (1240, "EUR") == (as_seen.value, as_seen.currency)
    assert (as_seen.id,) == in_usd.parents


def test_a_price_change_is_an_event() -> None:
    """p5.48xlarge: 98.32 before 2025-06-05, 55.04 from then on; both stay known."""
    rows = [
        offer("p5.48xlarge", 98.32, day="2025-04-01", valid_until=dt.date(2025, 6, 5)),
        offer("p5.48xlarge", 55.04, day="2025-06-05"),
    ]

    assert [98.32] == [row.price_usd_per_h for row in latest_offers(rows, dt.date(2025, 6, 4))]
    assert [] == latest_offers(rows[:1], dt.date(2025, 6, 5))
    assert [55.04] == [row.price_usd_per_h for row in latest_offers(rows, dt.date(2025, 6, 5))]


@given(
    st.lists(st.tuples(st.integers(0, 900), st.floats(1, 1e4)), min_size=1, max_size=20),
    st.integers(min_value=0, max_value=900),
)
def test_no_quote_ever_uses_the_future(rows: list[tuple[int, float]], day: int) -> None:
    """Whatever the observations, those behind a quote are not after the day of the question."""
    start = dt.date(2024, 1, 1)
    observations = [part_price("x", price, str(start + dt.timedelta(days=d))) for d, price in rows]
    seen = quote(observations, start + dt.timedelta(days=day), price_usd=usd)
    known = [price for d, price in rows if d <= day]

    assert (seen is None) == (not known)
    if seen is not None:
        assert seen.low_usd <= seen.mid_usd <= seen.high_usd
        assert {row.price for row in seen.observations} <= set(known)
