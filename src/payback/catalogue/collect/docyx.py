"""PCPartPicker's parts and prices, as docyx collects them.

Contract: one file a category (video-card, cpu, motherboard, memory,
power-supply, case, internal-hard-drive, cpu-cooler, case-fan), a JSON array,
JSON Lines or CSV, with name, price (dollars before tax; null for most parts) and
the few figures of the category; the files of 2021 say price_usd and write
memory as text. A part without a price is a part: it is kept as a
specification. The prices are those of third-party offers, collectors' prices
of old parts included. Zero means unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Collector, Reading, cells
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.collect.partprices import Market, gpu_price, part_price
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.store.records import Cell, Spec
from payback.evidence import Grade

CATEGORIES: Final = {
    "video-card": "gpu",
    "cpu": "cpu",
    "motherboard": "board",
    "memory": "memory",
    "power-supply": "psu",
    "case": "case",
    "internal-hard-drive": "drive",
    "cpu-cooler": "cooler",
    "case-fan": "fan",
}
PCPARTPICKER: Final = Market(
    currency="USD", tax_included_share=0.0, country="US", seller="PCPartPicker", via="transcribed"
)
_FIELDS: Final = {
    "gpu": {"chipset": "chipset", "memory": "memory_gib", "length": "length_mm", "color": "colour"},
    "cpu": {"core_count": "cores", "tdp": "tdp_w", "microarchitecture": "architecture"},
    "board": {
        "color": "colour",
        "socket": "socket",
        "form_factor": "form_factor",
        "max_memory": "max_memory_gb",
        "memory_slots": "slots",
    },
    "memory": {"speed": "speed", "modules": "modules", "cas_latency": "cas_latency", "color": "colour"},
    "psu": {
        "color": "colour",
        "wattage": "watts",
        "type": "form_factor",
        "efficiency": "efficiency",
        "modular": "modular",
    },
    "case": {"type": "form_factor", "color": "colour", "side_panel": "side_panel"},
    "drive": {"capacity": "capacity_gb", "type": "type", "form_factor": "form_factor", "interface": "interface"},
    "cooler": {"size": "radiator_mm", "color": "colour"},
    "fan": {"size": "size_mm", "color": "colour"},
}
_TELLING: Final = ("color", "capacity", "form_factor", "interface", "type", "wattage", "modules", "speed", "cache")
"""Figures that tell two parts of one name apart."""


def category_of(document: Document) -> str | None:
    """The category a file is about, from its name: `video-card.json`, `video-card_2024-01-01.json`."""
    stem = document.stem.replace("_", "-")
    named = [name for name in CATEGORIES if re.search(rf"(?<![a-z]){name}(?![a-z])", stem)]
    return CATEGORIES[max(named, key=len)] if named else None


def read(reading: Reading) -> Iterator[Outcome]:
    """Parts, and prices where there are any."""
    category = category_of(reading.document)
    if category is None:
        raise FileRefused("the file is named after no category of parts", reading.document.name)
    yield from judge(_parts(reading.document), lambda part: _part(reading, category, part))


def _parts(document: Document) -> Iterable[tuple[int, Mapping[str, Any]]]:
    if document.columns:
        rows = document.table("name")
        return ((line, {"name": row.get("name"), **cells(row)} if "" not in row else row) for line, row in rows)
    parts = document.json
    if not isinstance(parts, list):
        raise FileRefused("not a list of parts", type(parts).__name__)
    return enumerate(parts, start=1)


def _part(reading: Reading, category: str, part: Mapping[str, Any]) -> Believed:
    if not isinstance(part, Mapping) or "" in part:
        raise NotBelieved("", "not a part", str(part)[:80])
    part = {key.replace("price_usd", "price").replace("priceusd", "price"): value for key, value in part.items()}
    name = str(part.get("name") or "").strip()
    if not name:
        raise NotBelieved("name", "no name", "")
    spec = Spec(
        source=reading.source,
        locator=reading.document.locator,
        observed_on=reading.observed_on,
        grade=Grade.LISTED,
        category=category,
        ident=_full_name(category, name, part),
        name=name,
        fields={field: _cell(part.get(key)) for key, field in _FIELDS[category].items()},
    )
    price = cleaning.money(part.get("price"), "price")
    if price is None:
        return Believed((spec,))
    if price[0] < 0:
        raise NotBelieved("price", "a negative price", price[0])
    priced = _priced(reading, category, part, spec, price[0])
    return Believed((spec, priced))


def _priced(reading: Reading, category: str, part: Mapping[str, Any], spec: Spec, price: float) -> Any:
    if category != "gpu":
        return part_price(reading, PCPARTPICKER, spec.ident, category, price, reading.observed_on)
    chipset = str(part.get("chipset") or "").strip()
    if not chipset:
        raise NotBelieved("chipset", "a card without a chip", spec.name)
    size = _memory_gib(part.get("memory"))
    gpu = SeenGpu(chipset, (size,) if size else (), card=spec.ident)
    return gpu_price(reading, PCPARTPICKER, gpu, price, reading.observed_on)


def _memory_gib(value: object) -> float | None:
    """The memory of a card, a number or, in old files, text such as "12 GB"."""
    if isinstance(value, str):
        value = value.upper().removesuffix("GB").strip()
    return cleaning.known(value, "memory")


def _full_name(category: str, name: str, part: Mapping[str, Any]) -> str:
    """The name with the figures that tell equal names apart."""
    chipset = f" {part['chipset']}" if category == "gpu" and part.get("chipset") else ""
    telling = [_words(part[key]) for key in _TELLING if part.get(key) not in (None, "", 0)]
    return f"{name}{chipset}" + (f" ({', '.join(telling)})" if telling else "")


def _words(value: object) -> str:
    return "x".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _cell(value: Any) -> Cell:
    """A figure as the store keeps it; zero is unknown, a list becomes text."""
    if value in (None, "", 0):
        return None
    return json.dumps(value) if isinstance(value, list | dict) else value


def recognises(document: Document) -> bool:
    """Whether this is one of the data set's files."""
    if category_of(document) is None:
        return False
    if document.columns:
        return document.has_columns("name", "price")
    return '"name"' in document.head and '"price' in document.head


COLLECTOR: Final = Collector(
    name="docyx",
    source="docyx",
    publisher="docyx, PC part dataset (from PCPartPicker)",
    url="https://github.com/docyx/pc-part-dataset",
    licence="MIT (Doc Oliver) for the collection; the right to redistribute the prices is open",
    recognises=recognises,
    read=read,
    scope=lambda document: category_of(document) or "",
    aliases=("docyx_parts_2025-07-23", "docyx_parts", "docyx-parts"),
)
