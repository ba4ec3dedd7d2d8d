"""Writing batches into the store: one transaction, all of it or nothing."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from payback.catalogue.store.batch import Batch, FileRecord, ItemKey, SeenItem, pack, settle
from payback.catalogue.store.timeline import Event, Timeline, replay

COMPLETE_SHARE = 0.5
"""A file with fewer than this share of the items last listed is a sample or a broken feed: it withdraws nothing."""


def apply(connection: sqlite3.Connection, batches: Sequence[Batch], now: dt.datetime) -> None:
    """Write everything that several sources said, in one transaction.

    Args:
        connection: An open store.
        batches: One batch a source.
        now: When the refresh ran; only ever shown, never used as the day of a price.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for batch in batches:
            _apply_one(connection, batch, now)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _apply_one(connection: sqlite3.Connection, batch: Batch, now: dt.datetime) -> None:
    files = [_file_id(connection, batch.source, file, now) for file in batch.files]
    for file in batch.files:
        _replace_quarantine(connection, batch.source, file, now)
    _write_snapshots(connection, batch)
    details, listed = _Details(connection), _listed(connection, batch.source)
    known = _item_ids(connection, batch.source)
    for key, item in batch.items.items():
        item_id = known.get((key[0], pack(key[1]))) or _new_item(connection, batch.source, key, item)
        days = listed.get(item.scope, ()) if key[0] == "offer" else ()
        line = replay(_sightings(key, item, files, details), stored_events(connection, item_id), days)
        _write_events(connection, item_id, line)
    _write_rates(connection, batch)
    _write_specs(connection, batch, files)
    when = now.isoformat(timespec="seconds")
    connection.execute(
        "INSERT INTO source_state VALUES (?1, ?2, ?2, NULL) "
        "ON CONFLICT (source) DO UPDATE SET tried_at = ?2, succeeded_at = ?2, error = NULL",
        (batch.source, when),
    )


def _file_id(connection: sqlite3.Connection, source: str, file: FileRecord, now: dt.datetime) -> int:
    same = (source, file.name, file.digest, file.observed_on.toordinal())
    row = connection.execute(
        "SELECT id FROM file WHERE source = ? AND name = ? AND digest = ? AND observed_on = ?", same
    ).fetchone()
    if row is not None:
        return int(row[0])
    cursor = connection.execute(
        "INSERT INTO file (source, name, digest, observed_on, scope, locator, imported_at, rows, accepted, quarantined)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *same,
            file.scope,
            file.locator,
            now.isoformat(timespec="seconds"),
            file.rows,
            file.accepted,
            len(file.rejected),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _replace_quarantine(connection: sqlite3.Connection, source: str, file: FileRecord, now: dt.datetime) -> None:
    """The refused rows of a file's newest import stand for the file; older ones would only repeat them."""
    connection.execute("DELETE FROM quarantine WHERE source = ? AND file = ?", (source, file.name))
    connection.executemany(
        "INSERT INTO quarantine (source, file, line, field, reason, found, seen_on) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (source, file.name, refusal.line, refusal.field, refusal.reason, refusal.found[:200], now.toordinal())
            for refusal in file.rejected
        ],
    )


class _Details:
    """Ids of the price conditions, each stored once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.ids: dict[str, int] = {}

    def id_of(self, body: str) -> int:
        """The id under which these conditions are stored."""
        found = self.ids.get(body)
        if found is None:
            self.connection.execute("INSERT OR IGNORE INTO detail (body) VALUES (?)", (body,))
            found = int(self.connection.execute("SELECT id FROM detail WHERE body = ?", (body,)).fetchone()[0])
            self.ids[body] = found
        return found


def _item_ids(connection: sqlite3.Connection, source: str) -> dict[tuple[str, str], int]:
    rows = connection.execute("SELECT kind, identity, id FROM item WHERE source = ?", (source,))
    return {(kind, identity): item_id for kind, identity, item_id in rows}


def _new_item(connection: sqlite3.Connection, source: str, key: ItemKey, item: SeenItem) -> int:
    kind, identity = key
    cursor = connection.execute(
        "INSERT INTO item (kind, source, scope, name, gpu, identity) VALUES (?, ?, ?, ?, ?, ?)",
        (kind, source, item.scope, item.name, item.gpu, pack(identity)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _sightings(
    key: ItemKey, item: SeenItem, files: list[int], details: _Details
) -> Iterator[tuple[int, float, int, int]]:
    for (day, file), asked in item.sightings.items():
        price, detail = settle(key[0], asked)
        yield day, price, details.id_of(pack(detail)), files[file]


def _listed(connection: sqlite3.Connection, source: str) -> dict[str, list[int]]:
    """Days on which each part of a source listed everything, oldest first."""
    out: dict[str, list[int]] = defaultdict(list)
    for scope, day in connection.execute(
        "SELECT scope, observed_on FROM snapshot WHERE source = ? AND complete = 1 ORDER BY observed_on", (source,)
    ):
        out[scope].append(day)
    return out


def stored_events(connection: sqlite3.Connection, item_id: int) -> list[Event]:
    """The events of one item as they are in the store, oldest first."""
    rows = connection.execute(
        "SELECT valid_from, seq, price, last_seen, detail, first_file, last_file FROM event "
        "WHERE item = ? ORDER BY valid_from, seq",
        (item_id,),
    )
    return [
        Event(
            valid_from=first,
            seq=seq,
            price=price,
            last_seen=last,
            detail=detail,
            first_file=first_file,
            last_file=last_file,
            stored=True,
        )
        for first, seq, price, last, detail, first_file, last_file in rows
    ]


def _write_events(connection: sqlite3.Connection, item_id: int, line: Timeline) -> None:
    new, moved = line.changes()
    if new:
        connection.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(item_id, e.valid_from, e.seq, e.price, e.last_seen, e.detail, e.first_file, e.last_file) for e in new],
        )
    if moved:
        connection.executemany(
            "UPDATE event SET last_seen = ?, last_file = ? WHERE item = ? AND valid_from = ? AND seq = ?",
            [(e.last_seen, e.last_file, item_id, e.valid_from, e.seq) for e in moved],
        )


def _write_snapshots(connection: sqlite3.Connection, batch: Batch) -> None:
    """Note which days were listed in full, so that a withdrawn offer can be told from an unseen one."""
    whole = {index for index, file in enumerate(batch.files) if file.snapshot}
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for (kind, _), item in batch.items.items():
        if kind == "offer":
            for day in {day for day, file in item.sightings if file in whole}:
                counts[item.scope, day] += 1
    for (scope, day), items in sorted(counts.items(), key=lambda pair: pair[0][1]):
        before = connection.execute(
            "SELECT items FROM snapshot WHERE source = ? AND scope = ? AND observed_on < ? AND complete = 1 "
            "ORDER BY observed_on DESC LIMIT 1",
            (batch.source, scope, day),
        ).fetchone()
        complete = before is None or items >= COMPLETE_SHARE * before[0]
        connection.execute(
            "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, scope, observed_on) DO UPDATE "
            "SET items = max(items, excluded.items), complete = max(complete, excluded.complete)",
            (batch.source, scope, day, items, complete),
        )


def _write_rates(connection: sqlite3.Connection, batch: Batch) -> None:
    """A rate once published stays; the bank's own corrections are rare and would rewrite old answers."""
    connection.executemany(
        "INSERT OR IGNORE INTO rate VALUES (?, ?, ?)",
        [(rate.day.toordinal(), rate.currency, rate.units_per_eur) for rate in batch.rates],
    )


def _write_specs(connection: sqlite3.Connection, batch: Batch, files: list[int]) -> None:
    connection.executemany(
        "INSERT INTO spec (source, category, ident, name, body, first_seen, last_seen, file) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) ON CONFLICT (source, category, ident, body) DO UPDATE "
        "SET first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
        list(_spec_rows(batch, files)),
    )


def _spec_rows(batch: Batch, files: list[int]) -> Iterable[tuple[object, ...]]:
    for spec, file in batch.specs:
        day = (spec.observed_on or batch.files[file].observed_on).toordinal()
        body = json.dumps(dict(spec.fields), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        yield batch.source, spec.category, spec.ident, spec.name, body, day, files[file]
