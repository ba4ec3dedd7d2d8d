"""What one source has to say, gathered in memory before the store is touched."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from payback.catalogue.schema import ComponentPrice
from payback.catalogue.store.records import (
    CODECS,
    Cell,
    Kind,
    Rate,
    Rejected,
    Sighting,
    Spec,
    item_gpu,
    item_name,
)
from payback.evidence import Grade

ItemKey = tuple[Kind, tuple[Cell, ...]]
"""Kind and identity (the fields of the codec, then the variant)."""
Asked = tuple[float, tuple[Cell, ...]]
"""A price and its conditions, in the order of the codec's `detail`."""
_IDENTITY = {kind: attrgetter(*codec.identity) for kind, codec in CODECS.items()}
_DETAIL = {kind: attrgetter(*codec.detail) for kind, codec in CODECS.items()}
_PRICE = {kind: attrgetter(codec.price) for kind, codec in CODECS.items()}


@dataclass(slots=True, kw_only=True)
class FileRecord:
    """One file that was read, and what became of its rows."""

    name: str
    scope: str
    locator: str
    observed_on: dt.date
    digest: str
    snapshot: bool = False
    """True when the file lists everything on sale that day, so that what is missing has been withdrawn."""
    rows_dated: bool = False
    """Whether its rows give their own days."""
    rows: int = 0
    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    """Cells left aside in rows that were believed, by reason: a spot price of 0, a memory size nobody sells."""
    seconds: float = 0.0

    def reasons(self) -> Counter[str]:
        """How many rows were refused for which reason."""
        return Counter(refusal.reason for refusal in self.rejected)


@dataclass(slots=True, kw_only=True)
class SeenItem:
    """All sightings of one item in one batch."""

    name: str
    gpu: str
    scope: str
    sightings: dict[tuple[int, int], list[Asked]] = field(default_factory=dict)
    """(day, index of the file) to the prices asked there; several when a file lists the item more than once."""


@dataclass(slots=True)
class Batch:
    """Everything read from one source in one refresh."""

    source: str
    files: list[FileRecord] = field(default_factory=list)
    items: dict[ItemKey, SeenItem] = field(default_factory=dict)
    specs: list[tuple[Spec, int]] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)

    def add(self, sighting: Sighting) -> None:
        """Take in one believed price of the newest file."""
        row, kind, file = sighting.row, sighting.kind, len(self.files) - 1
        identity = _IDENTITY[kind](row)
        if isinstance(row, ComponentPrice) and row.category == "gpu":
            identity = ("", *identity[1:])
        key: ItemKey = (kind, (*identity, sighting.variant))
        item = self.items.get(key)
        if item is None:
            item = self.items[key] = SeenItem(name=item_name(row), gpu=item_gpu(row), scope=self.files[file].scope)
        seen_on = row.observed_on or self.files[file].observed_on
        if seen_on != self.files[file].observed_on:
            self.files[file].rows_dated = True
        item.sightings.setdefault((seen_on.toordinal(), file), []).append((_PRICE[kind](row), _DETAIL[kind](row)))

    def discard(self, name: str) -> None:
        """Forget the newest file, which turned out to be broken half way, if it is the one called so."""
        if not self.files or self.files[-1].name != name:
            return
        file = len(self.files) - 1
        self.files.pop()
        for key, item in list(self.items.items()):
            item.sightings = {where: asked for where, asked in item.sightings.items() if where[1] != file}
            if not item.sightings:
                del self.items[key]
        self.specs = [(spec, where) for spec, where in self.specs if where != file]

    def add_spec(self, spec: Spec) -> None:
        """Take in one specification of the newest file."""
        self.specs.append((spec, len(self.files) - 1))


def settle(kind: Kind, asked: list[Asked]) -> Asked:
    """The one price of an item that a file lists more than once on a day: the lowest, with the range in its note.

    Zones of one region and machines of one type on a marketplace share a name;
    who rents takes the cheapest one.

    Example:
        >>> settle("tariff", [(0.3, ("listed", "")), (0.2, ("listed", ""))])
        (0.2, ('listed', 'lowest of 2 listed together, 0.2 to 0.3'))
    """
    price, detail = min(asked, key=lambda one: one[0])
    high = max(one[0] for one in asked)
    if high == price:
        return price, detail
    at = CODECS[kind].detail.index("note")
    text = f"lowest of {len(asked)} listed together, {price:g} to {high:g}"
    note = f"{detail[at]}; {text}" if detail[at] else text
    return price, (*detail[:at], note, *detail[at + 1 :])


def pack(values: Iterable[Cell]) -> str:
    """Cells as the compact JSON list that the store keeps."""
    plain = [value.value if isinstance(value, Grade) else value for value in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
