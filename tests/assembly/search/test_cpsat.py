"""The search against a general solver on markets too large to look at every machine."""

from __future__ import annotations

import random

import pytest
from tests.assembly.search.search_synthetic import SPEED, synthetic_market

from payback.assembly.model import Policy
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.pareto import front
from payback.assembly.search.topk import solve

pytest.importorskip("ortools", reason="the general solver is not installed")
from tests.assembly.search.search_cpsat import Oracle

MARKETS = 100
CHUNK = 10


def demand_of(dice: random.Random) -> BuildDemand:
    return BuildDemand(
        gpus=dice.choice((1, 1, 2, 4, None)),
        vram_gib=dice.choice((None, 12.0, 24.0)),
        min_ram_gb=dice.choice((16.0, 32.0, 64.0)),
        min_storage_gb=dice.choice((500.0, 1000.0, 2000.0)),
        policy=Policy.OPTIMISTIC,
    )


@pytest.mark.parametrize("first", range(0, MARKETS, CHUNK))
def test_the_cheapest_kinds_are_those_of_the_solver(first: int) -> None:
    """The three cheapest kinds of machine in a market of 130 parts cost what CP-SAT, asked thrice, says."""
    feasible = 0
    for seed in range(first, first + CHUNK):
        dice = random.Random(seed)
        market, demand = synthetic_market(dice, 130), demand_of(dice)

        expected = Oracle(market, demand, SPEED).prepare().cheapest(3)
        found = [ranked.found.cost_usd for ranked in solve(market, demand, SPEED, top=3).ranked]

        assert expected == pytest.approx(found, abs=0.005), f"seed {seed}"
        feasible += bool(expected)
    assert feasible >= CHUNK / 3


@pytest.mark.parametrize("seed", range(3))
def test_every_point_of_the_front_is_the_solvers_least_cost_at_that_throughput(seed: int) -> None:
    """Asked for the least cost at each throughput of the front, CP-SAT names the front's costs."""
    market, demand = (
        synthetic_market(random.Random(seed), 200),
        BuildDemand(gpus=None, max_gpus=2, policy=Policy.OPTIMISTIC),
    )
    oracle = Oracle(market, demand, SPEED).prepare()

    ranked = front(market, demand, SPEED).ranked

    assert len(ranked) >= 3
    for point in ranked:
        assert oracle.least_cost_at(point.found.option.throughput or 0.0) == pytest.approx(
            point.found.cost_usd, abs=0.005
        )
