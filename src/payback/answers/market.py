"""Questions about prices: what things cost, since when, says who."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue import market
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.merged import catalogue_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from payback.catalogue.collect import SourceReport
    from payback.catalogue.collect.sources import SourceInfo
    from payback.catalogue.history import Move
    from payback.catalogue.store import Quarantined


def prices(item: str | None, as_of: dt.date, catalogue: Catalogue | None = None) -> list[market.MarketPrice]:
    """What an item costs new, used and rented as of a day; every priced GPU if none is named.

    Args:
        item: A GPU, part or offer (``aws/p3.2xlarge``); None for all GPUs.
        as_of: Day of the question.
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    facts = catalogue or catalogue_on(as_of)
    if item is not None:
        return [market.market_price(facts, market.item_name(facts, item), as_of)]
    every = [market.market_price(facts, gpu, as_of) for gpu in facts.gpus]
    return [price for price in every if price.new or price.used or price.rents]


def price_history(item: str, as_of: dt.date, catalogue: Catalogue | None = None) -> list[market.PriceEvent]:
    """Every observation of an item up to a day, oldest first.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    facts = catalogue or catalogue_on(as_of)
    return market.history(facts, market.item_name(facts, item), as_of)


def price_movers(until: dt.date, days: int, *, rising: bool = False) -> list[Move]:
    """What fell (or rose) most among collected prices within some days."""
    from payback.catalogue.history import movers
    from payback.catalogue.store import Store

    with Store() as store:
        return movers(store, until - dt.timedelta(days=days), until, rising=rising)


def refresh(
    source: str | None, from_path: Path | None, progress: Callable[[str, int], None] | None = None
) -> list[SourceReport]:
    """Collect prices into the user's store, from the network or from local files of the same formats.

    Args:
        source: One source; all live ones if None.
        from_path: A file or folder to read instead of the network.
        progress: Called with what is read and the rows so far.

    Raises:
        UnknownNameError: No source is called so.
    """
    from payback.catalogue.collect import refresh as collect
    from payback.catalogue.store import Store

    with Store() as store:
        return collect(store, source, from_path, progress)


def price_sources() -> list[SourceInfo]:
    """Every source of collected prices, with its age and licence."""
    from payback.catalogue.collect import sources
    from payback.catalogue.store import Store

    with Store() as store:
        return sources(store)


def price_quarantine(source: str | None = None) -> list[Quarantined]:
    """Rows that were not believed, with file, line, field and reason."""
    from payback.catalogue.store import Store

    with Store() as store:
        return store.quarantine(source)


def export_prices(path: Path) -> int:
    """Write all collected prices to a .csv or .parquet file; returns the rows written."""
    from payback.catalogue.store import Store
    from payback.catalogue.store import export as write

    with Store() as store:
        return write(store, path)


def prices_edition() -> tuple[int, int] | None:
    """A mark that changes whenever the user's collected prices do; None where there are none."""
    from payback.catalogue.store.store import default_path

    try:
        found = default_path().stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
