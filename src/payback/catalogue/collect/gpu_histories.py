"""Prices of graphics cards through time: new ones (docyx, idealo) and sold ones (eBay).

Contracts. docyx history: CSV with snapshot_date, chipset, n_listed, n_priced,
min_usd, median_usd and max_usd of the cards on PCPartPicker, new, before tax;
discontinued cards keep inflated prices. eBay: CSV with GPU, eBay Price, QTY
Sold and Month in English; the mean price of what was sold, used; `-` means
that nothing was. idealo: JSON, a list of cards with name, type and
prices[{x: day, y: euros}], the lowest price of a day in Germany, 19 % VAT
included; where name and type are two different chips, the link was wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.docyx import PCPARTPICKER
from payback.catalogue.collect.gpus import SeenGpu, memory_readings
from payback.catalogue.collect.partprices import Market, gpu_price
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.identity import fold
from payback.evidence import Grade

EBAY: Final = Market(
    currency="USD",
    tax_included_share=0.0,
    country="US",
    seller="eBay",
    via="transcribed",
    condition="used",
    grade=Grade.SOLD,
)
IDEALO: Final = Market(currency="EUR", tax_included_share=0.19, country="DE", seller="idealo", via="transcribed")
_DOCYX: Final = ("snapshot_date", "chipset", "n_priced", "median_usd")
_EBAY: Final = ("GPU", "eBay Price", "QTY Sold", "Month")


def read_docyx(reading: Reading) -> Iterator[Outcome]:
    """The middle price of each chip on each day."""
    yield from judge(once(reading.document.table(*_DOCYX)), lambda row: _docyx(reading, cells(row)))


def _docyx(reading: Reading, row: Cells) -> Believed:
    price = cleaning.price(row["medianusd"], "median_usd")[0]
    low, high = (cleaning.number(row.get(key), key) for key in ("minusd", "maxusd"))
    if low is not None and high is not None and not low <= price <= high:
        raise NotBelieved("median_usd", "the middle price is not between the others", f"{low:g} {price:g} {high:g}")
    count = cleaning.whole(row["npriced"], "n_priced")
    spread = f", {low:g} to {high:g}" if low is not None and high is not None else ""
    note = f"median of {count} cards{spread}; new, some from collectors"
    gpu = SeenGpu(row["chipset"].strip(), memory_readings([row["chipset"]], None, None, 1))
    day = cleaning.day(row["snapshotdate"], "snapshot_date", reading.today)
    return Believed((gpu_price(reading, PCPARTPICKER, gpu, price, day, note),))


def read_ebay(reading: Reading) -> Iterator[Outcome]:
    """The mean price of the cards sold in a month."""
    yield from judge(once(reading.document.table(*_EBAY)), lambda row: _ebay(reading, cells(row)))


def _ebay(reading: Reading, row: Cells) -> Believed:
    price, currency = cleaning.price(row["ebayprice"], "eBay Price")
    if currency != "USD":
        raise NotBelieved("eBay Price", "another currency than dollars", row["ebayprice"])
    day = cleaning.day(row["month"], "Month", reading.today)
    sold = cleaning.whole(row["qtysold"], "QTY Sold")
    note = f"mean of {sold} sales in the month; day approximate" if sold else "mean of the month; day approximate"
    gpu = SeenGpu(row["gpu"].strip(), memory_readings([row["gpu"]], None, None, 1))
    return Believed((gpu_price(reading, EBAY, gpu, price, day, note),))


def read_idealo(reading: Reading) -> Iterator[Outcome]:
    """The lowest price of each card on each day."""
    cards = reading.document.json
    if not isinstance(cards, list):
        raise FileRefused("not a list of cards", type(cards).__name__)
    yield from judge(_points(cards), lambda point: _idealo(reading, *point))


def _points(cards: list[Any]) -> Iterator[tuple[int, tuple[Mapping[str, Any], Any]]]:
    line = 0
    for card in cards:
        points = card.get("prices") if isinstance(card, dict) else None
        for point in points if isinstance(points, list) else []:
            line += 1
            yield line, (card, point)


def _idealo(reading: Reading, card: Mapping[str, Any], point: Any) -> Believed:
    if not isinstance(point, dict):
        raise NotBelieved("prices", "not a dated price", point)
    name, chip = str(card.get("name") or "").strip(), str(card.get("type") or "").strip()
    if not fold(name).endswith(fold(chip)):
        raise NotBelieved("type", "name and type are two different chips", f"{name} under {chip}")
    day = cleaning.day(point.get("x"), "x", reading.today)
    price = cleaning.price(point.get("y"), "y", "EUR")[0]
    gpu = SeenGpu(chip, memory_readings([chip], None, None, 1), card=name)
    return Believed((gpu_price(reading, IDEALO, gpu, price, day),))


DOCYX_HISTORY: Final = Collector(
    name="docyx-gpu-history",
    source="docyx",
    publisher="docyx, PC part dataset (from PCPartPicker)",
    url="https://github.com/docyx/pc-part-dataset",
    licence="MIT (Doc Oliver) for the collection; the right to redistribute the prices is open",
    recognises=lambda document: document.has_columns(*_DOCYX),
    read=read_docyx,
    aliases=("docyx_gpu_price_history",),
)
EBAY_SOLD: Final = Collector(
    name="ebay-sold",
    source="ebay-sold-2021",
    publisher="eBay sold prices by month (Tom's Hardware tables)",
    url="https://github.com/buttke/ebay-2021-2023-gpu-prices",
    licence="none stated; evidence only, not redistributed",
    recognises=lambda document: document.has_columns(*_EBAY),
    read=read_ebay,
    aliases=("ebay_sold_2021_2022", "ebay"),
)
IDEALO_DAILY: Final = Collector(
    name="idealo",
    source="idealo",
    publisher="idealo.de lowest prices by day",
    url="https://github.com/stekhn/gpu-price-surge-analysis",
    licence="MIT",
    recognises=lambda document: '"prices"' in document.head and '"x"' in document.head and '"y"' in document.head,
    read=read_idealo,
    aliases=("idealo_2017_2018",),
)
