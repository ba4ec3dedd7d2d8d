"""The first line of a table: what its columns are called and what separates them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import BinaryIO

from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.tables.table import Block, Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Names of columns, in their order."""

    names: tuple[str, ...]
    delimiter: bytes

    def find(self, *names: str) -> int | None:
        """Place of the first of some names that occurs, letter case aside."""
        folded = [name.casefold() for name in self.names]
        return next((folded.index(name.casefold()) for name in names if name.casefold() in folded), None)

    def require(self, *names: str) -> int:
        """Place of a column that must be there.

        Raises:
            UnknownNameError: None of the names occurs.
        """
        found = self.find(*names)
        if found is None:
            raise UnknownNameError("column", names[0], self.names, f"The table has: {', '.join(self.names)}.")
        return found

    def require_all(self, *names: str | None) -> None:
        """Make sure that columns are there which the user named; None stands for none named.

        Raises:
            UnknownNameError: One of them is not.
        """
        for name in names:
            if name is not None:
                self.require(name)

    def column(self, block: Block, *names: str) -> Column | None:
        """The fields of the first of some columns that occurs."""
        place = self.find(*names)
        return None if place is None else block.column(place)


def parse_header(line: bytes) -> Header:
    r"""Read a header line; the delimiter is what stands between its first two names.

    Example:
        >>> parse_header(b"JobID|User|State\n")
        Header(names=('JobID', 'User', 'State'), delimiter=b'|')
        >>> parse_header(b'"Name","GPU Count"\n').names
        ('Name', 'GPU Count')
    """
    text = line.decode("utf-8", "replace").strip("\r\n")
    if text.startswith('"'):
        delimiter = next((mark for mark in ",;\t" if f'"{mark}' in text), ",")
    else:
        between = re.match(r"[\w .%/()#-]+?(\s*[|,;\t\x1f]+)", text)
        delimiter = between.group(1).strip(" ") if between else ","
    single = delimiter if len(delimiter) == 1 else "\x1f"
    try:
        names = next(csv.reader([text.replace(delimiter, single)], delimiter=single), [])
    except csv.Error as error:
        raise BadQuestionError("job log", f"a first line that is no header ({error})", "a table of text") from error
    return Header(names=tuple(name.strip() for name in names), delimiter=delimiter.encode())


def read_header(stream: BinaryIO, what: str = "job log", row: str = "job") -> Header:
    """The header of a table; the stream is left at its first row.

    Raises:
        BadQuestionError: The file is empty.
    """
    line = b"\n"
    while line and not line.strip():
        line = stream.readline()
    if not line:
        raise BadQuestionError(what, "an empty file", f"a header line and one line a {row}")
    return parse_header(line)
