"""Every known part, read from ``data/components/*.csv``; that folder's README says what each column means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TypeVar

from payback.catalogue.identity import GpuNames
from payback.catalogue.parts import (
    Board,
    BoardSlot,
    Case,
    Cooler,
    Cpu,
    Drive,
    GpuCard,
    GpuRange,
    Memory,
    Part,
    PowerSupply,
)
from payback.catalogue.schema import Gpu, GpuAlias
from payback.catalogue.tables import data_folder, read_table
from payback.errors import BadCatalogueError

__all__ = [
    "Board", "BoardSlot", "Case", "Components", "Cooler", "Cpu", "Drive", "GpuCard", "GpuRange", "Memory", "Part",
    "PowerSupply", "load_components", "read_components",
]  # fmt: skip

PartType = TypeVar("PartType", bound=Part)


@dataclass(frozen=True)
class Components:
    """Every known part, by name, one mapping a category."""

    cpus: Mapping[str, Cpu]
    boards: Mapping[str, Board]
    psus: Mapping[str, PowerSupply]
    gpu_cards: Mapping[str, GpuCard]
    cases: Mapping[str, Case]
    coolers: Mapping[str, Cooler]
    memory: Mapping[str, Memory]
    drives: Mapping[str, Drive]
    gpu_names: GpuNames
    generic_cards: Mapping[str, GpuCard] = field(default_factory=dict)
    """One card per chip of gpus.csv: the reference power, no length, no width."""
    gpu_ranges: Mapping[str, GpuRange] = field(default_factory=dict)
    """By chip: the smallest and the largest card on record."""

    def of_category(self, category: str) -> Mapping[str, Part]:
        """The parts of a category named as in parts lists (``cpu``, ``board``, ``psu``...)."""
        return {
            "cpu": self.cpus,
            "board": self.boards,
            "psu": self.psus,
            "gpu": self.gpu_cards,
            "case": self.cases,
            "cooler": self.coolers,
            "memory": self.memory,
            "drive": self.drives,
        }.get(category, MappingProxyType({}))


def read_components(folder: Traversable) -> Components:
    """The tables of `folder` (``data``) as one object.

    Raises:
        BadCatalogueError: A cell does not fit its field (file, line and field named), a part is listed twice, or a
            slot belongs to no board.
    """
    tables = folder / "components"
    gpus = read_table(folder / "gpus.csv", Gpu)
    names = GpuNames.from_tables(gpus, read_table(folder / "gpu_aliases.csv", GpuAlias))
    cards = _by_name(_with_chip(card, names) for card in read_table(tables / "gpu_cards.csv", GpuCard))
    return Components(
        cpus=_by_name(read_table(tables / "cpus.csv", Cpu)),
        boards=_with_slots(read_table(tables / "boards.csv", Board), read_table(tables / "board_slots.csv", BoardSlot)),
        psus=_by_name(read_table(tables / "psus.csv", PowerSupply)),
        gpu_cards=cards,
        cases=_by_name(read_table(tables / "cases.csv", Case)),
        coolers=_by_name(read_table(tables / "coolers.csv", Cooler)),
        memory=_by_name(read_table(tables / "memory.csv", Memory)),
        drives=_by_name(read_table(tables / "drives.csv", Drive)),
        gpu_names=names,
        gpu_ranges=_by_name(read_table(tables / "gpu_chip_ranges.csv", GpuRange)),
        generic_cards={gpu.gpu: _generic(gpu) for gpu in gpus if gpu.form in ("PCIe", "SXM", "board")},
    )


@cache
def drive_capacities_gb() -> Mapping[str, float | None]:
    """Capacity of every drive we ship, by its name, without reading the other parts; None if unknown. [GB]

    Example:
        >>> drive_capacities_gb()["Samsung 970 EVO 1TB"]
        1000.0
    """
    drives = read_table(data_folder() / "components" / "drives.csv", Drive)
    return MappingProxyType({drive.drive: drive.capacity_gb for drive in drives})


@cache
def load_components() -> Components:
    """The parts we ship, read once.

    Example:
        >>> load_components().cpus["AMD Ryzen Threadripper 1920X"].pcie_lanes
        60
    """
    return read_components(data_folder())


def _by_name(parts: Iterable[PartType]) -> Mapping[str, PartType]:
    named: dict[str, PartType] = {}
    for part in parts:
        if part.name in named:
            raise BadCatalogueError(f"data/components: {part.name!r} is listed twice")
        named[part.name] = part
    return MappingProxyType(named)


def _with_slots(boards: Iterable[Board], slots: Iterable[BoardSlot]) -> Mapping[str, Board]:
    grouped: dict[str, list[BoardSlot]] = {}
    for slot in slots:
        grouped.setdefault(slot.board, []).append(slot)
    named = _by_name(boards)
    homeless = grouped.keys() - named.keys()
    if homeless:
        raise BadCatalogueError(f"data/components/board_slots.csv: no board named {min(homeless)!r} in boards.csv")
    return MappingProxyType(
        {
            name: replace(board, slots=tuple(sorted(grouped.get(name, ()), key=lambda slot: slot.slot_index)))
            for name, board in named.items()
        }
    )


def _with_chip(card: GpuCard, names: GpuNames) -> GpuCard:
    chip = names.gpus.get(card.gpu)
    if chip is None:
        raise BadCatalogueError(f"data/components/gpu_cards.csv: {card.card!r} has no chip {card.gpu!r} in gpus.csv")
    return replace(card, memory_gib=chip.memory_gib, nvlink=_has_nvlink(chip), pcie_gen=chip.pcie_gen)


def _has_nvlink(chip: Gpu) -> bool | None:
    return None if chip.nvlink_gb_s is None else chip.nvlink_gb_s > 0


def _generic(chip: Gpu) -> GpuCard:
    return GpuCard(
        card=chip.gpu,
        gpu=chip.gpu,
        board_power_w=chip.board_power_w,
        generic=True,
        memory_gib=chip.memory_gib,
        nvlink=_has_nvlink(chip),
        pcie_gen=chip.pcie_gen,
        form=chip.form,
        source=chip.source,
        locator=chip.locator,
        grade=chip.grade,
        note="any card with this chip: power of the reference card, size and plugs unknown",
    )
