"""Google Cloud prices with one- and three-year commitments, from Cyclenerd's price calculator.

Contract, whole file: YAML, `compute.instance.<type>.cost.<region>` with hour,
month, month_1y, month_3y and, since 2023, hour_spot and month_spot; the GPUs of
the accelerator families are in the price. Contract, history: CSV with
snapshot_date, commit, machine_type, accelerators, region, field, price_usd, one
row a field of a snapshot. A month there has 730 hours. Commitments are paid
monthly, nothing on day one.

Known fault of the source: commitments at the full price (a2-ultragpu-1g, 2022
to 2024). A commitment that is not cheaper than renting freely is no price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document
from payback.catalogue.collect.instances import gpu_of
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.collect.rentals import Rental, sighting
from payback.units import HOURS_PER_MONTH

if TYPE_CHECKING:
    from payback.catalogue.collect.fetch import Fetcher

URL: Final = "https://raw.githubusercontent.com/Cyclenerd/google-cloud-pricing-cost-calculator/master/pricing.yml"
GOOGLE: Final = "google-cloud"
TERMS: Final = {
    "hour": ("on-demand", 1.0),
    "hour_spot": ("spot", 1.0),
    "month": ("on-demand", HOURS_PER_MONTH),
    "month_spot": ("spot", HOURS_PER_MONTH),
    "month_1y": ("committed-1y", HOURS_PER_MONTH),
    "month_3y": ("committed-3y", HOURS_PER_MONTH),
}
"""Field of the file: term, and the hours its figure is for."""
SAME_SHARE: Final = 0.005
"""Hour and month of one machine say the same within this share, or one of them is wrong."""
LEAST_MONTH_SHARE: Final = 0.69
"""A month in full costs up to 30 % less an hour where Google gives sustained-use discounts: not on GPU machines."""
_HISTORY: Final = ("snapshot_date", "machine_type", "region", "field", "price_usd")
_PAIR = re.compile(r"(?P<indent> *)(?P<key>[^\s#:-][^:#]*):(?: +(?P<value>[^#]*?))?\s*(?:#.*)?")
DEEPEST: Final = 8
"""Levels of the file that can matter; prices stand on the sixth."""


@dataclass(frozen=True)
class Machine:
    """All figures of one machine in one place on one day."""

    reading: Reading
    name: str
    region: str
    day: str
    cells: dict[str, str] = field(default_factory=dict)
    """Figures as written, by field."""

    @cached_property
    def hourly(self) -> Mapping[str, float]:
        """The figures that can be read, for an hour each. [USD/h]"""
        return {name: usd for name in self.cells if (usd := self._hourly(name)) is not None}

    @cached_property
    def on_demand(self) -> float | None:
        """The price of an hour without any commitment. [USD/h]"""
        return self.hourly.get("hour", self.hourly.get("month"))

    @cached_property
    def least_month_share(self) -> float:
        """The least that an hour of a full month may cost, as a share of an hour alone."""
        return 1 - SAME_SHARE if gpu_of(GOOGLE, self.name) else LEAST_MONTH_SHARE

    @cached_property
    def rental(self) -> Rental:
        """The machine without its price."""
        day = cleaning.day(self.day, "snapshot_date", self.reading.today)
        return Rental(provider=GOOGLE, instance=self.name, region=self.region, observed_on=day, via="archive")

    def _hourly(self, name: str) -> float | None:
        if name not in TERMS:
            return None
        try:
            value = cleaning.known(self.cells[name], name)
        except NotBelieved:
            return None
        return None if value is None else value / TERMS[name][1]


def read(reading: Reading) -> Iterator[Outcome]:
    """Prices of the machines of one file or of a history of files."""
    if reading.document.columns:
        yield from _history(reading)
    else:
        yield from judge(_from_yaml(reading), lambda figure: _believe(*figure))


def _history(reading: Reading) -> Iterator[Outcome]:
    rows = list(once(reading.document.table(*_HISTORY)))
    machines: dict[tuple[str, str, str], Machine] = {}
    for _, row in rows:
        if "" not in row:
            key = (row["machinetype"], row["region"], row["snapshotdate"])
            machine = machines.get(key) or machines.setdefault(key, Machine(reading, *key))
            machine.cells[row["field"]] = row["priceusd"]

    def figure(row: Cells) -> Believed:
        cells(row)
        machine = machines[row["machinetype"], row["region"], row["snapshotdate"]]
        return _believe(machine, row["field"], row["priceusd"])

    yield from judge(rows, figure)


def _from_yaml(reading: Reading) -> Iterator[tuple[int | None, tuple[Machine, str, str]]]:
    day = reading.observed_on.isoformat()
    machines: dict[tuple[str, str], Machine] = {}
    figures: list[tuple[int, tuple[Machine, str, str]]] = []
    for line, path, value in _leaves(reading.document.text):
        if len(path) == 6 and path[:2] == ("compute", "instance") and path[3] == "cost" and path[5] in TERMS:
            key = (path[2], path[4])
            machine = machines.get(key) or machines.setdefault(key, Machine(reading, *key, day))
            machine.cells[path[5]] = value
            figures.append((line, (machine, path[5], value)))
    if not figures:
        raise FileRefused("no prices under compute.instance.TYPE.cost.REGION", reading.document.text[:60])
    yield from figures


def _leaves(text: str) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Line, path and value of every `key: value` of a file of nested mappings.

    The file needs no more of YAML than this, and a full reader can be made to
    crash or to swell by nesting and anchors.
    """
    stack: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _PAIR.fullmatch(line)
        if match is None:
            continue
        indent = len(match["indent"])
        while stack and stack[-1][0] >= indent:
            stack.pop()
        stack.append((indent, match["key"].strip("'\"")))
        if match["value"] and len(stack) <= DEEPEST:
            yield number, tuple(key for _, key in stack), match["value"].strip("'\"")


def _believe(machine: Machine, name: str, cell: str) -> Believed:
    """What one figure says; a month that says what its hour says adds nothing."""
    if name not in TERMS:
        raise NotBelieved("field", "an unknown kind of price", name)
    term, hours = TERMS[name]
    usd_per_h = round(cleaning.price(cell, name)[0] / hours, 6)
    if name in ("month", "month_spot") and (hour := machine.hourly.get(name.replace("month", "hour"))) is not None:
        if not machine.least_month_share * hour <= usd_per_h <= hour * (1 + SAME_SHARE):
            raise NotBelieved(name, "hour and month disagree", f"{usd_per_h:g} against {hour:g} per hour")
        if usd_per_h >= hour * (1 - SAME_SHARE):
            return Believed()
        term = "monthly" if term == "on-demand" else term
    _compare(name, term, usd_per_h, machine.on_demand)
    return Believed((sighting(machine.reading, machine.rental, term, usd_per_h, 0.0),))


def _compare(name: str, term: str, usd_per_h: float, on_demand: float | None) -> None:
    """Hold a price against the on-demand price of the same machine.

    Raises:
        NotBelieved: A spot price or a commitment is not cheaper.
    """
    if on_demand is None:
        return
    if term == "spot" and usd_per_h > on_demand:
        raise NotBelieved(name, "a spot price above the on-demand price", f"{usd_per_h:g} over {on_demand:g}")
    if term.startswith("committed") and usd_per_h >= on_demand * (1 - SAME_SHARE):
        raise NotBelieved(name, "a commitment not cheaper than on demand", f"{usd_per_h:g} of {on_demand:g}")


def remote(fetcher: Fetcher) -> Iterable[Document]:
    """The newest price file."""
    document = fetcher.document(URL, "cyclenerd/pricing.yml")
    return [] if document is None else [document]


def recognises(document: Document) -> bool:
    """Whether this is the price file or a history made of it."""
    if document.columns:
        return document.has_columns(*_HISTORY)
    name = document.name.casefold()
    return name.endswith((".yml", ".yaml")) and "compute:" in document.head


COLLECTOR: Final = Collector(
    name="gcp",
    source="cyclenerd-gcp",
    publisher="Cyclenerd, Google Cloud pricing and cost calculator",
    url="https://github.com/Cyclenerd/google-cloud-pricing-cost-calculator",
    licence="Apache-2.0",
    recognises=recognises,
    read=read,
    remote=remote,
    snapshot=True,
    scope=lambda _: GOOGLE,
    aliases=("gcp_cyclenerd", "cyclenerd", "cyclenerd-gcp", "google-cloud"),
)
