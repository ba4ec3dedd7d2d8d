"""Prices of parts, put together the same way for every source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from payback.catalogue.collect.cleaning import USD_PER_PART, within
from payback.catalogue.collect.collector import Reading
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.schema import ComponentPrice, Condition
from payback.catalogue.store.records import Sighting
from payback.evidence import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where and how a source's prices are asked."""

    currency: str
    tax_included_share: float | None
    country: str | None
    seller: str | None
    via: str
    condition: Condition = "new"
    grade: Grade = Grade.LISTED


def gpu_price(
    reading: Reading, market: Market, gpu: SeenGpu, price: float, observed_on: dt.date, note: str = ""
) -> Sighting:
    """The price of a graphics card, filed under its GPU."""
    name = reading.gpus.resolve(gpu)
    return _sighting(reading, market, name, "gpu", gpu.pack(), price, observed_on, note)


def part_price(
    reading: Reading, market: Market, name: str, category: str, price: float, observed_on: dt.date, note: str = ""
) -> Sighting:
    """The price of another part under its own name."""
    return _sighting(reading, market, name, category, "", price, observed_on, note)


def _sighting(
    reading: Reading,
    market: Market,
    name: str,
    category: str,
    variant: str,
    price: float,
    observed_on: dt.date,
    note: str,
) -> Sighting:
    row = ComponentPrice(
        source=reading.source,
        locator=reading.document.locator,
        observed_on=observed_on,
        grade=market.grade,
        note=note,
        component=name,
        category=category,
        condition=market.condition,
        price=within(price, USD_PER_PART, "price", f"{market.currency} per part"),
        currency=market.currency,
        tax_included_share=market.tax_included_share,
        market=market.country,
        seller=market.seller,
        via=market.via,
    )
    return Sighting(row=row, kind="component", variant=variant)
