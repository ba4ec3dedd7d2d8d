"""Parts of a machine as frozen objects: one class a table of ``data/components``, one field a column.

None is "unknown": a rule that needs it answers *unknown*, never *fits*. A part
whose grade is ``assumed`` is known by hearsay only and may not carry a machine
with two or more GPUs (`Part.trusted`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator

from payback.catalogue.schema import Row
from payback.evidence import Grade

DimmClass = Literal["UDIMM", "CUDIMM", "RDIMM", "both"]
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
    dual_slot_cards: int | None = None
    """Dual-slot cards known to stand in the slots with most lanes, where nobody gave the slots' positions."""
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
    """True when the rated output needs 200 to 240 V."""


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
    ram_clearance_mm: float | None = None
    """Height of modules that stay clear of the cooler and its fans as delivered."""
    rated_w: float | None = None
    """Heat the maker says it carries."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuRange(Part):
    """What the cards of one chip have in common: the smallest and the largest that are on record."""

    gpu: str
    """Name of the chip in gpus.csv."""
    records: int
    """Cards on record."""
    shortest_mm: float
    longest_mm: float
    narrowest_slots: float
    widest_slots: float
    plug_sets: Choices
    """Every set of power plugs seen that can carry the chip's power; ``none`` for cards fed by the slot."""


NAME_FIELDS: dict[type, str] = {
    Cpu: "cpu", Board: "board", BoardSlot: "board", PowerSupply: "psu", GpuCard: "card", Case: "case",
    Cooler: "cooler", Memory: "memory", Drive: "drive", GpuRange: "gpu",
}  # fmt: skip
