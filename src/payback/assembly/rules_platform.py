"""Rules 1 to 3: processor, socket, chipset, firmware."""

from __future__ import annotations

import re
from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule
from payback.catalogue.components import Board, Cpu

SOCKET_SPELLINGS: Final = {"TR4": "sTR4", "sTR4": "sTR4", "LGA1151-300": "LGA1151", "LGA2011-V3": "LGA2011-3"}
CHIPSETS_OF_FAMILY: Final = {
    ("LGA1151", "Skylake"): r"[A-Z]?(1|2)\d0",
    ("LGA1151", "Kaby Lake"): r"[A-Z]?(1|2)\d0",
    ("LGA1151", "Coffee Lake"): r"[A-Z]?3\d\d|C24\d",
    ("LGA2066", "Xeon W-2000"): r"C422",
    ("LGA2066", "Core X"): r"X299",
    ("LGA2066", "Kaby Lake-X"): r"X299",
    ("LGA2011-3", "Core"): r"X99",
    ("LGA2011-3", "Xeon E5"): r"X99|C61\d",
    ("sTR4", "Threadripper"): r"X399",
    ("sTRX4", "Threadripper"): r"TRX40",
    ("sWRX8", "Threadripper PRO"): r"WRX80",
    ("sTR5", "Threadripper"): r"TRX50",
    ("sTR5", "Threadripper PRO"): r"WRX90|TRX50",
    ("LGA4677", "Xeon W"): r"W790",
    ("LGA4677", "Xeon"): r"C741",
}
"""Which chipsets take a family that shares its socket with others (ocworks.com for sTR5; makers' support lists)."""
OLDER_CHIPSETS: Final = (
    ("AM4", r"A320|B350|X370|B450|X470|X570", r"Ryzen \d 5\d{3}"),
    ("AM4", r"A320|B350|X370|B450|X470", r"Ryzen \d 3\d{3}"),
    ("AM5", r"A620|B650E?|X670E?", r"Ryzen \d [89]\d{3}"),
    ("LGA1700", r"H610|B660|H670|Z690", r"i\d-1[34]\d{3}"),
    ("sTR4", r"X399", r"Threadripper 29\d0"),
)
"""Chipsets sold before a processor of the same socket: socket, chipsets, processor names."""
ANY_CHIPSET: Final = {"AM4", "AM5", "LGA1200", "LGA1700", "LGA1851", "SP3", "SP5", "SP6", "LGA3647", "LGA4189"}


def canonical_socket(socket: str) -> str:
    """One spelling per socket.

    Example:
        >>> canonical_socket("TR4"), canonical_socket("LGA1151-300")
        ('sTR4', 'LGA1151')
    """
    return SOCKET_SPELLINGS.get(socket.strip(), socket.strip())


def processor_and_board(machine: Machine) -> tuple[Cpu, Board] | Verdict:
    """The processor and the board, or the verdict that one of them is not known."""
    gaps = tuple(machine.gap(c) for c, part in (("cpu", machine.cpu), ("board", machine.board)) if part is None)
    if machine.cpu is None or machine.board is None:
        return unknown("The processor or the board is not known.", *gaps)
    return machine.cpu, machine.board


@rule(1, "SOCKET", Severity.ERROR, "sockets of the makers' tables and BuildCores OpenDB")
def socket_matches(machine: Machine, _demand: Demand) -> Verdict:
    """The processor's socket is the board's."""
    pair = processor_and_board(machine)
    if isinstance(pair, Verdict):
        return pair
    cpu, board = pair
    if canonical_socket(cpu.socket) == canonical_socket(board.socket):
        return ok(f"{cpu.cpu} and {board.board} share socket {canonical_socket(cpu.socket)}.")
    return violated(f"{cpu.cpu} needs socket {cpu.socket}; {board.board} has {board.socket}.")


@rule(
    2, "CPU_CHIPSET_SUPPORT", Severity.ERROR, "https://blog.ocworks.com/archives/52175237 ; makers' support lists",
    also_called="CPU_CHIPSET",
)  # fmt: skip
def chipset_supports_cpu(machine: Machine, _demand: Demand) -> Verdict:
    """The board's chipset takes the processor's family, even where sockets are shared."""
    pair = processor_and_board(machine)
    if isinstance(pair, Verdict):
        return pair
    cpu, board = pair
    socket = canonical_socket(cpu.socket)
    if socket != canonical_socket(board.socket):
        return violated(f"{board.board} does not take {cpu.cpu}: another socket.")
    wanted = CHIPSETS_OF_FAMILY.get((socket, cpu.family))
    if wanted is None and socket not in ANY_CHIPSET:
        return unknown(f"Nobody here knows which chipsets take {cpu.family} on {socket}.", "cpu.family")
    if wanted is not None and not re.fullmatch(wanted, board.chipset):
        return violated(f"{cpu.cpu} ({cpu.family}) does not run on a {board.chipset} board, although the socket fits.")
    if cpu.family == "Threadripper PRO" and board.chipset == "TRX50":
        return ok(f"{cpu.cpu} runs on TRX50 with fewer memory channels and lanes than on WRX90.")
    return ok(f"A {board.chipset} board takes {cpu.cpu}.")


@rule(3, "BIOS", Severity.WARNING, 'selects.gg guide ; github hiryou/gpurack: "need USB BIOS flashback"')
def firmware_is_new_enough(machine: Machine, _demand: Demand) -> Verdict:
    """A board older than its processor may need new firmware before it starts."""
    pair = processor_and_board(machine)
    if isinstance(pair, Verdict):
        return pair
    cpu, board = pair
    if board.bios_flashback:
        return ok(f"{board.board} can be given new firmware without a processor.")
    socket = canonical_socket(board.socket)
    if any(
        socket == where and re.fullmatch(chipsets, board.chipset) and re.search(names, cpu.cpu)
        for where, chipsets, names in OLDER_CHIPSETS
    ):
        return violated(
            f"{board.chipset} boards are older than {cpu.cpu}: an old one needs new firmware before it starts."
        )
    return unknown("Whether the firmware in the box knows the processor is not in the catalogue.", "board.bios_minimum")
