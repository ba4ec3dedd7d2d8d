"""What the catalogue knew when the analysis appeared: the cheapest rent of the same GPU."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.market import item_name, market_price
from payback.catalogue.schema import Offer
from payback.decision.claim.model import Market
from payback.evidence import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRent:
    """The cheapest offer on demand of a GPU as of a day."""

    asked: Market
    offer: Offer | None
    """None where nobody had recorded one within half a year."""

    @property
    def fact(self) -> Fact | None:
        """The price and where it comes from."""
        return self.offer.fact() if self.offer else None

    @property
    def text(self) -> str:
        """What was on offer, as a sentence."""
        if self.offer is None:
            return f"no rent of {self.asked.gpu} on demand is recorded for the half-year before {self.asked.on}"
        price = self.offer.price_usd_per_gpu_h
        beside = "" if self.asked.usd_per_gpu_h is None else f"; the analysis uses {float(self.asked.usd_per_gpu_h):g}"
        return (
            f"cheapest recorded rent of {self.asked.gpu} on demand on {self.asked.on}: {self.offer.name} at "
            f"${price:.3g} per GPU-hour (seen {self.offer.observed_on}){beside}"
        )

    @property
    def is_cheaper(self) -> bool:
        """Whether it undercuts what the analysis uses."""
        stated = self.asked.usd_per_gpu_h
        return self.offer is not None and stated is not None and Fraction(self.offer.price_usd_per_gpu_h) < stated

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        fact = self.fact
        return {
            "gpu": self.asked.gpu,
            "on": self.asked.on.isoformat(),
            "offer": self.offer.name if self.offer else None,
            "usd_per_gpu_h": self.offer.price_usd_per_gpu_h if self.offer else None,
            "cheaper_than_stated": self.is_cheaper,
            "text": self.text,
            "facts": {fact.id: fact.as_dict()} if fact else {},
        }


def market_rent(market: Market, catalogue: Catalogue) -> MarketRent:
    """The cheapest offer on demand of the GPU that was known on the day.

    Raises:
        UnknownNameError: No GPU is called so.
    """
    found = market_price(catalogue, item_name(catalogue, market.gpu), market.on)
    return MarketRent(asked=market, offer=found.cheapest)
