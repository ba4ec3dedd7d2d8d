"""What a thing costs, and what it cost before."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.market import history, item_name, market_price
from payback.errors import UnknownNameError

DAY = dt.date(2018, 9, 26)


def test_new_used_and_rented_side_by_side(small: Catalogue) -> None:
    """700 new, 600 used; a V100 for 3.06 on demand."""
    card = market_price(small, "GTX 1080 Ti", DAY)
    rented = market_price(small, "V100 SXM2 16GB", DAY)

    assert card.new is not None
    assert card.used is not None
    assert (700, 600) == (card.new.mid_usd, card.used.mid_usd)
    assert rented.new is None
    assert [1.332, 1.949, 2.088, 3.06] == [row.price_usd_per_gpu_h for row in rented.rents]


def test_an_offer_nobody_saw_for_long_is_history(small: Catalogue) -> None:
    """In 2026 the rows of 2017 are no price any more."""
    assert () == market_price(small, "V100 SXM2 16GB", dt.date(2026, 11, 23)).rents


def test_history_is_in_order_and_ends_on_the_day(small: Catalogue) -> None:
    """July 720, September 700 new and 600 used; December is not known yet."""
    events = history(small, "GTX 1080 Ti", DAY)

    assert [("new", 720), ("new", 700), ("used", 600)] == [(event.kind, event.usd) for event in events]


def test_names_of_parts_machines_and_offers_are_understood(small: Catalogue) -> None:
    """Case does not matter; what is unknown is said to be."""
    assert "DGX Station" == item_name(small, "dgx station")
    assert "aws/p3.2xlarge" == item_name(small, "AWS/p3.2xlarge")
    with pytest.raises(UnknownNameError):
        item_name(small, "flux capacitor")
