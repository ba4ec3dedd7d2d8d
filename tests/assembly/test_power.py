"""Watts worked by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.assembly.article_machine import ARTICLE, Part, list_of

from payback.assembly.check import read_machines
from payback.assembly.model import Demand, Machine
from payback.assembly.power import (
    dc_load,
    efficiency,
    excursion_limit_w,
    transient_peak_w,
    wall_power_w,
)
from payback.assembly.rules_site import combined_noise_dba
from payback.catalogue.components import Components

Build = Callable[..., Machine]


@pytest.fixture(scope="module")
def build(components: Components) -> Build:
    """The article's machine with some parts replaced."""

    def built(**changes: Part) -> Machine:
        return read_machines(list_of({**ARTICLE, **changes}), components)[0]

    return built


def test_load_of_the_articles_four_gpu_machine(build: Build) -> None:
    """180 + 4 · 250 + 75 + 4 modules · 3 + one SSD · 5 = 1,272 W (A10)."""
    load = dc_load(build(gpu=("ASUS Turbo GeForce GTX 1080 Ti 11GB", 4)), Demand())

    assert 1272.0 == load.watts
    assert ((), ()) == (load.assumed, load.missing)


def test_a_tenth_above_that_load_is_the_articles_1400_w() -> None:
    """1,272 · 1.1 = 1,399 W: Chen asks for 1,400 W."""
    assert 1399.2 == pytest.approx(1272.0 * (1 + (Demand.article_four_gpu().psu_headroom_share or 0)))


def test_a_power_cap_lowers_only_cards_above_it(build: Build) -> None:
    """Four cards of 250 W at 200 W save 200 W; a cap of 300 W saves nothing."""
    machine = build(gpu=("ASUS Turbo GeForce GTX 1080 Ti 11GB", 4))

    assert 1072.0 == dc_load(machine, Demand(power_cap_w=200)).watts
    assert 1272.0 == dc_load(machine, Demand(power_cap_w=300)).watts


def test_a_fragment_without_a_processor_gets_an_allowance_and_says_so(build: Build) -> None:
    """Four RTX 3090 and a supply: 165 W stand in for the processor nobody named."""
    load = dc_load(build(cpu=None, gpu=("RTX 3090", 4), memory=None, drive=None), Demand())

    assert 165.0 + 4 * 350.0 + 75.0 == load.watts
    assert ("cpu.tdp_w",) == load.assumed


def test_an_unknown_processor_is_missing_not_assumed(build: Build) -> None:
    """A processor that is named but not known leaves the load undecided."""
    load = dc_load(build(cpu="Zorblax 9000"), Demand())

    assert ("cpu.tdp_w",) == load.missing


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.1, 0.87), (0.2, 0.87), (0.35, 0.885), (0.5, 0.90), (0.75, 0.885), (1.0, 0.87), (1.2, 0.87)],
)
def test_efficiency_runs_straight_between_the_marks(share: float, expected: float) -> None:
    """80 Plus Gold: 87, 90 and 87 % at 20, 50 and 100 % load (A11)."""
    assert expected == pytest.approx(efficiency("80 Plus Gold", share))


def test_wall_power_of_the_articles_four_gpu_machine(build: Build) -> None:
    """1,272 W of 1,600 W is a share of 0.795; Platinum gives 0.92 - 0.03 · 0.59 = 0.9023 there: 1,410 W (A12)."""
    machine = build()

    assert pytest.approx(1272.0 / 0.9023, abs=0.5) == wall_power_w(1272.0, machine.psus)


def test_two_supplies_share_the_load_as_they_are_rated(build: Build) -> None:
    """Two equal supplies at half load each draw what one draws at the same share, twice."""
    machine = build(psu=("EVGA SuperNOVA 1600 P2", 2))

    assert pytest.approx(2 * wall_power_w(800.0, machine.psus[:1])) == wall_power_w(1600.0, machine.psus)


def test_peaks_add_sixty_percent_of_the_cards_power(build: Build) -> None:
    """1,272 + 0.6 · 1,000 = 1,872 W (A13) against 1.3 · 1,600 = 2,080 W of a supply before ATX 3 (A14)."""
    machine = build(gpu=("ASUS Turbo GeForce GTX 1080 Ti 11GB", 4))

    assert 1872.0 == transient_peak_w(machine, Demand())
    assert 2080.0 == excursion_limit_w(machine.psus[0])


def test_supplies_of_atx_3_survive_twice_their_rating(components: Components) -> None:
    """ATX 3.x asks for 200 % over 100 µs."""
    modern = next(psu for psu in components.psus.values() if (psu.atx_version or "").startswith("3"))

    assert 2 * modern.watts == excursion_limit_w(modern)


def test_noise_adds_as_energy() -> None:
    """Two sources of 40 dB(A) make 43 dB(A), ten make 50 (A18)."""
    assert pytest.approx(50.0) == combined_noise_dba([40.0] * 10)
