"""A table of text, read in blocks of a few megabytes, whose columns are parsed by the hundred thousand.

Splitting lines in Python costs microseconds a row. Here one pass over a block finds every separator, and a column
is then two arrays, where its fields begin and where they end; ``fields`` turns those into numbers.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from payback.observe.tables.arrays import Int64Array

BLOCK_BYTES: Final = 1 << 21
PADDING: Final = b"\0" * 16
"""After every block, so that eight bytes may be read from any place in it."""
NEWLINE: Final = 10
RETURN: Final = 13
UNIT: Final = "\x1f"
"""Separates fields once quotes have been resolved; no log has it."""
ROWS_A_BLOCK: Final = 20_000
FIELDS_A_BLOCK: Final = 400_000
"""Bounds memory where a table has hundreds of columns."""

ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a block: where each field begins and ends."""

    data: ByteArray
    start: Int64Array
    end: Int64Array

    def words(self, at: Int64Array) -> npt.NDArray[np.uint64]:
        """The eight bytes that follow each place, the first in the lowest byte."""
        anywhere = np.ndarray((len(self.data) - 7,), "<u8", self.data.data, strides=(1,))
        return anywhere[at]

    def part(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Column:
        """Some of its fields."""
        return Column(data=self.data, start=self.start[rows], end=self.end[rows])

    def text(self, row: int) -> str:
        """One field."""
        return self.data[self.start[row] : self.end[row]].tobytes().decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some consecutive rows of a table."""

    data: ByteArray
    breaks: npt.NDArray[np.int64]
    """Rows by columns: where the separator after each field stands."""
    begins: Int64Array
    """Where each row begins."""
    row_numbers: Int64Array
    """Counted from 1, the header not included."""
    ragged_rows: Int64Array
    """Numbers of the rows left out for having too many or too few fields."""

    @property
    def rows(self) -> int:
        """Number of whole rows."""
        return len(self.begins)

    def column(self, index: int) -> Column:
        """A column by its place."""
        start = self.begins if index == 0 else self.breaks[:, index - 1] + 1
        end = self.breaks[:, index]
        if index == self.breaks.shape[1] - 1:
            end = end - (self.data[end - 1] == RETURN)
        return Column(data=self.data, start=start, end=np.maximum(end, start))


def blocks(stream: BinaryIO, delimiter: bytes, columns: int, *, joins_lines: bool = False) -> Iterator[Block]:
    """Read the rows of a table after its header.

    Args:
        stream: The table, its header consumed.
        delimiter: Separates fields; quotes are honoured where it is a comma, semicolon or tab.
        columns: Fields in the header.
        joins_lines: Whether a field may hold a line break without quotes, as a job's name in ``sacct`` may.
    """
    first_row = 1
    for text, separator in _texts(stream, delimiter, columns):
        block, taken = split(text, separator, columns, first_row, joins_lines=joins_lines)
        first_row += taken
        yield block


def blocks_of(rows: Iterable[Sequence[object]], columns: int) -> Iterator[Block]:
    """Rows that are in Python's hands already, such as those of a JSON log; None is an empty field."""
    first_row, rows = 1, iter(rows)
    while batch := list(itertools.islice(rows, ROWS_A_BLOCK)):
        text = "".join(
            UNIT.join("" if field is None else str(field).replace("\n", " ") for field in row) + "\n" for row in batch
        )
        block, taken = split(text.encode(), UNIT.encode(), columns, first_row)
        first_row += taken
        yield block


def _texts(stream: BinaryIO, delimiter: bytes, columns: int) -> Iterator[tuple[bytes, bytes]]:
    """Whole lines, a few megabytes at a time, with the one byte that separates their fields."""
    single = delimiter if len(delimiter) == 1 else UNIT.encode()
    rest = b""
    while True:
        read = stream.read(BLOCK_BYTES)
        if not read:
            break
        text, newline, tail = (rest + read).rpartition(b"\n")
        rest = tail
        if not newline:
            continue
        text += newline
        if b'"' in text and delimiter in b",;\t":
            following = itertools.chain([text + tail], iter(lambda: stream.read(BLOCK_BYTES), b""))
            yield from _unquoted(following, delimiter.decode(), columns)
            return
        yield (text.replace(delimiter, single) if len(delimiter) > 1 else text), single
    if rest.strip():
        yield (rest.replace(delimiter, single) if len(delimiter) > 1 else rest) + b"\n", single


def _unquoted(pieces: Iterator[bytes], delimiter: str, columns: int) -> Iterator[tuple[bytes, bytes]]:
    """From the first quote on, let the csv module find the fields."""
    lines = io.TextIOWrapper(io.BufferedReader(_Pieces(pieces)), encoding="utf-8", errors="replace", newline="")
    rows, many = _rows(lines, delimiter, columns), max(1, min(ROWS_A_BLOCK, FIELDS_A_BLOCK // columns))
    while batch := list(itertools.islice(rows, many)):
        text = "\n".join(UNIT.join(field.replace("\n", " ") for field in row) for row in batch)
        yield (text + "\n").encode(), UNIT.encode()


def _rows(lines: Iterable[str], delimiter: str, columns: int) -> Iterator[list[str]]:
    """Rows, each quoted field whole; where a quote that is never closed swallowed lines, they are read one by one.

    Lines were swallowed if one of them is a whole row by itself, all its quotes closed.
    """
    taken: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(remembered(), delimiter=delimiter)
    while True:
        taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        if len(taken) <= 1 and row:
            yield row
            continue
        apart = [_row(line, delimiter) for line in taken]
        whole = any(
            len(fields) == columns and line.count('"') % 2 == 0 for fields, line in zip(apart, taken, strict=True)
        )
        yield from [row] if len(row) == columns and not whole else apart


def _row(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return ["?"]


class _Pieces(io.RawIOBase):
    """A stream of what was read already and what is still to come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


def split(
    text: bytes, separator: bytes, columns: int, first_row: int, *, joins_lines: bool = False
) -> tuple[Block, int]:
    """Cut a text of whole lines into fields; returns the block and the number of rows in it, ragged ones included."""
    data = np.frombuffer(text + PADDING, np.uint8)
    body = data[: len(text)]
    at = np.flatnonzero((body == separator[0]) | (body == NEWLINE))
    row_ends = np.flatnonzero(data[at] == NEWLINE)
    fields = np.diff(row_ends, prepend=-1)
    begins = np.concatenate([[0], at[row_ends[:-1]] + 1])
    whole = fields == columns
    numbers = first_row + np.arange(len(row_ends))
    if whole.all():
        block = Block(
            data=data, breaks=at.reshape(-1, columns), begins=begins, row_numbers=numbers, ragged_rows=numbers[:0]
        )
        return block, len(row_ends)
    if joins_lines and (fields < columns).any():
        mended = _joined(text, fields.tolist(), columns)
        if mended is not None:
            return split(mended, separator, columns, first_row)
    blank = at[row_ends] - begins <= (data[begins] == RETURN)
    block = Block(
        data=data,
        breaks=at[row_ends[whole][:, None] + np.arange(1 - columns, 1)],
        begins=begins[whole],
        row_numbers=numbers[whole],
        ragged_rows=numbers[~whole & ~blank],
    )
    return block, len(row_ends)


def _joined(text: bytes, fields: Sequence[int], columns: int) -> bytes | None:
    """Put short lines together again where together they make one row; None if none do."""
    mended: list[bytes] = []
    pending: list[bytes] = []
    held, repaired = 0, False
    for line, count in zip(text.split(b"\n")[:-1], fields, strict=True):
        if not pending and count >= columns:
            mended.append(line)
            continue
        pending.append(line)
        held += count - (len(pending) > 1)
        if held >= columns:
            repaired = repaired or held == columns
            mended += [b" ".join(pending)] if held == columns else pending
            pending, held = [], 0
    return b"\n".join([*mended, *pending, b""]) if repaired else None
