"""Every machine that no other one beats in both cost and throughput."""

from __future__ import annotations

import math
from collections.abc import Mapping

from payback.assembly.search.candidates import Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.topk import Solution, by_throughput, cheapest_kinds, options_of
from payback.assembly.search.world import World


def front(candidates: Candidates, demand: BuildDemand, speed: Mapping[str, float]) -> Solution:
    """The whole front of cost against throughput, cheapest first (B16).

    From the fastest choice of cards down, a slower one belongs to the front only if its cheapest machine costs less
    than everything faster; that cost is the limit beyond which its search stops.

    Args:
        candidates: Parts at their prices.
        demand: What every machine of the front must satisfy.
        speed: Speed of one GPU by chip.
    """
    solution = Solution(World(candidates, demand), candidates)
    limit_usd = math.inf if demand.budget_usd is None else demand.budget_usd + 0.005
    for _, group in by_throughput(options_of(solution.world, demand, speed)):
        best = cheapest_kinds(solution, group, 1, limit_usd)
        if best:
            solution.ranked.append(best[0])
            limit_usd = best[0].found.cost_usd - 0.005
    solution.ranked.reverse()
    return solution
