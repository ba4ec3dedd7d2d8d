"""Reference rates of the European Central Bank.

Contract: a zip holding one CSV (or the CSV itself), Date first and one column a
currency, units per euro, newest day first, `N/A` where there is no rate, a
comma too many at the end of each line, no weekends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.quarantine import Believed, NotBelieved, Outcome, judge
from payback.catalogue.store.records import Rate

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

URL: Final = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
_CODE = re.compile(r"[a-z]{3}")


def read(reading: Reading) -> Iterator[Outcome]:
    """Rates of every day of the file."""
    yield from judge(reading.document.table("Date", "USD"), lambda row: _row(reading, cells(row)))


def _row(reading: Reading, row: Cells) -> Believed:
    day = cleaning.day(row["date"], "Date", reading.today)
    rates = []
    for code, cell in row.items():
        if _CODE.fullmatch(code) and (value := cleaning.number(cell, code.upper())) is not None:
            if value <= 0:
                raise NotBelieved(code.upper(), "a rate that is not positive", cell)
            rates.append(Rate(day=day, currency=code.upper(), units_per_eur=value))
    if not rates:
        raise NotBelieved("Date", "a day without rates", row["date"])
    return Believed(tuple(rates))


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """The whole history."""
    return fetcher.archive(URL, "ecb", "")


COLLECTOR: Final = Collector(
    name="ecb",
    source="ecb",
    publisher="European Central Bank, euro reference rates",
    url=URL,
    licence="free reuse with the source named",
    recognises=lambda document: document.has_columns("Date", "USD", "JPY", "GBP"),
    read=read,
    remote=remote,
    aliases=("ecb_fx", "currency", "fx"),
)
