"""Why a part is not in the best machine, and what the proof says."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.assembly.search import BuildDemand, assemble, why_not
from payback.assembly.search.certificate import rule_set
from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.components import Components, load_components
from payback.errors import UnknownNameError

DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def facts() -> tuple[Catalogue, Components]:
    return load(), load_components()


def test_a_dearer_part_costs_what_the_forced_machine_costs_more(facts: tuple[Catalogue, Components]) -> None:
    """The extra of a 5090 is the difference of the two optima."""
    demand = BuildDemand(vram_gib=24)

    answer = why_not("RTX 5090", demand, *facts, DAY)
    [free] = assemble(demand.without(proof_premium_share=0.0), *facts, DAY)
    [forced] = assemble(demand.without(must_have=("RTX 5090",), proof_premium_share=0.0), *facts, DAY)

    assert answer.extra_usd == pytest.approx(forced.total_usd - free.total_usd)
    assert answer.category == "gpu"
    assert "more" in answer.sentence


def test_a_part_of_another_platform_is_told_its_rule(facts: tuple[Catalogue, Components]) -> None:
    """No four-GPU machine with an A520 board passes; put into the best one, the socket is wrong."""
    answer = why_not("ASRock A520M Pro4", BuildDemand(gpus=4, vram_gib=24), *facts, DAY)

    assert answer.forced is None
    assert answer.broken is not None
    assert answer.broken.rule == "SOCKET"


def test_a_part_with_an_old_price_is_told_its_age(facts: tuple[Catalogue, Components]) -> None:
    """The 8700K was last priced in 2018."""
    answer = why_not("Intel Core i7-8700K", BuildDemand(), *facts, DAY)

    assert answer.forced is None
    assert "days old" in answer.sentence


def test_a_part_nobody_priced_is_told_so(facts: tuple[Catalogue, Components]) -> None:
    """The X399 Taichi has no price at all."""
    answer = why_not("ASRock X399 Taichi", BuildDemand(), *facts, DAY)

    assert "nobody had priced it" in answer.sentence


def test_the_chosen_part_is_as_good_as_itself(facts: tuple[Catalogue, Components]) -> None:
    """Forced to hold what it holds anyway, the machine costs no more."""
    [best] = assemble(BuildDemand(vram_gib=24, proof_premium_share=0.0), *facts, DAY)
    case = next(part.component for part in best.parts if part.category == "case")

    answer = why_not(case, BuildDemand(vram_gib=24), *facts, DAY)

    assert answer.extra_usd == pytest.approx(0.0)
    assert answer.broken is None
    assert "as good" in answer.sentence


def test_an_unknown_part_is_an_error(facts: tuple[Catalogue, Components]) -> None:
    """Nobody knows the RTX 9999."""
    with pytest.raises(UnknownNameError):
        why_not("RTX 9999", BuildDemand(), *facts, DAY)


def test_a_certificate_names_the_rules_that_bound(facts: tuple[Catalogue, Components]) -> None:
    """Two GPUs: cheaper boards without slots and smaller supplies are stopped by rules the certificate names."""
    [build] = assemble(BuildDemand(gpus=2, vram_gib=24), *facts, DAY)
    certificate = build.certificate

    assert certificate.binding
    assert set(certificate.binding) <= {finding.rule for finding in build.findings} | {"workmanship"}
    assert all(certificate.parts_kept[name] <= certificate.parts_priced[name] for name in certificate.parts_kept)
    assert len(certificate.rule_set) == 16
    assert certificate.rule_set == rule_set()
    assert certificate.discarded == {}
