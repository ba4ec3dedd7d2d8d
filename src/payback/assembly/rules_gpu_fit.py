"""Rules 16 to 20: do the cards fit the case and each other?"""

from __future__ import annotations

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule
from payback.assembly.topology import PLACES, Placement, best_placement, cannot_ever_fit, placements, places_taken
from payback.catalogue.components import Board

DUAL_SLOT = 2
OTHER_CARDS = ("network", "nic", "sound", "raid", "hba", "capture", "expansion")
"""Categories of parts that take a slot beside the graphics cards."""
LEAST_WIDTH = 1.0
"""No card covers less than one place: enough to prove that some lists cannot fit whatever the cards are."""


def cards_gap(machine: Machine) -> Verdict | None:
    """The verdict for a machine without cards or with unknown ones; None if every card is known."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.") if not machine.unknown_parts.get("gpu") else None
    if len(machine.gpus) < machine.gpu_count:
        return unknown("A graphics card is not known.", machine.gap("gpu"))
    return None


def widths(machine: Machine) -> list[float] | None:
    """Places each card covers as its maker states it, None if one is not stated."""
    stated = [card.slot_width for card in machine.gpus]
    return None if None in stated or len(stated) < machine.gpu_count else [w for w in stated if w is not None]


def least_widths(machine: Machine) -> list[float]:
    """Places each card covers at least."""
    stated = [card.slot_width or LEAST_WIDTH for card in machine.gpus]
    return stated + [LEAST_WIDTH] * (machine.gpu_count - len(stated))


def on_risers(machine: Machine) -> bool:
    """Whether every card stands on a riser, so that thickness does not matter to the board."""
    open_frame = machine.case is not None and machine.case.kind == "open_frame"
    return machine.gpu_count > 0 and (machine.risers >= machine.gpu_count or open_frame)


def best_on_board(machine: Machine, board: Board, *, case_slots: int | None, m2_hit: bool = False) -> Placement | None:
    """The best way to put the machine's cards on its board, None if there is no way."""
    stated = widths(machine)
    taken = None if on_risers(machine) or stated is None else [places_taken(width) for width in stated]
    lanes = machine.cpu.pcie_lanes * machine.cpu_count if machine.cpu and machine.cpu.pcie_lanes is not None else None
    count = machine.gpu_count
    if taken is not None and any(slot.position is None for slot in board.slots):
        taken = None
    return best_placement(placements(board, taken, count, lanes, case_slots=case_slots, m2_hit=m2_hit))


@rule(16, "GPU_LENGTH", Severity.ERROR, "BuildCores OpenDB: card lengths and clearances")
def cards_fit_lengthwise(machine: Machine, _demand: Demand) -> Verdict:
    """No card is longer than the case allows."""
    gap = cards_gap(machine)
    if gap:
        return gap
    if machine.case is None:
        return unknown("The case is not known.", machine.gap("case"))
    if machine.case.kind == "open_frame":
        return ok("An open frame takes cards of any length.")
    limit = machine.case.max_gpu_mm
    lengths = [card.length_mm for card in machine.gpus]
    known = [length for length in lengths if length is not None]
    if limit is not None and known and max(known) > limit:
        return violated(f"A card of {max(known):g} mm; {machine.case.case} takes {limit:g} mm.")
    if limit is None or len(known) < len(lengths):
        return unknown(
            "Card length or clearance is not known.", "case.max_gpu_mm" if limit is None else "gpu.length_mm"
        )
    return ok(f"Cards of up to {max(known):g} mm in {limit:g} mm.")


@rule(17, "GPU_HEIGHT", Severity.WARNING, "general hardware knowledge: a 12VHPWR plug needs about 35 mm to bend")
def cards_and_plugs_fit_widthwise(machine: Machine, _demand: Demand) -> Verdict:
    """Card height and the bend of its plug stay under the side panel; no table holds card heights yet."""
    gap = cards_gap(machine)
    if gap:
        return gap
    if machine.case is not None and machine.case.kind == "open_frame":
        return ok("An open frame has no side panel.")
    return unknown("Card heights are not in the catalogue.", "gpu.height_mm", "case.width_mm")


@rule(
    18, "GPU_SLOT_WIDTH", Severity.ERROR,
    "hardwaresecrets.com: a dual-slot card covers the next slot ; slot pitch measured on makers' drawings",
    also_called="GPU_SLOT_FIT",
)  # fmt: skip
def cards_stand_side_by_side(machine: Machine, _demand: Demand) -> Verdict:
    """Every card has a slot of its own and covers no other card's slot (A8)."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    board = machine.board
    if board is None:
        return unknown("The board is not known.", machine.gap("board"))
    if not on_risers(machine) and cannot_ever_fit(board.form_factor, least_widths(machine)):
        needed = sum(sorted(places_taken(width) for width in least_widths(machine))[:-1]) + 1
        have = f"a {board.form_factor} board has {PLACES[board.form_factor]}"
        return violated(f"{machine.gpu_count} cards need {needed} places; {have}.")
    if board.slots_complete and machine.gpu_count > len(board.slots):
        return violated(f"{machine.gpu_count} cards for {len(board.slots)} slots of {board.board}.")
    if machine.gpu_count == 1 or on_risers(machine):
        return ok("One card always finds a place." if machine.gpu_count == 1 else "Cards on risers do not cover slots.")
    return _several_on(machine, board)


def _several_on(machine: Machine, board: Board) -> Verdict:
    stated = widths(machine)
    if stated is None:
        return unknown("How many places a card covers is not known.", "gpu.slot_width")
    if len(board.slots) < machine.gpu_count:
        return unknown(f"The slots of {board.board} are not in the catalogue.", "board_slots")
    others = [name for name in OTHER_CARDS if machine.listed.get(name)]
    if others:
        return unknown(f"Whether a slot is left for the {others[0]} card is not judged.", others[0])
    taken = [places_taken(width) for width in stated]
    if _seen_on(board, taken) and board.trusted and all(card.trusted for card in machine.gpus):
        return ok(f"{board.board} is known to carry {board.dual_slot_cards} dual-slot cards.")
    found = best_placement(placements(board, taken, machine.gpu_count, None))
    if found is not None and found.trusted and all(card.trusted for card in machine.gpus):
        spots = ", ".join(str(slot.position) for slot in found.slots)
        return ok(f"The cards stand at places {spots} of {board.board}.")
    if found is not None:
        return unknown("The cards seem to fit, on facts known by hearsay.", "board_slots.grade", "gpu.grade")
    if any(slot.position is None for slot in board.slots) or not board.slots_complete:
        return unknown(f"Where the slots of {board.board} are is not known.", "board_slots.position")
    if not all(slot.trusted for slot in board.slots):
        return unknown("The cards seem to collide, on facts known by hearsay.", "board_slots.grade")
    return violated(f"Cards covering {', '.join(map(str, taken))} places collide on {board.board}.")


def _seen_on(board: Board, taken: list[int]) -> bool:
    return max(taken) <= DUAL_SLOT and len(taken) <= (board.dual_slot_cards or 0)


@rule(
    19, "CASE_SLOTS", Severity.ERROR, "hardwaresecrets.com: a dual-slot card in the last slot needs an eight-slot case"
)
def cards_have_openings(machine: Machine, _demand: Demand) -> Verdict:
    """The last card's places are still openings of the case (A8)."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    case, board = machine.case, machine.board
    if case is None:
        return unknown("The case is not known.", machine.gap("case"))
    if case.kind == "open_frame":
        return ok("An open frame has no openings to run out of.")
    if case.slots is None:
        return unknown("The number of openings is not known.", "case.slots")
    taken = [places_taken(width) for width in least_widths(machine)]
    if sum(taken) > case.slots:
        return violated(f"The cards cover {sum(taken)} places; {case.case} has {case.slots} openings.")
    stated = widths(machine)
    if stated is None:
        return unknown("How many places a card covers is not known.", "gpu.slot_width")
    if machine.gpu_count == 1:
        return ok(f"One card, {case.slots} openings.")
    return _openings(machine, board, case.slots, [places_taken(width) for width in stated])


def _openings(machine: Machine, board: Board | None, case_slots: int, taken: list[int]) -> Verdict:
    if board is None or len(board.slots) < machine.gpu_count:
        return unknown("The slots of the board are not known.", "board_slots")
    inside = best_placement(placements(board, taken, machine.gpu_count, None, case_slots=case_slots))
    if inside is not None:
        return ok(f"The cards stay within {case_slots} openings.")
    places = PLACES.get(board.form_factor)
    if _seen_on(board, taken) and places is not None and case_slots >= places + taken[-1] - 1:
        return ok(f"No card on a {board.form_factor} board passes {case_slots} openings.")
    if any(slot.position is None for slot in board.slots):
        return unknown("Where the slots are is not known.", "board_slots.position")
    outside = best_placement(placements(board, taken, machine.gpu_count, None))
    if outside is None:
        return violated(f"There is no way to put the cards on {board.board}.")
    last = (outside.slots[-1].position or 0) + taken[-1] - 1
    return violated(f"The last card ends at place {last}; the case has {case_slots} openings.")


@rule(
    20,
    "GPU_AIRFLOW",
    Severity.WARNING,
    "Northcutt 2019: open cards side by side overheated and were replaced by blowers",
)
def cards_can_breathe(machine: Machine, _demand: Demand) -> Verdict:
    """Cards standing next to each other blow their heat out (blower), or carry it away (liquid)."""
    if machine.gpu_count < 2:
        return ok("A single card has room.")
    if machine.case is not None and machine.case.kind == "open_frame":
        return ok("Cards in an open frame stand apart.")
    kinds = [card.cooler for card in machine.gpus]
    if len(kinds) == machine.gpu_count and all(kind in ("blower", "liquid") for kind in kinds):
        return ok("Blower or liquid cards may stand side by side.")
    if "open" in kinds and _side_by_side(machine):
        return violated("Open-air cards stand side by side and heat each other; blower cards do not.")
    if "passive" in kinds:
        return violated("Passive cards need the ducted air of a server case.")
    if "open" in kinds and machine.gpu_count == 2:
        return ok("Two open-air cards can be kept a place apart.")
    if machine.gpu_count > 2 and all(card.form == "PCIe" for card in machine.gpus):
        return violated("Three or more cards that are not said to be blowers heat each other in a tower.")
    return unknown("How a card is cooled is not known.", "gpu.cooler")


def _side_by_side(machine: Machine) -> bool:
    """Whether every placement puts two cards next to each other."""
    stated, board = widths(machine), machine.board
    if stated is None or board is None or any(slot.position is None for slot in board.slots):
        return False
    apart = [places_taken(width) + 1 for width in stated]
    limit = machine.case.slots + 1 if machine.case and machine.case.slots else None
    return best_placement(placements(board, apart, machine.gpu_count, None, case_slots=limit)) is None
