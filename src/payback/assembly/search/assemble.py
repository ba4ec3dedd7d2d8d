"""From a demand to machines: gather what is priced, search, certify, and say plainly when there is nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from payback.assembly.model import Policy
from payback.assembly.search.build import Build, build_of
from payback.assembly.search.candidates import Candidates, gather
from payback.assembly.search.certificate import certify
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.levers import relaxations
from payback.assembly.search.options import gpu_options
from payback.assembly.search.pareto import front
from payback.assembly.search.topk import Solution, solve
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import Components
from payback.errors import BadQuestionError, NoFeasibleOptionError, NotPricedError

NEEDED = ("gpu", "cpu", "board", "memory", "drive", "psu", "case")


def assemble(
    demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date, *, top: int = 1
) -> list[Build]:
    """The cheapest (or, for a budget, fastest) machines for a demand, each proved, each of another kind.

    Args:
        demand: What is asked.
        catalogue: Prices.
        components: Specifications.
        as_of: The day of the prices.
        top: How many kinds of machine to return, best first; a kind is GPU, number of GPUs and platform.

    Returns:
        From one to `top` machines that the rulebook passes.

    Raises:
        NotPricedError: Some category has no part with a price that may be used on that day.
        NoFeasibleOptionError: Every category has priced parts, and no combination passes.
        BadQuestionError: Most throughput is asked without a budget.
        UnknownNameError: A wanted or unwanted part is unknown.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> [build] = assemble(BuildDemand(vram_gib=24), load(), load_components(), dt.date(2026, 11, 23))
        >>> build.certificate.proved, build.gpu_count
        (True, 1)
    """
    if demand.objective == "throughput" and demand.budget_usd is None:
        raise BadQuestionError("finance.budget_usd", "nothing", "a budget, for the most throughput it buys")
    candidates = gather(demand, catalogue, components, as_of)
    require_prices(candidates, as_of)
    speed = speed_of(demand, catalogue)
    solution = solve(candidates, demand, speed, top=top)
    if not solution.ranked:
        raise NoFeasibleOptionError(_nothing_fits(demand, candidates, speed))
    objective = "least cost" if demand.objective == "cost" else "most throughput for the budget"
    builds = builds_of(solution, demand, as_of, catalogue, objective)
    if demand.policy is not Policy.WARN or demand.objective != "cost" or not builds[0].open_questions:
        return builds
    return _proved_first(builds, demand, candidates, speed, catalogue, top)


def _proved_first(
    builds: list[Build],
    demand: BuildDemand,
    candidates: Candidates,
    speed: Mapping[str, float],
    catalogue: Catalogue,
    top: int,
) -> list[Build]:
    """Machines of which everything is proved, where they cost hardly more than others of their kind (B19)."""
    strict = demand.without(policy=Policy.STRICT)
    solution = solve(candidates, strict, speed, top=top)
    objective = f"least cost with every hard fact proved (unproved from ${builds[0].total_usd:,.2f})"
    proved = builds_of(solution, strict, builds[0].as_of, catalogue, objective)

    def score(build: Build) -> float:
        return build.total_usd * (1.0 + demand.proof_premium_share * bool(build.open_questions))

    best: dict[str, Build] = {}
    for build in sorted((*proved, *builds), key=score):
        best.setdefault(build.id, build)
    return list(best.values())[:top]


def worth_a_look(demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date) -> list[Build]:
    """The cheapest machine, and the one of most throughput a dollar, if it is another; nothing where nothing fits.

    What `assemble` and `pareto` find, without the reasons where they find nothing and what binds the machines.

    Args:
        demand: What every one of them must satisfy.
        catalogue: Prices.
        components: Specifications.
        as_of: The day of the prices.
    """
    candidates, speed = gather(demand, catalogue, components, as_of), speed_of(demand, catalogue)
    if unpriced_categories(candidates):
        return []
    least = solve(candidates, demand, speed)
    if not least.ranked:
        return []
    found = builds_of(least, demand, as_of, catalogue, "least cost", binding=False)
    if demand.policy is Policy.WARN and found[0].open_questions:
        found = _proved_first(found, demand, candidates, speed, catalogue, 1)
    beyond = builds_of(front(candidates, demand, speed), demand, as_of, catalogue, "least cost at this", binding=False)
    best = max(beyond, key=lambda build: (build.throughput or 0.0) / build.total_usd, default=found[0])
    return found if best.id == found[0].id else [*found, best]


def pareto(demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date) -> list[Build]:
    """Every machine that no other beats in both cost and throughput, cheapest first.

    Args:
        demand: What every one of them must satisfy; ``gpus=None`` looks at all numbers of GPUs.
        catalogue: Prices.
        components: Specifications.
        as_of: The day of the prices.

    Raises:
        NotPricedError: Some category has no part with a price that may be used on that day.
        NoFeasibleOptionError: No combination passes.
    """
    candidates = gather(demand, catalogue, components, as_of)
    require_prices(candidates, as_of)
    solution = front(candidates, demand, speed_of(demand, catalogue))
    if not solution.ranked:
        raise NoFeasibleOptionError(_nothing_fits(demand, candidates, speed_of(demand, catalogue)))
    return builds_of(solution, demand, as_of, catalogue, "least cost at this throughput or more", binding=False)


def builds_of(
    solution: Solution,
    demand: BuildDemand,
    as_of: dt.date,
    catalogue: Catalogue,
    objective: str,
    *,
    binding: bool = True,
) -> list[Build]:
    """The machines of a solution with prices and certificates; `binding` asks which rules bound each (slower)."""
    builds = []
    for ranked in solution.ranked:
        found = ranked.found
        certificate = certify(
            solution.world, solution.candidates, solution.effort, found, ranked.bound_usd, objective, binding=binding
        )
        cards = {offer.name for offer in solution.candidates["gpu"] if _chip(offer.part) == found.option.chip}
        builds.append(build_of(found, certificate, demand, as_of, catalogue, cards_known=len(cards)))
    return builds


def _chip(card: Any) -> str:
    return str(card.gpu)


def speed_of(demand: BuildDemand, catalogue: Catalogue) -> Mapping[str, float]:
    """Speed of one GPU by chip: as asked, else the data sheet's dense tensor TFLOPS."""
    if demand.speed is not None:
        return demand.speed
    return {name: gpu.fp16_tensor_tflops for name, gpu in catalogue.gpus.items() if gpu.fp16_tensor_tflops}


def require_prices(candidates: Candidates, as_of: dt.date) -> None:
    """Refuse to search where a category has nothing to buy.

    Raises:
        NotPricedError: Names every such category and why its parts are out.
    """
    empty = unpriced_categories(candidates)
    if empty:
        told = "; ".join(_emptiness(category, candidates) for category in empty)
        raise NotPricedError(f"no usable price on {as_of} for: {told}. A missing price is never guessed.")


def unpriced_categories(candidates: Candidates) -> list[str]:
    """Categories without which there is no machine, and in which nothing may be bought."""
    empty = [category for category in NEEDED if not candidates[category]]
    boxed = any(_boxed(offer.part) for offer in candidates["cpu"])
    return empty if candidates["cooler"] or boxed else [*empty, "cooler"]


def _boxed(cpu: Any) -> bool:
    return bool(cpu.boxed_cooler)


def _emptiness(category: str, candidates: Candidates) -> str:
    reasons = ", ".join(f"{number} {kind}" for kind, number in sorted(candidates.reasons(category).items()))
    return f"{category} ({candidates.known.get(category, 0)} known, {reasons or 'none priced'})"


def _nothing_fits(demand: BuildDemand, candidates: Candidates, speed: Mapping[str, float]) -> str:
    if not gpu_options(candidates["gpu"], demand, speed, exact_cards=True):
        largest = max(_memory_gib(offer.part) for offer in candidates["gpu"])
        return f"no priced GPU does what is asked of it; the largest priced has {largest:g} GiB"
    counts = ", ".join(f"{len(offers)} {category}" for category, offers in candidates.of.items())
    ways = list(relaxations(demand, candidates, speed))
    advice = "; ".join(f"{lever.what}: from ${lever.cost_usd:,.0f}" for lever in ways)
    hint = f"It can be built if one thing changes: {advice}." if ways else "No single change makes it possible."
    return f"no machine passes the rules with what is priced ({counts}). {hint}"


def _memory_gib(card: Any) -> float:
    return float(card.memory_gib or 0.0)
