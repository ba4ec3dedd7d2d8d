"""The build search against general solvers (OR-Tools CP-SAT, HiGHS) on the same parts, as ratios of medians of one run.

Both start from the same list of priced parts and must name the same costs. The solver's time holds building its model
and solving it; what it is told of the rulebook (which kinds of part go together) is gathered before the clock starts,
while the search's time holds everything, the rulebook included. Parts are BuildCores OpenDB specifications with prices
of July 2025 where both lie beside the repository (../shared/data), else made up in the same shape.

HiGHS, where it is installed (pip install highspy), runs in a process of its own, since it and OR-Tools cannot be
imported into one. Its time holds writing the same rows and solving them, not the way from one process to the other.

Run: python benchmarks/search.py [repeats]
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import search_highs
from tests.assembly.search import search_opendb, search_synthetic
from tests.assembly.search.search_cpsat import Oracle

from payback.assembly.model import Policy
from payback.assembly.search.candidates import Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.pareto import front
from payback.assembly.search.topk import solve

PARTS = 6500
COPIES = 20
TOP = 10
POINTS = 4
"""Points of the front at which the solver is asked; the search gives all of them."""
ONE = BuildDemand(gpus=1, vram_gib=12, policy=Policy.OPTIMISTIC)
FOUR = BuildDemand(gpus=4, vram_gib=24, policy=Policy.OPTIMISTIC)
ANY = BuildDemand(gpus=None, policy=Policy.OPTIMISTIC)
Answer = TypeVar("Answer")
Timing = tuple[float, float]
"""Wall time of the search and of the solver. [s]"""


def alternated(ours: Callable[[], Answer], theirs: Callable[[], Answer], repeats: int) -> tuple[Timing, Answer, Answer]:
    """Medians of wall time when both sides take turns, so that a busy machine slows both, and their last answers."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        mine, here = clocked(ours)
        other, there = clocked(theirs)
        seconds[0].append(here)
        seconds[1].append(there)
    return (median(seconds[0]), median(seconds[1])), mine, other


def clocked(task: Callable[[], Answer]) -> tuple[Answer, float]:
    """What a task answers, and how long it took. [s]"""
    start = time.perf_counter()
    answer = task()
    return answer, time.perf_counter() - start


def markets() -> tuple[str, Candidates, dict[str, float], Candidates]:
    """Where the parts come from, the parts, speeds of their chips, and a market of some 130,000."""
    if search_opendb.available():
        real = search_opendb.real_market()
        return "OpenDB with prices", real, search_opendb.speeds(real), search_opendb.multiplied(real, COPIES)
    made_up = search_synthetic.synthetic_market(random.Random(1), PARTS)
    large = search_synthetic.synthetic_market(random.Random(1), PARTS * COPIES)
    return "made up", made_up, search_synthetic.SPEED, large


def highs_installed() -> bool:
    """Whether the second solver can be asked."""
    return find_spec("highspy") is not None


def report(what: str, ours: float, theirs: float, target: float) -> None:
    """One line: both times, their ratio, and the ratio hoped for."""
    verdict = "ok" if theirs / ours >= target else "MISSED"
    print(
        f"{what:44} {ours * 1e3:9.1f} ms {theirs * 1e3:11.1f} ms {theirs / ours:8.1f} x  (>= {target:g} x: {verdict})",
        flush=True,
    )


def least(market: Candidates, demand: BuildDemand, speed: dict[str, float], top: int) -> list[float]:
    """Costs of the cheapest kinds, by the search."""
    return [round(ranked.found.cost_usd, 2) for ranked in solve(market, demand, speed, top=top).ranked]


def agree(ours: list[float], theirs: list[float]) -> None:
    """Stop where the two name other costs."""
    if [round(cost, 2) for cost in theirs] != ours:
        raise SystemExit(f"the search says {ours}, the solver {theirs}")


def compare(
    what: str, market: Candidates, demand: BuildDemand, speed: dict[str, float], top: int, target: float, repeats: int
) -> None:
    """Time one question on both sides."""
    oracle = Oracle(market, demand, speed).prepare()
    (ours, theirs), found, expected = alternated(
        lambda: least(market, demand, speed, top), lambda: oracle.cheapest(top), repeats
    )
    agree(found, expected)
    report(what, ours, theirs, target)
    if top == 1 and highs_installed():
        took, cost = search_highs.in_a_process(oracle)
        agree(found, [cost])
        report("  the same rows given to HiGHS", ours, took, target)


def compare_front(market: Candidates, speed: dict[str, float], repeats: int) -> None:
    """Time a point of the front on both sides."""
    runs = [clocked(lambda: front(market, ANY, speed)) for _ in range(repeats)]
    solution, ours = runs[-1][0], median(took for _, took in runs)
    points = [(round(r.found.cost_usd, 2), r.found.option.throughput or 0.0) for r in solution.ranked]
    oracle = Oracle(market, ANY, speed).prepare()
    asked = points[:: max(1, len(points) // POINTS)][:POINTS]
    seconds = []
    for cost, throughput in asked:
        least_usd, took = clocked(partial(oracle.least_cost_at, throughput))
        agree([cost], [least_usd or 0.0])
        seconds.append(took)
    report(f"a point of the front ({len(points)} points)", ours / len(points), median(seconds), 100)


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    origin, market, speed, large = markets()
    size, large_size = (sum(map(len, m.of.values())) for m in (market, large))
    print(f"{size:,} parts ({origin})".ljust(44), f"{'search':>12} {'CP-SAT':>14} {'ratio':>10}")
    compare("cheapest, 1 GPU of 12 GiB", market, ONE, speed, 1, 10, repeats)
    compare("cheapest, 4 GPUs of 24 GiB", market, FOUR, speed, 1, 10, repeats)
    compare(f"exact top {TOP} kinds, 1 GPU", market, ONE, speed, TOP, 25, 1)
    compare_front(market, speed, repeats)
    compare(f"cheapest, 1 GPU, {large_size:,} parts", large, ONE, speed, 1, 8, 1)


if __name__ == "__main__":
    main()
