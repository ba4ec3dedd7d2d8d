"""What a thing costs new, used and rented as of a day, and what it cost before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from payback.catalogue.asof import Quote, known_on
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt
from payback.errors import UnknownNameError
from payback.evidence import Fact

LISTED_DAYS = 400
"""Offers nobody has seen for longer are history, not a price."""
FRESH_DAYS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrice:
    """Prices of one item as of a day; None where nobody had seen one."""

    item: str
    new: Quote[ComponentPrice] | None
    used: Quote[ComponentPrice] | None
    rents: tuple[Offer, ...]
    """Newest price of every offer of it seen within 400 days, cheapest GPU-hour first."""
    cheapest: Offer | None
    """Cheapest offer on demand seen within half a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEvent:
    """One observation in the history of an item."""

    item: str
    kind: str
    """new, used, prebuilt, or a term of rent."""
    seller: str
    usd: float
    unit: str
    observed_on: dt.date
    fact: Fact


def item_name(catalogue: Catalogue, name: str) -> str:
    """The catalogue's name of what the user calls `name`: a GPU, a part, a machine or an offer.

    Raises:
        UnknownNameError: Nothing is called so; the message names the nearest.
    """
    members = catalogue.gpu_names.members(name)
    if members:
        return catalogue.gpu_names.resolve(name).gpu if len(members) == 1 else name
    others = {row.component for row in catalogue.component_prices}
    others |= {row.machine for row in catalogue.prebuilts} | {row.name for row in catalogue.offers}
    folded = {other.casefold(): other for other in others}
    if name.casefold() in folded:
        return folded[name.casefold()]
    raise UnknownNameError("item", name, [*others, *catalogue.gpus], "See the GPUs: payback prices")


def market_price(catalogue: Catalogue, item: str, as_of: dt.date, *, market: str = "US") -> MarketPrice:
    """Prices of one item as of a day.

    Args:
        catalogue: Where prices are looked up.
        item: Result of `item_name`.
        as_of: Day of the question.
        market: Country whose shops count first.
    """
    names = {*catalogue.gpu_names.members(item), item}
    rents = [
        row
        for row in catalogue.offers_on(as_of)
        if (row.name == item or _is_of(catalogue, row, names))
        and (as_of - (row.observed_on or as_of)).days <= LISTED_DAYS
    ]
    rents.sort(key=lambda row: (row.price_usd_per_gpu_h, row.name))
    fresh = [row for row in rents if row.observed_on and (as_of - row.observed_on).days <= FRESH_DAYS]
    return MarketPrice(
        item=item,
        new=catalogue.component_quote(item, as_of, condition="new", market=market),
        used=catalogue.component_quote(item, as_of, condition="used", market=market),
        rents=tuple(rents),
        cheapest=next((row for row in fresh if row.term == "on-demand"), None),
    )


def history(catalogue: Catalogue, item: str, as_of: dt.date) -> list[PriceEvent]:
    """Every observation of an item up to a day, oldest first."""
    names = {*catalogue.gpu_names.members(item), item}
    parts = [row for row in catalogue.component_prices if row.component in names]
    machines = [row for row in catalogue.prebuilts if row.machine == item]
    offers = [row for row in catalogue.offers if row.name == item or _is_of(catalogue, row, names)]
    events = [*_sale_events(known_on(parts, as_of)), *_sale_events(known_on(machines, as_of))]
    events += _offer_events(known_on(offers, as_of))
    return sorted(events, key=lambda event: (event.observed_on, event.kind, event.seller))


def _is_of(catalogue: Catalogue, row: Offer, names: set[str]) -> bool:
    return row.gpu in names or bool(names & set(catalogue.gpu_names.members(row.gpu)))


def _sale_events(rows: Iterable[ComponentPrice | Prebuilt]) -> Iterable[PriceEvent]:
    for row in rows:
        assert row.observed_on is not None
        yield PriceEvent(
            item=row.item,
            kind=row.kind,
            seller=row.seller or row.source,
            usd=row.price_usd,
            unit="USD",
            observed_on=row.observed_on,
            fact=row.facts()[0],
        )


def _offer_events(rows: Iterable[Offer]) -> Iterable[PriceEvent]:
    for row in rows:
        assert row.observed_on is not None
        yield PriceEvent(
            item=row.gpu,
            kind=row.term,
            seller=row.name,
            usd=row.price_usd_per_gpu_h,
            unit="USD/GPU-h",
            observed_on=row.observed_on,
            fact=row.fact(),
        )
