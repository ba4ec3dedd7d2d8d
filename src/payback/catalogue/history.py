"""What a thing has cost through time, and what has moved most.

Everything here is read from the price store; a price that was never seen is
never filled in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from payback.catalogue.store import reading
from payback.catalogue.store.reading import StoredEvent
from payback.catalogue.store.records import CODECS, Kind
from payback.catalogue.store.store import Store

UNITS: Final[dict[Kind, str]] = {
    "offer": "USD/h",
    "other-offer": "USD/h",
    "component": "",
    "prebuilt": "",
    "storage": "USD/(GB month)",
    "tariff": "USD/kWh",
}
"""Unit of each kind's price; empty where the currency of the item is the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """One price of an item and the days it was seen on."""

    price: float
    valid_from: dt.date
    last_seen: dt.date
    gone_on: dt.date | None
    """First day on which the source listed everything but this; None while it is offered, or nobody knows."""
    locator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All prices one source ever gave for one item, oldest first."""

    kind: Kind
    name: str
    gpu: str
    label: str
    """What tells this item from others of its name: region and term, condition and card."""
    unit: str
    source: str
    points: tuple[PricePoint, ...]

    def price_on(self, day: dt.date) -> float | None:
        """The price as of a day; None before the first sighting and after a withdrawal."""
        known = [point for point in self.points if point.valid_from <= day]
        if not known or (known[-1].gone_on is not None and known[-1].gone_on <= day):
            return None
        return known[-1].price


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How far the price of one item moved between two days."""

    series: Series
    before: float
    after: float

    @property
    def change_share(self) -> float:
        """The change as a share of the old price: -0.2 is a fifth less."""
        return self.after / self.before - 1.0


def series(store: Store, name: str) -> list[Series]:
    """The history of everything called so: an offer (`aws/p3.2xlarge`), a part, a GPU, a place.

    Args:
        store: An open store.
        name: The name of an item, or of a GPU for all that has to do with it.
    """
    found: list[Series] = []
    for kind in _kinds():
        found += _series(kind, _named(store, kind, name))
    return sorted(found, key=lambda one: (one.name, one.label, one.source))


def movers(
    store: Store, since: dt.date, until: dt.date, *, kind: Kind = "offer", limit: int = 20, rising: bool = False
) -> list[Move]:
    """What fell most (or rose most) between two days.

    Only items seen on or before both days and still offered on the second
    count; an item that is new or gone has not moved.

    Args:
        store: An open store.
        since: The earlier day.
        until: The later day.
        kind: What to look at.
        limit: How many to return.
        rising: What rose most, instead.
    """
    moved = []
    for one in _series(kind, reading.events(store.connection, kind)):
        before, after = one.price_on(since), one.price_on(until)
        if before is not None and after is not None and before != after:
            moved.append(Move(series=one, before=before, after=after))
    fallen = [move for move in moved if (move.after > move.before) is rising]
    return sorted(fallen, key=lambda move: -abs(move.change_share))[:limit]


def _kinds() -> tuple[Kind, ...]:
    kinds: tuple[Kind, ...] = get_args(Kind)
    return kinds


def _named(store: Store, kind: Kind, name: str) -> Iterator[StoredEvent]:
    seen: set[int] = set()
    for event in reading.events(store.connection, kind, name=name):
        seen.add(event.item)
        yield event
    for event in reading.events(store.connection, kind, gpu=name):
        if event.item not in seen:
            yield event


def _series(kind: Kind, events: Iterable[StoredEvent]) -> list[Series]:
    grouped: dict[int, list[StoredEvent]] = {}
    for event in events:
        grouped.setdefault(event.item, []).append(event)
    return [_one(kind, group) for group in grouped.values()]


def _one(kind: Kind, events: list[StoredEvent]) -> Series:
    first = events[0]
    told: dict[str, Any] = dict(zip(CODECS[kind].identity, first.identity, strict=False))
    card = str(first.identity[-1] or "").split("\t")[-1]
    words = [told.get(key) for key in ("region", "term", "condition", "market", "storage_class", "seller")]
    if told.get("gpu_count"):
        words.append(f"{told['gpu_count']} x {first.gpu}")
    return Series(
        kind=kind,
        name=first.name,
        gpu=first.gpu,
        label=", ".join(str(word) for word in (*words, card) if word),
        unit=UNITS[kind] or str(told.get("currency", "USD")),
        source=first.source,
        points=tuple(_points(events)),
    )


def _points(events: list[StoredEvent]) -> Iterator[PricePoint]:
    """Events as points; the same price twice in a row, under other conditions or seen again, is one point."""
    held: StoredEvent | None = None
    start = 0
    for event in events:
        if held is not None and held.price == event.price and not _gone_between(held, event):
            held = event
            continue
        if held is not None:
            yield _point(held, start)
        held, start = event, event.valid_from
    if held is not None:
        yield _point(held, start)


def _gone_between(held: StoredEvent, event: StoredEvent) -> bool:
    return held.gone_on is not None and held.gone_on < event.valid_from


def _point(event: StoredEvent, start: int) -> PricePoint:
    return PricePoint(
        price=event.price,
        valid_from=dt.date.fromordinal(start),
        last_seen=dt.date.fromordinal(event.last_seen),
        gone_on=dt.date.fromordinal(event.gone_on) if event.gone_on else None,
        locator=event.first_locator,
    )
