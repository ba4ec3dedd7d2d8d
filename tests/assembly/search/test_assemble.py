"""Today's machines: priced, dated, proved, judged by the rulebook, and plainly refused where there are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import pairwise

import pytest

from payback.assembly.check import check_list
from payback.assembly.model import Outlet, Policy, Severity, Status
from payback.assembly.partslist import read_toml, write_toml
from payback.assembly.search import Build, BuildDemand, assemble, pareto, ways_to_save
from payback.assembly.search.workmanship import TAPE_MEASURE, cooler_suffices, module_step
from payback.assembly.stated import stated_machines
from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.components import Components, load_components
from payback.errors import BadQuestionError, NoFeasibleOptionError, NotPricedError

DAY = dt.date(2026, 11, 23)
TODAY = {
    "one": BuildDemand(),
    "one of 24 GiB": BuildDemand(vram_gib=24),
    "one new": BuildDemand(vram_gib=16, used=False),
    "two of 24 GiB": BuildDemand(gpus=2, vram_gib=24),
    "four of 24 GiB": BuildDemand(gpus=4, vram_gib=24),
    "four capped": BuildDemand(gpus=4, vram_gib=24, power_cap_w=250),
    "one, room for four": BuildDemand(vram_gib=24, expand_to_gpus=4),
}


@pytest.fixture(scope="module")
def facts() -> tuple[Catalogue, Components]:
    return load(), load_components()


@pytest.fixture(scope="module")
def best(facts: tuple[Catalogue, Components]) -> Callable[[str], Build]:
    """Today's best machine for a named demand, built once."""
    built: dict[str, Build] = {}

    def of(name: str) -> Build:
        if name not in built:
            [built[name]] = assemble(TODAY[name], *facts, DAY)
        return built[name]

    return of


@pytest.mark.parametrize("name", TODAY)
def test_every_part_is_priced_and_dated(name: str, best: Callable[[str], Build]) -> None:
    """No line without price, day and fact; the lines add up to the total; the bound meets it."""
    build = best(name)

    assert all(
        part.unit_price_usd and part.observed_on and part.observed_on <= DAY and part.facts for part in build.parts
    )
    assert build.total_usd == pytest.approx(sum(part.price_usd or 0.0 for part in build.parts))
    assert build.certificate.proved
    assert {"gpu", "cpu", "board", "memory", "drive", "psu", "case"} <= {part.category for part in build.parts}


@pytest.mark.parametrize("name", TODAY)
def test_payback_check_agrees(name: str, best: Callable[[str], Build], facts: tuple[Catalogue, Components]) -> None:
    """Read back by name from its own list, no hard rule is broken, and what is open a tape measure settles."""
    build = best(name)
    asked = build.demand.rules_demand(build.gpu_count, build.machine.gpus[0].memory_gib or 0.0)
    read_back = read_toml(write_toml(build.parts_list()), "again")

    judgement = check_list(read_back, facts[1], asked)

    assert judgement.compatible is not False
    open_questions = judgement.of_status(Status.UNKNOWN, Severity.ERROR)
    assert {finding.rule for finding in open_questions} <= TAPE_MEASURE
    assert (judgement.compatible is True) == (not build.open_questions)


@pytest.mark.parametrize("name", TODAY)
def test_a_careful_builder_would_sign(name: str, best: Callable[[str], Build]) -> None:
    """Reserve in the supply, a cooler for the heat, memory on four channels, as much memory as the GPUs have."""
    build = best(name)
    machine = build.machine
    assert machine.cpu is not None
    assert machine.board is not None
    modules = sum(kit.module_count or 0 for kit in machine.memory)
    memory_gb = sum((kit.module_count or 0) * (kit.module_gb or 0.0) for kit in machine.memory)

    assert sum(psu.watts for psu in machine.psus) >= build.load_w * 1.15
    assert machine.cpu.boxed_cooler or all(cooler_suffices(cooler, machine.cpu) for cooler in machine.coolers)
    assert modules % module_step(machine.board.memory_channels) == 0
    assert memory_gb >= max(32.0, build.gpu_count * (machine.gpus[0].memory_gib or 0.0))
    assert all(lanes is not None and lanes >= 8 for lanes in build.lanes_per_gpu)
    assert machine.cpu.cores >= (8 if build.grown_gpus == 4 else 6)


def test_a_machine_with_room_to_grow_carries_the_later_cards_now(best: Callable[[str], Build]) -> None:
    """One GPU bought, supply and slots for four: the supply holds the load of four with 15 % in reserve."""
    build = best("one, room for four")
    others_w = build.load_w - (build.machine.gpus[0].board_power_w or 0.0)

    assert (1, 4) == (build.gpu_count, build.grown_gpus)
    assert build.machine.psus[0].watts >= 1.15 * (others_w + 4 * (build.machine.gpus[0].board_power_w or 0.0))
    assert len(build.machine.board.slots if build.machine.board else ()) >= 4
    assert build.machine_list().gpu_slots >= 4


def test_the_cheapest_kinds_differ_in_what_matters(facts: tuple[Catalogue, Components]) -> None:
    """Five machines, no two of the same GPU, number and socket, dearer and dearer."""
    builds = assemble(BuildDemand(vram_gib=16, proof_premium_share=0.0), *facts, DAY, top=5)
    kinds = {(build.gpu, build.gpu_count, build.machine.board and build.machine.board.socket) for build in builds}

    assert len(builds) == len(kinds) == 5
    assert [b.total_usd for b in builds] == sorted(b.total_usd for b in builds)


def test_a_proved_machine_is_preferred_if_it_costs_hardly_more(facts: tuple[Catalogue, Components]) -> None:
    """With any premium accepted nothing is left open; with none the least cost counts, and is no more."""
    demand = BuildDemand(gpus=4, vram_gib=24)

    [proved] = assemble(demand.without(proof_premium_share=1.0), *facts, DAY)
    [cheap] = assemble(demand.without(proof_premium_share=0.0), *facts, DAY)
    [strict] = assemble(demand.without(policy=Policy.STRICT), *facts, DAY)

    assert not proved.open_questions
    assert proved.total_usd == pytest.approx(strict.total_usd)
    assert cheap.total_usd <= proved.total_usd


def test_most_throughput_for_a_budget(facts: tuple[Catalogue, Components]) -> None:
    """The fastest machine for 5,000 dollars is on the front below 5,000 dollars, and is its last point."""
    demand = BuildDemand(gpus=None, objective="throughput", budget_usd=5000.0)

    [fastest] = assemble(demand, *facts, DAY)
    front = pareto(BuildDemand(gpus=None, budget_usd=5000.0), *facts, DAY)

    assert fastest.total_usd <= 5000.0
    assert fastest.throughput == front[-1].throughput
    assert fastest.total_usd == pytest.approx(front[-1].total_usd)


def test_the_front_rises_in_cost_and_throughput(facts: tuple[Catalogue, Components]) -> None:
    """Every point of the front costs more than the one before and is faster; its first is the cheapest machine."""
    front = pareto(BuildDemand(gpus=None), *facts, DAY)
    [cheapest] = assemble(BuildDemand(gpus=None, proof_premium_share=0.0), *facts, DAY)

    assert len(front) >= 5
    for before, after in pairwise(front):
        assert before.total_usd < after.total_usd
        assert (before.throughput or 0.0) < (after.throughput or 0.0)
    assert cheapest.total_usd == pytest.approx(front[0].total_usd)


def test_speeds_given_decide_instead_of_the_data_sheet(facts: tuple[Catalogue, Components]) -> None:
    """If the RTX 5090 is called a thousand times as fast, a throughput of 500 needs one."""
    speed = {"RTX 3090": 1.0, "RTX 5090": 1000.0}

    [build] = assemble(BuildDemand(gpus=None, throughput=500.0, speed=speed), *facts, DAY)

    assert ("RTX 5090", 1000.0) == (build.gpu, build.throughput)


def test_an_outlet_is_respected(facts: tuple[Catalogue, Components]) -> None:
    """On 15 A at 120 V, 1,440 W for hours, two GPUs still fit; on 5 A, 480 W, only what draws no more than that."""
    weak = Outlet(volts=120, amps=5)

    [two] = assemble(BuildDemand(gpus=2, vram_gib=24, outlet=Outlet(volts=120, amps=15)), *facts, DAY)
    [small] = assemble(BuildDemand(outlet=weak), *facts, DAY)

    assert two.wall_power_w <= 1440.0
    assert small.wall_power_w <= weak.continuous_w == 480.0


def test_a_small_board_is_found_if_asked(facts: tuple[Catalogue, Components]) -> None:
    """Only micro-ATX and smaller."""
    [build] = assemble(BuildDemand(board_forms=("mini-ITX", "micro-ATX")), *facts, DAY)

    assert build.machine.board is not None
    assert build.machine.board.form_factor in ("mini-ITX", "micro-ATX")


def test_a_wanted_part_is_in_the_machine(facts: tuple[Catalogue, Components]) -> None:
    """A 24-GiB machine in a Fractal Torrent costs no less than one in any case."""
    [free] = assemble(BuildDemand(vram_gib=24), *facts, DAY)
    [forced] = assemble(BuildDemand(vram_gib=24, must_have=("Fractal Design Torrent",)), *facts, DAY)

    assert forced.machine.case is not None
    assert forced.machine.case.case == "Fractal Design Torrent"
    assert forced.total_usd >= free.total_usd


def test_2018_says_what_has_no_price(facts: tuple[Catalogue, Components]) -> None:
    """Of autumn 2018 no usable price of board, memory, supply and case is known: their names, not a guess."""
    with pytest.raises(NotPricedError) as refusal:
        assemble(BuildDemand(expand_to_gpus=4), *facts, dt.date(2018, 9, 26))

    assert all(category in str(refusal.value) for category in ("board", "memory", "psu", "case"))


def test_of_2018_the_articles_machine_is_known_whole_with_its_path_to_four_gpus(
    facts: tuple[Catalogue, Components],
) -> None:
    """$3,000 as its author states, proved to fit, $700 a further card: 3,700, 4,400, 5,100 (his own figure).

    Made for four from the start, only the maker of the cards, whom he does not name, is open: nothing is broken.
    """
    [article, *_] = stated_machines(BuildDemand(), *facts, dt.date(2018, 9, 26))
    [roomy, *_] = stated_machines(BuildDemand(expand_to_gpus=4), *facts, dt.date(2018, 9, 26))

    assert (3000.0, True) == (article.total_usd, article.judgement.compatible)
    assert not roomy.judgement.of_status(Status.VIOLATED, Severity.ERROR)
    assert [3000, 3700, 4400, 5100] == [step.total_usd for step in article.path.steps]
    assert all(not step.problems for step in article.path.steps)
    assert any("MSI X399 SLI PLUS" in named for named in article.unpriced)
    assert article.as_dict()["certificate"] is None


def test_stated_machines_do_what_is_asked(facts: tuple[Catalogue, Components]) -> None:
    """No list has 24 GiB in 2018, none is from the day before it was written, and none costs less than it says."""
    day = dt.date(2018, 9, 26)

    assert not stated_machines(BuildDemand(vram_gib=24), *facts, day)
    assert not stated_machines(BuildDemand(), *facts, dt.date(2018, 9, 25))
    assert not stated_machines(BuildDemand(budget_usd=2999.0), *facts, day)


def test_no_cheap_platform_chokes_a_modern_card(best: Callable[[str], Build]) -> None:
    """A careful builder does not put a PCIe 4 card on a PCIe 3 board, however cheap."""
    for name in TODAY:
        assert "PCIE_GEN" not in {finding.rule for finding in best(name).warnings}


def test_a_card_without_cuda_is_only_offered_and_says_what_it_needs(facts: tuple[Catalogue, Components]) -> None:
    """By default CUDA; the cheaper AMD card stands among the ways to save; chosen, it warns of ROCm."""
    [plain] = assemble(BuildDemand(vram_gib=24), *facts, DAY)
    [any_maker] = assemble(BuildDemand(vram_gib=24, cuda_only=False), *facts, DAY)
    levers = {lever.what: lever.cost_usd for lever in ways_to_save(plain, *facts)}

    assert facts[0].gpus[plain.gpu].vendor == "NVIDIA"
    assert facts[0].gpus[any_maker.gpu].vendor == "AMD"
    assert any_maker.total_usd < plain.total_usd
    assert f"with a GPU that does not run CUDA ({any_maker.gpu})" in levers
    assert any("ROCm" in caution for caution in any_maker.cautions)
    assert not any("ROCm" in caution for caution in plain.cautions)


def test_a_budget_too_small_says_from_what_it_can_be_built(facts: tuple[Catalogue, Components]) -> None:
    """For 500 dollars nothing; without the budget, from the cheapest machine's cost."""
    [cheapest] = assemble(BuildDemand(proof_premium_share=0.0), *facts, DAY)

    with pytest.raises(NoFeasibleOptionError, match=f"without the budget: from \\${cheapest.total_usd:,.0f}"):
        assemble(BuildDemand(budget_usd=500.0), *facts, DAY)


def test_a_gpu_nobody_sells_is_named_as_the_reason(facts: tuple[Catalogue, Components]) -> None:
    """No priced GPU has 1,000 GiB; the message says how much the largest has."""
    with pytest.raises(NoFeasibleOptionError, match="largest priced has"):
        assemble(BuildDemand(vram_gib=1000), *facts, DAY)


def test_throughput_without_a_budget_is_a_bad_question(facts: tuple[Catalogue, Components]) -> None:
    """Most throughput of all would be the dearest machine of all."""
    with pytest.raises(BadQuestionError, match="budget"):
        assemble(BuildDemand(objective="throughput"), *facts, DAY)


def test_ways_to_save_are_cheaper_machines(best: Callable[[str], Build], facts: tuple[Catalogue, Components]) -> None:
    """Each change named for the four-GPU machine leads to a machine that costs what is said, and less."""
    build = best("four of 24 GiB")

    levers = ways_to_save(build, *facts)

    assert levers == sorted(levers, key=lambda lever: (lever.cost_usd, lever.what))
    for lever in levers:
        [changed] = assemble(lever.demand.without(proof_premium_share=0.0), *facts, DAY)
        assert changed.total_usd == pytest.approx(lever.cost_usd)
        assert changed.total_usd < build.total_usd


def test_the_answer_is_plain_data(best: Callable[[str], Build]) -> None:
    """`as_dict` holds numbers, strings, lists and objects alone, with the certificate inside."""
    import json

    document = json.loads(json.dumps(best("two of 24 GiB").as_dict()))

    assert document["certificate"]["proved"] is True
    assert document["gpu_count"] == 2
    assert document["parts"][0]["category"] == "gpu"


def test_a_machine_list_holds_every_part(best: Callable[[str], Build], facts: tuple[Catalogue, Components]) -> None:
    """As a list for `payback plan` it names each part once, with the card to buy, and prices to the same total."""
    from payback.assembly.priced import price_machine, total_usd

    build = best("one new")
    listed = build.machine_list()

    assert [part.component for part in build.parts] == [part.component for part in listed.parts]
    assert listed.gpu == build.gpu
    assert total_usd(price_machine(facts[0], listed, DAY)) == pytest.approx(build.total_usd)


def test_room_for_the_cards_it_has_is_no_further_demand(facts: tuple[Catalogue, Components]) -> None:
    """Asked to grow to one card, with a card of unknown size in it, the search ends: it used to reject for ever."""
    day = dt.date(2026, 11, 28)
    [plain] = assemble(BuildDemand(max_price_age_days=57), *facts, day)
    [grown] = assemble(BuildDemand(max_price_age_days=57, expand_to_gpus=1), *facts, day)

    assert grown.total_usd == plain.total_usd
