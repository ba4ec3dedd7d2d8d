"""The assistants' tools, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the mcp package is not installed")

from mcp import Client, StdioServerParameters  # only after the check above
from tests.web.files import FAILS, job_log

SERVER = StdioServerParameters(
    command=sys.executable,
    args=["-c", "from payback.mcp_server import run; run()"],
    env={"PYTHONPATH": os.environ.get("PYTHONPATH", "")},  # the client hands on a handful of variables only
)
PARTS = "CPU: AMD Ryzen 5 5600G\nMemory: Crucial Pro DDR5-6000 32GB (2x16GB)\nBoard: MSI MPG B550 GAMING PLUS\n"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "plan": ("plan", {"question": {"as_of": "2026-11-23", "work": {"vram_gib": 24}}, "options": 2}),
    "misspelt": ("plan", {"question": {"work": {"hours_a_day": 3}}}),
    "file": ("plan", {"question": {"own": [{"gpu": "RTX 3090", "capital_usd": 1, "bench": "/etc/passwd"}]}}),
    "check": ("check", {"parts": PARTS}),
    "prices": ("prices", {"item": "RTX 3090", "as_of": "2026-11-23", "history": True}),
    "unheard": ("prices", {"item": "RTX 309O"}),
    "article": ("article", {}),
    "speed": ("speed", {"gpu": "RTX 3090", "workload": "resnet50"}),
    "assemble": ("assemble", {"question": {"as_of": "2026-11-23", "work": {"vram_gib": 24}}, "why_not": "RTX 4090"}),
    "size": ("size", {"log": job_log(), "own_usd_per_gpu_h": 0.1, "rent_usd_per_gpu_h": 0.3}),
    "no log": ("size", {"log": "hello"}),
    "claim": ("claim", {"text": FAILS}),
    "no claim": ("claim", {"text": "a = 1"}),
}


async def _ask() -> dict[str, Any]:
    async with Client(SERVER) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        replies = {name: await client.call_tool(tool, arguments) for name, (tool, arguments) in CALLS.items()}
    return {"tools": tools, **replies}


@pytest.fixture(scope="module")
def replies() -> dict[str, Any]:
    """Every tool called once over one connection."""
    return asyncio.run(asyncio.wait_for(_ask(), 50))


def test_every_tool_has_typed_arguments_and_a_typed_answer(replies: dict[str, Any]) -> None:
    """An assistant knows what to send and what comes back before it asks."""
    assert {"plan", "check", "prices", "article", "speed", "assemble", "size", "claim"} <= set(replies["tools"])
    for tool in replies["tools"].values():
        assert tool.description
        assert "object" == tool.input_schema["type"]
        assert tool.output_schema["properties"]
        assert tool.annotations.read_only_hint


def test_a_plan_carries_the_facts_its_lines_name(replies: dict[str, Any]) -> None:
    """Every fact that a cost line names is in the answer, with day, source and grade."""
    answer = replies["plan"].structured_content
    facts = {fact["id"]: fact for fact in answer["facts"]}

    named = {name for option in answer["options"] for line in option["lines"] for name in line["facts"]}
    assert named <= set(facts)
    assert all(fact["source"] and fact["grade"] for fact in facts.values())
    for option in answer["options"]:
        assert sum(line["usd"] for line in option["lines"]) == pytest.approx(option["total_usd"])


def test_a_plan_says_what_it_left_out(replies: dict[str, Any]) -> None:
    """Rejected candidates are counted by reason, and the counts do not exceed their sum."""
    answer = replies["plan"].structured_content

    assert answer["rejected_in_all"] > 0
    assert 0 < sum(row["count"] for row in answer["rejected"]) <= answer["rejected_in_all"]
    assert isinstance(answer["not_priced"], list)
    assert answer["choice"] == answer["options"][0]["id"]


def test_a_plan_says_how_sure_it_is(replies: dict[str, Any]) -> None:
    """The share of futures in which the choice wins is that of its own odds; the seed is told."""
    answer = replies["plan"].structured_content

    assert answer["probability_best"] == answer["options"][0]["odds"]["probability_best"]
    assert answer["seed"] == 20180926
    assert any("of futures" in line for line in answer["how_sure"])


def test_a_plan_fits_into_a_conversation(replies: dict[str, Any]) -> None:
    """Two options a side stay below 80,000 characters; the whole JSON has ten times as many."""
    assert len(str(replies["plan"].structured_content)) < 80_000


def test_a_misspelt_key_is_told_in_a_sentence(replies: dict[str, Any]) -> None:
    """The assistant reads what to write instead, and no traceback."""
    text = replies["misspelt"].content[0].text

    assert replies["misspelt"].is_error
    assert "expected 'hours_per_day'?" in text
    assert "Traceback" not in text


def test_a_question_cannot_name_a_file(replies: dict[str, Any]) -> None:
    """A path in a question is refused before anything is opened."""
    assert replies["file"].is_error
    assert "no file name" in replies["file"].content[0].text


def test_parts_that_do_not_fit_are_found(replies: dict[str, Any]) -> None:
    """DDR5 does not go into a B550 board."""
    judgement = replies["check"].structured_content["judgements"][0]

    assert judgement["compatible"] is False
    assert any(finding["status"] == "violated" for finding in judgement["findings"])


def test_prices_carry_their_observations(replies: dict[str, Any]) -> None:
    """A price comes with the day it was seen and who said so; the history newest first."""
    answer = replies["prices"].structured_content
    days = [event["observed_on"] for event in answer["history"]]

    assert "RTX 3090" == answer["prices"][0]["item"]
    assert days == sorted(days, reverse=True)
    assert answer["observations_in_all"] >= len(days) > 0
    assert answer["prices"][0]["used"]["observations"][0]["source"]


def test_an_unknown_item_is_told_with_the_nearest(replies: dict[str, Any]) -> None:
    """A typing error costs one more call, not a wrong answer."""
    assert replies["unheard"].is_error
    assert "Did you mean 'RTX 3090'" in replies["unheard"].content[0].text


def test_claims_name_facts_that_are_there(replies: dict[str, Any]) -> None:
    """Every fact a claim rests on is in the answer."""
    answer = replies["article"].structured_content
    ids = {fact["id"] for fact in answer["facts"]}

    assert len(answer["claims"]) >= 17
    assert all(set(claim["facts"]) <= ids for claim in answer["claims"])


def test_a_speed_has_an_interval_and_facts(replies: dict[str, Any]) -> None:
    """The figure lies within its interval, and every fact it names is in the answer."""
    answer = replies["speed"].structured_content
    row = answer["speeds"][0]

    assert 0 < row["low"] <= row["value"] <= row["high"]
    assert set(row["facts"]) <= {fact["id"] for fact in answer["facts"]}


def test_a_machine_carries_its_proof_and_its_facts(replies: dict[str, Any]) -> None:
    """Parts add up to the price, the certificate says proved, and every fact of a price is in the answer."""
    answer = replies["assemble"].structured_content
    best, ids = answer["builds"][0], {fact["id"] for fact in answer["facts"]}

    assert sum(part["price_usd"] for part in best["parts"]) == pytest.approx(best["total_usd"])
    assert best["certificate"]["proved"] is True
    assert {name for part in best["parts"] for name in part["facts"]} <= ids
    assert "RTX 4090" in answer["why_not"]
    assert answer["not_priced"]


def test_a_log_is_sized(replies: dict[str, Any]) -> None:
    """The best point lies on the curve, and owning and renting add up to its cost."""
    answer = replies["size"].structured_content
    best = answer["best"]

    assert 60 == answer["jobs"]
    assert best in answer["curve"]
    assert best["own_usd"] + best["reserved_usd"] + best["rent_usd"] == pytest.approx(best["total_usd"])


def test_the_step_of_an_analysis_that_fails_is_named(replies: dict[str, Any]) -> None:
    """30,000 USD over 4 USD an hour are 7,500 hours, not 9,000."""
    answer = replies["claim"].structured_content

    assert "a step fails" == answer["outcome"]
    assert "hours" == answer["first_failure"]["name"]
    assert 7500.0 == answer["steps"][0]["recomputed"]


@pytest.mark.parametrize("name", ["no log", "no claim"])
def test_a_text_that_is_neither_is_told_without_a_path(replies: dict[str, Any], name: str) -> None:
    """The assistant never learns where the text was kept meanwhile."""
    text = replies[name].content[0].text

    assert replies[name].is_error
    assert "found" in text
    assert "payback-" not in text
