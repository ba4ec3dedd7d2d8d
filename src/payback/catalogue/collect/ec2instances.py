"""Amazon EC2 prices with reserved terms, as ec2instances.info publishes and has archived them.

Contract, today's file: JSON, a list of instance types with instance_type, vCPU,
memory, sometimes GPU and GPU_model, and pricing.<region>.<system> holding
ondemand and reserved.<term> as text, or, before 2015, the price itself. Contract,
history: CSV with snapshot_date, instance_type, region, os, term and
price_usd_per_hour; in some rows of 2015 the price cell is a Python dict of
several terms.

A reserved price is the effective price of an hour over the term, what is paid
on day one included. The numbers of GPUs in the history are wrong in places
(16 in a p3.16xlarge), so they come from our own table of machine types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, sighting
from payback.catalogue.store.records import Sighting
from payback.units import HOURS_PER_YEAR

AWS: Final = "aws"
PAID: Final = {"noUpfront": "no", "partialUpfront": "partial", "allUpfront": "all"}
LINUX: Final = "linux"
_HISTORY: Final = ("snapshot_date", "instance_type", "region", "os", "term", "price_usd_per_hour")
_TERM = re.compile(r"yrTerm(?P<years>[13])(?P<plan>Standard|Convertible|Savings)?(?:\.(?P<paid>\w+Upfront))?")
Machine = Mapping[str, Any]


def term_of(text: str) -> str:
    """The catalogue's name of a term.

    Raises:
        NotBelieved: It is no term of Amazon's.

    Example:
        >>> term_of("yrTerm3Standard.allUpfront"), term_of("yrTerm1.noUpfront"), term_of("yrTerm1Savings.noUpfront")
        ('reserved-3y-all-upfront', 'reserved-1y-no-upfront', 'savings-1y-no-upfront')
    """
    if text in ("ondemand", "on-demand"):
        return "on-demand"
    match = _TERM.fullmatch(text)
    if match is None or (match["paid"] and match["paid"] not in PAID):
        raise NotBelieved("term", "an unknown term", text)
    plan = {"Convertible": "convertible", "Savings": "savings"}.get(match["plan"] or "", "reserved")
    return f"{plan}-{match['years']}y" + (f"-{PAID[match['paid']]}-upfront" if match["paid"] else "")


def upfront(term: str, usd_per_h: float) -> float | None:
    """What is paid on day one: nothing, the whole term, or, for a part of it, unknown. [USD]

    Example:
        >>> [upfront(term, 1.0) for term in ("reserved-1y-all-upfront", "on-demand", "reserved-1y-partial-upfront")]
        [8760.0, 0.0, None]
    """
    if term.endswith("-all-upfront"):
        return round(usd_per_h * HOURS_PER_YEAR * int(term.split("-")[1][0]), 2)
    return 0.0 if term == "on-demand" or term.endswith("-no-upfront") else None


def read(reading: Reading) -> Iterator[Outcome]:
    """Prices of one file or of a history of files."""
    if reading.document.columns:
        rows = list(once(reading.document.table(*_HISTORY)))
        usual = _on_demand(rows)
        yield from judge(rows, lambda row: _row(reading, usual, cells(row)))
    else:
        yield from judge(_from_json(reading), lambda price: _cell(reading, *price))


def _on_demand(rows: list[tuple[int, Cells]]) -> Mapping[tuple[str, ...], str]:
    return {
        (row["snapshotdate"], row["instancetype"], row["region"], row["os"]): row["priceusdperhour"]
        for _, row in rows
        if row.get("term") == "ondemand"
    }


def _row(reading: Reading, usual: Mapping[tuple[str, ...], str], row: Cells) -> Believed:
    day = cleaning.day(row["snapshotdate"], "snapshot_date", reading.today).isoformat()
    key = (row["snapshotdate"], row["instancetype"], row["region"], row["os"])
    machine = {
        "instance_type": row["instancetype"],
        "vCPU": row.get("vcpu"),
        "memory": row.get("memorygib"),
        "day": day,
    }
    return _cell(reading, machine, row["region"], row["os"], row["term"], row["priceusdperhour"], usual.get(key))


def _from_json(reading: Reading) -> Iterator[tuple[int, tuple[Machine, str, str, str, Any, Any]]]:
    machines = reading.document.json
    if not isinstance(machines, list):
        raise FileRefused("not a list of instance types", type(machines).__name__)
    line = 0
    for machine in machines:
        pricing = machine.get("pricing") if isinstance(machine, dict) else None
        for region, systems in (pricing if isinstance(pricing, dict) else {}).items():
            for system, terms in (systems if isinstance(systems, dict) else {}).items():
                for term, cell in _terms(terms):
                    line += 1
                    usual = terms.get("ondemand") if isinstance(terms, dict) else None
                    yield line, (machine, str(region), str(system), term, cell, usual)


def _terms(terms: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(terms, dict):
        yield "ondemand", terms
        return
    for name, value in terms.items():
        if name == "ondemand":
            yield name, value
        elif name == "reserved" and isinstance(value, dict):
            yield from value.items()


def _cell(reading: Reading, machine: Machine, region: str, system: str, term: str, cell: Any, usual: Any) -> Believed:
    """One price, or the several that a dict in its place holds."""
    found = cleaning.literal(cell) if isinstance(cell, str) else cell
    prices = {f"{term}.{paid}": value for paid, value in found.items()} if isinstance(found, dict) else {term: found}
    if not prices:
        raise NotBelieved("price", "no price", cell)
    return Believed(tuple(_sighting(reading, machine, region, system, *price, usual) for price in prices.items()))


def _sighting(
    reading: Reading, machine: Machine, region: str, system: str, term: str, cell: Any, usual: Any
) -> Sighting:
    usd_per_h = cleaning.price(cell, "price")[0]
    name = term_of(term)
    on_demand = cleaning.known(usual, "ondemand") if not cleaning.says_nothing(usual) else None
    if name != "on-demand" and on_demand is not None and usd_per_h >= on_demand:
        raise NotBelieved("price", "a commitment not cheaper than on demand", f"{usd_per_h:g} of {on_demand:g}")
    rental = Rental(
        provider=AWS,
        instance=str(machine.get("instance_type") or ""),
        region=region,
        gpu=_gpu(machine),
        gpu_count=cleaning.known(machine.get("GPU"), "GPU"),
        vcpus=_figure(machine.get("vCPU")),
        memory_gib=_figure(machine.get("memory")),
        observed_on=cleaning.day(machine.get("day") or reading.observed_on, "snapshot_date", reading.today),
        via="archive",
        note="effective price of an hour over the term" if name != "on-demand" else "",
        extra="" if system == LINUX else f"operating system {system}",
    )
    if not rental.instance:
        raise NotBelieved("instance_type", "no name", "")
    return sighting(reading, rental, name, usd_per_h, upfront(name, usd_per_h))


def _gpu(machine: Machine) -> SeenGpu | None:
    name = str(machine.get("GPU_model") or "").strip()
    return SeenGpu(name) if name and name.casefold() != "none" else None


def _figure(value: object) -> float | None:
    """A figure that says what a machine has besides GPUs; words such as "Burstable" say nothing."""
    try:
        return cleaning.known(value, "")
    except NotBelieved:
        return None


def recognises(document: Document) -> bool:
    """Whether this is the site's file or the history made of it."""
    if document.columns:
        return document.has_columns(*_HISTORY)
    return '"instance_type"' in document.head and document.name.casefold().endswith(".json")


COLLECTOR: Final = Collector(
    name="ec2instances",
    source="ec2instances-archive",
    publisher="Vantage, ec2instances.info",
    url="https://github.com/vantage-sh/ec2instances.info",
    licence="MIT",
    recognises=recognises,
    read=read,
    snapshot=True,
    scope=lambda _: AWS,
    aliases=("ec2instances_history", "ec2instances-archive", "ec2"),
)
