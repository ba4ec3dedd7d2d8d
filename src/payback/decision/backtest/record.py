"""What was recorded: the catalogue as it was on a day, rents as they moved, used cards as they sold."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TypeVar

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import ComponentPrice, Offer, Row

RowType = TypeVar("RowType", bound=Row)
OfferKey = tuple[str, str | None, str, str, int]


def known_catalogue(catalogue: Catalogue, day: dt.date) -> Catalogue:
    """The catalogue without anything observed after a day.

    Specifications of GPUs stay: they are timeless, and without a price nobody can act on them.
    """
    return replace(
        catalogue,
        offers=_until(catalogue.offers, day),
        cloud_storage=_until(catalogue.cloud_storage, day),
        component_prices=_until(catalogue.component_prices, day),
        prebuilts=_until(catalogue.prebuilts, day),
        electricity=_until(catalogue.electricity, day),
        sales_tax=_until(catalogue.sales_tax, day),
        running_costs=_until(catalogue.running_costs, day),
        machines=tuple(machine for machine in catalogue.machines if machine.as_of <= day),
    )


def _until(rows: Iterable[RowType], day: dt.date) -> tuple[RowType, ...]:
    return tuple(row for row in rows if row.observed_on is None or row.observed_on <= day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rent:
    """What a GPU-hour cost on a later day, and where."""

    usd_per_gpu_h: float
    offer: Offer
    same_offer: bool
    """Whether it is still the offer that was advised."""


@dataclass(slots=True)
class Record:
    """The price history behind a backtest, indexed once."""

    catalogue: Catalogue
    seen_days: int
    resale_window_days: int
    _by_key: dict[OfferKey, list[Offer]] = field(default_factory=dict)
    _keys_by_gpu: dict[tuple[str, str], set[OfferKey]] = field(default_factory=dict)
    _offer_by_fact: dict[str, Offer] = field(default_factory=dict)
    _used: dict[str, list[ComponentPrice]] = field(default_factory=dict)
    _found: dict[tuple[OfferKey, dt.date], Rent | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index offers by what they are, and used prices by what they are of."""
        by_key: dict[OfferKey, list[Offer]] = defaultdict(list)
        by_gpu: dict[tuple[str, str], set[OfferKey]] = defaultdict(set)
        used: dict[str, list[ComponentPrice]] = defaultdict(list)
        for row in self.catalogue.offers:
            by_key[_key(row)].append(row)
            by_gpu[self._gpu(row), row.term].add(_key(row))
            self._offer_by_fact[row.fact().id] = row
        for rows in by_key.values():
            rows.sort(key=lambda row: str(row.observed_on))
        for price in self.catalogue.component_prices:
            if price.condition == "used" and price.observed_on is not None:
                used[price.component].append(price)
        self._by_key, self._keys_by_gpu, self._used = dict(by_key), dict(by_gpu), dict(used)

    def offer_of(self, fact_id: str) -> Offer:
        """The offer whose price a fact is."""
        return self._offer_by_fact[fact_id]

    def rent_on(self, advised: Offer, day: dt.date) -> Rent | None:
        """What the renter of an offer pays on a later day; None where nobody recorded it.

        The same offer while it lasts; then the same GPU at the same provider;
        then the cheapest of the same GPU and term; then on demand.
        """
        place = (_key(advised), day)
        if place not in self._found:
            self._found[place] = self._look_up(advised, day)
        return self._found[place]

    def _look_up(self, advised: Offer, day: dt.date) -> Rent | None:
        same = self._live(_key(advised), day)
        if same is not None:
            return Rent(usd_per_gpu_h=same.price_usd_per_gpu_h, offer=same, same_offer=True)
        for term in dict.fromkeys((advised.term, "on-demand")):
            keys = self._keys_by_gpu.get((self._gpu(advised), term), set())
            live = [row for key in keys if (row := self._live(key, day)) is not None]
            home = [row for row in live if row.provider == advised.provider]
            found = min(home or live, key=lambda row: (row.price_usd_per_gpu_h, row.name), default=None)
            if found is not None:
                return Rent(usd_per_gpu_h=found.price_usd_per_gpu_h, offer=found, same_offer=False)
        return None

    def _live(self, key: OfferKey, day: dt.date) -> Offer | None:
        """The newest row of an offer on a day, if it was seen lately or was seen again afterwards."""
        rows = self._by_key[key]
        before = [row for row in rows if row.observed_on is not None and row.observed_on <= day]
        if not before:
            return None
        newest = before[-1]
        assert newest.observed_on is not None
        if newest.valid_until is not None and newest.valid_until <= day:
            return None
        lately = (day - newest.observed_on).days <= self.seen_days
        return newest if lately or len(before) < len(rows) else None

    def used_price(self, gpu: str, day: dt.date) -> tuple[float, ComponentPrice] | None:
        """What a used GPU sold for near a day, and the observation; None where nobody recorded it. [USD]"""
        rows = self._used.get(gpu, [])
        near = [row for row in rows if _apart(row, day) <= self.resale_window_days]
        if not near:
            return None
        nearest = min(_apart(row, day) for row in near)
        same_day = sorted((row for row in near if _apart(row, day) == nearest), key=lambda row: row.price_usd)
        return median(row.price_usd for row in same_day), same_day[len(same_day) // 2]

    def _gpu(self, row: Offer) -> str:
        return self.catalogue.gpu_names.resolve(row.gpu).gpu


def _key(row: Offer) -> OfferKey:
    return row.name, row.region, row.term, row.gpu, row.gpu_count


def _apart(row: ComponentPrice, day: dt.date) -> int:
    assert row.observed_on is not None
    return abs((row.observed_on - day).days)
