"""Rules 5 to 10 and 15: memory type, class, count, channels, size, speed, room under the cooler."""

from __future__ import annotations

from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule
from payback.assembly.rules_platform import canonical_socket
from payback.catalogue.components import Board

ORDINARY_MODULE_GB: Final = {"UDIMM": 16.0, "RDIMM": 64.0, "both": 64.0}
"""Module size that every board with DDR4 or DDR5 slots of a class takes, where its limit is not on record."""


def _kits_or_gap(machine: Machine) -> Verdict | None:
    if not machine.memory or not machine.known("memory"):
        return unknown("The memory is not known.", machine.gap("memory"))
    return None


def total_gb(machine: Machine) -> float | None:
    """Memory of the machine, None if a kit does not say its size. [GB]"""
    sizes = [_kit_gb(kit.module_count, kit.module_gb, kit.note) for kit in machine.memory]
    return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)


def _kit_gb(count: int | None, size_gb: float | None, note: str) -> float | None:
    if count is not None and size_gb is not None:
        return count * size_gb
    return float(note.split(" ")[0]) if note.endswith("GB in all") else None


def module_count(machine: Machine) -> int | None:
    """Memory modules in the machine, None if a kit does not say how many it holds."""
    counts = [kit.module_count for kit in machine.memory]
    return None if not counts or None in counts else sum(count for count in counts if count is not None)


CLOCKED_SOCKETS: Final = frozenset({"LGA1851"})
"""Sockets whose processors were made for modules that carry a clock of their own (Core Ultra 200)."""
BASE_MT_S: Final = {"DDR4": 2133, "DDR5": 4800}
"""Lowest speed of the processors that take a generation (JEDEC base bins)."""
AM5_FOUR_MODULES_MT_S: Final = 3600
"""AMD rates Ryzen 7000 and 9000 for this with four modules; two may run faster."""


@rule(5, "RAM_TYPE", Severity.ERROR, 'ASUS manuals: "DO NOT install DDR4 in a DDR5 slot"')
def memory_type_matches(machine: Machine, _demand: Demand) -> Verdict:
    """The modules are of the generation that the board's slots take."""
    gap = _kits_or_gap(machine)
    if gap:
        return gap
    if machine.board is None or machine.board.memory_type is None:
        return unknown("The board's memory type is not known.", "board.memory_type")
    kinds = {kit.memory_type for kit in machine.memory}
    wrong = kinds - {machine.board.memory_type, None}
    if wrong:
        return violated(
            f"{machine.board.board} takes {machine.board.memory_type}; the list has {', '.join(map(str, wrong))}."
        )
    if None in kinds:
        return unknown("The list does not say which DDR generation the memory is.", "memory.memory_type")
    return ok(f"Board and memory are {machine.board.memory_type}.")


@rule(
    6, "RAM_REGISTERED", Severity.ERROR,
    "blbadger.github.io: \"only RDIMM or LRDIMM modules may be used\" ; AMD: TRX50 and WRX90 take RDIMM",
    also_called="RAM_REG",
)  # fmt: skip
def memory_class_accepted(machine: Machine, _demand: Demand) -> Verdict:
    """Registered or unbuffered as the platform wants it, and never mixed."""
    gap = _kits_or_gap(machine)
    if gap:
        return gap
    kinds = {kit.dimm_class for kit in machine.memory}
    if len(kinds - {None}) > 1:
        return violated("Registered and unbuffered modules cannot be mixed.")
    if machine.board is None or machine.board.dimm_class is None:
        return unknown("Whether the board takes registered modules is not known.", "board.dimm_class")
    wanted = machine.board.dimm_class
    if "CUDIMM" in kinds and wanted in ("UDIMM", "both"):
        return _clocked_accepted(machine.board)
    wrong = kinds - {wanted, None}
    if wrong and wanted != "both":
        return violated(f"{machine.board.board} takes {wanted} only; the list has {', '.join(map(str, wrong))}.")
    unsaid = [kit for kit in machine.memory if kit.dimm_class is None]
    if unsaid and (wanted != "UDIMM" or any(kit.ecc for kit in unsaid)):
        return unknown("The list does not say whether the modules are registered.", "memory.dimm_class")
    if unsaid:
        return ok(
            f"{unsaid[0].memory} is not called registered or ECC, so it is unbuffered, as {machine.board.board} wants."
        )
    return ok(f"{machine.board.board} takes {'either class' if wanted == 'both' else wanted}.")


def _clocked_accepted(board: Board) -> Verdict:
    """Modules with a clock of their own need a platform made for them; elsewhere the firmware must bypass it."""
    if canonical_socket(board.socket) in CLOCKED_SOCKETS:
        return ok(f"{board.board} takes clocked modules (CUDIMM).")
    return unknown(f"Whether {board.board} starts with clocked modules (CUDIMM) is not known.", "board.cudimm")


@rule(7, "RAM_COUNT", Severity.ERROR, "BuildCores OpenDB: slots and maximum of the board and the processor")
def modules_have_slots(machine: Machine, _demand: Demand) -> Verdict:
    """Every module has a slot, and board and processor address them all (A3)."""
    gap = _kits_or_gap(machine)
    if gap:
        return gap
    board, modules, size_gb = machine.board, module_count(machine), total_gb(machine)
    if board is None or board.dimm_slots is None:
        return unknown("The number of memory slots is not known.", "board.dimm_slots")
    if modules is not None and modules > board.dimm_slots:
        return violated(f"{modules} modules for {board.dimm_slots} slots of {board.board}.")
    cpu_gb = (
        None
        if machine.cpu is None or machine.cpu.max_memory_gb is None
        else machine.cpu.max_memory_gb * machine.cpu_count
    )
    limits = [limit for limit in (board.max_memory_gb, cpu_gb) if limit is not None]
    if size_gb is not None and limits and size_gb > min(limits):
        return violated(f"{size_gb:g} GB of memory; board and processor address {min(limits):g} GB.")
    if modules is None:
        return unknown("The list does not say how many modules there are.", "memory.module_count")
    if size_gb is None:
        return unknown("The size of the memory is not known.", "memory.module_gb")
    if not limits and size_gb / modules > ORDINARY_MODULE_GB.get(board.dimm_class or "", 0.0):
        return unknown("How much memory the board addresses is not known.", "board.max_memory_gb")
    return ok(f"{modules} modules, {size_gb:g} GB, in {board.dimm_slots} slots.")


@rule(8, "RAM_CHANNELS", Severity.WARNING, "published builds with idle channels (2 of 4, 6 of 8)")
def channels_filled(machine: Machine, _demand: Demand) -> Verdict:
    """A multiple of the channels is filled; fewer modules mean less bandwidth (A3)."""
    gap = _kits_or_gap(machine)
    if gap:
        return gap
    modules = module_count(machine)
    known = [
        n for n in (machine.board and machine.board.memory_channels, machine.cpu and machine.cpu.memory_channels) if n
    ]
    if modules is None or not known:
        return unknown("Modules or channels are not known.", "memory.module_count", "board.memory_channels")
    channels = min(known) * machine.cpu_count
    if modules % channels:
        return violated(f"{modules} modules on {channels} channels: some of the memory bandwidth is lost.")
    return ok(f"{modules} modules fill {channels} channels.")


@rule(9, "RAM_SIZE", Severity.WARNING, "github hiryou/gpurack: at least as much memory as the GPUs have")
def memory_is_large_enough(machine: Machine, demand: Demand) -> Verdict:
    """As much memory as asked (a hard rule then), else as much as the GPUs hold together."""
    gap = _kits_or_gap(machine)
    asked = demand.min_ram_gb
    severity = Severity.ERROR if asked is not None else None
    if gap:
        return Verdict(status=gap.status, why=gap.why, missing=gap.missing, severity=severity)
    size_gb = total_gb(machine)
    vram_gb = sum(card.memory_gib or 0.0 for card in machine.gpus)
    wanted = asked if asked is not None else max(vram_gb, 0.0)
    if size_gb is None:
        return Verdict(
            status=unknown("").status,
            why="The memory's size is not known.",
            missing=("memory.module_gb",),
            severity=severity,
        )
    if size_gb < wanted:
        return violated(f"{size_gb:g} GB of memory; {wanted:g} GB {'asked' if asked else 'on the GPUs'}.", severity)
    return ok(f"{size_gb:g} GB of memory against {wanted:g} GB wanted.")


@rule(10, "RAM_SPEED", Severity.WARNING, "ASUS manuals: speed depends on processor, board and population")
def memory_runs_at_its_speed(machine: Machine, _demand: Demand) -> Verdict:
    """Fast kits may run slower; the tables do not hold every board's speed list."""
    gap = _kits_or_gap(machine)
    if gap:
        return gap
    rated = [kit.speed_mt_s for kit in machine.memory if kit.speed_mt_s is not None]
    on_am5 = machine.board is not None and machine.board.socket == "AM5"
    if on_am5 and rated and (module_count(machine) or 0) > 2 and max(rated) > AM5_FOUR_MODULES_MT_S:
        return violated(
            f"Four modules on AM5 are rated for {AM5_FOUR_MODULES_MT_S} MT/s; {max(rated)} is not promised."
        )
    base = [BASE_MT_S.get(kit.memory_type or "", 0) for kit in machine.memory]
    if len(rated) == len(machine.memory) and all(speed <= least for speed, least in zip(rated, base, strict=True)):
        return ok("Every board runs modules at the base speed of their generation.")
    return unknown("Which speeds the board runs with these modules is not in the catalogue.", "board.memory_speeds")


@rule(15, "RAM_COOLER_CLEAR", Severity.WARNING, "BuildCores OpenDB: module heights (16 % of records)")
def memory_clears_the_cooler(machine: Machine, _demand: Demand) -> Verdict:
    """Tall modules may touch a large air cooler; a pump block touches none."""
    if machine.coolers and all(cooler.kind == "liquid" for cooler in machine.coolers) and machine.known("cooler"):
        return ok("A pump block stands clear of the modules.")
    room = [cooler.ram_clearance_mm for cooler in machine.coolers if cooler.kind == "air"]
    heights = [kit.height_mm for kit in machine.memory]
    if not room or not heights or None in room or None in heights:
        return unknown("The room under the cooler is not known.", "memory.height_mm", "cooler.ram_clearance_mm")
    tallest, least = max(h for h in heights if h is not None), min(r for r in room if r is not None)
    if tallest > least:
        return violated(f"Modules of {tallest:g} mm, {least:g} mm clear of the cooler: the fan must move up.")
    return ok(f"Modules of {tallest:g} mm under {least:g} mm.")
