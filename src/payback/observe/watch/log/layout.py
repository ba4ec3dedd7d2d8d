"""Tables of the log and how its file is opened.

Write-ahead log, a transaction a sample: when the writer is killed, what was committed stays. Without a flush to disk
at each commit a power cut may take the last minute, never the file.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

import platformdirs

from payback.errors import BadQuestionError

FILE_NAME: Final = "watch.sqlite3"
APPLICATION_ID: Final = 0x70617977  # "payw"
VERSION: Final = 1
SLOT_S: Final = 300
"""Width of the slots that samples are added up in. [s]"""
TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value REAL NOT NULL);
CREATE TABLE IF NOT EXISTS gpu (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, name TEXT NOT NULL, memory_gib REAL);
CREATE TABLE IF NOT EXISTS sample (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS slot (
    begin_s INTEGER NOT NULL, gpu INTEGER NOT NULL,
    watched_s REAL NOT NULL, known_s REAL NOT NULL, busy_s REAL NOT NULL, utilised_s REAL NOT NULL,
    energy_j REAL NOT NULL, energy_known_s REAL NOT NULL, counted_s REAL NOT NULL,
    PRIMARY KEY (begin_s, gpu)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS day (
    day TEXT NOT NULL, gpu INTEGER NOT NULL,
    watched_s REAL NOT NULL, known_s REAL NOT NULL, busy_s REAL NOT NULL, utilised_s REAL NOT NULL,
    energy_j REAL NOT NULL, energy_known_s REAL NOT NULL, counted_s REAL NOT NULL,
    PRIMARY KEY (day, gpu)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spell (
    id INTEGER PRIMARY KEY, gpu INTEGER NOT NULL, begin_s REAL NOT NULL, end_s REAL NOT NULL, busy_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS spell_end ON spell (gpu, end_s);
CREATE TABLE IF NOT EXISTS away (
    id INTEGER PRIMARY KEY, begin_s REAL NOT NULL, end_s REAL NOT NULL, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, unix_s REAL NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
"""
SUMS: Final = ("watched_s", "known_s", "busy_s", "utilised_s", "energy_j", "energy_known_s", "counted_s")


def default_log() -> Path:
    """Where the log lies: `$PAYBACK_HOME`, else the user's data folder."""
    home = os.environ.get("PAYBACK_HOME")
    return Path(home or platformdirs.user_data_dir("payback")).expanduser() / FILE_NAME


def is_watch_log(path: Path) -> bool:
    """Whether a file is a log of `payback watch`, told from its header."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except OSError:
        return False
    return header.startswith(b"SQLite format 3\0") and header[68:72] == APPLICATION_ID.to_bytes(4, "big")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The log, made if there is none.

    Raises:
        BadQuestionError: The place cannot be written, or holds another file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size and not is_watch_log(path):
            raise BadQuestionError("--log", f"another kind of file at {path}", "a log of payback watch, or a new name")
        connection = sqlite3.connect(path, timeout=10.0, isolation_level=None)
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            # before the write-ahead log: the mark must stand in the file itself, where `is_watch_log` looks
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(TABLES)
    except (OSError, sqlite3.Error) as error:
        raise BadQuestionError("--log", f"{path}: {error}", "a place that can be written") from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The log, as it is; nothing is written beside it where that can be avoided.

    Raises:
        BadQuestionError: There is none, or it is no log.
    """
    if not path.is_file():
        raise BadQuestionError("log", f"no file {str(path)!r}", "a log; `payback watch` writes one")
    if not is_watch_log(path):
        raise BadQuestionError("log", f"another kind of file at {str(path)!r}", "a log that `payback watch` wrote")
    for options in ("mode=ro", "immutable=1"):
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True, timeout=10.0)
            connection.execute("SELECT count(*) FROM gpu")
        except sqlite3.Error as error:
            trouble = error
            continue
        return connection
    raise BadQuestionError("log", f"{path}: {trouble}", "a log that can be read")
