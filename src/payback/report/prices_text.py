"""What things cost, as tables, and the history of a price as a chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.catalogue.asof import Quote
from payback.catalogue.market import MarketPrice, PriceEvent
from payback.catalogue.schema import ComponentPrice
from payback.report.figures import INK, PAPER, VEGA_LITE, chart_config
from payback.report.money import money

WIDTH = 100


def market_as_dict(price: MarketPrice, as_of: dt.date) -> dict[str, Any]:
    """The prices of one item in the form `payback prices ITEM --json` prints."""
    return {
        "item": price.item,
        "as_of": as_of.isoformat(),
        "new": _quote_as_dict(price.new),
        "used": _quote_as_dict(price.used),
        "rent": [
            {
                "offer": row.name,
                "region": row.region,
                "gpu": row.gpu,
                "gpu_count": row.gpu_count,
                "term": row.term,
                "price_usd_per_gpu_h": row.price_usd_per_gpu_h,
                "price_usd_per_h": row.price_usd_per_h,
                "age_days": (as_of - row.observed_on).days if row.observed_on else None,
                "fact": row.fact().as_dict(),
            }
            for row in price.rents
        ],
    }


def _quote_as_dict(quote: Quote[ComponentPrice] | None) -> dict[str, Any] | None:
    if quote is None:
        return None
    return {
        "low_usd": quote.low_usd,
        "mid_usd": quote.mid_usd,
        "high_usd": quote.high_usd,
        "observed_on": quote.observed_on.isoformat(),
        "age_days": quote.age_days,
        "observations": [row.facts()[0].as_dict() for row in quote.observations],
    }


def print_market(prices: Sequence[MarketPrice], as_of: dt.date) -> None:
    """Print new, used and rented prices, an item a row; one item gets its offers as well."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"As of {as_of}", title_justify="left")
    table.add_column("item")
    for name in ("new", "used", "rent $/GPU-h"):
        table.add_column(name, justify="right")
    table.add_column("cheapest to rent", overflow="fold")
    for price in prices:
        rent = price.cheapest
        cheapest = f"{rent.name} {rent.term}, seen {rent.observed_on}" if rent else ""
        per_hour = f"{rent.price_usd_per_gpu_h:.3f}" if rent else "-"
        table.add_row(price.item, _quoted(price.new), _quoted(price.used), per_hour, cheapest)
    console.print(table)
    if len(prices) == 1:
        console.print(_offers_table(prices[0]))


def _quoted(quote: Quote[ComponentPrice] | None) -> str:
    if quote is None:
        return "not priced"
    spread = "" if quote.low_usd == quote.high_usd else f" ({money(quote.low_usd)}-{money(quote.high_usd)})"
    return f"{money(quote.mid_usd)}{spread}, {quote.age_days} d old"


def _offers_table(price: MarketPrice) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="Offers", title_justify="left")
    for name in ("offer", "term", "GPUs"):
        table.add_column(name, overflow="fold")
    for name in ("$/GPU-h", "seen"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("source", overflow="fold")
    for row in price.rents[:25]:
        cells = (row.name, row.term, f"{row.gpu_count}x {row.gpu}", f"{row.price_usd_per_gpu_h:.3f}")
        table.add_row(*cells, str(row.observed_on), row.source)
    return table


def print_history(events: Sequence[PriceEvent]) -> None:
    """Print every observation of an item, oldest first."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    if not events:
        console.print(Text("no observation"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("seen", "kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("price", justify="right", no_wrap=True)
    for name in ("seller", "source"):
        table.add_column(name, overflow="fold")
    for event in events:
        price = f"{event.usd:,.3f} {event.unit}" if "h" in event.unit else f"{event.usd:,.0f} {event.unit}"
        table.add_row(str(event.observed_on), event.kind, price, event.seller, event.fact.source)
    console.print(table)


def history_figure(item: str, events: Sequence[PriceEvent]) -> dict[str, Any]:
    """The observations of an item over time as a Vega-Lite chart, one colour a kind of price."""
    values = [
        {"day": event.observed_on.isoformat(), "usd": event.usd, "kind": event.kind, "unit": event.unit}
        for event in events
    ]
    rows: dict[str, Any] = {"field": "unit", "type": "nominal", "title": None}
    return {
        "$schema": VEGA_LITE,
        "title": {"text": f"Prices seen: {item}", "anchor": "start", "color": INK},
        "background": PAPER,
        "padding": 16,
        "data": {"values": values},
        "facet": {"row": rows},
        "spec": {
            "width": 640,
            "height": 240,
            "mark": {"type": "line", "interpolate": "step-after", "point": True},
            "encoding": {
                "x": {"field": "day", "type": "temporal", "title": None},
                "y": {"field": "usd", "type": "quantitative", "title": "USD"},
                "color": {"field": "kind", "type": "nominal", "title": None},
            },
        },
        "resolve": {"scale": {"y": "independent"}},
        "config": chart_config(),
    }


def events_as_dicts(events: Sequence[PriceEvent]) -> list[dict[str, Any]]:
    """The history in the form `payback prices ITEM --history --json` prints."""
    return [
        {
            "item": event.item,
            "kind": event.kind,
            "seller": event.seller,
            "usd": event.usd,
            "unit": event.unit,
            "observed_on": event.observed_on.isoformat(),
            "fact": event.fact.as_dict(),
        }
        for event in events
    ]
