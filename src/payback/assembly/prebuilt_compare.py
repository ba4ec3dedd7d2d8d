"""The same machine bought ready-made: what the assembling costs, and the hours it saves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from payback.assembly.search.build import Build
from payback.catalogue.asof import Quote, quote
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import Prebuilt
from payback.evidence import Fact

NOVICE_HOURS: Final = 6.0
PROFESSIONAL_HOURS: Final = 1.0
"""Chen (2018): under six hours for a novice, under one for a professional, to put a machine together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrebuiltComparison:
    """A ready-made machine with the same GPUs beside one put together from parts."""

    machine: str
    maker: str | None
    gpu: str
    gpu_count: int
    prebuilt_usd: float
    build_usd: float
    observed_on: dt.date
    age_days: int
    hours_saved: float = NOVICE_HOURS
    differences: tuple[str, ...] = ()
    """Where the specification is not the same, or not known."""
    facts: tuple[Fact, ...] = ()

    @property
    def markup_usd(self) -> float:
        """What the ready-made machine costs on top of the parts. [USD]"""
        return self.prebuilt_usd - self.build_usd

    @property
    def markup_share(self) -> float:
        """The mark-up as a share of the parts (B18).

        Five thousand dollars for what the parts cost three thousand is a mark-up of two thirds.
        """
        return self.markup_usd / self.build_usd

    @property
    def usd_per_hour_saved(self) -> float:
        """What an hour of assembling not done costs. [USD/h]"""
        return self.markup_usd / self.hours_saved

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a comparison."""
        return {
            "machine": self.machine,
            "maker": self.maker,
            "gpu": self.gpu,
            "gpu_count": self.gpu_count,
            "prebuilt_usd": self.prebuilt_usd,
            "build_usd": self.build_usd,
            "markup_usd": self.markup_usd,
            "markup_share": self.markup_share,
            "hours_saved": self.hours_saved,
            "usd_per_hour_saved": self.usd_per_hour_saved,
            "observed_on": self.observed_on.isoformat(),
            "age_days": self.age_days,
            "differences": list(self.differences),
            "facts": [fact.id for fact in self.facts],
        }


def compare_prebuilts(
    gpu: str,
    gpu_count: int,
    build_usd: float,
    catalogue: Catalogue,
    as_of: dt.date,
    *,
    memory_gb: float | None = None,
    storage_gb: float | None = None,
    market: str = "US",
    max_age_days: int | None = None,
) -> list[PrebuiltComparison]:
    """Ready-made machines with the same GPUs, cheapest first.

    Args:
        gpu: Name of the GPU.
        gpu_count: How many there must be.
        build_usd: What the parts cost. [USD]
        catalogue: Prices of ready-made machines.
        as_of: The day of the prices.
        memory_gb: Main memory of the build, to say where a machine differs. [GB]
        storage_gb: Its storage. [GB]
        market: Country whose shops count first.
        max_age_days: Older prices are left out; None for none. [days]

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> found = compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), dt.date(2018, 9, 26))
        >>> [(c.prebuilt_usd, round(c.markup_share, 2)) for c in found]
        [(5000.0, 0.67)]
    """
    by_machine: dict[str, list[Prebuilt]] = {}
    for row in catalogue.prebuilts:
        if row.gpu_count == gpu_count and gpu in (row.gpu, *catalogue.gpu_names.members(row.gpu or "")):
            by_machine.setdefault(row.machine, []).append(row)
    found = []
    for name, rows in by_machine.items():
        seen = quote(rows, as_of, price_usd=lambda row: row.price_usd, market=market)
        if seen is not None and (max_age_days is None or seen.age_days <= max_age_days):
            found.append(_comparison(name, seen, gpu, gpu_count, build_usd, (memory_gb, storage_gb)))
    return sorted(found, key=lambda comparison: (comparison.prebuilt_usd, comparison.machine))


def compare_build(build: Build, catalogue: Catalogue, *, max_age_days: int | None = None) -> list[PrebuiltComparison]:
    """Ready-made machines with the GPUs of an assembled one, cheapest first."""
    memory = build.machine.memory
    drives = build.machine.drives
    return compare_prebuilts(
        build.gpu,
        build.gpu_count,
        build.total_usd,
        catalogue,
        build.as_of,
        memory_gb=sum((kit.module_count or 0) * (kit.module_gb or 0.0) for kit in memory),
        storage_gb=sum(drive.capacity_gb or 0.0 for drive in drives),
        market=build.demand.market,
        max_age_days=max_age_days,
    )


def _comparison(
    name: str,
    seen: Quote[Prebuilt],
    gpu: str,
    gpu_count: int,
    build_usd: float,
    wanted: tuple[float | None, float | None],
) -> PrebuiltComparison:
    row = seen.newest
    return PrebuiltComparison(
        machine=name,
        maker=row.maker,
        gpu=gpu,
        gpu_count=gpu_count,
        prebuilt_usd=seen.mid_usd,
        build_usd=build_usd,
        observed_on=seen.observed_on,
        age_days=seen.age_days,
        differences=tuple(_differences(row, *wanted)),
        facts=row.facts(),
    )


def _differences(row: Prebuilt, memory_gb: float | None, storage_gb: float | None) -> list[str]:
    told = []
    for name, has, wanted in (("memory", row.memory_gb, memory_gb), ("storage", row.storage_gb, storage_gb)):
        if has is None:
            told.append(f"its {name} is not known")
        elif wanted is not None and has != wanted:
            told.append(f"{has:g} GB of {name} against {wanted:g} GB")
    return told
