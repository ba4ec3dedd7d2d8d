"""Two sources that cannot both be right about one price: shown together, neither wins in silence."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from payback.catalogue.schema import Offer

FACTOR: Final = 1.5
"""Prices of one machine, place and term differ by less between honest lists; more means another machine or an error."""
WINDOW_DAYS: Final = 60
"""Sources seen further apart in time may both have been right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One offer that several sources price differently."""

    name: str
    region: str | None
    term: str
    low: Offer
    high: Offer

    @property
    def factor(self) -> float:
        """How many times the low price the high one is."""
        return self.high.price_usd_per_h / self.low.price_usd_per_h

    def sentence(self) -> str:
        """The dispute in one line, as it stands in the note of the prices in question."""
        sides = ", ".join(
            f"{side.source} says {side.price_usd_per_h:g} USD/h ({side.observed_on})" for side in (self.low, self.high)
        )
        return f"disputed: {sides}"


def disputes(offers: Iterable[Offer], *, factor: float = FACTOR, window_days: int = WINDOW_DAYS) -> list[Dispute]:
    """Offers on which sources disagree by more than a factor, the widest first.

    Args:
        offers: The newest rows of several sources, e.g. ``store.offers(day)`` and the shipped ones.
        factor: How far apart two prices may be.
        window_days: How far apart in time they may have been seen. [days]
    """
    groups: dict[tuple[str, str | None, str], list[Offer]] = defaultdict(list)
    for offer in offers:
        groups[offer.name, offer.region, offer.term].append(offer)
    found = (_dispute(group, factor, window_days) for group in groups.values() if len(group) > 1)
    return sorted((one for one in found if one is not None), key=lambda one: -one.factor)


def _dispute(group: Sequence[Offer], factor: float, window_days: int) -> Dispute | None:
    newest = max((offer.observed_on for offer in group if offer.observed_on), default=None)
    if newest is None:
        return None
    recent = [offer for offer in group if offer.observed_on and newest - offer.observed_on <= dt.timedelta(window_days)]
    low = min(recent, key=lambda offer: offer.price_usd_per_h)
    high = max(recent, key=lambda offer: offer.price_usd_per_h)
    if low.source == high.source or high.price_usd_per_h <= factor * low.price_usd_per_h:
        return None
    return Dispute(name=low.name, region=low.region, term=low.term, low=low, high=high)


def mark_disputed(offers: Sequence[Offer], *, factor: float = FACTOR, window_days: int = WINDOW_DAYS) -> list[Offer]:
    """The same offers, with the dispute in the note of every price that is part of one."""
    told = {
        (one.name, one.region, one.term): one.sentence()
        for one in disputes(offers, factor=factor, window_days=window_days)
    }
    return [_with_note(offer, told.get((offer.name, offer.region, offer.term))) for offer in offers]


def _with_note(offer: Offer, sentence: str | None) -> Offer:
    if sentence is None or sentence in offer.note:
        return offer
    return replace(offer, note=f"{sentence}; {offer.note}" if offer.note else sentence)
