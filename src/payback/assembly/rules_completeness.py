"""Rules 39 to 41 and 43 to 49: drives, display, headers, and whether the list says enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule

CORE: Final = ("cpu", "board", "memory", "psu")
"""Without one of these nothing starts."""
USUAL: Final = ("case", "drive")
"""A machine runs without them, and people reuse old ones: their absence proves nothing."""
DESKTOP_SOCKETS: Final = frozenset(
    {"AM4", "AM5", "sTR4", "sTRX4", "sTR5", "sWRX8", "LGA1200", "LGA1700", "LGA1851", "LGA2066"}
)
LEAST_PORTS: Final[Mapping[str, int]] = {"M.2": 1, "SATA": 2}
"""Ports that no board of these sockets goes without, where the table does not count them."""
SINGLE: Final = ("cooler", "board", "case")
MOST_GUESSES: Final = 2
SLOPPY_SUM: Final = 0.005
"""Share by which a printed total may differ from its lines before it is called wrong."""


@rule(39, "STORAGE", Severity.ERROR, "BuildCores OpenDB: M.2 and SATA of the boards, form of the drives")
def drives_have_ports(machine: Machine, _demand: Demand) -> Verdict:
    """Every drive has a port; a drive of unknown kind must fit whichever it is."""
    if not machine.drives or not machine.known("drive"):
        return unknown("The drives are not known.", machine.gap("drive"))
    board = machine.board
    if board is None:
        return unknown("The board is not known.", machine.gap("board"))
    unclear = sum(1 for drive in machine.drives if drive.kind is None)
    m2 = sum(1 for drive in machine.drives if drive.kind in ("M.2 NVMe", "M.2 SATA"))
    sata = sum(1 for drive in machine.drives if drive.kind == "SATA")
    least = LEAST_PORTS if board.socket in DESKTOP_SOCKETS else {}
    for name, wanted, counted in (("M.2", m2, board.m2_slots), ("SATA", sata, board.sata_ports)):
        ports = least.get(name) if counted is None and wanted + unclear <= least.get(name, 0) else counted
        if ports is not None and wanted > ports:
            return violated(f"{wanted} {name} drives for {ports} {name} ports of {board.board}.")
        if wanted + unclear and ports is None:
            return unknown(
                f"How many {name} ports {board.board} has is not known.", f"board.{name.lower().replace('.', '')}"
            )
        if unclear and ports is not None and wanted + unclear > ports:
            return unknown("Whether the drives are SATA or M.2 is not known.", "drive.kind")
    return ok(f"{m2} M.2 and {sata} SATA drives find ports{', the unclear one either way' if unclear else ''}.")


@rule(40, "DISPLAY", Severity.WARNING, "graphics of processor, board or card")
def something_drives_a_display(machine: Machine, _demand: Demand) -> Verdict:
    """Processor, board or card has an output to install the machine with."""
    if any(card.video_outputs for card in machine.gpus):
        return ok("A card has outputs.")
    if (machine.cpu and machine.cpu.integrated_graphics) or (machine.board and machine.board.onboard_video):
        return ok("Processor or board has an output.")
    if machine.gpus and all(card.video_outputs is False for card in machine.gpus):
        return violated("No part has a display output: set the machine up over the network or with another card.")
    return unknown("Whether a part has a display output is not known.", "gpu.video_outputs")


@rule(41, "FRONT_HEADERS", Severity.WARNING, 'PCPartPicker: "header not found"')
def front_ports_have_headers(machine: Machine, _demand: Demand) -> Verdict:
    """The case's front ports find headers on the board; neither side is in the tables."""
    if machine.case is not None and machine.case.kind == "open_frame":
        return ok("An open frame has no front ports.")
    return unknown("Front ports and headers are not in the catalogue.", "case.front_ports", "board.headers")


def missing_categories(machine: Machine) -> tuple[list[str], list[str]]:
    """Core and usual categories that the list does not name."""
    barebone = machine.listed.get("chassis", 0) > 0
    core = [name for name in CORE if not machine.listed.get(name) and not (barebone and name in ("board", "psu"))]
    if not machine.listed.get("cooler") and not barebone and not (machine.cpu is not None and machine.cpu.boxed_cooler):
        core.append("cooler")
    usual = [name for name in USUAL if not machine.listed.get(name) and not (barebone and name == "case")]
    return core, usual


@rule(43, "MISSING_PART", Severity.ERROR, "published lists without a cooler", also_called="COMPLETENESS")
def list_is_complete(machine: Machine, _demand: Demand) -> Verdict:
    """Processor, board, memory, supply and cooler are on the list, or come in a box."""
    core, usual = missing_categories(machine)
    if not core and not usual:
        return ok("Every part that a machine needs is on the list.")
    boxed_unclear = core == ["cooler"] and (machine.cpu is None or machine.cpu.boxed_cooler is None)
    whole = (
        machine.whole if machine.whole is not None else len(core) == 1 and not usual and bool(machine.listed.get("gpu"))
    )
    if core and whole and not boxed_unclear:
        power = f" for a {machine.cpu.full_power_w:g} W processor" if core == ["cooler"] and machine.cpu else ""
        return violated(f"The list has no {', '.join(core)}{power}.")
    return unknown(f"The list names no {', '.join(core + usual)}.", *core, *usual)


@rule(44, "TOTAL", Severity.INFO, "printed totals that differ from their lines")
def total_is_the_sum(machine: Machine, _demand: Demand) -> Verdict:
    """A printed total is the sum of the lines."""
    prices = machine.line_prices
    if machine.total_stated is None or not prices:
        return ok("No total is printed.")
    if None in prices:
        return unknown("A line has no price.", "price")
    total = sum(price for price in prices if price is not None)
    if abs(total - machine.total_stated) > SLOPPY_SUM * total:
        return violated(f"The lines add up to {total:,.2f}; {machine.total_stated:,.2f} is printed.")
    return ok(f"The lines add up to {total:,.2f}.")


@rule(45, "PRICE_SANITY", Severity.WARNING, "collectors' prices in shop data", also_called="AVAILABILITY")
def prices_are_plausible(machine: Machine, _demand: Demand) -> Verdict:
    """Prices lie near those of like parts; prices are judged where they are looked up, not in a parts list."""
    if not any(machine.line_prices):
        return ok("No prices are on the list.")
    return unknown("What like parts cost is not asked of a parts list.", "component_prices")


@rule(46, "LOOKS", Severity.INFO, "Chen 2018: no ugly cases")
def machine_looks_right(_machine: Machine, demand: Demand) -> Verdict:
    """A wish about colour or window is passed on; the tables hold no looks."""
    if not demand.looks:
        return ok("No wish about looks.")
    return unknown(f"Whether the parts are {', '.join(demand.looks)} is not in the catalogue.", "case.colour")


@rule(47, "PART_NOT_IN_CATALOGUE", Severity.ERROR, "the list itself")
def every_part_is_known(machine: Machine, _demand: Demand) -> Verdict:
    """A machine with an unknown part, or a supply of which only the watts are known, is never called compatible."""
    names = [name for listed in machine.unknown_parts.values() for name in listed]
    names += [psu.psu for psu in machine.psus if psu.source == "list"]
    if not names:
        return ok("Every part that matters is known.")
    told = (f"{name}{_guess(machine.guesses.get(name, ()))}" for name in names)
    return unknown(f"Not in the catalogue: {'; '.join(told)}.", *names)


def _guess(near: Sequence[str]) -> str:
    return f" (did you mean {' or '.join(near[:MOST_GUESSES])}?)" if near else ""


@rule(48, "REDUNDANT_PART", Severity.WARNING, "published lists with two coolers for one processor")
def no_part_is_double(machine: Machine, _demand: Demand) -> Verdict:
    """One board, one case, one cooler a processor."""
    doubled = [name for name in SINGLE if machine.listed.get(name, 0) > (machine.cpu_count if name == "cooler" else 1)]
    if doubled:
        return violated(f"More than one {', '.join(doubled)} is listed.")
    return ok("No part is listed twice.")


@rule(49, "CPU_CORES", Severity.ERROR, "Chen 2018: eight cores and more for four GPUs")
def processor_has_the_cores(machine: Machine, demand: Demand) -> Verdict:
    """Where a number of cores was asked, the processor has it."""
    if demand.min_cores is None:
        return ok("No number of cores was asked for.")
    if machine.cpu is None:
        return unknown("The processor is not known.", machine.gap("cpu"))
    cores = machine.cpu.cores * machine.cpu_count
    if cores < demand.min_cores:
        return violated(f"{machine.cpu.cpu} has {cores} cores; {demand.min_cores} asked.")
    return ok(f"{cores} cores.")


@rule(50, "QUERY_NOT_UNDERSTOOD", Severity.ERROR, "the list itself")
def demand_is_understood(_machine: Machine, demand: Demand) -> Verdict:
    """Whoever asks something we do not understand gets no "compatible"."""
    if demand.not_understood:
        return unknown(f"Not understood in the query: {', '.join(demand.not_understood)}.", *demand.not_understood)
    return ok("Everything asked was understood.")
