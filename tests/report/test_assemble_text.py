"""Assembled machines in words: everything a buyer needs is on the page."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console, RenderableType

from payback.assembly.prebuilt_compare import compare_prebuilts
from payback.assembly.search import Build, BuildDemand, assemble, pareto, why_not
from payback.assembly.search.levers import Lever
from payback.assembly.upgrade import upgrade_path
from payback.catalogue.catalogue import load
from payback.catalogue.components import load_components
from payback.report.assemble_text import builds_text, front_text, growth_sentence, print_text

DAY = dt.date(2026, 11, 23)


def words(text: RenderableType, width: int = 120) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(text)
    return " ".join(out.getvalue().split())


@pytest.fixture(scope="module")
def builds() -> list[Build]:
    return assemble(BuildDemand(gpus=2, vram_gib=24), load(), load_components(), DAY, top=2)


def test_every_part_price_and_day_is_printed(builds: list[Build]) -> None:
    """Name, price and day of each part, the total, and the proof."""
    page = words(builds_text(builds))

    for part in builds[0].parts:
        assert part.component in page
        assert str(part.observed_on) in page
    assert f"${builds[0].total_usd:,.0f}" in page
    assert "no machine that passes costs less" in page
    assert builds[1].label in page


def test_open_questions_and_warnings_are_printed(builds: list[Build]) -> None:
    """What is open and what is soft appears by the name of its rule."""
    for build in builds:
        page = words(builds_text([build]))

        assert all(finding.rule in page for finding in (*build.open_questions, *build.warnings))
        assert all(" ".join(caution.split()) in page for caution in build.cautions)


def test_paths_levers_ready_made_machines_and_answers_are_printed(builds: list[Build]) -> None:
    """Each extra has its heading and its figures."""
    facts = load(), load_components()
    path = upgrade_path(facts[0].machine("article-2018-1gpu"), *facts)
    lever = Lever(what="with two power supplies", demand=BuildDemand(), cost_usd=builds[0].total_usd - 100)
    ready_made = compare_prebuilts("GTX 1080 Ti", 1, 3000, facts[0], dt.date(2018, 9, 26))
    answer = why_not("RTX 5090", BuildDemand(gpus=2, vram_gib=24), *facts, DAY)

    page = words(builds_text(builds, path=path, levers=[lever], prebuilts=ready_made, why=[answer], growth=[path]))

    assert "Upgrade path" in page
    assert "$5,100" in page
    assert "$1,275" in page
    assert "with two power supplies" in page
    assert "67% more than the parts, for 6 hours saved" in page
    assert "RTX 5090" in page
    assert " ".join(growth_sentence(builds[0], path).split()) in page


def test_the_front_names_its_unit() -> None:
    """Throughput by data sheet is called that."""
    front = pareto(BuildDemand(gpus=None, budget_usd=4000.0), load(), load_components(), DAY)

    page = words(front_text(front))

    assert "data sheet" in page
    assert all(build.label in page for build in front)


def test_printing_fits_the_width_asked(builds: list[Build], capsys: pytest.CaptureFixture[str]) -> None:
    """No line is wider than asked."""
    print_text(builds_text(builds), width=100)

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100
