"""Rules 11 to 14: does the cooler suit the processor and the case?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.rulebook import rule
from payback.assembly.rules_platform import canonical_socket
from payback.catalogue.components import Case, Cooler

SAME_MOUNT: Final = (
    frozenset({"sTR4", "sTRX4", "sWRX8", "SP3"}),
    frozenset({"sTR5", "SP6"}),
    frozenset({"LGA2011-3", "LGA2066"}),
    frozenset({"AM4", "AM5"}),
)
"""Sockets whose coolers share their holes (coolers are sold as TR4-SP3, TR5-SP6, LGA20xx)."""


def _cooler_gap(machine: Machine) -> Verdict | None:
    """The verdict for a machine whose cooler is boxed, missing or unknown; None if coolers are known."""
    if machine.coolers and machine.known("cooler"):
        return None
    if machine.listed.get("cooler", 0):
        return unknown("The cooler is not known.", machine.gap("cooler"))
    if machine.cpu is not None and machine.cpu.boxed_cooler:
        return ok(f"{machine.cpu.cpu} comes with its own cooler.")
    if machine.listed.get("chassis", 0):
        return unknown("The chassis brings its own coolers; they are not known.", "chassis")
    return unknown("No cooler is listed.", machine.gap("cooler"))


@rule(11, "COOLER_SOCKET", Severity.ERROR, "BuildCores OpenDB: sockets of each cooler")
def cooler_mounts(machine: Machine, _demand: Demand) -> Verdict:
    """The cooler has a mount for the processor's socket."""
    gap = _cooler_gap(machine)
    if gap:
        return gap
    socket = (
        canonical_socket(machine.cpu.socket)
        if machine.cpu
        else machine.board and canonical_socket(machine.board.socket)
    )
    if not socket:
        return unknown("Neither processor nor board is known.", machine.gap("cpu"))
    alike = next((group for group in SAME_MOUNT if socket in group), frozenset({socket}))
    wrong = [cooler.cooler for cooler in machine.coolers if not alike & set(cooler.sockets)]
    if wrong:
        return violated(f"{wrong[0]} has no mount for socket {socket}.")
    return ok(f"{machine.coolers[0].cooler} mounts on {socket}.")


@rule(12, "COOLER_HEAT", Severity.WARNING, "makers' heat ratings, where they give one")
def cooler_carries_the_heat(machine: Machine, _demand: Demand) -> Verdict:
    """The cooler is rated for the processor's power."""
    gap = _cooler_gap(machine)
    if gap:
        return gap
    if machine.cpu is None:
        return unknown("The processor is not known.", machine.gap("cpu"))
    rated = [cooler.rated_w for cooler in machine.coolers if cooler.rated_w is not None]
    if not rated:
        return unknown("The cooler's rating is not published.", "cooler.rated_w")
    if max(rated) < machine.cpu.full_power_w:
        return violated(
            f"The cooler carries {max(rated):g} W; {machine.cpu.cpu} draws up to {machine.cpu.full_power_w:g} W."
        )
    return ok(f"The cooler carries {max(rated):g} W.")


@rule(13, "COOLER_HEIGHT", Severity.ERROR, "makers' clearances ; a builder who could not close a PC-O11 Air")
def cooler_fits_under_the_panel(machine: Machine, _demand: Demand) -> Verdict:
    """An air cooler is no taller than the case allows."""
    gap = _cooler_gap(machine)
    if gap:
        return gap
    tall = [cooler for cooler in machine.coolers if cooler.kind == "air"]
    if not tall:
        return ok("The cooler is a pump block; its height does not matter.")
    if machine.case is None:
        return unknown("The case is not known.", machine.gap("case"))
    if machine.case.kind == "open_frame":
        return ok("An open frame has no side panel.")
    heights = [cooler.height_mm for cooler in tall]
    limit = machine.case.max_cooler_mm
    if limit is None or None in heights:
        return unknown(
            "Cooler height or clearance is not known.", "case.max_cooler_mm" if limit is None else "cooler.height_mm"
        )
    highest = max(height for height in heights if height is not None)
    if highest <= limit:
        return ok(f"A cooler of {highest:g} mm under {limit:g} mm.")
    if "max_cooler_mm" in machine.case.at_least:
        return unknown(f"{limit:g} mm are known to fit, {highest:g} mm are not.", "case.max_cooler_mm")
    return violated(f"{tall[0].cooler} is {highest:g} mm tall; {machine.case.case} closes over {limit:g} mm.")


def _mounts(case: Case) -> list[set[int]]:
    """The radiator lengths that each mount of the case takes."""
    return [{int(size) for size in mount.split(" ")[-1].split("/")} for mount in case.radiators]


@rule(14, "RADIATOR", Severity.ERROR, "makers' radiator tables ; published builds that fit")
def radiators_have_mounts(machine: Machine, _demand: Demand) -> Verdict:
    """Every radiator, of the processor and of liquid cards, has a mount of its size (A4)."""
    gap = _cooler_gap(machine)
    if gap:
        return gap
    liquid = [cooler for cooler in machine.coolers if cooler.kind == "liquid"]
    hybrids = sum(1 for card in machine.gpus if card.cooler == "liquid")
    if not liquid and not hybrids:
        return ok("Nothing here needs a radiator.")
    if machine.case is None:
        return unknown("The case is not known.", machine.gap("case"))
    if machine.case.kind == "open_frame":
        return ok("An open frame takes radiators anywhere.")
    return _radiators_in(machine.case, liquid, hybrids)


def _radiators_in(case: Case, liquid: list[Cooler], hybrids: int) -> Verdict:
    mounts = _mounts(case)
    if not mounts:
        return unknown("Which radiators the case takes is not known.", "case.radiators")
    sizes = [cooler.radiator_mm for cooler in liquid]
    if None in sizes:
        return unknown("The size of the radiator is not known.", "cooler.radiator_mm")
    homeless = [size for size in sizes if size is not None and not any(size in mount for mount in mounts)]
    enough = len(mounts) >= len(liquid) + hybrids
    if not homeless and enough:
        return ok(f"{case.case} takes {_spoken(sizes, hybrids)}.")
    if case.radiators_complete:
        return violated(f"{case.case} has no mount for {_spoken(homeless or sizes, 0 if homeless else hybrids)}.")
    return unknown(f"Whether {case.case} takes {_spoken(sizes, hybrids)} is not known.", "case.radiators")


def _spoken(sizes: Sequence[int | None], hybrids: int) -> str:
    parts = [f"a {size} mm radiator" for size in sizes]
    if hybrids:
        parts.append(f"{hybrids} card radiator{'s' if hybrids > 1 else ''}")
    return " and ".join(parts)
