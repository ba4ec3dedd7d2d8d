"""What the store takes in: believed rows, refused rows, exchange rates and specifications."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt, Row, StoragePrice, Tariff

Kind = Literal["offer", "other-offer", "component", "prebuilt", "storage", "tariff"]
PricedRow = Offer | ComponentPrice | Prebuilt | StoragePrice | Tariff
Cell = str | float | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One believed price as a collector hands it over.

    `other-offer` is a rental price that answers no GPU question by itself: a
    machine without a GPU, another operating system than Linux, a bare
    accelerator, a share of a GPU, a kind of commitment the questions do not
    know. It is kept, with its history, and left out of `Store.offers`.
    """

    row: PricedRow
    kind: Kind
    variant: str = ""
    """What tells two items of one name apart: the GPU as the source spells it, the card behind a GPU's price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that is not believed: where it stands and why."""

    line: int | None
    field: str
    reason: str
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many units of a currency one euro bought on a day."""

    day: dt.date
    currency: str
    units_per_eur: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec(Row):
    """A part or GPU as a public data base describes it. None means unknown, also where the source wrote 0."""

    category: str
    ident: str
    name: str
    fields: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A refused row as the store remembers it."""

    file: str
    line: int | None
    field: str
    reason: str
    found: str
    source: str
    seen_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How a kind of row is taken apart: what it is, what it costs, under which conditions."""

    row_type: type[PricedRow]
    identity: tuple[str, ...]
    price: str
    detail: tuple[str, ...]


_PART_DETAIL: Final = ("tax_included_share", "via", "grade", "note")
_OFFER = Codec(
    row_type=Offer,
    identity=("provider", "instance", "region", "gpu_count", "term"),
    price="price_usd_per_h",
    detail=("vcpus", "memory_gib", "local_disk_gb", "upfront_usd", "billing_granularity_s", "via", "grade", "note"),
)
CODECS: Final[Mapping[Kind, Codec]] = {
    "offer": _OFFER,
    "other-offer": _OFFER,
    "component": Codec(
        row_type=ComponentPrice,
        identity=("component", "category", "condition", "currency", "market", "seller"),
        price="price",
        detail=_PART_DETAIL,
    ),
    "prebuilt": Codec(
        row_type=Prebuilt,
        identity=("machine", "maker", "category", "currency", "market", "seller"),
        price="price",
        detail=("gpu", "gpu_count", "cpu", "memory_gb", "storage_gb", "wall_power_w", *_PART_DETAIL),
    ),
    "storage": Codec(
        row_type=StoragePrice,
        identity=("provider", "item", "storage_class", "region"),
        price="price_usd",
        detail=("via", "grade", "note"),
    ),
    "tariff": Codec(row_type=Tariff, identity=("place", "sector"), price="price_usd_per_kwh", detail=("grade", "note")),
}


def item_name(row: PricedRow) -> str:
    """The name people ask for an item by."""
    match row:
        case Offer():
            return row.name
        case ComponentPrice():
            return row.component
        case Prebuilt():
            return row.machine
        case StoragePrice():
            return f"{row.provider}/{row.item}"
        case Tariff():
            return f"{row.place}/{row.sector}"


def item_gpu(row: PricedRow) -> str:
    """The GPU an item is about, empty where there is none."""
    match row:
        case Offer():
            return row.gpu
        case ComponentPrice():
            return row.component if row.category == "gpu" else ""
        case Prebuilt():
            return row.gpu or ""
        case _:
            return ""
