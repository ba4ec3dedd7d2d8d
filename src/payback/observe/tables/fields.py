"""From columns of text to columns of numbers, whole blocks at a time.

Two values stand for no value: ``ABSENT`` where the field is empty or says so, ``UNREADABLE`` where it says something
else. Columns with few different texts, such as states or GPU requests, are parsed once per text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from payback.observe.tables.arrays import Int64Array, UInt64Array
from payback.observe.tables.table import Column

ABSENT: Final = -(1 << 62)
UNREADABLE: Final = ABSENT + 1
NO_VALUE: Final = frozenset({"", "none", "null", "nan", "nat", "n/a", "na", "unknown", "-", "-1", "none assigned"})
LONGEST_NUMBER: Final = 18
LARGEST: Final = 1 << 63
CLOCK_TEXT: Final = int.from_bytes(b"00:00:00", "little")
CLOCK_MARKS: Final = int.from_bytes(b"\0\0\xff\0\0\xff\0\0", "little")
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CLOCK_TIME = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d*)?")

Parse = Callable[[str], int]


def known(values: Int64Array) -> npt.NDArray[np.bool_]:
    """Where there is a value."""
    return values > UNREADABLE


def keys(column: Column) -> UInt64Array:
    """A 64-bit key for each field, the same for the same text; different for different texts but for odds of 1e-10."""
    length = column.end - column.start
    result = length.astype(np.uint64) * _MULTIPLIER
    rows, offset = np.flatnonzero(length > 0), 0
    while len(rows):
        unused_bits = np.maximum(8 * (offset + 8 - length[rows]), 0).astype(np.uint64)
        word = (column.words(column.start[rows] + offset) << unused_bits) >> unused_bits
        mixed = (result[rows] ^ word) * _MULTIPLIER
        result[rows] = mixed ^ (mixed >> np.uint64(29))
        offset += 8
        rows = rows[length[rows] > offset]
    return result


def contains(column: Column, mark: str) -> npt.NDArray[np.bool_]:
    """Where a field contains a character."""
    marks = np.flatnonzero(column.data == ord(mark))
    return np.searchsorted(marks, column.start) < np.searchsorted(marks, column.end)


class Memory:
    """Remembers what each text of a column was parsed to.

    A table holds the values of recent texts by the upper bits of their keys, so that a block of known texts costs two
    look-ups a row; behind it a dictionary holds all of them.
    """

    SLOT_BITS: Final = 14

    def __init__(self) -> None:
        self._values: dict[int, int] = {}
        self._slot_key = np.zeros(1 << self.SLOT_BITS, np.uint64)
        self._slot_value = np.zeros(1 << self.SLOT_BITS, np.int64)

    def labels(self, column: Column, parse: Parse) -> Int64Array:
        """Parse each different text once."""
        key = keys(column) | np.uint64(1)
        slot = key >> np.uint64(64 - self.SLOT_BITS)
        values: Int64Array = self._slot_value[slot]
        missed = np.flatnonzero(self._slot_key[slot] != key)
        if len(missed):
            distinct, first, inverse = np.unique(key[missed], return_index=True, return_inverse=True)
            found = np.array(
                [
                    self._value(k, column, row, parse)
                    for k, row in zip(distinct.tolist(), missed[first].tolist(), strict=True)
                ]
            )
            values[missed] = found[inverse]
            self._slot_key[slot[missed]] = key[missed]
            self._slot_value[slot[missed]] = values[missed]
        return values

    def _value(self, key: int, column: Column, row: int, parse: Parse) -> int:
        if key not in self._values:
            value = parse(column.text(row))
            self._values[key] = value if value == ABSENT or abs(value) < LARGEST else UNREADABLE
        return self._values[key]


def numbers(column: Column, *, scale: int = 1) -> Int64Array:
    """Numbers times ``scale``, rounded to whole ones; plain digits are read without leaving numpy."""
    length = column.end - column.start
    result = np.zeros(len(length), np.int64)
    plain = (length > 0) & (length <= LONGEST_NUMBER)
    for back in range(int(length[plain].max(initial=0))):
        inside = plain & (length > back)
        digit = column.data[np.maximum(column.end - 1 - back, 0)].astype(np.int64) - 48
        plain &= ~inside | ((digit >= 0) & (digit <= 9))
        result += np.where(inside, digit, 0) * 10**back
    result *= scale
    result[length == 0] = ABSENT
    others = np.flatnonzero(~plain & (length > 0))
    result[others] = [_number(column.text(row), scale) for row in others.tolist()]
    return result


def _number(text: str, scale: int) -> int:
    if text.lower() in NO_VALUE:
        return ABSENT
    try:
        value = float(text) * scale
    except ValueError:
        return UNREADABLE
    return round(value) if abs(value) < 1e17 else UNREADABLE


def durations(column: Column, *, unit_s: float = 1.0) -> Int64Array:
    """Lengths of time, ``[days-]hours:minutes:seconds`` or a number of units. [s]"""
    length = column.end - column.start
    result = np.zeros(len(length), np.int64)
    clocked = np.flatnonzero(length >= 8)
    pairs, good = digit_pairs(column.words(column.end[clocked] - 8), CLOCK_TEXT, CLOCK_MARKS)
    hour, minute, second = ((pairs >> np.uint64(shift) & np.uint64(0xFF)).astype(np.int64) for shift in (0, 24, 48))
    result[clocked] = (hour * 60 + minute) * 60 + second
    longer = clocked[length[clocked] > 8]
    before = Column(
        data=column.data, start=column.start[longer], end=np.maximum(column.end[longer] - 9, column.start[longer])
    )
    days = numbers(before)
    result[longer] += days * 86_400
    good[length[clocked] > 8] &= known(days) & (column.data[before.end] == ord("-"))
    others = np.ones(len(length), bool)
    others[clocked[good]] = False
    if others.any():
        rest = column.part(others)
        result[others] = (
            numbers(rest)
            if unit_s == 1 and not contains(rest, ":").any()
            else Memory().labels(rest, lambda text: duration(text, unit_s=unit_s))
        )
    return result


def digit_pairs(word: UInt64Array, text: int, marks: int) -> tuple[UInt64Array, npt.NDArray[np.bool_]]:
    """Two-digit numbers in eight characters, each in the byte of its first digit, and where the text has the form.

    Args:
        word: Eight characters, the first in the lowest byte.
        text: The same form with ``0`` for every digit.
        marks: Ones in the bytes that are marks, not digits.
    """
    digit = word - np.uint64(text)
    over_nine = (digit | (digit + np.uint64(0x7676767676767676))) & np.uint64(0x8080808080808080)
    good = (over_nine | (digit & np.uint64(marks))) == 0
    return digit * np.uint64(10) + (digit >> np.uint64(8)), good


def duration(text: str, *, unit_s: float = 1.0) -> int:
    """One length of time. [s]

    Example:
        >>> duration("5-00:00:00"), duration("03:33:25"), duration("00:15.057"), duration("1.5", unit_s=3600)
        (432000, 12805, 15, 5400)
    """
    found = _CLOCK_TIME.fullmatch(text)
    if found is None:
        value = _number(text, 1000)
        return value if value <= UNREADABLE else round(value * unit_s / 1000)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
