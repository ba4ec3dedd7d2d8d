"""Parts of a machine as frozen objects, read from ``data/components/*.csv``.

One class a table, one field a column; ``data/components/README.md`` says what
each column means. None is "unknown": a rule that needs it answers *unknown*,
never *fits*. A row whose grade is ``assumed`` is known by hearsay only and may
not carry a machine with two or more GPUs (`Row.trusted`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator

from payback.catalogue.identity import GpuNames
from payback.catalogue.schema import Gpu, GpuAlias, Row
from payback.catalogue.tables import data_folder, read_table
from payback.errors import BadCatalogueError
from payback.evidence import Grade

DimmClass = Literal["UDIMM", "RDIMM", "both"]
Attached = Literal["cpu", "chipset", "plx"]
CardCooler = Literal["blower", "open", "liquid", "passive"]


def _split(cell: object) -> object:
    return tuple(part.strip() for part in cell.split(";")) if isinstance(cell, str) else cell


def _split_slash(cell: object) -> object:
    return tuple(part.strip() for part in cell.split("/")) if isinstance(cell, str) else cell


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_split)]
Choices = Annotated[tuple[str, ...], BeforeValidator(_split_slash)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Row):
    """What every part has: a name, other spellings of it, and evidence for its figures."""

    aliases: Words = ()

    @property
    def name(self) -> str:
        """The name of the part, which is the first column of its table."""
        return str(getattr(self, NAME_FIELDS[type(self)]))

    @property
    def trusted(self) -> bool:
        """Whether the figures rest on more than hearsay."""
        return self.grade is not Grade.ASSUMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu(Part):
    """A processor."""

    cpu: str
    socket: str
    family: str
    cores: int
    threads: int
    tdp_w: float
    peak_power_w: float | None = None
    """Package power limit (AMD PPT, Intel maximum turbo power); None where only the TDP is known."""
    pcie_lanes: int | None = None
    """Lanes left for cards and drives after the link to the chipset."""
    lanes_grade: Grade | None = None
    pcie_gen: int | None = None
    memory_type: Choices = ()
    memory_channels: int | None = None
    max_memory_gb: float | None = None
    dimm_class: DimmClass | None = None
    boxed_cooler: bool | None = None
    integrated_graphics: bool | None = None
    sockets_max: int = 1
    launch_date: str = ""

    @property
    def full_power_w(self) -> float:
        """The most the package draws by its own limits, the TDP where nothing better is known. [W]"""
        return self.peak_power_w or self.tdp_w

    @property
    def lanes_trusted(self) -> bool:
        """Whether the lane count rests on more than hearsay."""
        return self.pcie_lanes is not None and self.lanes_grade not in (None, Grade.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSlot(Part):
    """One x16-size slot of a board and what becomes of its lanes."""

    board: str
    slot_index: int
    """Count from the processor, 1 = nearest."""
    slot: str = ""
    """The maker's name of the slot."""
    position: int | None = None
    """Number of the opening in the case, 1 to 8; None where nobody gave it."""
    connector: str = "x16"
    lanes_alone: int
    """Lanes with a processor that has the board's `full_lanes`, nothing else using them."""
    lanes_shared: int | None = None
    """Lanes when one of `shares_with` holds a card; 0 = off."""
    shares_with: Numbers = ()
    """Indices of the slots that take lanes from this one."""
    lanes_2gpu: int | None = None
    lanes_4gpu: int | None = None
    lanes_cpu28: int | None = None
    """Lanes with a 28-lane processor; None = not stated."""
    lanes_cpu16: int | None = None
    lanes_if_m2: int | None = None
    """Lanes left when the M.2 slot that shares with this slot is used; 0 = off."""
    gen: int | None = None
    attached: Attached
    shared_note: str = ""

    @property
    def on_processor(self) -> bool:
        """Whether the lanes come from the processor, straight or through a switch."""
        return self.attached in ("cpu", "plx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Part):
    """A mainboard with its slots."""

    board: str
    maker: str
    socket: str
    chipset: str
    form_factor: str
    width_mm: float | None = None
    depth_mm: float | None = None
    memory_type: str | None = None
    dimm_slots: int | None = None
    dimm_class: DimmClass | None = None
    max_memory_gb: float | None = None
    memory_channels: int | None = None
    m2_slots: int | None = None
    m2_unshared: int | None = None
    """M.2 slots whose use takes no lanes from an x16-size slot."""
    sata_ports: int | None = None
    eps_connectors: int | None = None
    full_lanes: int | None = None
    """Usable lanes of a processor that gives the slot widths of the table."""
    cpu_sockets: int = 1
    onboard_video: bool | None = None
    bios_flashback: bool | None = None
    slots_complete: bool | None = None
    """True when every x16-size slot of the board is in the table."""
    slots: tuple[BoardSlot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSupply(Part):
    """A power supply."""

    psu: str
    watts: float
    form: str
    efficiency: str | None = None
    atx_version: str | None = None
    length_mm: float | None = None
    pcie_8pin: int | None = None
    """6+2-pin plugs on the leads."""
    pcie_12v: int | None = None
    """12VHPWR and 12V-2x6 plugs."""
    eps: int | None = None
    plugs_at_least: bool = False
    """True when the plug counts are what an owner was seen to use, not all there are."""
    inlet: str | None = None
    needs_200v: bool = False
    low_line_w: float | None = None
    """Output at 100 to 120 V where that is below `watts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCard(Part):
    """A graphics card as a board partner sells it, or (`generic`) any card with a chip."""

    card: str
    gpu: str
    """Name of the chip in gpus.csv."""
    cooler: CardCooler | None = None
    length_mm: float | None = None
    slot_width: float | None = None
    power_connectors: str | None = None
    board_power_w: float | None = None
    video_outputs: bool | None = None
    generic: bool = False
    memory_gib: float | None = None
    nvlink: bool | None = None
    pcie_gen: float | None = None
    form: str = "PCIe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Part):
    """A case; an open frame encloses nothing, so that no clearance binds."""

    case: str
    kind: Literal["tower", "open_frame", "rack"]
    board_forms: Words = ()
    forms_complete: bool = False
    """True when a board form missing from the list does not fit."""
    max_gpu_mm: float | None = None
    max_cooler_mm: float | None = None
    slots: int | None = None
    psu_forms: Words = ()
    max_psu_mm: float | None = None
    radiators: Words = ()
    """One entry a mount: ``top 120/240/360``."""
    radiators_complete: bool = False
    at_least: Annotated[tuple[str, ...], BeforeValidator(lambda c: tuple(c.split()) if isinstance(c, str) else c)] = ()
    """Fields that say what was seen to fit; more may fit too."""
    rack_units: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooler(Part):
    """A processor cooler."""

    cooler: str
    kind: Literal["air", "liquid"]
    sockets: Words = ()
    height_mm: float | None = None
    radiator_mm: int | None = None
    rated_w: float | None = None
    max_noise_dba: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Part):
    """A memory kit, or a product line whose size the parts list must say."""

    memory: str
    memory_type: str | None = None
    module_count: int | None = None
    module_gb: float | None = None
    speed_mt_s: int | None = None
    dimm_class: DimmClass | None = None
    height_mm: float | None = None
    ecc: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive(Part):
    """A drive."""

    drive: str
    kind: Literal["M.2 NVMe", "M.2 SATA", "SATA", "U.2 NVMe"] | None = None
    capacity_gb: float | None = None
    pcie_gen: int | None = None
    m2_length_mm: int | None = None
    spinning: bool | None = None


NAME_FIELDS: dict[type, str] = {
    Cpu: "cpu", Board: "board", BoardSlot: "board", PowerSupply: "psu", GpuCard: "card", Case: "case",
    Cooler: "cooler", Memory: "memory", Drive: "drive",
}  # fmt: skip
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
        generic_cards={gpu.gpu: _generic(gpu) for gpu in gpus if gpu.form in ("PCIe", "SXM", "board")},
    )


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
    return MappingProxyType({
        name: replace(board, slots=tuple(sorted(grouped.get(name, ()), key=lambda slot: slot.slot_index)))
        for name, board in named.items()
    })


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
