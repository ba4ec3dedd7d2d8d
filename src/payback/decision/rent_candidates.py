"""Offers one could take, priced as of the day of the question but not yet costed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import Gpu, Offer
from payback.decision.naming import slug, stated
from payback.evidence import Fact
from payback.question import Question, Rent


@dataclass(frozen=True, slots=True, kw_only=True)
class RentCandidate:
    """An offer one could take. A price of None means nobody had seen one by then."""

    id: str
    label: str
    provider: str
    instance: str | None = None
    """The seller's own name of the machine; None for an offer the user priced."""
    region: str | None = None
    gpu: Gpu
    gpu_count: int
    term: str
    price_usd_per_h: float | None
    upfront_usd: float | None = None
    billing_granularity_s: int | None = None
    vcpus: float | None = None
    price_facts: tuple[Fact, ...] = ()
    age_days: int | None = None
    named: bool = False
    not_priced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def rented(question: Question, catalogue: Catalogue) -> Iterator[RentCandidate]:
    """Every offer to look at: those the user named, then those of the catalogue."""
    for index, rent in enumerate(question.rent):
        yield _named_offer(rent, index, question, catalogue)
    if question.options.kinds is None or "rent" in question.options.kinds:
        for offer in catalogue.offers_on(question.as_of):
            if _wanted(offer, question):
                yield _from_offer(offer, question, catalogue, named=False)


def _wanted(offer: Offer, question: Question) -> bool:
    options = question.options
    return (
        (options.providers is None or offer.provider in options.providers)
        and (options.terms is None or offer.term in options.terms)
        and (options.spot or offer.term != "spot" or options.terms is not None)
    )


def _named_offer(rent: Rent, index: int, question: Question, catalogue: Catalogue) -> RentCandidate:
    if rent.price_usd_per_h is not None and rent.gpu is not None:
        fact = stated(f"rent.{index}.price_usd_per_h", rent.price_usd_per_h, "USD/h", currency="USD")
        label = own_label(rent)
        return RentCandidate(
            id=f"rent:{slug(label)}:{rent.term}",
            label=label,
            provider=slug(label),
            gpu=catalogue.gpu_names.resolve(rent.gpu),
            gpu_count=rent.gpus,
            term=rent.term,
            price_usd_per_h=rent.price_usd_per_h,
            price_facts=(fact,),
            named=True,
        )
    assert rent.offer is not None
    offer = catalogue.offer(rent.offer, rent.term, question.as_of, region=rent.region)
    if offer is not None:
        return _from_offer(offer, question, catalogue, named=True)
    any_row = next(row for row in catalogue.offers if row.name == rent.offer)
    return RentCandidate(
        id=f"rent:{rent.offer}:{rent.term}",
        label=rent.label or f"{rent.offer} {rent.term}",
        provider=any_row.provider,
        gpu=catalogue.gpu_names.resolve(any_row.gpu),
        gpu_count=any_row.gpu_count,
        term=rent.term,
        price_usd_per_h=None,
        named=True,
        not_priced=(f"{rent.offer} {rent.term}: no price seen on or before {question.as_of}",),
    )


def own_label(rent: Rent) -> str:
    """What an offer with a price of the user's own is called."""
    return rent.label or f"{rent.gpus}x {rent.gpu} at ${rent.price_usd_per_h:g}/h"


def _from_offer(offer: Offer, question: Question, catalogue: Catalogue, *, named: bool) -> RentCandidate:
    assert offer.observed_on is not None
    age = (question.as_of - offer.observed_on).days
    place = f"@{offer.region}" if offer.region else ""
    return RentCandidate(
        id=f"rent:{offer.name}{place}:{offer.gpu_count}x{slug(offer.gpu)}:{offer.term}",
        label=f"{offer.provider} {offer.gpu_count}x {offer.gpu} {offer.term} ({offer.instance})",
        provider=offer.provider,
        instance=offer.instance,
        region=offer.region,
        gpu=catalogue.gpu_names.resolve(offer.gpu),
        gpu_count=offer.gpu_count,
        term=offer.term,
        price_usd_per_h=offer.price_usd_per_h,
        upfront_usd=offer.upfront_usd,
        billing_granularity_s=offer.billing_granularity_s,
        vcpus=offer.vcpus,
        price_facts=(offer.fact(),),
        age_days=age,
        named=named,
        warnings=(f"price seen {age} days before the day of the question",) if age > 92 else (),
    )
