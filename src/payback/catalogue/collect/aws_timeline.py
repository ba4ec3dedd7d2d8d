"""A hand-made timeline of AWS prices: when a price was first and last seen.

Contract: CSV with date, instance_type, term, price_usd_per_hour, observation
(first_seen or last_seen) and source; region us-east-1, Linux. Terms are those
of ec2instances.info, and `spot_as_published` for a figure somebody typed off a
page. It lists changes only, so nothing follows from what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.ec2instances import AWS, term_of, upfront
from payback.catalogue.collect.quarantine import Believed, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, sighting

REGION: Final = "us-east-1"
_REQUIRED: Final = ("date", "instance_type", "term", "price_usd_per_hour", "observation", "source")


def read(reading: Reading) -> Iterator[Outcome]:
    """Every dated price of the timeline."""
    yield from judge(once(reading.document.table(*_REQUIRED)), lambda row: _row(reading, cells(row)))


def _row(reading: Reading, row: Cells) -> Believed:
    usd_per_h, currency = cleaning.price(row["priceusdperhour"], "price_usd_per_hour")
    if currency != "USD":
        raise NotBelieved("price_usd_per_hour", "another currency than dollars", row["priceusdperhour"])
    hand_kept = "hand-maintained" in row["source"]
    term = "spot" if row["term"] == "spot_as_published" else term_of(row["term"])
    rental = Rental(
        provider=AWS,
        instance=row["instancetype"],
        region=REGION,
        observed_on=cleaning.day(row["date"], "date", reading.today),
        via="hand-kept" if hand_kept else "archive",
        note=row["source"],
    )
    return Believed((sighting(reading, rental, term, usd_per_h, 0.0 if term == "spot" else upfront(term, usd_per_h)),))


COLLECTOR: Final = Collector(
    name="aws-timeline",
    source="aws-price-timeline",
    publisher="Timeline of AWS prices, from three public histories",
    url="https://github.com/vantage-sh/ec2instances.info",
    licence="MIT and facts only; each row names its source",
    recognises=lambda document: document.has_columns(*_REQUIRED),
    read=read,
    aliases=("aws_timeline",),
)
