"""What a thing cost on a day: the newest observation not after it, never a later one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt, StoragePrice

Observation = TypeVar("Observation", ComponentPrice, Prebuilt, Offer, StoragePrice)

SPREAD_WINDOW_DAYS = 92
"""Observations of the quarter before the newest one make the low and the high of a quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Generic[Observation]):
    """A price as of a day, with its spread, its age and the observations behind it."""

    low_usd: float
    mid_usd: float
    high_usd: float
    observed_on: dt.date
    age_days: int
    newest: Observation
    """The observation whose price is (nearest to) `mid_usd`."""
    observations: tuple[Observation, ...]


def known_on(observations: Iterable[Observation], as_of: dt.date) -> list[Observation]:
    """The observations somebody could have known on that day, oldest first."""
    known = [row for row in observations if row.observed_on is not None and row.observed_on <= as_of]
    return sorted(known, key=lambda row: (row.observed_on, row.source, row.locator))


def quote(
    observations: Iterable[Observation],
    as_of: dt.date,
    *,
    price_usd: Callable[[Observation], float],
    market: str | None = None,
    market_lag_days: int = 90,
) -> Quote[Observation] | None:
    """The price as of a day, or None when nobody had seen one.

    mid is the median of the newest day's observations; low and high span the
    quarter before it. Where `market` is given, prices of that country win
    unless they are `market_lag_days` staler than the newest foreign one.

    Args:
        observations: Prices of one thing, in any order.
        as_of: The day of the question.
        price_usd: Gives an observation's price. [USD]
        market: ISO country whose shops count first.
        market_lag_days: How much staler a home price may be. [days]
    """
    known = known_on(observations, as_of)
    if not known:
        return None
    known = _prefer_market(known, market, market_lag_days)
    newest_day = known[-1].observed_on
    assert newest_day is not None
    recent = [row for row in known if row.observed_on and (newest_day - row.observed_on).days <= SPREAD_WINDOW_DAYS]
    today = sorted((row for row in recent if row.observed_on == newest_day), key=price_usd)
    mid = median(price_usd(row) for row in today)
    prices = [price_usd(row) for row in recent]
    return Quote(
        low_usd=min(prices),
        mid_usd=mid,
        high_usd=max(prices),
        observed_on=newest_day,
        age_days=(as_of - newest_day).days,
        newest=min(today, key=lambda row: abs(price_usd(row) - mid)),
        observations=tuple(recent),
    )


def _prefer_market(known: Sequence[Observation], market: str | None, lag_days: int) -> list[Observation]:
    home = [row for row in known if getattr(row, "market", None) == market]
    if market is None or not home:
        return list(known)
    newest, newest_home = known[-1].observed_on, home[-1].observed_on
    assert newest is not None
    assert newest_home is not None
    return home if (newest - newest_home).days <= lag_days else list(known)


def latest_offers(offers: Iterable[Offer], as_of: dt.date) -> list[Offer]:
    """The newest row of each offer not after a day and still valid on it."""
    newest: dict[tuple[str, str | None, str, str, int], Offer] = {}
    for row in known_on(offers, as_of):
        newest[row.name, row.region, row.term, row.gpu, row.gpu_count] = row
    return [row for row in newest.values() if row.valid_until is None or row.valid_until > as_of]
