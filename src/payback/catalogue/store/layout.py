"""The tables of the price store, and how an older store becomes a newer one.

Days are stored as proleptic ordinals (day 1 is 0001-01-01); the view
`price_events` shows them as dates for people who open the file by hand.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from payback.errors import BadQuestionError

APPLICATION_ID: Final = 0x70617962
"""Marks the file as ours ("payb"), so that another program's database is never touched."""
BUSY_TIMEOUT_MS: Final = 120_000
"""How long a writer waits for another one; a refresh holds the lock for seconds."""

_FIRST: Final = """
CREATE TABLE source_state (
  source TEXT PRIMARY KEY, tried_at TEXT, succeeded_at TEXT, error TEXT
) WITHOUT ROWID;
CREATE TABLE http_cache (
  url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, checked_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE file (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, locator TEXT NOT NULL,
  observed_on INTEGER NOT NULL, imported_at TEXT NOT NULL, digest TEXT NOT NULL,
  rows INTEGER NOT NULL, accepted INTEGER NOT NULL, quarantined INTEGER NOT NULL,
  UNIQUE (source, name, digest, observed_on)
);
CREATE TABLE snapshot (
  source TEXT NOT NULL, scope TEXT NOT NULL, observed_on INTEGER NOT NULL, items INTEGER NOT NULL,
  complete INTEGER NOT NULL, PRIMARY KEY (source, scope, observed_on)
) WITHOUT ROWID;
CREATE TABLE item (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, scope TEXT NOT NULL,
  name TEXT NOT NULL, gpu TEXT NOT NULL, identity TEXT NOT NULL, UNIQUE (kind, source, identity)
);
CREATE INDEX item_name ON item (kind, name);
CREATE INDEX item_gpu ON item (kind, gpu);
CREATE TABLE detail (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE event (
  item INTEGER NOT NULL, valid_from INTEGER NOT NULL, seq INTEGER NOT NULL,
  price REAL NOT NULL, last_seen INTEGER NOT NULL, detail INTEGER NOT NULL,
  first_file INTEGER NOT NULL, last_file INTEGER NOT NULL, PRIMARY KEY (item, valid_from, seq)
) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, file TEXT NOT NULL, line INTEGER,
  field TEXT NOT NULL, reason TEXT NOT NULL, found TEXT NOT NULL, seen_on INTEGER NOT NULL
);
CREATE INDEX quarantine_file ON quarantine (source, file);
CREATE TABLE rate (
  day INTEGER NOT NULL, currency TEXT NOT NULL, units_per_eur REAL NOT NULL, PRIMARY KEY (currency, day)
) WITHOUT ROWID;
CREATE TABLE spec (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, category TEXT NOT NULL, ident TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, file INTEGER NOT NULL,
  UNIQUE (source, category, ident, body)
);
CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW event_row AS
  SELECT item.id AS item, item.kind AS kind, item.source AS source, item.scope AS scope, item.name AS name,
         item.gpu AS gpu, item.identity AS identity, event.price AS price, event.valid_from AS valid_from,
         event.seq AS seq, event.last_seen AS last_seen, detail.body AS detail,
         first.locator AS first_locator, last.locator AS last_locator
  FROM item JOIN event ON event.item = item.id JOIN detail ON detail.id = event.detail
  JOIN file AS first ON first.id = event.first_file JOIN file AS last ON last.id = event.last_file;
CREATE VIEW price_events AS
  SELECT kind, name, gpu, identity, price, date((valid_from - 719163) * 86400, 'unixepoch') AS valid_from,
         date((last_seen - 719163) * 86400, 'unixepoch') AS last_seen, source, first_locator AS locator, detail
  FROM event_row;
"""
MIGRATIONS: Final = (_FIRST,)
"""Script n brings a store of version n to version n + 1; a published script is never edited."""
VERSION: Final = len(MIGRATIONS)


def connect(path: Path) -> sqlite3.Connection:
    """Open the store at `path`, making or migrating it where needed.

    Raises:
        BadQuestionError: The file belongs to a newer payback or to another program; it is left untouched.
    """
    _refuse_foreign(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = OFF")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_foreign(path: Path) -> None:
    """Look at the header without opening the database, so that a refused file stays as it was."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        header = file.read(100)
    version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
    if not header.startswith(b"SQLite format 3\0") or (version and application != APPLICATION_ID):
        raise BadQuestionError(str(path), "a file that is no price store", "a store made by payback, or no file")
    _refuse_newer(path, version)


def _refuse_newer(path: Path, version: int) -> None:
    if version > VERSION:
        raise BadQuestionError(
            str(path),
            f"a price store of version {version}",
            f"at most version {VERSION}; install a newer payback, or let PAYBACK_HOME name another folder",
        )


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        _refuse_newer(path, version)
        for script in MIGRATIONS[version:]:
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
