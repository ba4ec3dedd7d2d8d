"""What to say beside a machine: the single changes of the demand that would make it cheaper."""

from __future__ import annotations

from payback.assembly.search.assemble import speed_of
from payback.assembly.search.build import Build
from payback.assembly.search.candidates import gather
from payback.assembly.search.levers import Lever, savings
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
    demand = build.demand
    candidates = gather(demand, catalogue, components, build.as_of)
    return savings(demand, candidates, speed_of(demand, catalogue), build.total_usd)
