"""Machines whose source states what they cost: all there is for days on which parts have no prices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from payback.assembly import priced
from payback.assembly.check import check_list
from payback.assembly.model import Judgement, ListedLine, PartsList
from payback.assembly.priced import PricedPart
from payback.assembly.search.demand import SLOW_PRICE_AGE_DAYS, BuildDemand
from payback.assembly.upgrade import UpgradePath, upgrade_path
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import Components
from payback.catalogue.machines import MachineList

MEMORY_TOLERANCE_GIB = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMachine:
    """A published list at the total its source states, judged by the rulebook; nothing proves it the cheapest."""

    machine: MachineList
    as_of: dt.date
    total_usd: float
    """As the source states it. [USD]"""
    parts: tuple[PricedPart, ...]
    """Its parts, with prices of the day where there are any."""
    judgement: Judgement
    path: UpgradePath
    """From its GPUs to as many as it takes, the rulebook asked at every step."""

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Parts of which no price of the day is known."""
        return priced.unpriced(self.parts)

    def as_dict(self) -> dict[str, object]:
        """The form in which ``payback assemble --json`` prints it: a machine without certificate."""
        return {
            "id": self.machine.id,
            "label": self.machine.label,
            "as_of": self.as_of.isoformat(),
            "gpu": self.machine.gpu,
            "gpu_count": self.machine.gpu_count,
            "grown_gpus": self.machine.gpu_slots,
            "parts": [part.as_dict() for part in self.parts],
            "total_usd": self.total_usd,
            "usd_per_gpu": self.total_usd / self.machine.gpu_count,
            "basis": "stated",
            "source": self.machine.source,
            "locator": self.machine.locator,
            "compatible": self.judgement.compatible,
            "findings": [finding.as_dict() for finding in self.judgement.findings],
            "upgrade_path": self.path.as_dict(),
            "certificate": None,
        }


def stated_machines(
    demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date
) -> list[StatedMachine]:
    """Published machines that do what is asked, at their stated totals, cheapest first.

    Args:
        demand: What is asked; the rulebook judges every list by it.
        catalogue: The lists, and prices of parts.
        components: Specifications.
        as_of: The day; lists of the eighteen months before it count.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> found = stated_machines(BuildDemand(), load(), load_components(), dt.date(2018, 9, 26))
        >>> [(machine.total_usd, machine.judgement.compatible) for machine in found][0]
        (3000.0, True)
    """
    found = [
        _judged(machine, total_usd, demand, catalogue, components, as_of)
        for machine in catalogue.machines
        if (total_usd := machine.stated_total_usd) is not None
        and _asked_for(machine, total_usd, demand, catalogue, as_of)
    ]
    fitting = [stated for stated in found if stated.judgement.compatible is not False]
    return sorted(fitting, key=lambda stated: (stated.total_usd, stated.machine.id))


def _asked_for(
    machine: MachineList, total_usd: float, demand: BuildDemand, catalogue: Catalogue, as_of: dt.date
) -> bool:
    gpu = catalogue.gpus.get(machine.gpu or "")
    if gpu is None or not 0 <= (as_of - machine.as_of).days <= SLOW_PRICE_AGE_DAYS:
        return False
    enough = (gpu.memory_gib or 0.0) + MEMORY_TOLERANCE_GIB >= (demand.vram_gib or 0.0)
    affordable = demand.budget_usd is None or total_usd <= demand.budget_usd
    return enough and affordable and machine.gpu_count in demand.counts()


def _judged(
    machine: MachineList,
    total_usd: float,
    demand: BuildDemand,
    catalogue: Catalogue,
    components: Components,
    as_of: dt.date,
) -> StatedMachine:
    lines = tuple(
        ListedLine(category=part.category, text=part.card or part.component, quantity=part.quantity)
        for part in machine.parts
    )
    gpu = catalogue.gpus[machine.gpu or ""]
    asked = demand.rules_demand(machine.gpu_count, gpu.memory_gib or 0.0)
    return StatedMachine(
        machine=machine,
        as_of=as_of,
        total_usd=float(total_usd),
        parts=priced.price_machine(catalogue, machine, as_of, market=demand.market),
        judgement=check_list(PartsList(id=machine.id, lines=lines, whole=True), components, asked),
        path=upgrade_path(machine, catalogue, components, as_of, market=demand.market),
    )
