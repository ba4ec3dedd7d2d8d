"""What one change of the demand would save, or make possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from payback.assembly.model import Policy
from payback.assembly.search.candidates import Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.topk import solve

LEAST_SAVING_USD: Final = 1.0
CAP_W: Final = 250.0
"""Power limit offered as a lever: RTX 3090 cards keep most of their speed at 280 W (Puget Systems); 250 W is lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A changed demand and the cheapest machine for it."""

    what: str
    demand: BuildDemand
    cost_usd: float


def relaxations(demand: BuildDemand, candidates: Candidates, speed: Mapping[str, float]) -> Iterator[Lever]:
    """Single changes of a demand under which a machine can be built, each with what it then costs.

    Changes that need other candidates (used parts, brands, parts to have or not to have) are not tried.
    """
    for what, changed in changes(demand):
        solution = solve(candidates, changed, speed)
        if solution.ranked:
            yield Lever(what=what, demand=changed, cost_usd=solution.ranked[0].found.cost_usd)


def changes(demand: BuildDemand) -> Iterator[tuple[str, BuildDemand]]:
    """Single changes that make a demand easier."""
    if demand.budget_usd is not None and demand.objective == "cost":
        yield "without the budget", demand.without(budget_usd=None)
    if demand.outlet is not None:
        yield "with a stronger outlet", demand.without(outlet=None)
    if demand.power_cap_w is None:
        yield f"with every GPU limited to {CAP_W:g} W", demand.without(power_cap_w=CAP_W)
    if demand.max_psus == 1:
        yield "with two power supplies", demand.without(max_psus=2)
    if demand.ram_covers_vram:
        yield "with less main memory than GPU memory", demand.without(ram_covers_vram=False)
    if demand.lanes_per_gpu > 4:
        yield "with four lanes a GPU", demand.without(lanes_per_gpu=4)
    if demand.expand_to_gpus is not None:
        yield "without room to grow", demand.without(expand_to_gpus=None)
    if demand.noise_dba is not None:
        yield "without the noise limit", demand.without(noise_dba=None)
    if demand.policy is not Policy.OPTIMISTIC:
        yield "trusting what nobody has confirmed", demand.without(policy=Policy.OPTIMISTIC)


def savings(demand: BuildDemand, candidates: Candidates, speed: Mapping[str, float], cost_usd: float) -> list[Lever]:
    """The changes that make the machine cheaper by one dollar or more, the largest saving first."""
    found = [lever for lever in relaxations(demand, candidates, speed) if lever.cost_usd <= cost_usd - LEAST_SAVING_USD]
    return sorted(found, key=lambda lever: (lever.cost_usd, lever.what))
