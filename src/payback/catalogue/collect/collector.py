"""What every collector is: a name, an address, a licence, a test for its files and a reader of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.gpus import Gpus
from payback.catalogue.collect.quarantine import NotBelieved, Outcome

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

Cells = dict[str, str]
Numbered = TypeVar("Numbered", Cells, tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Reading:
    """One file being read: what the reader may ask for."""

    document: Document
    gpus: Gpus
    today: dt.date
    source: str
    machines: dict[object, object] = field(default_factory=dict)
    """What has been found out about machines that come again and again."""

    @property
    def observed_on(self) -> dt.date:
        """The day of the file, for rows that do not give their own."""
        return self.document.observed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """One public source.

    `name` is what the command line calls it, `source` its id in SOURCES.yml.
    """

    name: str
    source: str
    publisher: str
    url: str
    licence: str
    recognises: Callable[[Document], bool]
    read: Callable[[Reading], Iterator[Outcome]]
    remote: Callable[[Fetcher], Iterable[Document]] | None = None
    """Fetches the newest files; None for a source that is only read from files."""
    needs_key: str = ""
    """Environment variable with the user's own key; a source whose key is missing is skipped and says so."""
    snapshot: bool = False
    """Whether a file lists everything on sale, so that what is missing has been withdrawn."""
    scope: Callable[[Document], str] = lambda _: ""
    """The part of the source that one file covers, such as a cloud."""
    aliases: tuple[str, ...] = ()


def once(rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Rows with exact repeats marked, so that `cells` refuses them."""
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        first = seen.setdefault(tuple(row.values()), line)
        yield (line, row) if first == line or "" in row else (line, {"": f"same as line {first}", "repeat": "yes"})


def cells(row: Cells) -> Cells:
    """The cells of a row.

    Raises:
        NotBelieved: The row is ragged or a repeat.
    """
    if "" in row:
        raise NotBelieved("", "a repeated row" if "repeat" in row else "cells do not match the columns", row[""])
    return row
