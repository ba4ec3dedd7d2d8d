"""The Full Stack's table of cloud GPUs.

Contract: CSV with Cloud, GPU Type ("A100 (80 GB)"), GPUs, GPU RAM (the total),
vCPUs, RAM, On-demand, Per-GPU, Spot and Name; prices in dollars per hour unless
a cell says otherwise. Kept by hand, rounded and often stale; cells such as
`$2.2.44` and `$3,14159` occur and are not believed, `$-` means no price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.gpus import SeenGpu, memory_readings
from payback.catalogue.collect.quarantine import Believed, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, in_usd, provider_id, sighting, spot_beside

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

URL: Final = "https://raw.githubusercontent.com/the-full-stack/website/main/docs/cloud-gpus/cloud-gpus.csv"
PER_GPU_SHARES: Final = (0.94, 2.0)
"""The price over the number of GPUs, as a share of the price per GPU: rounded by hand, or with processors on top."""
_REQUIRED: Final = ("Cloud", "GPU Type", "GPUs", "On-demand")


def read(reading: Reading) -> Iterator[Outcome]:
    """Every offer of the table."""
    yield from judge(once(reading.document.table(*_REQUIRED)), lambda row: _row(reading, cells(row)))


def _row(reading: Reading, row: Cells) -> Believed:
    usd, note = in_usd(row["ondemand"], "On-demand", reading.observed_on)
    count = cleaning.number(row["gpus"], "GPUs")
    if not count:
        raise NotBelieved("GPUs", "no number of GPUs", row["gpus"])
    _check_per_gpu(row, usd, count, note)
    spot, no_spot = spot_beside(row.get("spot"), "Spot", usd, ())
    ignored = [no_spot] if no_spot else []
    rental = Rental(
        provider=provider_id(row["cloud"]),
        instance=row.get("name", "").strip() or f"{row['gputype'].strip()} x{count:g}",
        gpu=_gpu(row, count),
        gpu_count=count,
        vcpus=cleaning.aside(row.get("vcpus"), "vCPUs", ignored),
        memory_gib=cleaning.aside(row.get("ram"), "RAM", ignored),
        observed_on=reading.observed_on,
        via="hand-kept",
        note=note,
    )
    priced = (("on-demand", usd), ("spot", spot))
    found = tuple(sighting(reading, rental, term, value, 0.0) for term, value in priced if value is not None)
    return Believed(found, tuple(ignored))


def _check_per_gpu(row: Cells, usd: float, count: float, note: str) -> None:
    """Both prices of a row must say the same.

    Raises:
        NotBelieved: They do not.
    """
    one = cleaning.money(row.get("pergpu"), "Per-GPU")
    if one is None or note:
        return
    if not PER_GPU_SHARES[0] <= (usd / count + 0.005) / one[0] <= PER_GPU_SHARES[1]:
        raise NotBelieved("Per-GPU", "price and price per GPU disagree", f"{usd:g} for {count:g}, {one[0]:g} each")


def _gpu(row: Cells, count: float) -> SeenGpu:
    name = row["gputype"].strip()
    total = cleaning.known(row.get("gpuram"), "GPU RAM")
    sizes = memory_readings([name], None, total, count)
    return SeenGpu(re.sub(r"\s*\([^)]*\)", "", name), sizes, " ".join(re.findall(r"hgx|sxm|pcie|nvl", name.casefold())))


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """The newest table."""
    document = fetcher.document(URL, "fullstack/cloud-gpus.csv")
    return [] if document is None else [document]


COLLECTOR: Final = Collector(
    name="fullstack",
    source="fullstack-cloud-gpus",
    publisher="The Full Stack, cloud GPU table",
    url="https://github.com/the-full-stack/website",
    licence="MIT",
    recognises=lambda document: document.has_columns(*_REQUIRED),
    read=read,
    remote=remote,
    snapshot=True,
    aliases=("fullstack_cloud_gpus", "fullstack-cloud-gpus"),
)
