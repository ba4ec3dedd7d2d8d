"""Times of day turned into seconds since 1970, clock changes included.

A log without zones is read in the zone its user names, else as if clocks were never changed. In the hour that is
lived through twice each autumn the first is assumed, unless that would put an end before its start.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import numpy.typing as npt

from payback.errors import UnknownNameError
from payback.observe.tables.arrays import Int64Array, UInt64Array
from payback.observe.tables.fields import ABSENT, UNREADABLE, Memory, digit_pairs, numbers
from payback.observe.tables.table import Column

DATE, DATE_MARKS = (int.from_bytes(text, "little") for text in (b"0000-00-", b"\0\0\0\0\xff\0\0\xff"))
TIME, TIME_MARKS = (int.from_bytes(text, "little") for text in (b"00\x0000:00", b"\0\0\xff\0\0\xff\0\0"))
SECONDS, SECOND_MARKS = (int.from_bytes(text, "little") for text in (b":00\0\0\0\0\0", b"\xff\0\0\0\0\0\0\0"))
FIRST_YEAR, LAST_YEAR = 1970, 2060
MONTH_STARTS: Final = (
    np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
)
"""Days from 1970 to the first of each month, and one month more."""
NAIVE: Final = -(1 << 40)
"""As an offset: the stamp names no zone."""
MILLISECONDS_FROM: Final = 10**11
"""A number of seconds as large as this is one of milliseconds: the year 5138."""
_OFFSET = re.compile(r"(?:[.,]\d+)?\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How stamps without a zone are read."""

    zone: str | None = None
    """IANA name, such as ``Europe/Berlin``; None: as UTC."""

    def __post_init__(self) -> None:
        if self.zone is not None:
            _changes(self.zone)

    def describe(self) -> str:
        """For the account of the log."""
        return self.zone or "UTC (no zone given: clock changes not undone)"

    def to_utc(self, local_s: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Seconds since 1970 UTC; and, where the hour was lived through twice, how much later it may have been. [s]"""
        if self.zone is None:
            return local_s, np.zeros_like(local_s)
        moments, before, after = _changes(self.zone)
        past = np.searchsorted(moments + np.maximum(before, after), local_s, side="right")
        offsets = np.concatenate([before[:1], after])
        twice_s = np.zeros_like(local_s)
        near = np.minimum(past, len(moments) - 1)
        twice = (past < len(moments)) & (after[near] < before[near]) & (local_s >= moments[near] + after[near])
        twice_s[twice] = (before - after)[near][twice]
        return local_s - offsets[past], twice_s


@lru_cache
def _changes(zone: str) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Moments at which a zone's clocks changed, with the offsets before and after. [s]"""
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownNameError("time zone", zone, available_timezones(), "Use an IANA name.") from error

    def offset_s(moment_s: int) -> int:
        offset = dt.datetime.fromtimestamp(moment_s, info).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0

    first, last = (int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp()) for year in (FIRST_YEAR, LAST_YEAR))
    found = [(first, offset_s(first), offset_s(first))]
    for day in range(first, last, 86_400):
        low, high = day, day + 86_400
        before, after = found[-1][2], offset_s(high)
        if before == after:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_s(middle) == before else (low, middle)
        found.append((high, before, after))
    moments, befores, afters = (np.array(column, np.int64) for column in zip(*found, strict=True))
    return moments, befores, afters


def stamps(column: Column, clock: Clock, zones: Memory) -> tuple[Int64Array, Int64Array]:
    """Moments in time, and how much later they may have been (see ``Clock.to_utc``). [s]

    Read are ISO 8601 with ``T`` or a blank, with or without a fraction or an offset, and numbers of seconds (or
    milliseconds) since 1970 or since the log's own origin.
    """
    length = column.end - column.start
    result, twice_s = np.full(len(length), ABSENT), np.zeros(len(length), np.int64)
    rows = np.flatnonzero(length >= 19)
    local_s, good = _iso(column, rows)
    rows, local_s = rows[good], local_s[good]
    offset_s = np.full(len(rows), NAIVE)
    tailed = np.flatnonzero(length[rows] > 19)
    if len(tailed):
        tails = Column(data=column.data, start=column.start[rows[tailed]] + 19, end=column.end[rows[tailed]])
        offset_s[tailed] = zones.labels(tails, _offset)
    naive = offset_s == NAIVE
    utc_s, twice_s[rows] = clock.to_utc(local_s)
    result[rows] = np.where(naive, utc_s, np.where(offset_s == UNREADABLE, UNREADABLE, local_s - offset_s))
    twice_s[rows[~naive]] = 0
    others = np.ones(len(length), bool)
    others[rows] = False
    if others.any():
        result[others] = _loose(column.part(others))
    return result, twice_s


def stamp(text: str, clock: Clock) -> int:
    """One moment in time. [s]

    Example:
        >>> stamp("2023-03-01T00:18:22+08:00", Clock())
        1677601102
        >>> stamp("2017-10-07 01:12:09", Clock(zone="America/Los_Angeles"))
        1507363929
    """
    data = np.frombuffer(text.encode() + b"\0" * 16, np.uint8)
    whole = Column(data=data, start=np.array([0]), end=np.array([len(data) - 16]))
    return int(stamps(whole, clock, Memory())[0][0])


def _iso(column: Column, rows: Int64Array) -> tuple[Int64Array, npt.NDArray[np.bool_]]:
    """Seconds since 1970 by the local calendar, and where the text was a stamp."""
    start = column.start[rows]
    date, good = digit_pairs(column.words(start), DATE, DATE_MARKS)
    word = column.words(start + 8)
    between = _byte(word, 2)
    time, fits = digit_pairs(word & ~np.uint64(0xFF0000), TIME, TIME_MARKS)
    good &= fits & ((between == ord("T")) | (between == ord(" ")))
    tail, fits = digit_pairs(column.words(start + 16) & np.uint64(0xFFFFFF), SECONDS, SECOND_MARKS)
    good &= fits
    month = (_byte(date, 0) * 100 + _byte(date, 2) - FIRST_YEAR) * 12 + _byte(date, 5) - 1
    day, hour, minute, second = _byte(time, 0), _byte(time, 3), _byte(time, 6), _byte(tail, 1)
    good &= (month >= 0) & (month < len(MONTH_STARTS) - 1) & (_byte(date, 5) >= 1) & (_byte(date, 5) <= 12)
    month = np.where(good, month, 0)
    good &= (day >= 1) & (day <= MONTH_STARTS[month + 1] - MONTH_STARTS[month])
    good &= (hour < 24) & (minute < 60) & (second <= 60)
    return (MONTH_STARTS[month] + day - 1) * 86_400 + hour * 3600 + minute * 60 + second, good


def _byte(word: UInt64Array, place: int) -> Int64Array:
    return (word >> np.uint64(8 * place) & np.uint64(0xFF)).astype(np.int64)


def _offset(tail: str) -> int:
    """Offset from UTC of what follows the seconds of a stamp. [s]"""
    found = _OFFSET.fullmatch(tail)
    if found is None:
        return UNREADABLE
    zone = found.group(1)
    if zone is None:
        return NAIVE
    if not zone.startswith(("+", "-")):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _loose(column: Column) -> Int64Array:
    """Whatever is not ISO: numbers, nothing, and rubbish."""
    result = numbers(column)
    return np.where(result >= MILLISECONDS_FROM, result // 1000, result)
