"""Rules 21 to 26: lanes, M.2 sharing, generations, NVLink, and whether the machine can grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Status, Verdict, ok, unknown, violated
from payback.assembly.rulebook import findings, rule, rule_named
from payback.assembly.rules_gpu_fit import best_on_board, on_risers
from payback.assembly.topology import Placement
from payback.catalogue.components import Board

DEFAULT_LANES = 8
"""Lanes a card should have for training; PCIe 3.0 x8 moves 8 GB/s."""
LANES_PER_DRIVE = 4
CHIPSET_FEEDS_DRIVES = frozenset({"AM4", "AM5", "LGA1151", "LGA1151-300", "LGA1200", "LGA1700", "LGA1851"})
"""Sockets whose boards hang all but the first M.2 slot on the chipset."""
CHIPSET_LANES: Final[Mapping[str, int]] = {
    "A520": 6, "B450": 6, "X370": 8, "X470": 8, "B550": 10, "X570": 16, "X99": 8, "X299": 24, "Z170": 20, "Z270": 24,
    "Z370": 24, "Z390": 24, "H510": 6, "B560": 12, "H610": 8, "B660": 14, "B760": 14, "Z690": 28, "Z790": 28,
}  # fmt: skip
"""Lanes of a chipset for slots and drives (AMD and Intel chipset tables)."""
EXPANSION_RULES = (
    "GPU_LENGTH", "GPU_SLOT_WIDTH", "CASE_SLOTS", "GPU_LANES", "CPU_LANES", "PSU_POWER", "PSU_PLUGS", "OUTLET",
)  # fmt: skip


def nvme_count(machine: Machine) -> int:
    """Drives that certainly use PCIe lanes."""
    return sum(1 for drive in machine.drives if drive.kind in ("M.2 NVMe", "U.2 NVMe"))


def m2_hits_a_slot(machine: Machine, board: Board) -> bool | None:
    """Whether the M.2 drives must use a slot that takes lanes from a card's slot; None if nobody can tell."""
    drives = sum(1 for drive in machine.drives if drive.kind in ("M.2 NVMe", "M.2 SATA"))
    sharing = any(slot.lanes_if_m2 is not None for slot in board.slots)
    if drives == 0 or (not sharing and board.slots_complete is not False):
        return False
    if board.m2_unshared is not None:
        return drives > board.m2_unshared
    return None if sharing else False


def full_placement(machine: Machine, board: Board, *, m2_hit: bool = False) -> Placement | None:
    """The placement that a processor with all the lanes of the platform would allow."""
    if machine.cpu is None or board.full_lanes is None:
        return None
    full = replace(machine, cpu=replace(machine.cpu, pcie_lanes=board.full_lanes), cpu_count=1)
    return best_on_board(full, board, case_slots=_openings(machine), m2_hit=m2_hit)


def _openings(machine: Machine) -> int | None:
    return machine.case.slots if machine.case is not None and machine.case.kind != "open_frame" else None


@rule(
    21, "GPU_LANES", Severity.ERROR,
    "board manuals ; hardwaresecrets.com: fewer processor lanes switch slots off ; published builds at x1",
)  # fmt: skip
def cards_have_lanes(machine: Machine, demand: Demand) -> Verdict:
    """Every card gets the lanes asked for; unasked, fewer than eight are a warning (A9)."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    board = machine.board
    if board is None:
        return unknown("The board is not known.", machine.gap("board"))
    if not board.slots:
        return unknown(f"The slots of {board.board} are not in the catalogue.", "board_slots")
    if machine.gpu_count > len(board.slots):
        if board.slots_complete:
            return violated(f"{machine.gpu_count} cards, {len(board.slots)} slots that take a card on {board.board}.")
        return unknown(f"Only {len(board.slots)} slots of {board.board} are known.", "board_slots")
    return _judge_lanes(machine, board, demand)


def _judge_lanes(machine: Machine, board: Board, demand: Demand) -> Verdict:
    hit = m2_hits_a_slot(machine, board)
    found = best_on_board(machine, board, case_slots=_openings(machine), m2_hit=bool(hit))
    if found is None:
        return unknown("The cards find no place, so their lanes cannot be told.", "board_slots.position")
    if _switched_off(machine, board, found):
        cpu = machine.cpu
        lanes = f"the {cpu.pcie_lanes} lanes of {cpu.cpu}" if cpu is not None else "this processor"
        return violated(f"With {lanes} a slot that a card needs is off on {board.board}.")
    wanted = sum(slot.lanes_alone for slot in found.slots if slot.attached == "chipset")
    if wanted > CHIPSET_LANES.get(board.chipset, wanted):
        return violated(f"The cards want {wanted} lanes of a {board.chipset} that has {CHIPSET_LANES[board.chipset]}.")
    asked = demand.lanes_per_gpu
    floor, severity = (asked, Severity.ERROR) if asked else (DEFAULT_LANES, Severity.WARNING)
    if found.min_lanes is None:
        return unknown(
            "How many lanes a slot has with this processor is not known.", "board_slots.lanes", "cpu.pcie_lanes"
        )
    hearsay = machine.multi_gpu and not (found.trusted and machine.cpu is not None and machine.cpu.lanes_trusted)
    spread = "/".join(f"x{lanes}" for lanes in found.lanes)
    if found.min_lanes < floor and board.slots_complete and hit is not None and not (asked and hearsay):
        return violated(f"The cards run at {spread}; x{floor} {'asked' if asked else 'advised'}.", severity)
    if hearsay:
        return unknown("The lanes are known by hearsay only.", "board_slots.grade", "cpu.lanes_grade")
    if found.min_lanes < floor:
        return unknown(
            f"{spread} at best on the slots we know; {floor} lanes wanted.", "board_slots", "board.m2_unshared"
        )
    if hit is None:
        return unknown(f"{spread}, unless the M.2 drive takes lanes.", "board.m2_unshared")
    return ok(f"The cards run at {spread}.")


def _switched_off(machine: Machine, board: Board, found: Placement) -> bool:
    """Whether this processor leaves a card without processor lanes that the board gives with a full one."""
    if machine.cpu is None or machine.cpu.pcie_lanes is None or board.full_lanes is None:
        return False
    if machine.cpu.pcie_lanes * machine.cpu_count >= board.full_lanes or not board.slots_complete:
        return False
    full = full_placement(machine, board)
    served = full is not None and full.all_on_processor and (full.min_lanes or 0) >= DEFAULT_LANES
    starved = not found.all_on_processor or found.min_lanes == 0
    return served and starved


@rule(22, "CPU_LANES", Severity.ERROR, "board manuals ; Chen 2018: 36 lanes for four cards and a drive")
def processor_has_the_lanes(machine: Machine, demand: Demand) -> Verdict:
    """The processor feeds all cards and drives: n · lanes + 4 a drive (A15), unless a switch multiplies its lanes."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    if machine.cpu is None or machine.cpu.pcie_lanes is None:
        return unknown(
            "The processor's lanes are not known.", machine.gap("cpu") if machine.cpu is None else "cpu.pcie_lanes"
        )
    if machine.multi_gpu and not machine.cpu.lanes_trusted:
        return unknown("The processor's lanes are known by hearsay only.", "cpu.lanes_grade")
    board = machine.board
    if board is not None and any(slot.attached == "plx" for slot in board.slots):
        return ok("A switch on the board shares the processor's lanes among the slots.")
    have, need = machine.cpu.pcie_lanes * machine.cpu_count, lanes_needed(machine, demand)
    asked = demand.lanes_per_gpu
    if have < need:
        severity = Severity.ERROR if asked else Severity.WARNING
        return violated(f"{machine.cpu.cpu} has {have} lanes; cards and drives want {need}.", severity)
    return ok(f"{have} lanes for the {need} wanted.")


def lanes_needed(machine: Machine, demand: Demand) -> int:
    """Processor lanes for the cards and drives (A15).

    Four cards at x8 and one drive need 36, which is Chen's figure.
    """
    lanes = demand.lanes_per_gpu or DEFAULT_LANES
    drives = nvme_count(machine)
    if machine.cpu is not None and machine.cpu.socket in CHIPSET_FEEDS_DRIVES:
        drives = min(drives, 1)
    return machine.gpu_count * lanes + LANES_PER_DRIVE * drives


@rule(
    23, "M2_SHARES_SLOT", Severity.ERROR, "hardwaresecrets.com, ASUS X99-PRO: the M.2 slot switches PCIEX16_4 off",
    also_called="M2_SHARE",
)  # fmt: skip
def drives_leave_slots_alone(machine: Machine, _demand: Demand) -> Verdict:
    """No M.2 drive takes the lanes of a slot that a card needs."""
    board = machine.board
    if machine.gpu_count == 0 or not machine.drives or nvme_count(machine) == 0:
        return ok("No M.2 drive and card compete.")
    if board is None:
        return unknown("The board is not known.", machine.gap("board"))
    hit = m2_hits_a_slot(machine, board)
    if hit is None:
        return unknown(f"Which M.2 slot of {board.board} shares lanes is not known.", "board.m2_unshared")
    if not hit:
        return ok("The M.2 drives use lanes of their own.")
    before = best_on_board(machine, board, case_slots=_openings(machine))
    after = best_on_board(machine, board, case_slots=_openings(machine), m2_hit=True)
    if _served(before) and not _served(after):
        return violated(f"The M.2 drive takes the lanes of a slot that a card needs on {board.board}.")
    return ok("The cards keep their slots beside the M.2 drive.")


def _served(placement: Placement | None) -> bool:
    return placement is not None and placement.all_on_processor and (placement.min_lanes or 0) >= DEFAULT_LANES


FAST_LINK_GEN = 4
"""From this generation on a slower link is only worth a note: eight lanes of it carry what sixteen of the third do."""


@rule(24, "PCIE_GEN", Severity.WARNING, "generations of card, slot and processor")
def link_generation(machine: Machine, _demand: Demand) -> Verdict:
    """Card, slot and processor speak the same PCIe generation, or the slowest sets the pace."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    gens = [card.pcie_gen for card in machine.gpus if card.pcie_gen is not None]
    slot_gens = [slot.gen for slot in machine.board.slots if slot.gen] if machine.board else []
    cpu_gen = machine.cpu.pcie_gen if machine.cpu else None
    if not gens or not slot_gens or cpu_gen is None:
        return unknown("A PCIe generation is not known.", "board_slots.gen", "cpu.pcie_gen")
    host = min(max(slot_gens), cpu_gen)
    if host < max(gens):
        why = f"PCIe {host} on the machine's side, {max(gens):g} on the card's: the link runs at {host}."
        return violated(why, severity=Severity.INFO if host >= FAST_LINK_GEN else None)
    return ok(f"The link runs at PCIe {max(gens):g}.")


@rule(25, "P2P_NVLINK", Severity.ERROR, "NVIDIA data sheets: which cards have NVLink ; bridges of 2, 3 and 4 places")
def cards_can_be_bridged(machine: Machine, demand: Demand) -> Verdict:
    """Where NVLink is asked, the cards have it."""
    if not demand.nvlink:
        return ok("NVLink was not asked for.")
    if not machine.gpus or len(machine.gpus) < machine.gpu_count:
        return unknown("A card is not known.", machine.gap("gpu"))
    without = [card.name for card in machine.gpus if card.nvlink is False]
    if without:
        return violated(f"{without[0]} has no NVLink.")
    if any(card.nvlink is None for card in machine.gpus):
        return unknown("Whether a card has NVLink is not known.", "gpu.nvlink_gb_s")
    return ok("The cards have NVLink.") if machine.gpu_count > 1 else violated("A bridge needs two cards.")


@rule(26, "EXPAND_TO_N", Severity.ERROR, "builders who found that the second card did not fit (skeptric 2023)")
def machine_can_grow(machine: Machine, demand: Demand) -> Verdict:
    """With the asked number of cards, supply, slots, case, lanes and outlet still hold."""
    count = demand.expand_to_gpus
    if count is None or count <= 1:
        return ok("No expansion was asked for.")
    if not machine.gpus:
        return unknown("The card is not known.", machine.gap("gpu"))
    grown = findings(expanded(machine, count), replace(demand, expand_to_gpus=None), map(rule_named, EXPANSION_RULES))
    broken = [f for f in grown if f.status is Status.VIOLATED and f.severity is Severity.ERROR]
    if broken:
        return violated(f"With {count} cards {', '.join(f.rule for f in broken)} fail: {broken[0].why}")
    open_ends = [f for f in grown if f.status is Status.UNKNOWN and f.severity is Severity.ERROR]
    if open_ends:
        return unknown(
            f"With {count} cards {', '.join(f.rule for f in open_ends)} cannot be told.", *open_ends[0].missing
        )
    return ok(f"The machine takes {count} cards.")


def expanded(machine: Machine, count: int) -> Machine:
    """The machine with `count` cards: copies of its first one are added."""
    if not machine.gpus or machine.gpu_count >= count:
        return machine
    added = (machine.gpus[0],) * (count - machine.gpu_count)
    risers = count if on_risers(machine) else machine.risers
    return replace(machine, gpus=(*machine.gpus, *added), listed={**machine.listed, "gpu": count}, risers=risers)
