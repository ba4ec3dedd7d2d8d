"""What "we know" means: a value with its unit, source, date and grade.

A fact enters the program once, from a table in ``data/`` or from the user's
question. Pure functions turn facts into other facts and keep the ids of those
they came from, so every figure of an answer leads back to a price tag.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Grade(StrEnum):
    """How we came to know a fact, strongest evidence of a price first."""

    SOLD = "sold"
    """The price of a completed sale."""
    QUOTED = "quoted"
    """A person's or firm's offer, told to one buyer or to the press."""
    LISTED = "listed"
    """A public price list, shop page or data sheet."""
    MEASURED = "measured"
    """Someone ran it and wrote the number down."""
    DERIVED = "derived"
    """Computed from other facts, by a formula that is named."""
    ASSUMED = "assumed"
    """Nobody knows; the reason for the choice is written beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts come from: one entry of ``data/SOURCES.yml``."""

    id: str
    publisher: str
    url: str
    licence: str
    """Licence of the source's own text or file; "facts only" where none is stated."""
    obtained: str
    """How the figures were obtained: read on the page, from a file at a commit, from a package."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value somebody can be held to.

    Example:
        >>> rent = Fact(id="offer:aws/p3.2xlarge", value=3.06, unit="USD/h", currency="USD",
        ...             source="chen-2018", observed_on=dt.date(2018, 9, 26), grade=Grade.LISTED)
        >>> rent.age_days(dt.date(2018, 10, 26))
        30
    """

    id: str
    value: float | int | str | None
    unit: str
    source: str
    """Ids of entries in SOURCES.yml, joined by " ; "; "question" for what the user said."""
    observed_on: dt.date | None
    grade: Grade
    currency: str | None = None
    locator: str = ""
    """The exact page, file or commit within the source."""
    note: str = ""
    parents: tuple[str, ...] = ()
    """Ids of the facts this one was computed from."""

    def age_days(self, on: dt.date) -> int | None:
        """Days between the observation and `on`; None for an undated fact. Computed, never stored."""
        return None if self.observed_on is None else (on - self.observed_on).days

    @classmethod
    def from_dict(cls, fact_id: str, plain: Mapping[str, Any]) -> Fact:
        """A fact from the form in which answers print it."""
        day = plain["observed_on"]
        known = {
            **plain,
            "observed_on": dt.date.fromisoformat(day) if day else None,
            "grade": Grade(plain["grade"]),
            "parents": tuple(plain["parents"]),
        }
        return cls(id=fact_id, **known)

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a fact."""
        return {
            "value": self.value,
            "unit": self.unit,
            "currency": self.currency,
            "observed_on": self.observed_on.isoformat() if self.observed_on else None,
            "source": self.source,
            "grade": self.grade.value,
            "locator": self.locator,
            "note": self.note,
            "parents": list(self.parents),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A choice the answer rests on that nobody measured, said aloud."""

    name: str
    value: float | int | str | bool | None
    unit: str
    why: str
    grade: Grade = Grade.ASSUMED

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print an assumption."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "grade": self.grade.value, "why": self.why}


@dataclass(slots=True)
class FactBook:
    """The facts one answer used, collected while it is computed.

    Example:
        >>> book = FactBook()
        >>> book.add(Fact(id="a", value=1, unit="USD", source="s", observed_on=None, grade=Grade.LISTED))
        'a'
        >>> sorted(book.facts)
        ['a']
    """

    facts: dict[str, Fact] = field(default_factory=dict)

    def add(self, fact: Fact) -> str:
        """Remember `fact` and return its id; two different facts may not share one id."""
        known = self.facts.setdefault(fact.id, fact)
        if known != fact:
            raise ValueError(f"two facts share the id {fact.id!r}: {known} and {fact}")
        return fact.id

    def add_all(self, facts: Iterable[Fact]) -> tuple[str, ...]:
        """Remember several facts and return their ids."""
        return tuple(self.add(fact) for fact in facts)

    def closure(self, ids: Iterable[str]) -> Mapping[str, Fact]:
        """The facts named by `ids` and, transitively, those they were computed from."""
        wanted, out = list(ids), {}
        while wanted:
            fact = self.facts.get(wanted.pop())
            if fact is not None and fact.id not in out:
                out[fact.id] = fact
                wanted.extend(fact.parents)
        return out
