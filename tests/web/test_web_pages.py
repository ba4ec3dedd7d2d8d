"""Pages: what a visitor without a browser's help sees."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from payback import answers
from payback.report.money import money
from payback.report.prose import sentence
from payback.web.state import question_from_query

if TYPE_CHECKING:
    from starlette.testclient import TestClient

QUERY = "as_of=2026-11-23&work.hours_per_day=20&work.vram_gib=24&site.region=CA"
PAGES = ("/", f"/?{QUERY}", "/prices", "/prices?item=RTX+3090", "/check", "/speed", "/speed?gpu=RTX+3090", "/article",
         "/backtest", "/api", "/assemble", "/assemble?_why=RTX+3090", "/size", "/claim", "/bench",
         "/claim?example=t01-dettmers-2020")  # fmt: skip


def facts_address(client: TestClient) -> str:
    """The address behind the first figure of the answer."""
    found = re.search(r'class="figure" href="([^"]+)"', client.get(f"/?{QUERY}").text)
    assert found
    return html.unescape(found.group(1))


def test_the_page_says_what_the_command_line_says(client: TestClient) -> None:
    """One engine: sentence, total and number of options are those of `answers.plan`."""
    import datetime as dt

    plan = answers.plan(question_from_query(QUERY, today=dt.date(2026, 11, 23)))
    text = html.unescape(client.get(f"/?{QUERY}").text)

    assert sentence(plan) in text
    assert f">{money(plan.advice.choice.total_usd)}</a>" in text
    assert f"Show all {len(plan.options)} options" in text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_html_without_inline_code(client: TestClient, path: str) -> None:
    """The policy forbids inline scripts and styles, so the pages hold none."""
    reply = client.get(path)

    assert 200 == reply.status_code
    assert reply.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|javascript:", reply.text)
    assert "https://cdn" not in reply.text


def test_every_input_has_a_label(client: TestClient) -> None:
    """Whoever hears the page is told what each field is."""
    text = client.get("/").text
    ids = re.findall(r'<(?:input|select)(?![^>]*type="(?:hidden|range)")[^>]*\bid="([^"]+)"', text)

    assert len(ids) > 15
    assert [] == [name for name in ids if f'<label for="{name}"' not in text]


def test_a_figure_leads_to_its_facts(client: TestClient) -> None:
    """Behind a total stand its lines, and behind those values with day, grade and source."""
    reply = client.get(facts_address(client))

    assert 200 == reply.status_code
    assert re.search(r'class="grade (listed|quoted|sold|derived)"', reply.text)
    assert re.search(r"20\d\d-\d\d-\d\d", reply.text)
    assert "https://" in reply.text


def test_every_figure_of_the_answer_opens_to_facts(client: TestClient) -> None:
    """No dotted figure is a dead end: each leads to at least one fact with a day and a source, or to remarks."""
    answer = client.get(f"/?{QUERY}").text
    links = {html.unescape(link) for link in re.findall(r'class="figure[^"]*" href="([^"]+)"', answer)}

    assert len(links) > 15
    for link in sorted(links):
        reply = client.get(link)
        assert 200 == reply.status_code
        assert 'class="grade ' in reply.text, link


def test_the_machine_is_shown_with_lanes_and_watts(client: TestClient) -> None:
    """What each part draws, and how many lanes the card gets."""
    text = client.get(f"/?{QUERY}").text

    assert re.search(r"PCIe lanes: The cards? runs? at x\d+", text)
    assert re.search(r">\d+ W<", text)


def test_an_unknown_option_has_no_facts(client: TestClient) -> None:
    """A stale link is told, not answered with another option."""
    assert 404 == client.get(f"/facts?{QUERY}&_option=rent:nobody").status_code


def test_a_question_without_answer_keeps_its_form(client: TestClient) -> None:
    """The visitor reads why and changes what they asked."""
    reply = client.get("/?work.gpus=1&work.vram_gib=4000")

    assert 409 == reply.status_code
    assert "No answer to this question" in reply.text
    assert 'value="4000" selected' in reply.text


def test_a_malformed_question_is_told_in_a_sentence(client: TestClient) -> None:
    """What was found, where, and what was expected."""
    reply = client.get("/?work.hours_per_day=25")

    assert 422 == reply.status_code
    assert "work.hours_per_day: found 25" in reply.text


def test_what_the_form_does_not_show_is_kept(client: TestClient) -> None:
    """A machine named in the address is still there after the form is sent."""
    text = client.get(f"/?{QUERY}&own.0.gpu=RTX+3090&own.0.capital_usd=2000").text

    assert '<input type="hidden" name="own.0.gpu" value="RTX 3090">' in text


def test_what_a_visitor_writes_is_text_not_code(client: TestClient) -> None:
    """A label with markup is shown as it was written."""
    text = client.get(f"/?{QUERY}&own.0.gpu=RTX+3090&own.0.capital_usd=2000&own.0.label=%3Cb%3Ehi").text

    assert "<b>hi" not in text
    assert "&lt;b&gt;hi" in text


def test_a_pasted_list_is_judged(client: TestClient) -> None:
    """DDR5 in a board for DDR4 is found and explained."""
    text = "CPU: AMD Ryzen 5 5600G\nMemory: Crucial Pro DDR5-6000 32GB (2x16GB)\nBoard: MSI MPG B550 GAMING PLUS"
    reply = client.post("/check", data={"text": text, "written": "text"})

    assert 200 == reply.status_code
    assert "These parts do not fit together" in reply.text


@pytest.mark.parametrize("text", ["", "x" * 400, "\n".join(["RTX 3090"] * 200)])
def test_no_list_or_too_long_a_list_is_told(client: TestClient, text: str) -> None:
    """Nothing, an endless line, or endless lines."""
    reply = client.post("/check", data={"text": text, "written": "text"})

    assert 422 == reply.status_code
    assert "pasted list: found" in reply.text


def test_downloads_are_the_files_they_say(client: TestClient) -> None:
    """CSV parses, SVG is XML, the report needs nothing else, the list is read by `payback check`."""
    get = {name: client.get(f"/download/{name}?{QUERY}") for name in (
        "report.html", "costs.csv", "chart.svg", "parts.csv", "parts.txt")}  # fmt: skip

    assert all("attachment" in reply.headers["content-disposition"] for reply in get.values())
    assert ET.fromstring(get["chart.svg"].text).tag.endswith("svg")
    assert len(list(csv.DictReader(io.StringIO(get["costs.csv"].text)))) > 100
    parts = list(csv.DictReader(io.StringIO(get["parts.csv"].text)))
    assert all(row["unit_price_usd"] and row["observed_on"] and row["source"] for row in parts)
    assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="http', get["report.html"].text)
    assert 200 == client.post("/check", data={"text": get["parts.txt"].text}).status_code


def test_a_chart_is_drawn_for_each_kind_of_screen(client: TestClient) -> None:
    """Four pictures: wide and narrow, light and dark."""
    seen = {
        client.get(f"/charts/cost.svg?{QUERY}{kind}").text
        for kind in ("", "&_dark=1", "&_narrow=1", "&_dark=1&_narrow=1")
    }

    assert 4 == len(seen)


@pytest.mark.parametrize("path", ["/nope", "/download/passwd", "/download/..%2f..%2fpasswd", "/static/..%2fapp.py"])
def test_what_is_not_there_is_said(client: TestClient, path: str) -> None:
    """No path of a request reaches the disk."""
    reply = client.get(path)

    assert 404 == reply.status_code
    assert "Traceback" not in reply.text


def test_a_chart_nobody_draws_is_not_there(client: TestClient) -> None:
    """Names of charts are a closed list."""
    assert 404 == client.get(f"/charts/secret.svg?{QUERY}").status_code


def test_the_odds_are_those_of_the_command_line(client: TestClient) -> None:
    """Same futures, same words: the page, the JSON and `answers.odds` agree; each picture named is drawn."""
    import datetime as dt

    from payback.report.odds_prose import odds_lines

    plan = answers.plan(question_from_query(QUERY, today=dt.date(2026, 11, 23)))
    odds = answers.odds(plan)
    text = html.unescape(client.get(f"/odds?{QUERY}").text)
    document = client.get(f"/api/odds?{QUERY}").json()

    assert all(line in text for line in odds_lines(plan, odds))
    assert document["advice"]["probability_best"] == odds.of(plan.advice.choice.id).probability_best
    names = set(re.findall(r"/charts/(\w+)\.svg", text))
    assert {"fan", "tornado"} <= names
    assert all("<svg" in client.get(f"/charts/{name}.svg?{QUERY}").text for name in names)


def test_an_unknown_item_is_told_with_the_nearest(client: TestClient) -> None:
    """A misspelt GPU."""
    reply = client.get("/prices?item=RTX+309O")

    assert 404 == reply.status_code
    assert "Did you mean &#39;RTX 3090&#39;" in reply.text


def test_the_page_and_the_json_beside_it_agree(client: TestClient) -> None:
    """The same address, the same choice."""
    document = json.loads(client.get(f"/api/plan?{QUERY}").text)

    assert document["advice"]["sentence"] in html.unescape(client.get(f"/?{QUERY}").text)
