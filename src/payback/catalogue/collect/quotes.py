"""Prices that the user was told: a quote received by e-mail, an owner's receipt, a price read off a page.

Contract: TOML with [[offer]], [[part]] or [[machine]] tables, or CSV with a
column `kind` (offer, part, machine); keys are the columns of the catalogue's
tables (`provider`, `instance`, `gpu`, `gpu_count`, `term`, `price_usd_per_h`;
`component`, `category`, `condition`, `price`, `currency`; `machine`), and
always `observed_on` (or the file's day) and, if you like, `seller`, `note`,
`grade` (quoted, listed or sold; quoted if not said) and `locator`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Collector, Reading, cells
from payback.catalogue.collect.documents import Document, column_key
from payback.catalogue.collect.gpus import SeenGpu, memory_readings
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt
from payback.catalogue.store.records import Kind, PricedRow, Sighting

KINDS: Final[Mapping[str, tuple[Kind, type[PricedRow], str]]] = {
    "offer": ("offer", Offer, "price_usd_per_h"),
    "part": ("component", ComponentPrice, "price"),
    "machine": ("prebuilt", Prebuilt, "price"),
}
_ADAPTERS: Final[Mapping[str, TypeAdapter[PricedRow]]] = {
    kind: TypeAdapter(row_type) for kind, (_, row_type, _) in KINDS.items()
}
_FIELDS: Final = {column_key(field.name): field.name for _, row_type, _ in KINDS.values() for field in fields(row_type)}
GRADES: Final = frozenset({"quoted", "listed", "sold"})


def read(reading: Reading) -> Iterator[Outcome]:
    """Every price the file tells."""
    yield from judge(_entries(reading.document), lambda entry: _entry(reading, entry))


def _entries(document: Document) -> Iterator[tuple[int | None, Mapping[str, Any]]]:
    if document.columns:
        for line, row in document.table("kind"):
            yield line, row if "" in row else {**row, "kind": row["kind"]}
        return
    try:
        parsed = tomllib.loads(document.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileRefused("not TOML", error) from error
    for kind in KINDS:
        entries = parsed.get(kind, [])
        for at, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
            yield at, {**entry, "kind": kind} if isinstance(entry, dict) else {"": "not a table"}


def _entry(reading: Reading, entry: Mapping[str, Any]) -> Believed:
    row = {key: value for key, value in entry.items() if value not in ("", None)}
    cells(row)
    kind = str(row.pop("kind", "")).strip().casefold()
    if kind not in KINDS:
        raise NotBelieved("kind", "neither offer, part nor machine", kind)
    plain = {_FIELDS.get(column_key(key), key): value for key, value in row.items()}
    store_kind, _, price = KINDS[kind]
    plain |= _provenance(reading, plain)
    plain[price], currency = cleaning.price(plain.get(price), price, str(plain.get("currency", "USD")))
    if kind == "offer" and currency != "USD":
        raise NotBelieved(price, "another currency than dollars", currency)
    variant = ""
    if "gpu" in plain or (kind == "part" and plain.get("category") == "gpu"):
        variant = _resolve(reading, plain, "gpu" if "gpu" in plain else "component")
    elif kind == "offer":
        raise NotBelieved("gpu", "no GPU", "")
    if kind != "offer":
        plain["currency"] = currency
    return Believed((_sighting(kind, store_kind, plain, variant),))


def _sighting(kind: str, store_kind: Kind, plain: Mapping[str, Any], variant: str) -> Sighting:
    try:
        row = _ADAPTERS[kind].validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        raise NotBelieved(".".join(map(str, first["loc"])), first["msg"], str(first.get("input"))[:80]) from error
    return Sighting(row=row, kind=store_kind, variant=variant)


def _resolve(reading: Reading, plain: dict[str, Any], key: str) -> str:
    name = str(plain.get(key) or "").strip()
    seen = SeenGpu(name, memory_readings([name], None, None, 1))
    plain[key] = reading.gpus.resolve(seen)
    return seen.pack()


def _provenance(reading: Reading, plain: Mapping[str, Any]) -> dict[str, Any]:
    grade = str(plain.get("grade", "quoted"))
    if grade not in GRADES:
        raise NotBelieved("grade", "neither quoted, listed nor sold", grade)
    on = cleaning.day(plain.get("observed_on") or reading.observed_on, "observed_on", reading.today)
    told = [str(plain[key]) for key in ("note", "locator") if plain.get(key)]
    return {
        "source": reading.source,
        "locator": reading.document.locator,
        "note": "; ".join(told),
        "observed_on": on,
        "grade": grade,
        "via": plain.get("via", "owner" if grade == "sold" else "provider"),
    }


def recognises(document: Document) -> bool:
    """Whether this is a file of the user's own prices."""
    if document.columns:
        return document.has_columns("kind", "price") or document.has_columns("kind", "price_usd_per_h")
    name = document.name.casefold()
    return name.endswith(".toml") and any(f"[[{kind}]]" in document.head for kind in KINDS)


COLLECTOR: Final = Collector(
    name="quotes",
    source="user-quotes",
    publisher="Prices the user entered",
    url="",
    licence="the user's own",
    recognises=recognises,
    read=read,
    aliases=("user-quotes", "quote"),
)
