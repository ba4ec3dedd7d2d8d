"""What to say beside a machine: the single changes of the demand that would make it cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from payback.assembly.search.assemble import speed_of
from payback.assembly.search.build import Build
from payback.assembly.search.candidates import gather
from payback.assembly.search.levers import LEAST_SAVING_USD, Lever, savings
from payback.assembly.search.topk import solve
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import Components


def ways_to_save(build: Build, catalogue: Catalogue, components: Components) -> list[Lever]:
    """Changes of a machine's demand under which a cheaper one passes, the largest saving first.

    Example:
        >>> import datetime as dt
        >>> from payback.assembly.search import BuildDemand, assemble
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> facts = load(), load_components()
        >>> [build] = assemble(BuildDemand(gpus=4, vram_gib=24), *facts, dt.date(2026, 11, 23))
        >>> all(lever.cost_usd < build.total_usd for lever in ways_to_save(build, *facts))
        True
    """
    demand, speed = build.demand, speed_of(build.demand, catalogue)
    candidates = gather(demand, catalogue, components, build.as_of)
    found = savings(demand, candidates, speed, build.total_usd)
    if demand.cuda_only:
        found += _without_cuda(build, catalogue, components, speed)
    return sorted(found, key=lambda lever: (lever.cost_usd, lever.what))


def _without_cuda(
    build: Build, catalogue: Catalogue, components: Components, speed: Mapping[str, float]
) -> Iterator[Lever]:
    open_to_all = build.demand.without(cuda_only=False)
    solution = solve(gather(open_to_all, catalogue, components, build.as_of), open_to_all, speed)
    if solution.ranked and solution.ranked[0].found.cost_usd <= build.total_usd - LEAST_SAVING_USD:
        best = solution.ranked[0].found
        what = f"with a GPU that does not run CUDA ({best.option.chip})"
        yield Lever(what=what, demand=open_to_all, cost_usd=best.cost_usd)
