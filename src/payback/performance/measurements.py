"""Training speeds somebody measured, one row a configuration, and the software they were measured with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zlib import crc32

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table
from payback.evidence import Fact
from payback.units import DAYS_PER_YEAR

FP32 = "FP32"
NO_MIXED = "no-mixed"
"""Quality of a row whose log says FP16 but whose speed is that of FP32 on every GPU."""
USABLE = frozenset({"ok", NO_MIXED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Era(Row):
    """A version of the software, and from which day on one could have it."""

    era: str
    software: str
    released: dt.date

    @property
    def year(self) -> float:
        """The day as a decimal year, for distances between eras. [a]"""
        return self.released.year + (self.released.timetuple().tm_yday - 1) / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Row):
    """A throughput of a whole machine: median over the hosts that ran the same configuration."""

    gpu: str
    form: str
    gpu_count: int
    link: str = ""
    """How the GPUs talk: pcie, nvlink-bridge or sxm; empty for one GPU."""
    power_limit_w: float | None = None
    """Limit set below the board's own; None for stock settings."""
    task: str
    precision: str
    batch_per_gpu: float | None = None
    throughput: float
    unit: str
    low: float | None = None
    high: float | None = None
    hosts: int
    era: str
    quality: str

    @property
    def is_mixed(self) -> bool:
        """Whether the run was meant to use 16-bit (or 8-bit) arithmetic."""
        return self.precision != FP32

    @property
    def column(self) -> tuple[str, str]:
        """Task and precision: what one law of speed is fitted to."""
        return self.task, self.precision

    @property
    def is_stock(self) -> bool:
        """Whether the card ran at its own power limit."""
        return self.power_limit_w is None

    def fact(self) -> Fact:
        """The throughput as a fact; the id names everything the figure depends on."""
        where = f"{crc32(f'{self.source} {self.locator} {self.note}'.encode()):08x}"
        link = f"+{self.link}" if self.link else ""
        name = f"speed:{self.gpu} x{self.gpu_count}{link}/{self.task}/{self.precision}/{self.era}/{where}"
        return self._fact(name, self.throughput, self.unit)


@cache
def load_measurements() -> tuple[Measurement, ...]:
    """Every shipped measurement.

    Example:
        >>> any(row.gpu == "GTX 1080 Ti" and row.task == "resnet50" for row in load_measurements())
        True
    """
    folder = data_folder() / "throughput"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: file.name)
    return tuple(row for file in files for row in read_table(file, Measurement))


@cache
def load_eras() -> Mapping[str, Era]:
    """Every shipped era by its name."""
    return {era.era: era for era in read_table(data_folder() / "software_eras.csv", Era)}


def era_for(names: Iterable[str], as_of: dt.date | None, eras: Mapping[str, Era]) -> str:
    """The newest of `names` that one could have on a day; the oldest if none existed yet.

    Args:
        names: Eras to choose from; at least one.
        as_of: The day; today's software if None.
        eras: When each appeared.
    """
    ordered = sorted(set(names), key=lambda name: (eras[name].released, name))
    known = [name for name in ordered if as_of is None or eras[name].released <= as_of]
    return (known or ordered[:1])[-1]


def single_gpu(rows: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """Rows of one GPU at stock settings whose figures can be relied on."""
    return tuple(row for row in rows if row.gpu_count == 1 and row.quality in USABLE and row.is_stock)


def best_per_configuration(rows: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """One row for each GPU, task, precision and era: the one from the most hosts, then the fastest."""
    chosen: dict[tuple[str, str, str, str], Measurement] = {}
    for row in sorted(rows, key=lambda row: (row.hosts, row.throughput)):
        chosen[row.gpu, row.task, row.precision, row.era] = row
    return tuple(chosen.values())
