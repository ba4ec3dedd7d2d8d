"""Start with one GPU, add more later: the host is paid once."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.assembly.search import BuildDemand, assemble
from payback.assembly.upgrade import growth_paths, upgrade_path, upgrade_path_of_build
from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.components import Components, load_components
from payback.errors import NotPricedError

DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def facts() -> tuple[Catalogue, Components]:
    return load(), load_components()


def test_the_articles_path_from_its_stated_totals(facts: tuple[Catalogue, Components]) -> None:
    """3,000 with one card, 700 a further one, 5,100 with four: 2,300 for the host, 1,275 a GPU at the end."""
    path = upgrade_path(facts[0].machine("article-2018-1gpu"), *facts)

    assert [(1, 3000, "stated"), (2, 3700, "priced"), (3, 4400, "priced"), (4, 5100, "stated")] == [
        (step.gpus, step.total_usd, step.basis) for step in path.steps
    ]
    assert (2300.0, 700.0) == (path.host_usd, path.gpu_usd)
    assert [3000.0, 1850.0, 4400 / 3, 1275.0] == [step.usd_per_gpu for step in path.steps]
    assert all(not step.problems for step in path.steps)


def test_used_cards_make_the_articles_path_cheaper(facts: tuple[Catalogue, Components]) -> None:
    """Later cards at the used price of the day: each step adds that instead of 700."""
    used = facts[0].component_quote("GTX 1080 Ti", dt.date(2018, 9, 26), condition="used")
    assert used is not None

    path = upgrade_path(facts[0].machine("article-2018-1gpu"), *facts, gpu_condition="used")

    assert path.gpu_usd == used.mid_usd < 700.0
    assert path.steps[1].total_usd == 3000 + used.mid_usd


def test_cost_per_gpu_falls_with_every_step(facts: tuple[Catalogue, Components]) -> None:
    """The host is shared by more GPUs."""
    each = [step.usd_per_gpu for step in upgrade_path(facts[0].machine("article-2018-1gpu"), *facts).steps]

    assert each == sorted(each, reverse=True)


def test_a_machine_that_cannot_grow_says_what_else_must_change(facts: tuple[Catalogue, Components]) -> None:
    """Four open cards of three places do not stand on an ATX board: the step names the rule."""
    from dataclasses import replace

    machine = replace(facts[0].machine("2026-1x-3090-used-am4"), gpu_slots=4)

    path = upgrade_path(machine, *facts, as_of=DAY, gpu_condition="used")

    assert path.steps[0].problems == ()
    assert path.steps[-1].problems


def test_a_list_without_prices_is_refused(facts: tuple[Catalogue, Components]) -> None:
    """A machine of 2026 had no priced parts in 2010."""
    with pytest.raises(NotPricedError, match="no new price of RTX 5090"):
        upgrade_path(facts[0].machine("2026-1x-5090-am5"), *facts, as_of=dt.date(2010, 1, 1))


def test_an_assembled_machine_grows_to_what_it_was_made_for(facts: tuple[Catalogue, Components]) -> None:
    """Made for two GPUs: the second adds its own price and breaks nothing."""
    [build] = assemble(BuildDemand(vram_gib=24, expand_to_gpus=2), *facts, DAY)

    path = upgrade_path_of_build(build, facts[1])

    assert [1, 2] == [step.gpus for step in path.steps]
    assert path.steps[1].total_usd == pytest.approx(build.total_usd + path.gpu_usd)
    assert all(not step.problems for step in path.steps)


def test_room_to_grow_costs_something_now(facts: tuple[Catalogue, Components]) -> None:
    """Machines with one GPU and room for two or four cost more than the one without room."""
    [build] = assemble(BuildDemand(vram_gib=24), *facts, DAY)

    paths = growth_paths(build, *facts)

    assert [2, 4] == [path.steps[-1].gpus for path in paths]
    assert all(path.steps[0].total_usd > build.total_usd for path in paths)
