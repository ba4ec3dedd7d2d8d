"""Charts are plain dictionaries that say what the answer says."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from rich.console import Console
from tests.decision.test_plan import ask

from payback.catalogue.catalogue import Catalogue
from payback.decision.plan import Plan
from payback.report.figures import cumulative_cost_figure
from payback.report.money import formatter, money
from payback.report.plan_text import plan_text
from payback.report.prose import conditions, sentence
from payback.report.render import svg


@pytest.fixture
def answer(small: Catalogue) -> Plan:
    return ask(small)


def test_the_break_even_is_marked_where_the_payments_cross(answer: Plan) -> None:
    """Against three years at 1.332: 3,000 / ((1.332 - 0.20) x 730) = 3.63 months."""
    figure = json.dumps(cumulative_cost_figure(answer))

    assert "break-even 3.6 months" in figure


def test_light_and_dark_differ_in_ink_only(answer: Plan) -> None:
    """Same data, other colours."""
    light, dark = cumulative_cost_figure(answer), cumulative_cost_figure(answer, dark=True)

    assert light["background"] != dark["background"]
    assert light["layer"][0]["data"] == dark["layer"][0]["data"]


def test_drawing_twice_gives_the_same_bytes(answer: Plan) -> None:
    """SVG without a browser, and stable."""
    pytest.importorskip("vl_convert")
    figure = cumulative_cost_figure(answer)

    assert svg(figure) == svg(figure)
    assert svg(figure).startswith("<svg")


def test_the_sentence_names_choice_baseline_and_time(answer: Plan) -> None:
    """What, how much, over how long, against what, from when."""
    text = sentence(answer)

    assert text.startswith("Build Jeff's: $8,256 over 36 months")
    assert "it pays back in 3.6 months against aws" in text
    assert "$35,005" in text


def test_conditions_say_which_side_is_which(answer: Plan) -> None:
    """Below some hours a day rent, above own."""
    assert any(line.startswith("hours a day: below ") and "rent, above it own" in line for line in conditions(answer))


def test_a_machine_that_never_pays_back_is_called_so(small: Catalogue) -> None:
    """At one cent a kilowatt-hour of rent nothing to own can win."""
    cheap = ask(small, rent=[{"gpu": "GTX 1080 Ti", "price_usd_per_h": 0.05}])

    assert cheap.advice.verdict == "rent"
    assert "never pays back" in sentence(cheap)


def test_other_currencies_are_printed_at_the_rate_of_the_day(small: Catalogue) -> None:
    """On 2018-09-26 a euro was 1.1737 dollars: 8,256 USD are 7,034 EUR."""
    answer = ask(small, finance={"depreciation": "straight-line", "currency": "EUR"})

    assert "€7,034" in sentence(answer)
    assert "$12" == money(12.0)
    assert formatter(answer.question)(11.737) == "€10"


def test_the_text_shows_what_was_left_out_and_assumed(small: Catalogue) -> None:
    """Rejected candidates with reasons, assumptions with whys, prices with days."""
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(plan_text(ask(small, options={"kinds": None}, site={"region": "CA"})))
    text = console.export_text()

    assert "Assumed" in text
    assert "prices stay as they are" in text
    assert "candidates left out" in text
    assert str(dt.date(2018, 9, 20)) in text
