"""Questions about machines: what fits together, and the cheapest that does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.merged import catalogue_on
from payback.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payback.assembly.model import Judgement, PartsList
    from payback.assembly.prebuilt_compare import PrebuiltComparison
    from payback.assembly.search import Build, Lever, WhyNot
    from payback.assembly.stated import StatedMachine
    from payback.assembly.upgrade import UpgradePath


def assemble(
    question: Question, *, top: int = 1, pareto: bool = False, catalogue: Catalogue | None = None
) -> list[Build]:
    """The cheapest machines that fit together and do what is asked, each proved.

    Args:
        question: What the machine must do; the work, site, budget and options count.
        top: How many kinds of machine, best first.
        pareto: Every machine that no other beats in both cost and throughput, instead.
        catalogue: Prices to use; the shipped ones and the user's collected prices if None.

    Raises:
        NotPricedError: Some category has no part with a price that may be used on that day.
        NoFeasibleOptionError: No combination of priced parts fits.
    """
    from payback.assembly import search
    from payback.catalogue.components import load_components

    demand = search.demand_from_question(question)
    facts, components = catalogue or catalogue_on(question.as_of), load_components()
    if pareto:
        return search.pareto(demand, facts, components, question.as_of)
    return search.assemble(demand, facts, components, question.as_of, top=top)


def why_not(part: str, question: Question, catalogue: Catalogue | None = None) -> WhyNot:
    """Why a part is not in the best machine: what forcing it costs, and the first rule it breaks.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    from payback.assembly import search
    from payback.catalogue.components import load_components

    demand = search.demand_from_question(question)
    facts = catalogue or catalogue_on(question.as_of)
    return search.why_not(part, demand, facts, load_components(), question.as_of)


def stated_machines(question: Question, catalogue: Catalogue | None = None) -> list[StatedMachine]:
    """Published machines that do what is asked, at the totals their sources state: for days without prices of parts."""
    from payback.assembly import search, stated
    from payback.catalogue.components import load_components

    demand, facts = search.demand_from_question(question), catalogue or catalogue_on(question.as_of)
    return stated.stated_machines(demand, facts, load_components(), question.as_of)


def upgrade_path(build: Build) -> UpgradePath:
    """What is bought now, what can be added later, and what a GPU then costs."""
    from payback.assembly.upgrade import upgrade_path_of_build
    from payback.catalogue.components import load_components

    return upgrade_path_of_build(build, load_components())


def ways_to_save(build: Build, catalogue: Catalogue | None = None) -> list[Lever]:
    """Single changes of what was asked under which a cheaper machine fits."""
    from payback.assembly import search
    from payback.catalogue.components import load_components

    return search.ways_to_save(build, catalogue or catalogue_on(build.as_of), load_components())


def prebuilts_like(build: Build, catalogue: Catalogue | None = None) -> list[PrebuiltComparison]:
    """The same GPUs bought ready-made: mark-up and hours saved."""
    from payback.assembly.prebuilt_compare import compare_build

    return compare_build(build, catalogue or catalogue_on(build.as_of))


def check(path: Path) -> list[Judgement]:
    """Do the parts of each list in a file fit together? One judgement a list.

    Args:
        path: A ``.toml`` list, a ``.jsonl`` of many, ``.csv``, ``.md``, or plain text with one part a line.

    Raises:
        BadQuestionError: The file is no parts list; the message names the place.
    """
    from payback.assembly.partslist import read_lists

    return check_lists(read_lists(path))


def check_lists(lists: Sequence[PartsList]) -> list[Judgement]:
    """Do the parts of each list fit together?"""
    from payback.assembly.check import check_list
    from payback.catalogue.components import load_components

    components = load_components()
    return [check_list(parts_list, components) for parts_list in lists]
