"""Rows that are not believed: how a collector says so, and how the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from payback.catalogue.store.records import Rate, Rejected, Sighting, Spec

Given = TypeVar("Given")
Finding = Sighting | Spec | Rate


class NotBelieved(Exception):  # noqa: N818 - not an error of the program: the row is set aside and the run goes on
    """One row cannot be believed.

    Args:
        field: The column or key at fault.
        reason: A short, constant sentence, so that equal faults can be counted.
        found: What stood there.
    """

    def __init__(self, field: str, reason: str, found: object = "") -> None:
        super().__init__(f"{field}: {reason} ({found})")
        self.field, self.reason, self.found = field, reason, str(found)


class FileRefused(Exception):  # noqa: N818 - as above, for a whole file
    """A whole file cannot be read as what it claims to be.

    Args:
        reason: A short, constant sentence.
        found: What was there instead.
    """

    def __init__(self, reason: str, found: object = "") -> None:
        super().__init__(f"{reason} ({found})")
        self.reason, self.found = reason, str(found)


@dataclass(frozen=True, slots=True)
class Believed:
    """What one row of a file says, once it is believed."""

    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()
    """Why cells of the row were left aside."""


Outcome = Believed | Rejected


def judge(rows: Iterable[tuple[int | None, Given]], read: Callable[[Given], Believed]) -> Iterator[Outcome]:
    """Read rows one by one; a row that is not believed becomes a refusal and the next one is read.

    Args:
        rows: Line numbers and rows.
        read: Turns one row into what it says, or raises `NotBelieved`.
    """
    for line, row in rows:
        try:
            yield read(row)
        except NotBelieved as refusal:
            yield Rejected(line=line, field=refusal.field, reason=refusal.reason, found=refusal.found)
