"""What the tests of collectors share: a store of their own and the small files beside them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from payback.catalogue.collect import SourceReport, refresh
from payback.catalogue.schema import Offer
from payback.catalogue.store import Quarantined, Store

FILES = Path(__file__).parent / "files"
SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"
"""Whole public files, where the machine has them beside the repository."""
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 1)


class Read:
    """A file read into a store of its own."""

    def __init__(self, folder: Path, path: Path, source: str | None = None, day: dt.date | None = DAY) -> None:
        with Store(folder / "prices.sqlite3") as store:
            self.reports: list[SourceReport] = refresh(store, source, path, observed_on=day, now=NOW)
            self.offers: list[Offer] = store.offers()
            self.others: list[Offer] = store.other_offers()
            self.parts = store.component_prices()
            self.prebuilts = store.prebuilts()
            self.tariffs = store.tariffs()
            self.storage = store.cloud_storage()
            self.specs = store.specs()
            self.quarantine: list[Quarantined] = store.quarantine()
            self.eur = store.usd_per_unit("EUR", dt.date(2026, 10, 31))

    def price(self, instance: str, term: str = "on-demand", region: str | None = None) -> Offer:
        """The one offer called so."""
        (found,) = [
            offer
            for offer in self.offers
            if offer.instance == instance and offer.term == term and region in (None, offer.region)
        ]
        return found

    def refused(self) -> list[tuple[int | None, str, str]]:
        """Line, field and reason of each refused row."""
        return [(row.line, row.field, row.reason) for row in self.quarantine]
