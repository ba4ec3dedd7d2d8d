"""SkyPilot's catalogue of rental offers: one `vms.csv` a cloud, schema v4 to v8.

Contract: a CSV table with InstanceType, Price and Region, usually also
AcceleratorName, AcceleratorCount, vCPUs, MemoryGiB, GpuInfo (a Python literal,
JSON or a plain name), SpotPrice and AvailabilityZone, in an order that differs
from cloud to cloud; dollars per hour, no date, no reserved terms. The cloud is
the folder of a `vms.csv` or the name of any other file.

What it is not: stock (several clouds list every type in every region) and, for
Google, the price of the GPU, which stands in rows of its own without an
InstanceType and is added here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document, name_words
from payback.catalogue.collect.gpus import SeenGpu, described, memory_readings
from payback.catalogue.collect.instances import gpu_of
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, provider_id, sighting, spot_beside

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

CLOUDS: Final = (
    "aws", "gcp", "azure", "cudo", "daytona", "do", "fluidstack", "hyperbolic", "hyperstack", "jarvislabs", "lambda",
    "lium", "mithril", "nebius", "oci", "paperspace", "primeintellect", "runpod", "seeweb", "shadeform", "spheron",
    "vast", "verda", "yotta",
)  # fmt: skip
URL: Final = "https://raw.githubusercontent.com/skypilot-org/skypilot-catalog/master/catalogs/v8/{cloud}/vms.csv"
MIRROR: Final = "https://skypilot-catalog.s3.us-east-1.amazonaws.com/catalogs/v8/{cloud}/vms.csv"
GOOGLE: Final = "google-cloud"
NO_PRICE_AT_GOOGLE: Final = (700.0,)
"""What the fetcher writes where Google lists no price."""
_NAMELESS: Final = frozenset({"vms", "instances", "catalog", "data", "file", "sample", "prices", "test"})
_ZONES: Final = {
    "aws": re.compile(r",(?:us-east|us-west|eu-west|ap-south)-\d,"),
    GOOGLE: re.compile(r",(?:us-central|us-east|us-west|europe-west|asia-east)\d-[a-f],"),
    "azure": re.compile(r"Standard_\w+,"),
}
"""How the big clouds write a place or a type, for a `vms.csv` without its folder."""
_MARKET_MODEL = re.compile(r"\d+x-(?P<model>.+)-\d+-\d+")
_SIZED_MODEL = re.compile(r"\d+x[A-Za-z0-9]+_\d+GB")
"""8xA100_80GB; other sizes in a type's name are the machine's memory."""
_TPU = re.compile(r"tpu-(?P<kind>v\d+[a-z]*|v5litepod)-(?P<size>\d+)")
_CORES_PER_CHIP: Final = {"v2": 2, "v3": 2, "v4": 2, "v5p": 2}
"""Google numbers slices of these generations by TensorCores, two a chip, and those of later ones by chips."""


@dataclass(frozen=True, slots=True)
class Accelerators:
    """Google's prices of GPUs without a machine, by zone, name and number."""

    prices: dict[tuple[str, str, float], tuple[float, float | None]]

    def add_to(self, row: Cells, base: float, spot: float | None) -> tuple[float, float | None]:
        """Price of a machine with its GPUs.

        Raises:
            NotBelieved: The file does not say what the GPUs cost.
        """
        inside = gpu_of(GOOGLE, row["instancetype"])
        if inside is None:
            return base, spot
        for name in inside.accelerators:
            found = self.prices.get((_zone(row), name.casefold(), inside.gpu_count))
            if found is not None:
                both = spot + found[1] if spot is not None and found[1] is not None else None
                return base + found[0], both
        raise NotBelieved("Price", "the price leaves out the GPU, and no row of the file gives it", base)


def cloud_of(document: Document) -> str:
    """The cloud a file is about: the name of one in the file's name, in its folders, or in its rows.

    Raises:
        FileRefused: None of them says it.

    Example:
        >>> import datetime as dt
        >>> day = dt.date(2026, 1, 1)
        >>> names = ("v8/gcp/vms.csv", "x/aws_sample.csv", "newcloud.csv")
        >>> [cloud_of(Document(name, b"", day, "name")) for name in names]
        ['google-cloud', 'aws', 'newcloud']
    """
    words = name_words(document.name)
    known = next((word for word in words if word in CLOUDS), None)
    if known is not None:
        return provider_id(known)
    if words and words[0] not in _NAMELESS and words[0].isalpha():
        return provider_id(words[0])
    for cloud, pattern in _ZONES.items():
        if pattern.search(document.head):
            return cloud
    raise FileRefused("cannot tell which cloud this is; call the file CLOUD.csv", document.name)


def recognises(document: Document) -> bool:
    """Whether this is a table of SkyPilot's kind."""
    return document.has_columns("InstanceType", "Price")


def read(reading: Reading) -> Iterator[Outcome]:
    """Offers of one cloud."""
    provider = cloud_of(reading.document)
    rows = list(once(reading.document.table("InstanceType", "Price")))
    accelerators = _accelerators(rows) if provider == GOOGLE else Accelerators({})
    yield from judge(rows, lambda row: _row(reading, provider, accelerators, cells(row)))


def _row(reading: Reading, provider: str, accelerators: Accelerators, row: Cells) -> Believed:
    google = provider == GOOGLE
    on_demand, asked = _prices(row, NO_PRICE_AT_GOOGLE if google else ())
    spot, ignored = spot_beside(row.get("spotprice"), "SpotPrice", on_demand, NO_PRICE_AT_GOOGLE if google else ())
    if on_demand is None and spot is None:
        raise NotBelieved("Price", asked or "no price", row.get("price", ""))
    if google and row["instancetype"] and on_demand is not None:
        on_demand, spot = accelerators.add_to(row, on_demand, spot)
    rental = _rental(reading, provider, row)
    priced = (("on-demand", on_demand), ("spot", spot))
    found = tuple(sighting(reading, rental, term, value, 0.0) for term, value in priced if value is not None)
    return Believed(found, (ignored,) if ignored else ())


def _prices(row: Cells, no_price: tuple[float, ...]) -> tuple[float | None, str]:
    """The on-demand price, or None and what its absence is called."""
    found = cleaning.money(row.get("price"), "Price")
    if found is None:
        return None, "" if cleaning.says_nothing(row.get("price")) else "a price of 0 means no price"
    if found[0] in no_price:
        return None, f"{found[0]:g} stands for no price"
    return cleaning.price(row.get("price"), "Price")[0], ""


def _rental(reading: Reading, provider: str, row: Cells) -> Rental:
    instance, accelerator = row["instancetype"].strip(), row.get("acceleratorname", "").strip()
    count = cleaning.number(row.get("acceleratorcount"), "AcceleratorCount") if accelerator else None
    gpu = _gpu(reading, row, instance, accelerator, count or 1.0) if accelerator else None
    extra = ""
    if accelerator and not instance:
        instance, extra = accelerator, "an accelerator without a machine"
        if match := _TPU.fullmatch(accelerator):
            kind = match["kind"]
            gpu, extra = SeenGpu(f"tpu-{kind}"), ""
            count = int(match["size"]) / _CORES_PER_CHIP.get(kind, 1)
    return Rental(
        provider=provider,
        instance=instance,
        region=_region(row.get("region", "")),
        gpu=gpu,
        gpu_count=count,
        vcpus=cleaning.known(row.get("vcpus"), "vCPUs"),
        memory_gib=cleaning.known(row.get("memorygib"), "MemoryGiB"),
        local_disk_gb=cleaning.known(row.get("storagegib"), "StorageGiB"),
        observed_on=reading.observed_on,
        via="transcribed",
        extra=extra,
    )


def _gpu(reading: Reading, row: Cells, instance: str, accelerator: str, count: float) -> SeenGpu:
    """The GPU by the words of the instance type where a marketplace folds several models into one name."""
    inner, per_gpu, total = described(row.get("gpuinfo", ""))
    model = _MARKET_MODEL.fullmatch(instance)
    name = model["model"] if model else accelerator
    exact = reading.gpus.members(inner) if inner else ()
    if len(exact) == 1 and exact[0] in reading.gpus.members(name):
        name = inner
    sized = _SIZED_MODEL.search(instance)
    texts = [accelerator, inner, sized[0] if sized else ""]
    hints = f"{instance} {row.get('upstreamcloudid', '')} {inner}"
    return SeenGpu(name, memory_readings(texts, per_gpu, total, count), _form_words(hints))


def _form_words(hints: str) -> str:
    """Only the words that tell variants apart, so that equal GPUs are stored under one spelling."""
    return " ".join(dict.fromkeys(re.findall(r"sxm|hgx|nvl(?!ink)|pcie", hints.casefold())))


def _region(text: str) -> str | None:
    return re.sub(r"^[\s,]+|[\s,]+$", "", text) or None


def _zone(row: Cells) -> str:
    return row.get("availabilityzone", "") or row.get("region", "")


def _accelerators(rows: Iterable[tuple[int, Cells]]) -> Accelerators:
    prices: dict[tuple[str, str, float], tuple[float, float | None]] = {}
    for _, row in rows:
        if "" in row or row["instancetype"].strip() or not row.get("acceleratorname", "").strip():
            continue
        try:
            on_demand, _ = _prices(row, NO_PRICE_AT_GOOGLE)
            spot, _ = spot_beside(row.get("spotprice"), "SpotPrice", on_demand, NO_PRICE_AT_GOOGLE)
            count = cleaning.number(row.get("acceleratorcount"), "AcceleratorCount")
        except NotBelieved:
            continue
        if on_demand is not None and count:
            prices[_zone(row), row["acceleratorname"].casefold(), count] = (on_demand, spot)
    return Accelerators(prices)


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """The newest file of every cloud; a cloud that SkyPilot dropped is passed over."""
    for cloud in CLOUDS:
        document = fetcher.document(URL.format(cloud=cloud), f"skypilot/v8/{cloud}.csv", MIRROR.format(cloud=cloud))
        if document is not None:
            yield document


COLLECTOR: Final = Collector(
    name="skypilot",
    source="skypilot-catalog",
    publisher="SkyPilot catalogue",
    url="https://github.com/skypilot-org/skypilot-catalog",
    licence="none stated; fetched by the user, not redistributed",
    recognises=recognises,
    read=read,
    remote=remote,
    snapshot=True,
    scope=cloud_of,
    aliases=("skypilot_catalog_v8", "skypilot-catalog"),
)
