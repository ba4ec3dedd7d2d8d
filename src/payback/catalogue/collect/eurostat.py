"""Electricity prices of homes and firms in Europe, from Eurostat's JSON-stat.

Contract: a JSON-stat 2.0 dataset of nrg_pc_204 (homes) or nrg_pc_205 (firms)
with the dimensions unit, tax, currency, geo, time and, mostly, nrg_cons (the
consumption band); values in euros per kWh, by half year. Taken are the prices
in euros per kWh, all taxes included for homes, without recoverable taxes for
firms, of the band that a desk or a server room falls into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Collector, Reading
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.electricity import tariff
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.currency import usd_per_unit

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

BASE: Final = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data"
TABLES: Final = {"nrg_pc_204": "residential", "nrg_pc_205": "commercial"}
BAND: Final = {"residential": ("KWH2500-4999", "4161903", "TOT_KWH"), "commercial": ("MWH20-499", "4162902", "TOT_KWH")}
"""The bands wanted, best first; older editions name them by number."""
TAX: Final = {"residential": ("I_TAX",), "commercial": ("X_VAT",)}
COUNTRY: Final = {"EL": "GR", "UK": "GB"}
"""Eurostat's codes that differ from ISO's."""
_AGGREGATE: Final = ("EU", "EA")
Cell = tuple[Mapping[str, str], Any]


def read(reading: Reading) -> Iterator[Outcome]:
    """The tariffs of one table."""
    document = reading.document.json
    if not isinstance(document, dict) or "dimension" not in document or "value" not in document:
        raise FileRefused("not a JSON-stat dataset", str(document)[:80])
    sector = _sector(reading.document, document)
    yield from judge(_cells(document, sector), lambda cell: _tariff(reading, sector, *cell))


def _sector(document: Document, dataset: Mapping[str, Any]) -> str:
    told = f"{document.name} {dataset.get('extension', '')} {dataset.get('label', '')}".casefold()
    for table, sector in TABLES.items():
        if table in told:
            return sector
    if "non-household" in told or "household" in told:
        return "commercial" if "non-household" in told else "residential"
    raise FileRefused("neither the table of homes nor that of firms", dataset.get("label", ""))


def _cells(dataset: Mapping[str, Any], sector: str) -> Iterator[tuple[int, Cell]]:
    """The cells of the wanted band, tax and currency, with their coordinates."""
    names: Sequence[str] = dataset["id"]
    codes = [_codes(dataset["dimension"][name]) for name in names]
    band = next((band for band in BAND[sector] if any(band in of for of in codes)), None)
    values = dataset["value"]
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in pairs:
        at = _coordinates(int(key), names, codes)
        wanted = at.get("unit", "KWH") == "KWH" and at.get("currency", "EUR") == "EUR"
        wanted = wanted and at.get("tax", TAX[sector][0]) in TAX[sector] and at.get("nrg_cons", band) == band
        if wanted and value is not None and not at.get("geo", "").startswith(_AGGREGATE):
            yield int(key), (at, value)


def _codes(dimension: Mapping[str, Any]) -> list[str]:
    index = dimension["category"]["index"]
    return sorted(index, key=index.__getitem__) if isinstance(index, dict) else list(index)


def _coordinates(position: int, names: Sequence[str], codes: Sequence[list[str]]) -> Mapping[str, str]:
    """Which code of each dimension a value of the flat list belongs to; the last dimension runs fastest."""
    out = {}
    for name, of in zip(reversed(names), reversed(codes), strict=True):
        position, at = divmod(position, len(of))
        out[name] = of[at]
    return out


def _tariff(reading: Reading, sector: str, at: Mapping[str, str], value: Any) -> Believed:
    on = cleaning.day(at.get("time"), "time", reading.today)
    geo = at.get("geo", "")
    if len(geo) != 2:
        raise NotBelieved("geo", "not a country", geo)
    eur = cleaning.price(value, "value", "EUR")[0]
    rate = usd_per_unit("EUR", on)
    note = f"{eur:g} EUR at {rate:.4f} USD, {at['time']}, band {at.get('nrg_cons', 'unnamed')}, {at.get('tax', '')}"
    return tariff(reading, COUNTRY.get(geo, geo), sector, eur * rate, on, note)


def recognises(document: Document) -> bool:
    """Whether this is a JSON-stat dataset."""
    return '"dataset"' in document.head and '"class"' in document.head and document.name.casefold().endswith(".json")


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """Both tables, since 2015."""
    for table, sector in TABLES.items():
        query = (
            f"format=JSON&currency=EUR&unit=KWH&tax={TAX[sector][0]}&nrg_cons={BAND[sector][0]}&sinceTimePeriod=2015-S1"
        )
        document = fetcher.document(f"{BASE}/{table}?{query}", f"eurostat/{table}.json")
        if document is not None:
            yield document


COLLECTOR: Final = Collector(
    name="eurostat",
    source="eurostat-electricity",
    publisher="Eurostat, electricity prices by half year",
    url=f"{BASE}/nrg_pc_204",
    licence="free reuse with the source named (Commission decision 2011/833/EU)",
    recognises=recognises,
    read=read,
    remote=remote,
    aliases=("eurostat-electricity", "nrg_pc_204", "nrg_pc_205"),
)
