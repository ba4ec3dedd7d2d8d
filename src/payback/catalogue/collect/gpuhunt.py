"""dstack's gpuhunt catalogue: one CSV a provider, inside a zip, built every hour.

Contract: columns instance_name, location, price, cpu, memory, gpu_count,
gpu_name, gpu_memory (GB of one GPU), spot (True or False), usually disk_size
and, in newer files, gpu_vendor, flags, cpu_arch and provider_data; one row is
one price in dollars per hour, the GPU included, also at Google. Releases are
addressed by a version such as 20260818-42, whose digits are its day. The
provider is the name of the CSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document, name_words
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.collect.quarantine import Believed, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, in_usd, provider_id, sighting

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

BASE: Final = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3"
PROVIDERS: Final = ("aws", "azure", "verda", "gcp", "lambdalabs", "nebius", "oci", "runpod", "cloudrift")
"""Those published as files; the client asks the others' interfaces itself."""
ONLINE: Final = frozenset(
    [
        "crusoe",
        "cudo",
        "datacrunch",
        "digitalocean",
        "hotaisle",
        "jarvislabs",
        "seeweb",
        "tensordock",
        "vastai",
        "vultr",
    ]
)
"""Providers that only older releases or users' own exports hold as files."""
_REQUIRED: Final = ("instance_name", "location", "price", "gpu_count", "gpu_name", "spot")
_SPOT: Final = {"true": "spot", "1": "spot", "false": "on-demand", "0": "on-demand", "": "on-demand"}


def read(reading: Reading) -> Iterator[Outcome]:
    """Offers of one provider."""
    provider = provider_of(reading.document)
    rows = once(reading.document.table(*_REQUIRED))
    yield from judge(rows, lambda row: _row(reading, provider, cells(row)))


def provider_of(document: Document) -> str:
    """The provider a file is about, from its name.

    Example:
        >>> import datetime as dt
        >>> provider_of(Document("gpuhunt/20260818-42/lambdalabs.csv", b"", dt.date(2026, 8, 18), "name"))
        'lambda'
    """
    words = name_words(document.name)
    return provider_id(next((word for word in words if word in PROVIDERS or word in ONLINE), words[0]))


def _row(reading: Reading, provider: str, row: Cells) -> Believed:
    spot = row["spot"].strip().casefold()
    if spot not in _SPOT:
        raise NotBelieved("spot", "neither True nor False", row["spot"])
    if not row["instancename"].strip():
        raise NotBelieved("instance_name", "no name", "")
    usd, note = in_usd(row["price"], "price", reading.observed_on)
    count = cleaning.number(row["gpucount"], "gpu_count") or 0
    rental = Rental(
        provider=provider,
        instance=row["instancename"].strip(),
        region=row["location"].strip() or None,
        gpu=_gpu(row) if count else None,
        gpu_count=count or None,
        vcpus=cleaning.known(row.get("cpu"), "cpu"),
        memory_gib=cleaning.known(row.get("memory"), "memory"),
        local_disk_gb=cleaning.known(row.get("disksize"), "disk_size"),
        observed_on=reading.observed_on,
        via="transcribed",
        note=note,
    )
    return Believed((sighting(reading, rental, _SPOT[spot], usd, 0.0),))


def _gpu(row: Cells) -> SeenGpu | None:
    name = row["gpuname"].strip()
    if not name:
        raise NotBelieved("gpu_name", "GPUs without a name", row["gpucount"])
    if row.get("gpuvendor", "").strip() == "google" and not name.casefold().startswith("tpu"):
        name = f"tpu-{name}"
    size = cleaning.known(row.get("gpumemory"), "gpu_memory")
    return SeenGpu(
        name, (size,) if size else (), " ".join(re.findall(r"sxm|nvl(?!ink)|pcie", row["instancename"].casefold()))
    )


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """The newest release of every provider."""
    for provider in PROVIDERS:
        version = fetcher.text(f"{BASE}/{provider}/version")
        if version is not None and re.fullmatch(r"[\w.-]{1,40}", version.strip()):
            address = f"{BASE}/{provider}/{version.strip()}/catalog.zip"
            yield from fetcher.archive(address, f"gpuhunt/{version.strip()}/{provider}", version.strip())


COLLECTOR: Final = Collector(
    name="gpuhunt",
    source="gpuhunt",
    publisher="dstack, gpuhunt catalogue",
    url="https://github.com/dstackai/gpuhunt",
    licence="none stated for the data (client MPL-2.0); fetched by the user, not redistributed",
    recognises=lambda document: document.has_columns(*_REQUIRED),
    read=read,
    remote=remote,
    snapshot=True,
    scope=provider_of,
    aliases=("gpuhunt_v3", "gpuhunt_v2", "dstack"),
)
