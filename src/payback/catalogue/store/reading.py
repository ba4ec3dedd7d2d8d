"""From the store's tables back to the rows of the catalogue."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from payback.catalogue import currency as shipped_rates
from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt, StoragePrice, Tariff
from payback.catalogue.store.records import CODECS, Kind, Quarantined, Spec
from payback.evidence import Grade

RowType = TypeVar("RowType", StoragePrice, Tariff)
SnapshotDays = dict[tuple[str, str], list[int]]

_HISTORY = """
SELECT item, source, scope, name, gpu, identity, price, valid_from, last_seen, detail, first_locator, last_locator
FROM event_row WHERE kind = :kind AND (:gpu IS NULL OR gpu = :gpu) AND (:name IS NULL OR name = :name)
ORDER BY item, valid_from, seq
"""
_AS_OF = """
SELECT item, source, scope, name, gpu, identity, price, valid_from, last_seen, detail, first_locator, last_locator
FROM event_row WHERE kind = :kind AND (:gpu IS NULL OR gpu = :gpu) AND (:name IS NULL OR name = :name)
AND (valid_from, seq) = (
  SELECT event.valid_from, event.seq FROM event WHERE event.item = event_row.item AND event.valid_from <= :day
  ORDER BY event.valid_from DESC, event.seq DESC LIMIT 1)
ORDER BY item
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One price event with everything needed to make a catalogue row of it."""

    item: int
    source: str
    scope: str
    name: str
    gpu: str
    identity: list[Any]
    price: float
    valid_from: int
    last_seen: int
    detail: list[Any]
    first_locator: str
    last_locator: str
    gone_on: int | None = None
    """First day after `last_seen` on which the source listed everything but this."""


def events(
    connection: sqlite3.Connection,
    kind: Kind,
    as_of: dt.date | None = None,
    *,
    gpu: str | None = None,
    name: str | None = None,
) -> Iterator[StoredEvent]:
    """Price events of a kind: all of them, or the one that held on a day."""
    day = as_of.toordinal() if as_of else None
    query = _AS_OF if as_of else _HISTORY
    listed = _snapshots(connection) if kind == "offer" else {}
    for row in connection.execute(query, {"kind": kind, "day": day, "gpu": gpu, "name": name}):
        days = listed.get((row[1], row[2]), [])
        at = bisect_right(days, row[8])
        gone_on = days[at] if at < len(days) else None
        cells = [*row[:5], _cells(row[5]), *row[6:9], _cells(row[9]), *row[10:], gone_on]
        yield StoredEvent(*cells)


@lru_cache(maxsize=65536)
def _cells(body: str) -> list[Any]:
    cells: list[Any] = json.loads(body)
    return cells


def _snapshots(connection: sqlite3.Connection) -> SnapshotDays:
    out: SnapshotDays = defaultdict(list)
    for source, scope, day in connection.execute(
        "SELECT source, scope, observed_on FROM snapshot WHERE complete = 1 ORDER BY observed_on"
    ):
        out[source, scope].append(day)
    return out


def _sightings(event: StoredEvent, as_of: dt.date | None) -> list[tuple[int, str]]:
    """The days and files an event is shown with: the first and the last sighting, none after the asked day."""
    first, last = (event.valid_from, event.first_locator), (event.last_seen, event.last_locator)
    if as_of is not None:
        return [last if event.last_seen <= as_of.toordinal() else first]
    return [first] if event.valid_from == event.last_seen else [first, last]


def _common(kind: Kind, event: StoredEvent, day: int, locator: str) -> dict[str, Any]:
    codec = CODECS[kind]
    cells = dict(zip(codec.identity, event.identity, strict=False)) | dict(zip(codec.detail, event.detail, strict=True))
    cells |= {
        "source": event.source,
        "locator": locator,
        "observed_on": dt.date.fromordinal(day),
        "grade": Grade(cells["grade"]),
        codec.price: event.price,
    }
    return cells


def _rows(
    connection: sqlite3.Connection, kind: Kind, as_of: dt.date | None, gpu: str | None = None, name: str | None = None
) -> Iterator[tuple[StoredEvent, dict[str, Any]]]:
    for event in events(connection, kind, as_of, gpu=gpu, name=name):
        for day, locator in _sightings(event, as_of):
            yield event, _common(kind, event, day, locator)


def offers(connection: sqlite3.Connection, kind: Kind, as_of: dt.date | None, gpu: str | None) -> list[Offer]:
    """Rental prices, each with the day it was withdrawn where the source shows that it was."""
    out = []
    for event, cells in _rows(connection, kind, as_of, gpu):
        gone = dt.date.fromordinal(event.gone_on) if event.gone_on else None
        if as_of is not None and gone is not None and gone <= as_of:
            continue
        out.append(Offer(**cells, gpu=event.gpu, valid_until=gone))
    return out


def component_prices(
    connection: sqlite3.Connection, as_of: dt.date | None, component: str | None
) -> list[ComponentPrice]:
    """Prices of parts, with the exchange rate of their day."""
    out = []
    for event, cells in _rows(connection, "component", as_of, name=component):
        cells["component"] = event.name
        if note := _card(event):
            cells["note"] = f"{cells['note']}; {note}" if cells["note"] else note
        out.append(_with_rate(connection, ComponentPrice(**cells)))
    return out


def _card(event: StoredEvent) -> str:
    """The exact product behind a price that is filed under its GPU."""
    parts = str(event.identity[-1] or "").split("\t")
    return f"card: {parts[-1]}" if len(parts) > 1 and parts[-1] else ""


def prebuilts(connection: sqlite3.Connection, as_of: dt.date | None) -> list[Prebuilt]:
    """Prices of ready-made machines, with the exchange rate of their day."""
    rows = _rows(connection, "prebuilt", as_of)
    return [_with_rate(connection, Prebuilt(**cells)) for _, cells in rows]


def plain(connection: sqlite3.Connection, kind: Kind, row_type: type[RowType], as_of: dt.date | None) -> list[RowType]:
    """Rows whose price is in dollars already."""
    return [row_type(**cells) for _, cells in _rows(connection, kind, as_of)]


Priced = TypeVar("Priced", ComponentPrice, Prebuilt)


def _with_rate(connection: sqlite3.Connection, row: Priced) -> Priced:
    if row.currency == "USD" or row.observed_on is None:
        return row
    rate = usd_per_unit(connection, row.currency, row.observed_on)
    if rate is None:
        rate = shipped_rates.usd_per_unit(row.currency, row.observed_on)
    return replace(row, usd_per_unit=rate)


def usd_per_unit(connection: sqlite3.Connection, currency: str, on: dt.date) -> float | None:
    """Dollars for one unit, crossed over the euro, at the newest collected rate of the fortnight before a day."""
    if currency == "USD":
        return 1.0
    dollar, unit = _per_eur(connection, "USD", on), _per_eur(connection, currency, on)
    return None if dollar is None or unit is None else dollar / unit


def _per_eur(connection: sqlite3.Connection, currency: str, on: dt.date) -> float | None:
    if currency == "EUR":
        return 1.0
    row = connection.execute(
        "SELECT units_per_eur FROM rate WHERE currency = ? AND day BETWEEN ? AND ? ORDER BY day DESC LIMIT 1",
        (currency, on.toordinal() - 14, on.toordinal()),
    ).fetchone()
    return None if row is None else float(row[0])


def specs(connection: sqlite3.Connection, category: str | None, source: str | None) -> list[Spec]:
    """The newest specification of each record."""
    rows = connection.execute(
        "SELECT spec.source, category, ident, spec.name, body, last_seen, locator FROM spec "
        "JOIN file ON file.id = spec.file WHERE (?1 IS NULL OR category = ?1) AND (?2 IS NULL OR spec.source = ?2) "
        "ORDER BY spec.source, category, ident, last_seen, spec.id",
        (category, source),
    )
    newest: dict[tuple[str, str, str], Spec] = {}
    for origin, kind, ident, name, body, day, locator in rows:
        newest[origin, kind, ident] = Spec(
            source=origin,
            locator=locator,
            observed_on=dt.date.fromordinal(day),
            grade=Grade.LISTED,
            category=kind,
            ident=ident,
            name=name,
            fields=json.loads(body),
        )
    return list(newest.values())


def quarantine(connection: sqlite3.Connection, source: str | None) -> list[Quarantined]:
    """Rows that were not believed."""
    rows = connection.execute(
        "SELECT file, line, field, reason, found, source, seen_on FROM quarantine "
        "WHERE ?1 IS NULL OR source = ?1 ORDER BY source, file, line, id",
        (source,),
    )
    return [
        Quarantined(
            file=file,
            line=line,
            field=field,
            reason=reason,
            found=found,
            source=origin,
            seen_on=dt.date.fromordinal(day),
        )
        for file, line, field, reason, found, origin, day in rows
    ]


def source_states(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """What the store knows of each source, as cells of `SourceState`."""
    counts = {
        source: (items, count, newest)
        for source, items, count, newest in connection.execute(
            "SELECT source, count(DISTINCT item.id), count(*), max(last_seen) FROM item "
            "JOIN event ON event.item = item.id GROUP BY source"
        )
    }
    bad = dict(connection.execute("SELECT source, count(*) FROM quarantine GROUP BY source"))
    files = {
        source: (count, newest)
        for source, count, newest in connection.execute(
            "SELECT source, count(*), max(observed_on) FROM file GROUP BY source"
        )
    }
    for source, tried_at, succeeded_at, error in connection.execute(
        "SELECT source, tried_at, succeeded_at, error FROM source_state ORDER BY source"
    ):
        items, count, newest = counts.get(source, (0, 0, None))
        day = newest or files.get(source, (0, None))[1]
        yield {
            "source": source,
            "files": files.get(source, (0, None))[0],
            "items": items,
            "events": count,
            "quarantined": bad.get(source, 0),
            "observed_on": dt.date.fromordinal(day) if day else None,
            "tried_at": tried_at,
            "succeeded_at": succeeded_at,
            "error": error,
        }
