"""What a thing has cost through time, and what moved most."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from payback.catalogue.history import movers, series
from payback.catalogue.schema import ComponentPrice, Offer
from payback.catalogue.store import Batch, FileRecord, Sighting, Store
from payback.evidence import Grade

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def offer(instance: str, price: float, day: dt.date) -> Offer:
    return Offer(
        source="s",
        observed_on=day,
        grade=Grade.LISTED,
        provider="cloud",
        instance=instance,
        region="eu",
        gpu="T4",
        gpu_count=1,
        term="on-demand",
        price_usd_per_h=price,
    )


def listed(store: Store, day: dt.date, *, snapshot: bool = True, **prices: float) -> None:
    """One price list of one day."""
    record = FileRecord(
        name=f"{day}.csv", scope="cloud", locator=f"{day}.csv@1", observed_on=day, digest=str(day), snapshot=snapshot
    )
    batch = Batch("s", [record])
    for instance, price in prices.items():
        batch.add(Sighting(row=offer(instance, price, day), kind="offer", variant="T4\t\t\t"))
    store.apply([batch], NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Four lists: one machine falls, one rises, one stays, one goes and comes back, one is new."""
    with Store(tmp_path / "prices.sqlite3") as opened:
        listed(opened, dt.date(2026, 1, 1), falls=10.0, rises=1.0, stays=3.0, returns=5.0)
        listed(opened, dt.date(2026, 2, 1), falls=8.0, rises=1.1, stays=3.0)
        listed(opened, dt.date(2026, 3, 1), falls=6.0, rises=1.5, stays=3.0, returns=5.0, new=9.0)
        yield opened


def test_the_history_of_an_offer(store: Store) -> None:
    """10, 8 and 6 USD/h, each from its first day to its last."""
    (found,) = series(store, "cloud/falls")

    assert (found.unit, found.gpu, found.label) == ("USD/h", "T4", "eu, on-demand, 1 x T4")
    assert [(point.price, str(point.valid_from), str(point.last_seen)) for point in found.points] == [
        (10.0, "2026-01-01", "2026-01-01"),
        (8.0, "2026-02-01", "2026-02-01"),
        (6.0, "2026-03-01", "2026-03-01"),
    ]
    assert [found.price_on(dt.date(2026, month, 15)) for month in (1, 2, 3)] == [10.0, 8.0, 6.0]
    assert found.price_on(dt.date(2025, 12, 31)) is None


def test_everything_about_a_gpu(store: Store) -> None:
    """Asked for T4, all five machines with one are told, and a card under its own name too."""
    day = dt.date(2026, 3, 1)
    record = FileRecord(name="c.csv", scope="", locator="c.csv@1", observed_on=day, digest="c")
    batch = Batch("shop", [record])
    card = ComponentPrice(
        source="shop",
        observed_on=day,
        grade=Grade.SOLD,
        component="T4",
        category="gpu",
        condition="used",
        price=600.0,
        currency="EUR",
        market="DE",
        seller="eBay",
    )
    batch.add(Sighting(row=card, kind="component", variant="Tesla T4\t16\t\tPNY T4"))
    store.apply([batch], NOW)

    found = series(store, "T4")

    assert {one.name for one in found} == {
        "cloud/falls",
        "cloud/rises",
        "cloud/stays",
        "cloud/returns",
        "cloud/new",
        "T4",
    }
    assert [(one.label, one.unit) for one in found if one.kind == "component"] == [("used, DE, eBay, PNY T4", "EUR")]


def test_what_was_gone_for_a_while_was_gone(store: Store) -> None:
    """Listed in January and March and missing in February: 5, then nothing, then 5 again."""
    (found,) = series(store, "cloud/returns")

    assert [found.price_on(dt.date(2026, month, 15)) for month in (1, 2, 3)] == [5.0, None, 5.0]
    assert str(found.points[0].gone_on) == "2026-02-01"


def test_what_fell_most_this_month(store: Store) -> None:
    """From February to March: falls by 25 %; rises and the new machine are no falls, and what stays has not moved."""
    moves = movers(store, dt.date(2026, 2, 15), dt.date(2026, 3, 15))

    assert [(move.series.name, move.before, move.after, round(move.change_share, 3)) for move in moves] == [
        ("cloud/falls", 8.0, 6.0, -0.25)
    ]


def test_what_rose_most(store: Store) -> None:
    """From January to March 1.0 became 1.5: half as much again."""
    moves = movers(store, dt.date(2026, 1, 15), dt.date(2026, 3, 15), rising=True)

    assert [(move.series.name, move.change_share) for move in moves] == [("cloud/rises", 0.5)]


def test_a_name_nobody_sells_has_no_history(store: Store) -> None:
    """No series, not an empty one."""
    assert series(store, "cloud/unheard") == []
