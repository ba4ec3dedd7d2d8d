"""Rules 27 to 32 and 34: watts, peaks and plugs."""

from __future__ import annotations

import math
import re

from payback.assembly.model import Demand, Machine, Severity, Verdict, ok, unknown, violated
from payback.assembly.power import HEADROOM_SHARE, dc_load, excursion_limit_w, gpu_power_w, transient_peak_w
from payback.assembly.rulebook import rule
from payback.catalogue.components import GpuCard
from payback.catalogue.described import plug_demand

SLOT_W = 75.0
PLUG_W = {"6-pin": 75.0, "8-pin": 150.0, "12VHPWR": 600.0, "12V-2x6": 600.0, "EPS": 336.0}
"""Sustained power of a plug (Intel document 336521, table 3-5; an EPS plug has four 12 V pins of 7 A)."""
EPS_PLUG_W = 280.0
"""Processor power that one 8-pin EPS plug is taken to carry with reserve."""
OVER_SPECIFICATION = 1.1
"""Makers let factory-overclocked cards pass the sum of their plugs by a little; more is an error of the data."""


def _supply_gap(machine: Machine) -> Verdict | None:
    if machine.psus and machine.known("psu"):
        return None
    return unknown("The power supply is not known.", machine.gap("psu"))


@rule(27, "PSU_POWER", Severity.ERROR, "Puget Systems 2020: four RTX 3090 on 1,600 W ; published power budgets")
def supply_carries_the_load(machine: Machine, demand: Demand) -> Verdict:
    """The supply gives what the parts draw (A10); less reserve than advised is a warning."""
    gap = _supply_gap(machine)
    if gap:
        return gap
    load = dc_load(machine, demand)
    have = sum(psu.watts for psu in machine.psus)
    spoken = f"{load.watts:,.0f} W of load on {have:,.0f} W"
    if load.watts > have:
        return violated(f"{spoken}: the supply is too small.")
    if load.missing:
        return unknown("A part's power is not known.", *load.missing)
    wanted_share = HEADROOM_SHARE if demand.psu_headroom_share is None else demand.psu_headroom_share
    if load.watts * (1.0 + wanted_share) > have:
        severity = Severity.WARNING if demand.psu_headroom_share is None else Severity.ERROR
        return violated(f"{spoken}: less than {wanted_share:.0%} in reserve.", severity)
    allowance = f" (with an allowance for {load.assumed[0].split('.')[0]})" if load.assumed else ""
    return ok(f"{spoken}{allowance}.")


@rule(28, "PSU_TRANSIENT", Severity.WARNING, "ATX 3.x excursion tables ; peaks of 600 W seen on 450 W cards")
def supply_survives_peaks(machine: Machine, demand: Demand) -> Verdict:
    """Millisecond peaks of all cards together stay under what the supply survives (A13, A14)."""
    gap = _supply_gap(machine)
    if gap:
        return gap
    peak_w = transient_peak_w(machine, demand)
    if peak_w is None:
        return unknown("A card's power is not known.", "gpu.board_power_w")
    limit_w = sum(excursion_limit_w(psu) for psu in machine.psus)
    if peak_w > limit_w:
        return violated(f"Peaks of about {peak_w:,.0f} W against {limit_w:,.0f} W that the supply survives.")
    return ok(f"Peaks of about {peak_w:,.0f} W stay under {limit_w:,.0f} W.")


@rule(29, "GPU_POWER_CAP", Severity.INFO, "Puget Systems: an RTX 3090 at 280 W keeps over 95 % of its speed")
def cards_are_capped(machine: Machine, demand: Demand) -> Verdict:
    """A power cap is honoured in every sum, and what it costs is said."""
    if demand.power_cap_w is None:
        return ok("No power cap was asked for.")
    powers = [card.board_power_w for card in machine.gpus]
    if not powers or None in powers:
        return unknown("A card's power is not known.", "gpu.board_power_w")
    least = min(demand.power_cap_w / power for power in powers if power)
    if least >= 1.0:
        return violated(f"A cap of {demand.power_cap_w:g} W limits nothing: no card draws more.")
    return ok(f"A cap of {demand.power_cap_w:g} W is {least:.0%} of the cards' power.")


def plugs_of(connectors: str) -> dict[str, int]:
    """The plugs a card asks for.

    Example:
        >>> plugs_of("1x 8-pin + 1x 6-pin")
        {'8-pin': 1, '6-pin': 1}
    """
    return {kind: int(count) for count, kind in re.findall(r"(\d+)x (6-pin|8-pin|12VHPWR|12V-2x6|EPS)", connectors)}


@rule(30, "PSU_PLUGS", Severity.ERROR, "Intel 336521 table 3-5 ; BuildCores OpenDB: plugs of supplies and cards")
def supply_has_the_plugs(machine: Machine, _demand: Demand) -> Verdict:
    """The supply has a plug for every socket of the cards; a 16-pin card may use an adapter of 8-pin plugs."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    gap = _supply_gap(machine)
    if gap:
        return gap
    if len(machine.gpus) < machine.gpu_count or any(card.power_connectors is None for card in machine.gpus):
        return unknown("Which plugs a card needs is not known.", "gpu.power_connectors")
    if any(psu.pcie_8pin is None for psu in machine.psus):
        return unknown("Which plugs the supply has is not known.", "psu.pcie_8pin")
    if machine.multi_gpu and not all(part.trusted for part in (*machine.gpus, *machine.psus)):
        return unknown("The plugs are known by hearsay only.", "psu.grade", "gpu.grade")
    return _judge_plugs(machine)


def _judge_plugs(machine: Machine) -> Verdict:
    have_eight = sum(psu.pcie_8pin or 0 for psu in machine.psus)
    have_native = sum(psu.pcie_12v or 0 for psu in machine.psus)
    asked = [(card, *plug_demand(card.power_connectors or "")) for card in machine.gpus]
    native = sum(wanted for _, _, wanted in asked)
    adapters = sorted(_adapter_plugs(card) for card, _, wanted in asked for _ in range(wanted))
    eight = sum(wanted for _, wanted, _ in asked) + sum(adapters[: max(0, native - have_native)])
    spoken = f"{eight} of {have_eight} 8-pin and {min(native, have_native)} of {have_native} 16-pin plugs"
    if eight <= have_eight:
        return ok(f"The cards use {spoken}.")
    if any(psu.plugs_at_least for psu in machine.psus):
        return unknown(f"{spoken}: the supply may have more than was seen.", "psu.pcie_8pin")
    return violated(f"The cards want {spoken}.")


def _adapter_plugs(card: GpuCard) -> int:
    """8-pin plugs that an adapter to the 16-pin socket needs: 150 W each, two at least."""
    return max(2, math.ceil((card.board_power_w or PLUG_W["12VHPWR"]) / PLUG_W["8-pin"]))


@rule(31, "PLUG_CAPACITY", Severity.ERROR, "Intel 336521 table 3-5: 75 W a 6-pin, 150 W an 8-pin, 600 W a 16-pin plug")
def plugs_carry_the_power(machine: Machine, demand: Demand) -> Verdict:
    """A card draws no more than slot and plugs carry (A16); a record that says so is not believed."""
    if machine.gpu_count == 0:
        return ok("No graphics card is listed.")
    if len(machine.gpus) < machine.gpu_count or any(card.power_connectors is None for card in machine.gpus):
        return unknown("Which plugs a card needs is not known.", "gpu.power_connectors")
    for card in machine.gpus:
        power_w = gpu_power_w(card, demand)
        if power_w is None:
            return unknown("A card's power is not known.", "gpu.board_power_w")
        limit_w = SLOT_W + sum(PLUG_W[kind] * count for kind, count in plugs_of(card.power_connectors or "").items())
        if power_w > limit_w * OVER_SPECIFICATION:
            why = f"{card.name} draws {power_w:g} W; slot and plugs as recorded carry {limit_w:g} W."
            return unknown(f"{why} The record is not believed.", "gpu.power_connectors", "gpu.board_power_w")
    return ok("Slots and plugs carry the cards' power.")


@rule(
    32,
    "EPS",
    Severity.ERROR,
    "BuildCores OpenDB: EPS plugs ; hardwareluxx: one 8-pin plug suffices without overclocking",
)
def processor_has_its_plugs(machine: Machine, _demand: Demand) -> Verdict:
    """The supply has enough EPS plugs for the processor's power (A17)."""
    gap = _supply_gap(machine)
    if gap:
        return gap
    counts = [psu.eps for psu in machine.psus]
    if None in counts:
        return unknown("How many EPS plugs the supply has is not known.", "psu.eps")
    if machine.cpu is None:
        return unknown("The processor is not known.", machine.gap("cpu"))
    need = max(machine.cpu_count, math.ceil(machine.cpu.full_power_w * machine.cpu_count / EPS_PLUG_W))
    have = sum(count for count in counts if count is not None)
    if have >= need:
        return ok(f"{have} EPS plugs for the {need} that the processor needs.")
    if any(psu.plugs_at_least for psu in machine.psus):
        return unknown(f"{have} EPS plugs were seen; the supply may have more.", "psu.eps")
    return violated(f"{have} EPS plugs; the processor needs {need}.")


@rule(
    34, "DUAL_PSU", Severity.WARNING, "published builds with two supplies: sync adapter, one ground, a place for each"
)
def several_supplies_start_together(machine: Machine, _demand: Demand) -> Verdict:
    """More than one supply needs an adapter that starts them together, and a common ground."""
    count = max(len(machine.psus), machine.listed.get("psu", 0))
    if count == 0:
        return unknown("No supply is listed.", machine.gap("psu"))
    if count == 1:
        return ok("One supply.")
    return violated(f"{count} supplies: they need a start adapter, a common ground and a place each.")
