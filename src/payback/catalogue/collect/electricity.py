"""Electricity tariffs: the EIA's interface and table of states, Eurostat, and a table of countries.

Contracts. EIA v2: JSON, response.data[] with period, stateid, sectorid and
price in cents per kWh; needs the user's own free key in EIA_API_KEY. States:
CSV with State, StateID, Period and Price (cents/kWh), homes. Eurostat:
JSON-stat 2.0 of nrg_pc_204 (homes) or nrg_pc_205 (firms), euros per kWh by half
year, band and tax. Countries: JSON with metadata.unit "USD/kWh", metadata.sources
naming the quarter, and countries{ISO code: price}, homes.

An average of a period is dated to the period's last day: before, nobody knew it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.cleaning import USD_PER_KWH, within
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.schema import Tariff
from payback.catalogue.store.records import Sighting
from payback.evidence import Grade

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

EIA_URL: Final = (
    "https://api.eia.gov/v2/electricity/retail-sales/data?frequency=monthly&data[0]=price"
    "&facets[sectorid][]=RES&facets[sectorid][]=COM&facets[sectorid][]=IND"
    "&sort[0][column]=period&sort[0][direction]=desc&length=5000&api_key={key}"
)
EIA_KEY: Final = "EIA_API_KEY"
SECTORS: Final = {"RES": "residential", "COM": "commercial", "IND": "industrial"}
CENTS: Final = 100.0
_STATES: Final = ("State", "StateID", "Period", "Price (cents/kWh)")
_CODE = re.compile(r"[A-Z]{2}")


def tariff(reading: Reading, place: str, sector: str, usd_per_kwh: float, on: dt.date, note: str = "") -> Believed:
    """One tariff, checked.

    Raises:
        NotBelieved: Nobody pays that for a kilowatt-hour.
    """
    row = Tariff(
        source=reading.source,
        locator=reading.document.locator,
        observed_on=on,
        grade=Grade.LISTED,
        note=note,
        place=place,
        sector=sector,
        price_usd_per_kwh=round(within(usd_per_kwh, USD_PER_KWH, "price", "USD per kWh"), 6),
    )
    return Believed((Sighting(row=row, kind="tariff"),))


def american(state: str) -> str:
    """The catalogue's name of an American place.

    Example:
        >>> american("CA"), american("US")
        ('US-CA', 'US')
    """
    if not _CODE.fullmatch(state):
        raise NotBelieved("stateid", "not a state", state)
    return "US" if state == "US" else f"US-{state}"


def read_eia(reading: Reading) -> Iterator[Outcome]:
    """Tariffs from the interface's answer or the table of states."""
    if reading.document.columns:
        yield from judge(once(reading.document.table(*_STATES)), lambda row: _state(reading, cells(row)))
        return
    document = reading.document.json
    data = document.get("response", {}).get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        found = document.get("error", document) if isinstance(document, dict) else type(document).__name__
        raise FileRefused("no key 'response.data'", str(found)[:120])
    yield from judge(enumerate(data, start=1), lambda row: _eia(reading, row))


def _state(reading: Reading, row: Cells) -> Believed:
    cents = cleaning.price(row["pricecentskwh"], "Price (cents/kWh)")[0]
    on = cleaning.day(row["period"], "Period", reading.today)
    place = american(row["stateid"].strip())
    return tariff(reading, place, "residential", cents / CENTS, on, f"average of {row['period']}")


def _eia(reading: Reading, row: Any) -> Believed:
    if not isinstance(row, dict):
        raise NotBelieved("", "not a record", row)
    units = str(row.get("price-units", "cents per kilowatt-hour"))
    if "cents" not in units:
        raise NotBelieved("price-units", "another unit than cents per kWh", units)
    cents = cleaning.price(row.get("price"), "price")[0]
    sector = SECTORS.get(str(row.get("sectorid")))
    if sector is None:
        raise NotBelieved("sectorid", "a sector the questions do not know", row.get("sectorid"))
    period = str(row.get("period"))
    on = _period_end(period, reading.today)
    return tariff(reading, american(str(row.get("stateid"))), sector, cents / CENTS, on, f"average of {period}")


def _period_end(period: str, today: dt.date) -> dt.date:
    """The last day of a month or year."""
    first = cleaning.day(period, "period", today)
    if re.fullmatch(r"\d{4}-\d{2}", period):
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first


def remote_eia(fetcher: Fetcher) -> Iterable[Document]:
    """The newest months of every state and sector."""
    key = fetcher.environment.get(EIA_KEY, "")
    document = fetcher.document(EIA_URL.format(key=key), "eia/retail-sales.json") if key else None
    return [] if document is None else [document]


def read_countries(reading: Reading) -> Iterator[Outcome]:
    """Household tariffs of countries."""
    document = reading.document.json
    countries = document.get("countries") if isinstance(document, dict) else None
    if not isinstance(countries, dict):
        raise FileRefused("no key 'countries'", type(document).__name__)
    metadata = document.get("metadata") if isinstance(document.get("metadata"), dict) else {}
    if metadata.get("unit", "USD/kWh") != "USD/kWh":
        raise FileRefused("another unit than USD/kWh", metadata["unit"])
    sources = str(metadata.get("sources") or "")
    on = _quarter(sources, reading.today) or reading.observed_on
    yield from judge(enumerate(countries.items(), start=1), lambda pair: _country(reading, *pair, on, sources))


def _quarter(text: str, today: dt.date) -> dt.date | None:
    """The middle month's 15th of a quarter named in text: those tables are made during it.

    Example:
        >>> _quarter("GlobalPetrolPrices Q4 2025", dt.date(2026, 1, 1))
        datetime.date(2025, 11, 15)
    """
    match = re.search(r"Q([1-4])\s*(20\d\d)|(20\d\d)\s*Q([1-4])", text)
    if match is None:
        return None
    quarter, year = int(match[1] or match[4]), int(match[2] or match[3])
    on = dt.date(year, 3 * quarter - 1, 15)
    return on if on <= today else None


def _country(reading: Reading, code: str, cell: Any, on: dt.date, sources: str) -> Believed:
    if not _CODE.fullmatch(code):
        raise NotBelieved("countries", "not a country code", code)
    usd = cleaning.price(cell, code)[0]
    return tariff(reading, code, "residential", usd, on, f"{sources}; day approximate".lstrip("; "))


def _is_eia(document: Document) -> bool:
    if document.columns:
        return document.has_columns(*_STATES)
    return '"response"' in document.head and "stateid" in document.head


def _is_countries(document: Document) -> bool:
    return '"countries"' in document.head and "kWh" in document.head


EIA: Final = Collector(
    name="eia",
    source="eia-api-v2",
    publisher="US Energy Information Administration, retail sales of electricity",
    url="https://www.eia.gov/opendata/",
    licence="public domain",
    recognises=_is_eia,
    read=read_eia,
    remote=remote_eia,
    needs_key=EIA_KEY,
    aliases=("eia_states_2023", "eia-api-v2", "eia_states"),
)
COUNTRIES: Final = Collector(
    name="electricity-countries",
    source="globalpetrolprices",
    publisher="GlobalPetrolPrices household tariffs, through green-love",
    url="https://pypi.org/project/green-love/",
    licence="MIT for the package; the figures are GlobalPetrolPrices', facts only",
    recognises=_is_countries,
    read=read_countries,
    aliases=("electricity_countries", "green-love"),
)
