"""The cheapest machines that differ in what matters: GPU, number of GPUs, platform."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from payback.assembly.model import Finding
from payback.assembly.search.candidates import Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.options import GpuOption, gpu_options
from payback.assembly.search.solve import Effort, Found, passing
from payback.assembly.search.world import World


@dataclass(frozen=True, slots=True)
class Ranked:
    """A machine, the bound it was found at, and what the rulebook says of it."""

    found: Found
    bound_usd: float
    findings: tuple[Finding, ...]

    @property
    def kind(self) -> tuple[str, int, str]:
        """GPU, number, platform."""
        return kind_of(self.found.option, self.found.platform)


@dataclass(slots=True)
class Solution:
    """What a search found and how hard it was."""

    world: World
    candidates: Candidates
    effort: Effort = field(default_factory=Effort)
    ranked: list[Ranked] = field(default_factory=list)


def kind_of(option: GpuOption, platform: str) -> tuple[str, int, str]:
    """What makes two machines the same to a buyer: GPU, number, platform (B15)."""
    return (option.chip, option.count, platform)


def solve(candidates: Candidates, demand: BuildDemand, speed: Mapping[str, float], *, top: int = 1) -> Solution:
    """The best machines for a demand, best first, each of another kind.

    Args:
        candidates: Parts at their prices.
        demand: What is asked, with its objective.
        speed: Speed of one GPU by chip.
        top: How many kinds of machine.

    Returns:
        As many as there are up to `top`; an empty list means that nothing passes.
    """
    solution = Solution(World(candidates, demand), candidates)
    options = options_of(solution.world, demand, speed)
    _fill(solution, options, demand, top)
    if not solution.ranked:
        particular = gpu_options(solution.world.left["gpu"], demand, speed, exact_cards=True)
        _fill(solution, [o for o in particular if o not in options], demand, top)
    return solution


def options_of(world: World, demand: BuildDemand, speed: Mapping[str, float]) -> list[GpuOption]:
    """The choices of graphics cards that the demand leaves."""
    return gpu_options(world.left["gpu"], demand, speed)


def _fill(solution: Solution, options: Sequence[GpuOption], demand: BuildDemand, top: int) -> None:
    limit_usd = math.inf if demand.budget_usd is None else demand.budget_usd + 0.005
    if demand.objective == "cost":
        solution.ranked += cheapest_kinds(solution, options, top, limit_usd)
        return
    for _, group in by_throughput(options):
        solution.ranked += cheapest_kinds(solution, group, top - len(solution.ranked), limit_usd)
        if len(solution.ranked) >= top:
            return


def cheapest_kinds(
    solution: Solution, options: Sequence[GpuOption], top: int, limit_usd: float = math.inf
) -> list[Ranked]:
    """The cheapest machine of each kind, cheapest kind first, until there are `top`."""
    done: set[tuple[str, int, str]] = set()
    ranked: list[Ranked] = []

    def closed(option: GpuOption, platform: str) -> bool:
        return kind_of(option, platform) in done

    for found, bound_usd, findings in passing(solution.world, options, solution.effort, closed, cutoff_usd=limit_usd):
        ranked.append(Ranked(found, bound_usd, findings))
        done.add(ranked[-1].kind)
        if len(ranked) == top:
            break
    return ranked


def by_throughput(options: Sequence[GpuOption]) -> list[tuple[float, list[GpuOption]]]:
    """Options of known throughput in groups of equal throughput, fastest first."""
    groups: dict[float, list[GpuOption]] = {}
    for option in options:
        if option.throughput is not None:
            groups.setdefault(round(option.throughput, 9), []).append(option)
    return sorted(groups.items(), key=lambda item: -item[0])
