"""The odds in words and pictures: they say what was drawn, no more."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from rich.console import Console

from payback.catalogue.catalogue import load
from payback.decision.odds import PlanOdds, odds_of
from payback.decision.plan import Plan, plan
from payback.question_file import question_from_dict
from payback.report.figures_odds import plan_figures
from payback.report.odds_prose import flip_lines, odds_lines, odds_title, payback_words, share_text
from payback.report.plan_json import plan_as_dict
from payback.report.plan_text import plan_text
from payback.report.prose import sentence
from payback.report.render import svg

QUESTION: dict[str, Any] = {
    "options": {"kinds": []},
    "own": [{"gpu": "RTX 4090", "capital_usd": 2500, "wall_power_w": 600, "label": "mine"}],
    "rent": [{"gpu": "RTX 4090", "price_usd_per_h": 0.6, "label": "theirs"}],
}


def ask(**changes: Any) -> Plan:
    return plan(question_from_dict({**QUESTION, **changes}, as_of=dt.date(2026, 11, 23)), load())


@pytest.fixture(scope="module")
def answer() -> Plan:
    return ask()


@pytest.fixture(scope="module")
def odds(answer: Plan) -> PlanOdds:
    return odds_of(answer, load(), scenarios=8192, seed=3)


def test_the_sentence_gives_a_range_and_a_probability(answer: Plan, odds: PlanOdds) -> None:
    """A point as asked, a range with all that is unsure, and how often it is the cheapest."""
    text, one = sentence(answer, odds), odds.of(answer.advice.choice.id)

    assert text.startswith(sentence(answer).split(": $")[0])
    assert "months (80%)" in text
    assert f"cheapest in {share_text(one.probability_best)} of 8,192 futures" in text


def test_the_words_are_those_of_the_percentiles(odds: PlanOdds) -> None:
    """36+ and never only where the ninetieth percentile lies beyond the horizon."""
    one = odds.of("own:mine")
    assert one.payback_range_months is not None
    early, _, late = one.payback_range_months
    assert early is not None
    words = payback_words(one, 36)

    assert words.startswith(f"pays back in {early:.1f}" if early < 10 else f"pays back in {early:.0f}")
    assert ("36+" in words) == (late is None)
    assert f"never within 36 in {share_text(one.probability_never or 0)} of futures" in words


def test_lines_name_regret_what_to_find_out_and_when_to_buy(answer: Plan, odds: PlanOdds) -> None:
    """Average, one in twenty, worst; inputs by what knowing them is worth; a date."""
    text = "\n".join(odds_lines(answer, odds))
    one = odds.of(answer.advice.choice.id)

    assert f"${one.regret_mean_usd:,.0f} on average" in text
    assert f"${one.regret_most_usd:,.0f} at worst" in text
    assert "find out first: " in text
    assert "buy now or wait: " in text
    assert odds_title(odds) == "How sure is that? (8,192 futures, seed 3)"


def test_hours_flip_the_choice_where_it_says(odds: PlanOdds) -> None:
    """Below some hours a day rent, above own, with the share of futures below."""
    [hours] = [line for line in flip_lines(odds) if line.startswith("hours of use a day")]

    assert "h rent, above it own; " in hours
    assert "% of futures lie below" in hours


def test_a_choice_that_loses_on_average_is_told() -> None:
    """At 8 h a day as asked the machine wins; at the 3 h that people use, renting is cheaper on average."""
    close = ask(rent=[{"gpu": "RTX 4090", "price_usd_per_h": 0.26, "label": "theirs"}])
    found = odds_of(close, load(), scenarios=2000, seed=3)

    assert close.advice.verdict == "build"
    assert found.odds.least_expected == "rent:theirs:on-demand"
    assert "on average over them theirs costs less" in sentence(close, found)


def test_without_work_the_sentence_says_so() -> None:
    """0 hours: nothing has to be bought or rented."""
    idle = ask(work={"hours_per_day": 0})

    assert sentence(idle).startswith("No hours of work are asked, so nothing has to be bought or rented")
    assert "never pays back" not in sentence(idle, odds_of(idle, load(), scenarios=64))


def test_the_text_holds_every_block(answer: Plan, odds: PlanOdds) -> None:
    """Odds, tornado, flips, and each uncertain input with its grade and reason."""
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(plan_text(answer, odds))
    text = " ".join(console.export_text().split())

    for block in ("How sure is that?", "owning saves at low", "change places", "Unsure, and drawn anew"):
        assert block in text
    for one in odds.odds.inputs:
        assert f"{one.what}: " in text
        assert one.grade.value in text


def test_the_json_keeps_its_promises(answer: Plan, odds: PlanOdds) -> None:
    """Keys of the contract, the odds' own, and every fact an input names."""
    whole = json.loads(json.dumps(plan_as_dict(answer, odds), allow_nan=False))
    bare = plan_as_dict(answer)

    assert whole["advice"]["probability_best"] == odds.of(answer.advice.choice.id).probability_best
    assert whole["advice"]["expected_regret_usd"] >= 0
    assert whole["odds"]["seed"] == 3
    assert [one["id"] for one in whole["options"]] == [one["id"] for one in bare["options"]]
    for option in whole["options"]:
        assert option["odds"]["total_usd"][0] <= option["odds"]["total_usd"][2]
        if option["kind"] != "rent":
            assert option["payback_range_months"] == option["odds"]["payback_range_months"]
    for one in whole["odds"]["inputs"]:
        assert {"name", "what", "unit", "grade", "why", "p10", "p50", "p90"} <= set(one)
        assert set(one["facts"]) <= set(whole["facts"])
    assert (bare["odds"], bare["advice"]["probability_best"]) == (None, None)


def test_every_picture_is_drawn_light_and_dark(answer: Plan, odds: PlanOdds) -> None:
    """Cost with its fan, tornado, distribution of the payback; the same data in both."""
    light, dark = plan_figures(answer, odds), plan_figures(answer, odds, dark=True)

    assert list(light) == ["cost", "tornado", "payback"]
    for name, figure in light.items():
        assert figure["background"] != dark[name]["background"]
        assert figure["layer"][0]["data"] == dark[name]["layer"][0]["data"]
    assert list(plan_figures(answer, None)) == ["cost"]


def test_the_fan_and_the_distribution_hold_the_numbers(answer: Plan, odds: PlanOdds) -> None:
    """Bands are the 10th and 90th percentile; the bars of the distribution make 100 %."""
    figures, fan = plan_figures(answer, odds), odds.odds.fan["own:mine"].cash
    bands = [layer for layer in figures["cost"]["layer"] if layer["mark"]["type"] == "area"]
    bars = figures["payback"]["layer"][0]["data"]["values"]

    assert len(bands) == 2
    assert any(band["data"]["values"][36]["high"] == round(fan.p90[36], 2) for band in bands)
    assert sum(bar["share"] for bar in bars) == pytest.approx(1.0, abs=1e-3)
    assert bars[-1]["when"] == "never"


def test_pictures_become_svg(answer: Plan, odds: PlanOdds) -> None:
    """Without a browser, and stable."""
    pytest.importorskip("vl_convert")
    for figure in plan_figures(answer, odds).values():
        drawn = svg(figure)
        assert drawn == svg(figure)
        assert drawn.startswith("<svg")
