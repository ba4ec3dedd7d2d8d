"""Rules 4 and 33: board and power supply in the case."""

from __future__ import annotations

from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule
from payback.catalogue.components import Board

FORM_RANK: Final = {
    "mini-ITX": 0, "micro-ATX": 1, "ATX": 2, "SSI-CEB": 3, "E-ATX": 4, "XL-ATX": 5, "SSI-EEB": 5, "HPTX": 6
}  # fmt: skip
"""Board forms by size; a case that takes one takes the smaller ones."""
WORKSTATION_SOCKETS: Final = frozenset(
    {"sWRX8", "sTR5", "SP3", "SP5", "SP6", "LGA3647", "LGA4189", "LGA4677", "LGA4710"}
)
"""Their boards sold as E-ATX are up to 330 mm deep; those of desktop sockets stay below 280 mm."""
COMMON_EATX_MM: Final = 280.0
"""Depth up to which boards sold as E-ATX fit the towers sold for E-ATX."""
STANDARD_PSU_MM: Final = 140.0
"""Depth of a standard ATX supply (Intel ATX12V design guide); every ATX tower takes it."""


@rule(4, "FORM_FACTOR", Severity.ERROR, "BuildCores OpenDB ; published builds where the record is short")
def board_fits_the_case(machine: Machine, _demand: Demand) -> Verdict:
    """The case takes the board's form; a database that lists no E-ATX for a tower proves nothing."""
    if machine.board is None or machine.case is None:
        gaps = [machine.gap(c) for c, part in (("board", machine.board), ("case", machine.case)) if part is None]
        return unknown("Board or case is not known.", *gaps)
    form, case = machine.board.form_factor, machine.case
    if not case.board_forms or form not in FORM_RANK:
        return unknown("The forms of board or case are not known.", "case.board_forms")
    largest = max(FORM_RANK[listed] for listed in case.board_forms)
    if form == "E-ATX" in case.board_forms and "SSI-EEB" not in case.board_forms and _may_be_deep(machine.board):
        return unknown(
            f"{machine.board.board} may be up to 330 mm deep, as such E-ATX boards are; {case.case} may be too small.",
            "board.depth_mm",
            "case.max_board_mm",
        )
    if form in case.board_forms or FORM_RANK[form] <= min(largest, FORM_RANK["ATX"]):
        return ok(f"{case.case} takes {form}.")
    oversize = FORM_RANK[form] > FORM_RANK["ATX"]
    if case.forms_complete or not oversize or largest < FORM_RANK["ATX"]:
        return violated(f"{machine.board.board} is {form}; {case.case} takes {', '.join(case.board_forms)}.")
    return unknown(
        f"The record of {case.case} names no form above ATX; {form} boards often fit such cases.", "case.board_forms"
    )


def _may_be_deep(board: Board) -> bool:
    """Whether an E-ATX board may be deeper than the cases that only say E-ATX."""
    if board.depth_mm is not None:
        return board.depth_mm > COMMON_EATX_MM
    return board.socket in WORKSTATION_SOCKETS


@rule(33, "PSU_FIT", Severity.ERROR, "BuildCores OpenDB ; published builds that fit")
def supply_fits_the_case(machine: Machine, _demand: Demand) -> Verdict:
    """The case takes the supply's form and its length."""
    if machine.case is None or not machine.psus or not machine.known("psu"):
        return unknown("Case or supply is not known.", machine.gap("case" if machine.case is None else "psu"))
    case = machine.case
    if case.kind == "open_frame":
        return ok("An open frame takes any supply.")
    strange = [
        psu.psu
        for psu in machine.psus
        if psu.form not in case.psu_forms and not (psu.form == "SFX" and "ATX" in case.psu_forms)
    ]
    if strange:
        return violated(f"{strange[0]} is not of a form that {case.case} takes ({', '.join(case.psu_forms)}).")
    lengths = [psu.length_mm for psu in machine.psus]
    if None in lengths:
        return unknown("The supply's length is not known.", "psu.length_mm")
    longest = max(length for length in lengths if length is not None)
    if longest <= max(case.max_psu_mm or 0.0, STANDARD_PSU_MM) and len(machine.psus) == 1:
        return ok(f"A supply of {longest:g} mm fits {case.case}.")
    if case.max_psu_mm is None or "max_psu_mm" in case.at_least or len(machine.psus) > 1:
        return unknown(
            f"Whether {case.case} takes {len(machine.psus)} of {longest:g} mm is not known.", "case.max_psu_mm"
        )
    return violated(f"{machine.psus[0].psu} is {longest:g} mm long; {case.case} takes {case.max_psu_mm:g} mm.")
