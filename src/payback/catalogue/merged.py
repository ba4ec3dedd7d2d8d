"""Shipped facts and collected prices together, as of a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from payback.catalogue.catalogue import Catalogue, load


def catalogue_on(as_of: dt.date, store_path: Path | None = None) -> Catalogue:
    """The shipped catalogue, and what the user's store knew on a day; the shipped one alone where there is no store.

    Collected offers of GPUs that the catalogue does not know are left out: an
    unknown card has no memory, no watts and no speed.

    Args:
        as_of: The day of the question.
        store_path: The store; the user's own if None.
    """
    from payback.catalogue.store import Store, mark_disputed

    shipped = load()
    store = Store.open_existing(store_path)
    if store is None:
        return shipped
    with store:
        collected = [offer for offer in store.offers(as_of) if shipped.gpu_names.members(offer.gpu)]
        return replace(
            shipped,
            offers=tuple(mark_disputed([*shipped.offers, *collected])) if collected else shipped.offers,
            component_prices=(*shipped.component_prices, *store.component_prices(as_of)),
            prebuilts=(*shipped.prebuilts, *store.prebuilts(as_of)),
            cloud_storage=(*shipped.cloud_storage, *store.cloud_storage(as_of)),
            electricity=(*shipped.electricity, *store.tariffs(as_of)),
        )
