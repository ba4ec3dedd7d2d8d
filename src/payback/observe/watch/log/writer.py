"""Writing the log: a sample and all that follows from it in one transaction; the oldest goes when it grows too long."""

from __future__ import annotations

import datetime as dt
import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from payback.errors import BadQuestionError
from payback.observe.watch.intervals import GpuInterval, Interval, between
from payback.observe.watch.log.layout import SLOT_S, SUMS, open_for_writing
from payback.observe.watch.sample import GpuReading, Sample

MERGE_S: Final = 300.0
"""Pauses of a job up to this long (a new epoch, a checkpoint) do not end its spell. [s]"""
STOPS_WITHIN_S: Final = 1800.0
"""A machine that goes down so long after its stop was accepted went down because of it (assumed). [s]"""
TIDY_EVERY: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept: with these some 80 MB at most, whatever the period and the number of GPUs."""

    readings: int = 100_000
    """Raw readings, one a GPU and sample: 11 days of one GPU at 10 s, 3 hours of 8 at 1 s."""
    slots: int = 250_000
    """Five-minute sums, one a GPU: 2.4 years of one GPU, 108 days of 8. Older ones become days."""
    days: int = 40_000
    spells: int = 60_000
    others: int = 20_000
    """Times away, and events."""


class LogWriter:
    """The one writer of a log; use it as a context manager.

    Args:
        path: The file; made if there is none.
        limits: How much is kept.

    Raises:
        BadQuestionError: Another watcher writes this log, or the place cannot be written.
    """

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.path, self._limits = path, limits or Limits()
        self._db = open_for_writing(path)
        try:
            self._lock = _locked(path)
        except BadQuestionError:
            self._db.close()
            raise
        self._ids: dict[str, int] = dict(self._db.execute("SELECT key, id FROM gpu"))
        self._last = self._last_sample()
        self._since_tidy = TIDY_EVERY - 1  # an overgrown log is cut at once

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let another watcher write."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def append(self, sample: Sample) -> Interval | None:
        """Write a sample and what it says about the time since the last one; all of it or nothing.

        Args:
            sample: The next one.

        Returns:
            The time since the sample before; None for the first of a log.

        Raises:
            BadQuestionError: The disk is full, or the file is gone.
        """
        interval = None if self._last is None else between(self._last, sample)
        try:
            self._write(sample, interval)
        except sqlite3.Error as error:
            self._ids = {}
            raise BadQuestionError(
                "--log", f"{self.path}: {error}", "a disk with room, and the right to write"
            ) from error
        self._last = sample
        return interval

    def _write(self, sample: Sample, interval: Interval | None) -> None:
        with _transaction(self._db) as db:
            for gpu in sample.gpus:
                self._remember(gpu)
            db.execute(
                "INSERT INTO sample (document) VALUES (?)", (json.dumps(sample.as_dict(), separators=(",", ":")),)
            )
            if interval is None:
                db.execute("INSERT OR IGNORE INTO about VALUES ('begun_s', ?)", (sample.at.unix_s,))
            else:
                self._count(interval)
            self._since_tidy += 1
            if self._since_tidy >= TIDY_EVERY:
                self._since_tidy = 0
                self._tidy(max(1, len(sample.gpus)))

    def _last_sample(self) -> Sample | None:
        row = self._db.execute("SELECT document FROM sample ORDER BY id DESC LIMIT 1").fetchone()
        return None if row is None else Sample.from_dict(json.loads(row[0]))

    def _remember(self, gpu: GpuReading) -> None:
        if not self._ids:
            self._ids = dict(self._db.execute("SELECT key, id FROM gpu"))
        if gpu.key in self._ids:
            return
        values = (gpu.key, gpu.name, gpu.memory_total_gib)
        made = self._db.execute("INSERT INTO gpu (key, name, memory_gib) VALUES (?, ?, ?)", values)
        assert made.lastrowid is not None
        self._ids[gpu.key] = made.lastrowid

    def _count(self, interval: Interval) -> None:
        kind = "off" if interval.kind == "unwatched" and self._stopped(interval.begin_s) else interval.kind
        if kind in ("off", "suspended"):
            values = (interval.begin_s, interval.begin_s + interval.seconds, kind)
            self._db.execute("INSERT INTO away (begin_s, end_s, kind) VALUES (?, ?, ?)", values)
        for gpu in interval.gpus:
            number = self._ids[gpu.key]
            for begin_s, seconds in slots_of(interval.begin_s, interval.seconds):
                self._add("slot", "begin_s", begin_s, number, _sums(gpu, seconds, seconds / interval.seconds))
            if gpu.busy_share:
                self._extend(number, interval, gpu.busy_share)

    def _stopped(self, begin_s: float) -> bool:
        """Whether a gap follows a stop that was accepted: a container's clocks do not show that it was gone."""
        row = self._db.execute("SELECT unix_s FROM event WHERE kind = 'accepted' ORDER BY id DESC LIMIT 1").fetchone()
        return row is not None and -MERGE_S <= begin_s - row[0] <= STOPS_WITHIN_S

    def _add(self, table: str, name: str, value: Any, gpu: int, sums: tuple[float, ...]) -> None:
        marks = ", ".join("?" * len(SUMS))
        updates = ", ".join(f"{column} = {column} + excluded.{column}" for column in SUMS)
        self._db.execute(
            f"INSERT INTO {table} ({name}, gpu, {', '.join(SUMS)}) VALUES (?, ?, {marks}) "  # noqa: S608 - our own names
            f"ON CONFLICT ({name}, gpu) DO UPDATE SET {updates}",
            (value, gpu, *sums),
        )

    def _extend(self, gpu: int, interval: Interval, busy_share: float) -> None:
        """A busy interval lengthens the running spell, or begins one."""
        end_s, busy_s = interval.begin_s + interval.seconds, busy_share * interval.seconds
        running = self._db.execute(
            "SELECT id FROM spell WHERE gpu = ? AND end_s >= ? AND begin_s <= ? ORDER BY end_s DESC LIMIT 1",
            (gpu, interval.begin_s - MERGE_S, end_s),
        ).fetchone()
        if running is None:
            values = (gpu, interval.begin_s, end_s, busy_s)
            self._db.execute("INSERT INTO spell (gpu, begin_s, end_s, busy_s) VALUES (?, ?, ?, ?)", values)
        else:
            self._db.execute(
                "UPDATE spell SET end_s = max(end_s, ?), busy_s = busy_s + ? WHERE id = ?", (end_s, busy_s, running[0])
            )

    def _tidy(self, gpus: int) -> None:
        limits = self._limits
        self._db.execute(
            "DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?", (max(2, limits.readings // gpus),)
        )
        self._fold(limits.slots)
        for table, most in (("spell", limits.spells), ("away", limits.others), ("event", limits.others)):
            self._db.execute(f"DELETE FROM {table} WHERE id <= (SELECT max(id) FROM {table}) - ?", (most,))  # noqa: S608
        self._db.execute(
            "DELETE FROM day WHERE day < (SELECT day FROM day ORDER BY day DESC LIMIT 1 OFFSET ?)", (limits.days,)
        )

    def _fold(self, most: int) -> None:
        """Add the oldest slots up to days, a tenth at a time."""
        count = self._db.execute("SELECT count(*) FROM slot").fetchone()[0]
        if count <= most:
            return
        cut_s = self._db.execute(
            "SELECT begin_s FROM slot ORDER BY begin_s LIMIT 1 OFFSET ?", (count - most + most // 10,)
        ).fetchone()[0]
        old = self._db.execute(f"SELECT begin_s, gpu, {', '.join(SUMS)} FROM slot WHERE begin_s < ?", (cut_s,))  # noqa: S608
        for begin_s, gpu, *sums in old.fetchall():
            self._add("day", "day", day_of(begin_s), gpu, tuple(sums))
        self._db.execute("DELETE FROM slot WHERE begin_s < ?", (cut_s,))


def add_event(path: Path, unix_s: float, kind: str, detail: dict[str, Any]) -> None:
    """Write one event into a log, also while a watcher writes it.

    Args:
        path: The log.
        unix_s: When it happened. [s]
        kind: What happened, in a word.
        detail: What else is to be known.
    """
    db = open_for_writing(path)
    try:
        db.execute("INSERT INTO event (unix_s, kind, detail) VALUES (?, ?, ?)", (unix_s, kind, json.dumps(detail)))
    finally:
        db.close()


def day_of(unix_s: float) -> str:
    """The day of a moment on this machine's calendar."""
    return dt.datetime.fromtimestamp(unix_s).astimezone().date().isoformat()


def slots_of(begin_s: float, seconds: float) -> Iterator[tuple[int, float]]:
    """The slots that a stretch of time touches, with the seconds in each.

    Example:
        >>> list(slots_of(290.0, 20.0))
        [(0, 10.0), (300, 10.0)]
    """
    end_s, slot_s = begin_s + seconds, math.floor(begin_s / SLOT_S) * SLOT_S
    while slot_s < end_s:
        inside_s = min(end_s, slot_s + SLOT_S) - max(begin_s, slot_s)
        if inside_s > 0:
            yield slot_s, inside_s
        slot_s += SLOT_S


def _sums(gpu: GpuInterval, seconds: float, part: float) -> tuple[float, ...]:
    known = gpu.utilisation is not None
    return (
        seconds,
        seconds if known else 0.0,
        (gpu.busy_share or 0.0) * seconds,
        (gpu.utilisation or 0.0) * seconds,
        (gpu.energy_j or 0.0) * part,
        seconds if gpu.energy_j is not None else 0.0,
        seconds if gpu.counted else 0.0,
    )


class _transaction:  # noqa: N801 - reads as a statement
    """BEGIN and COMMIT around a block; ROLLBACK if it raises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._db.execute("COMMIT")
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _locked(path: Path) -> IO[bytes] | None:
    """A lock that the operating system drops when this process dies, however it dies."""
    try:
        import fcntl
    except ImportError:  # Windows: two watchers of one log are not told apart
        return None
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        expected = "no other watcher of this log; end it, or choose --log or --no-log"
        raise BadQuestionError("--log", f"another `payback watch` that writes {path}", expected) from error
    return lock
