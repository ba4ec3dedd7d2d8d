"""The search against every machine of many small catalogues."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from tests.assembly.search.search_brute_force import BruteForce, undominated_points
from tests.assembly.search.search_worlds import SPEED, random_candidates, random_demand

from payback.assembly.model import Machine
from payback.assembly.search.candidates import Candidates, candidates_of
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.pareto import front
from payback.assembly.search.topk import Solution, solve
from payback.catalogue.components import load_components

CATALOGUES = 1000
CHUNK = 100


def world(seed: int) -> tuple[Candidates, BuildDemand]:
    dice = random.Random(seed)
    return random_candidates(dice, load_components(), most=dice.choice((2, 2, 2, 3))), random_demand(dice)


def costs(solution: Solution) -> list[float]:
    return [round(ranked.found.cost_usd, 4) for ranked in solution.ranked]


def points(solution: Solution) -> list[tuple[float, float]]:
    return [(round(r.found.cost_usd, 4), round(r.found.option.throughput or 0.0, 4)) for r in solution.ranked]


@pytest.mark.parametrize("first", range(0, CATALOGUES, CHUNK))
def test_cost_ranking_and_front_are_those_of_all_machines(first: int) -> None:
    """Least cost, the ten cheapest kinds and the whole front are those that looking at all machines gives."""
    feasible = 0
    let_through: dict[str, int] = {}
    for seed in range(first, first + CHUNK):
        candidates, demand = world(seed)
        brute = BruteForce(candidates, demand, SPEED).run()
        expected_front = brute.points()
        if not brute.least:
            brute.run(exact_cards=True)

        ranked = solve(candidates, demand, SPEED, top=10)

        assert [round(cost, 4) for cost in brute.costs(10)] == costs(ranked), f"seed {seed}"
        assert expected_front == points(front(candidates, demand, SPEED)), f"seed {seed}"
        assert all(r.found.cost_usd <= r.bound_usd + 0.005 for r in ranked.ranked), f"seed {seed}"
        feasible += bool(brute.least)
        let_through |= ranked.effort.discarded
    assert feasible > CHUNK / 5
    assert let_through == {}, "the bounds ask less than these rules do: see Court"


@pytest.mark.parametrize("seed", range(40))
def test_the_oracle_asks_no_rule_too_early(seed: int) -> None:
    """A machine the oracle finds passes the whole rulebook; a cheaper one with another case or supply does not."""
    candidates, demand = world(seed)
    brute = BruteForce(candidates, demand, SPEED).run()
    for cost, _, machine, cards in brute.least.values():
        assert brute.judge_whole(machine, cards)
        for case, psu in product(candidates["case"], candidates["psu"]):
            changed = with_parts(machine, case.part, psu.part)
            cheaper = cost - price(candidates, machine) + case.price_usd + len(machine.psus) * psu.price_usd
            marked = not demand.workmanship or psu.part.efficiency is not None  # type: ignore[attr-defined]
            if cheaper < cost - 1e-6 and marked and len(machine.psus) == 1:
                assert not brute.judge_whole(changed, cards)


def with_parts(machine: Machine, case: Any, psu: Any) -> Machine:
    from dataclasses import replace

    return replace(machine, case=case, psus=(psu,) * len(machine.psus))


def price(candidates: Candidates, machine: Machine) -> float:
    case = min(o.price_usd for o in candidates["case"] if o.part is machine.case)
    psu = min(o.price_usd for o in candidates["psu"] if o.part is machine.psus[0])
    return case + len(machine.psus) * psu


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_the_order_of_tables_does_not_matter(seed: int) -> None:
    """The same parts in another order give the same machines, part by part."""
    candidates, demand = world(seed)
    offers = [offer for group in candidates.of.values() for offer in group]
    random.Random(seed + 1).shuffle(offers)

    first = solve(candidates, demand, SPEED, top=5)
    second = solve(candidates_of(offers), demand, SPEED, top=5)

    assert [r.found.names() for r in first.ranked] == [r.found.names() for r in second.ranked]


def test_a_point_with_equal_throughput_and_higher_cost_is_no_point() -> None:
    """Of two machines of one speed only the cheaper is on the front."""
    assert undominated_points([(3.0, 2.0), (1.0, 1.0), (2.0, 1.0)]) == [(1.0, 1.0), (3.0, 2.0)]
