"""Rules 35 to 38 and 42: outlet, inlet, noise, heat, rack."""

from __future__ import annotations

import math

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.power import dc_load, wall_power_w
from payback.assembly.rulebook import rule
from payback.units import BTU_PER_H_PER_W

WARM_ROOM_BTU_H = 5_000.0
"""Heat that a small room air conditioner (the smallest sold) carries away."""
LOW_LINE_VOLTS = 200.0


@rule(
    35, "OUTLET", Severity.ERROR, "US National Electrical Code: 80 % for continuous loads ; hotchpotch.dev: 100 V, 15 A"
)
def outlet_feeds_the_machine(machine: Machine, demand: Demand) -> Verdict:
    """The wall gives what the machine draws for hours (A12)."""
    if demand.outlet is None:
        return ok("No outlet was named.")
    load = dc_load(machine, demand)
    wall_w = wall_power_w(load.watts, machine.psus)
    limit_w = demand.outlet.continuous_w
    spoken = (
        f"About {wall_w:,.0f} W at the wall, {limit_w:,.0f} W from {demand.outlet.volts:g} V, {demand.outlet.amps:g} A"
    )
    if wall_w > limit_w:
        return violated(f"{spoken}.")
    if load.missing:
        return unknown("A part's power is not known.", *load.missing)
    return ok(f"{spoken}.")


@rule(36, "PSU_INLET", Severity.ERROR, "hotchpotch.dev: a C19 supply that gives full power at 200 V only")
def supply_suits_the_outlet(machine: Machine, demand: Demand) -> Verdict:
    """A supply that needs 200 V and a C19 lead is not fed from a 100 to 120 V outlet."""
    if not machine.psus or not machine.known("psu"):
        return unknown("The power supply is not known.", machine.gap("psu"))
    needy = [psu for psu in machine.psus if psu.needs_200v]
    if not needy:
        return ok("No supply is known to need 200 V.")
    if demand.outlet is None:
        return violated(f"{needy[0].psu} gives full power at 200 to 240 V only; no outlet was named.", Severity.WARNING)
    if demand.outlet.volts >= LOW_LINE_VOLTS:
        return ok("The outlet gives 200 V or more.")
    lead = f" and takes a {needy[0].inlet} lead" if needy[0].inlet else ""
    return violated(f"{needy[0].psu} needs 200 V for full power{lead}; the outlet gives {demand.outlet.volts:g} V.")


def combined_noise_dba(levels: list[float]) -> float:
    """Noise of several sources together: 10 log10 Σ 10^(L/10) (A18). [dB(A)]

    Example:
        >>> round(combined_noise_dba([40.0, 40.0]), 1)
        43.0
    """
    return 10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in levels))


@rule(37, "NOISE", Severity.WARNING, "energy sum of the makers' noise figures; no table gives a card's noise")
def machine_is_quiet_enough(machine: Machine, demand: Demand) -> Verdict:
    """What is known to make noise stays under what was asked; cards are missing from every table."""
    if demand.noise_dba is None:
        return ok("No noise limit was asked for.")
    levels = [cooler.max_noise_dba for cooler in machine.coolers if cooler.max_noise_dba is not None]
    if levels and combined_noise_dba(levels) > demand.noise_dba:
        return violated(f"The cooler alone makes {combined_noise_dba(levels):.0f} dB(A); {demand.noise_dba:g} asked.")
    return unknown("The noise of cards and supplies is not published.", "gpu.noise_dba", "psu.noise_dba")


@rule(38, "HEAT_ROOM", Severity.INFO, "one watt is 3.412 BTU an hour")
def room_takes_the_heat(machine: Machine, demand: Demand) -> Verdict:
    """How much heat the room must lose: 3.412 BTU/h a watt at the wall."""
    load = dc_load(machine, demand)
    if load.missing:
        return unknown("A part's power is not known.", *load.missing)
    heat = BTU_PER_H_PER_W * wall_power_w(load.watts, machine.psus)
    if heat > WARM_ROOM_BTU_H:
        return violated(f"About {heat:,.0f} BTU/h: more than a small room unit carries away.")
    return ok(f"About {heat:,.0f} BTU/h.")


@rule(42, "RACK", Severity.ERROR, '"Building an AI SuperServer": two-place blower cards, front-to-back air, 4U')
def machine_fits_the_rack(machine: Machine, demand: Demand) -> Verdict:
    """Where a rack was asked, the case has no more units than that."""
    if demand.rack_units is None:
        return ok("No rack was asked for.")
    if machine.case is None:
        return unknown("The case is not known.", machine.gap("case"))
    if machine.case.rack_units is None:
        if machine.case.kind == "rack":
            return unknown("The height of the case is not known.", "case.rack_units")
        return violated(f"{machine.case.case} is not a rack case.")
    if machine.case.rack_units > demand.rack_units:
        return violated(f"{machine.case.case} takes {machine.case.rack_units} units; {demand.rack_units} asked.")
    return ok(f"{machine.case.case} takes {machine.case.rack_units} units.")
