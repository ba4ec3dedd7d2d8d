"""The whole catalogue in one object: what exists, what it costs, who says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from payback.catalogue import compiled
from payback.catalogue.asof import Quote, known_on, latest_offers, quote
from payback.catalogue.identity import GpuNames
from payback.catalogue.machines import ListedPart, MachineList, machine_from_toml
from payback.catalogue.schema import (
    ComponentPrice,
    Condition,
    Gpu,
    GpuAlias,
    Offer,
    Prebuilt,
    RunningCost,
    StoragePrice,
    Tariff,
    TaxRate,
)
from payback.errors import UnknownNameError
from payback.evidence import Source

Dated = TypeVar("Dated", Tariff, TaxRate)

UNFIT_STORAGE = frozenset({"st1", "pd-standard", "standard-hdd", "local-ssd", "pod-disk-running"})
"""Classes too slow to train from, or gone when the machine stops."""

ROW_TYPES: dict[str, type] = {
    "gpus": Gpu,
    "gpu_aliases": GpuAlias,
    "offers": Offer,
    "cloud_storage": StoragePrice,
    "component_prices": ComponentPrice,
    "prebuilts": Prebuilt,
    "electricity": Tariff,
    "sales_tax": TaxRate,
    "running_costs": RunningCost,
    "sources": Source,
}


@dataclass(frozen=True)
class Catalogue:
    """Facts we ship (and, where there is a store, facts collected since), ready to be asked."""

    gpus: Mapping[str, Gpu]
    gpu_names: GpuNames
    offers: tuple[Offer, ...]
    cloud_storage: tuple[StoragePrice, ...]
    component_prices: tuple[ComponentPrice, ...]
    prebuilts: tuple[Prebuilt, ...]
    electricity: tuple[Tariff, ...]
    sales_tax: tuple[TaxRate, ...]
    running_costs: tuple[RunningCost, ...]
    machines: tuple[MachineList, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def _prices_by_component(self) -> Mapping[tuple[str, str], list[ComponentPrice]]:
        grouped: dict[tuple[str, str], list[ComponentPrice]] = {}
        for row in self.component_prices:
            grouped.setdefault((row.component, row.condition), []).append(row)
        return grouped

    def component_quote(
        self, component: str, as_of: dt.date, *, condition: Condition = "new", market: str | None = "US"
    ) -> Quote[ComponentPrice] | None:
        """What a part cost as of a day, in dollars before tax; None if nobody had priced it."""
        rows = self._prices_by_component.get((component, condition), [])
        return quote(rows, as_of, price_usd=lambda row: row.price_usd, market=market)

    def offers_on(self, as_of: dt.date) -> list[Offer]:
        """The newest price of every rental offer as of a day."""
        return latest_offers(self.offers, as_of)

    def offer(self, name: str, term: str, as_of: dt.date, *, region: str | None = None) -> Offer | None:
        """The newest price of one offer (``aws/p3.2xlarge``) as of a day; the cheapest region if none is asked.

        Raises:
            UnknownNameError: No row of any date has that name.
        """
        rows = [row for row in self.offers if row.name == name]
        if not rows:
            raise UnknownNameError("offer", name, {row.name for row in self.offers}, "See them all: payback prices")
        live = [row for row in latest_offers(rows, as_of) if row.term == term and region in (None, row.region)]
        return min(live, key=lambda row: row.price_usd_per_h, default=None)

    def storage_price(self, provider: str, as_of: dt.date, item: str = "block_gb_month") -> StoragePrice | None:
        """The cheapest lasting solid-state class a provider offered as of a day; None if nobody had seen one."""
        newest: dict[str | None, StoragePrice] = {}
        for row in known_on(self.cloud_storage, as_of):
            if row.provider == provider and row.item == item and row.storage_class not in UNFIT_STORAGE:
                newest[row.storage_class] = row
        return min(newest.values(), key=lambda row: row.price_usd, default=None)

    def tariff(self, place: str, as_of: dt.date, sector: str = "residential") -> Tariff | None:
        """The electricity price of a place as of a day; None if nobody had seen it."""
        rows = (row for row in self.electricity if row.place == place and row.sector == sector)
        return _newest(rows, as_of=as_of)

    def tax_rate(self, place: str, as_of: dt.date) -> TaxRate | None:
        """Tax on a purchase in a place as of a day; None if nobody had seen it."""
        return _newest((row for row in self.sales_tax if row.place == place), as_of=as_of)

    def machine(self, machine_id: str) -> MachineList:
        """One shipped parts list.

        Raises:
            UnknownNameError: No list has that id.
        """
        for machine in self.machines:
            if machine.id == machine_id:
                return machine
        raise UnknownNameError("machine", machine_id, [machine.id for machine in self.machines])

    def parts_of(self, machine: MachineList) -> tuple[ListedPart, ...]:
        """The lines of a machine's parts list."""
        return machine.parts


def _newest(rows: Iterable[Dated], *, as_of: dt.date) -> Dated | None:
    known = [row for row in rows if row.observed_on is not None and row.observed_on <= as_of]
    return max(known, key=lambda row: str(row.observed_on), default=None)


@cache
def load() -> Catalogue:
    """The shipped catalogue, compiled once and then read from the cache.

    Example:
        >>> catalogue = load()
        >>> catalogue.gpus["GTX 1080 Ti"].memory_gib
        11.0
    """
    from payback.catalogue import tables

    root = tables.data_folder()
    key = compiled.content_hash(_table_files(root), list(ROW_TYPES.values()))
    return from_tables(compiled.load_or_build(key, ROW_TYPES, lambda: _build(root)), _machines(root))


def from_tables(rows: Mapping[str, list[Any]], machines: Iterable[MachineList]) -> Catalogue:
    """A catalogue from typed rows; tests and the store use it to add their own."""
    return Catalogue(
        gpus={gpu.gpu: gpu for gpu in rows["gpus"]},
        gpu_names=GpuNames.from_tables(rows["gpus"], rows["gpu_aliases"]),
        offers=tuple(rows["offers"]),
        cloud_storage=tuple(rows["cloud_storage"]),
        component_prices=tuple(rows["component_prices"]),
        prebuilts=tuple(rows["prebuilts"]),
        electricity=tuple(rows["electricity"]),
        sales_tax=tuple(rows["sales_tax"]),
        running_costs=tuple(rows["running_costs"]),
        machines=tuple(machines),
        sources={source.id: source for source in rows["sources"]},
    )


def _table_files(root: Traversable) -> list[Traversable]:
    files = [root / f"{name}.csv" for name in ROW_TYPES if (root / f"{name}.csv").is_file()]
    files += [file for name in ("offers", "component_prices") for file in _csv_files(root / name)]
    return [*files, root / "SOURCES.yml"]


def _csv_files(folder: Traversable) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: file.name)


def _build(root: Traversable) -> dict[str, list[Any]]:
    from payback.catalogue import tables

    plain = ["gpus", "gpu_aliases", "cloud_storage", "electricity", "sales_tax", "running_costs"]
    rows: dict[str, list[Any]] = {name: tables.read_table(root / f"{name}.csv", ROW_TYPES[name]) for name in plain}
    rows["prebuilts"] = tables.read_priced(root / "prebuilts.csv", Prebuilt)
    rows["offers"] = [row for file in _csv_files(root / "offers") for row in tables.read_table(file, Offer)]
    prices = _csv_files(root / "component_prices")
    rows["component_prices"] = [row for file in prices for row in tables.read_priced(file, ComponentPrice)]
    rows["sources"] = tables.read_sources(root / "SOURCES.yml")
    return rows


def _machines(root: Traversable) -> list[MachineList]:
    import tomllib

    files = sorted((root / "machines").iterdir(), key=lambda file: file.name)
    return [
        machine_from_toml(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
        for file in files
        if file.name.endswith(".toml")
    ]
