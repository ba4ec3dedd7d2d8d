"""The JSON interface, by example and against its own description."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

CASES = int(os.environ.get("PAYBACK_API_CASES", "6"))
"""Requests invented for each operation; `PAYBACK_API_CASES=1100` makes some 10,000 in all."""
SLOW = frozenset({"/api/size", "/api/claim", "/api/bench", "/api/odds"})
"""Each of their answers starts a process or draws thousands of futures, so they get an eighth of the requests."""


def test_a_question_in_the_address_and_in_the_body_are_one(client: TestClient) -> None:
    """Two ways to ask, one answer."""
    address = client.get("/api/plan?as_of=2026-11-23&work.gpus=2&work.vram_gib=24").json()
    body = client.post("/api/plan", json={"as_of": "2026-11-23", "work": {"gpus": 2, "vram_gib": 24}}).json()

    assert address == body
    assert "payback.plan/1" == body["schema"]


def test_the_answer_is_that_of_the_command_line(client: TestClient) -> None:
    """Same engine, same JSON."""
    import json

    from payback import answers
    from payback.question import Question
    from payback.report.plan_json import plan_as_dict

    expected = json.loads(json.dumps(plan_as_dict(answers.plan(Question(as_of=dt.date(2026, 11, 23))))))

    assert {"ok": True, **expected} == client.post("/api/plan", json={"as_of": "2026-11-23"}).json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/plan?work.gpus=x", None, 422),
        ("GET", "/api/plan?work.vram_gib=4000", None, 409),
        ("GET", "/api/plan?site.price_usd_per_kwh=1e308", None, 422),
        ("POST", "/api/plan", {"work": {"gpus": "2"}}, 422),
        ("POST", "/api/plan", [1], 422),
        ("POST", "/api/check", {"text": "x", "colour": 1}, 422),
        ("POST", "/api/check", {"text": 3}, 422),
        ("POST", "/api/check", {"text": "[[part]]", "form": "toml"}, 422),
        ("GET", "/api/prices?item=RTX+309O", None, 404),
        ("GET", "/api/prices?as_of=2026-02-31", None, 422),
        ("GET", "/api/prices/history", None, 422),
        ("GET", "/api/nothing", None, 404),
        ("DELETE", "/api/plan", None, 405),
    ],
)
def test_every_error_has_one_shape(client: TestClient, method: str, path: str, body: Any, status: int) -> None:
    """ok, error, errors, status; the sentence says what to do."""
    reply = client.request(method, path, json=body)
    document = reply.json()

    assert (status, {"ok", "error", "errors", "status"}) == (reply.status_code, set(document))
    assert (False, status) == (document["ok"], document["status"])
    assert document["error"]


def test_prices_history_and_claims_are_there(client: TestClient) -> None:
    """What the pages show, as JSON."""
    assert client.get("/api/prices?as_of=2026-11-23").json()["prices"]
    assert client.get("/api/prices/history?item=RTX+3090").json()["history"]
    assert len(client.get("/api/article").json()["claims"]) >= 17
    judged = client.post("/api/check", json={"text": "2x RTX 3090"}).json()["judgements"]
    assert judged[0]["findings"]


@pytest.mark.filterwarnings("ignore")
def test_the_interface_keeps_what_its_description_promises(port: int) -> None:
    """Invented requests, good and bad: no fault, no undeclared status, type or form of answer."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/api/openapi.json")
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = st.one_of([operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode])

        @settings(
            max_examples=max(2, CASES // 8) if operation.path in SLOW else CASES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],
            derandomize=True,
        )
        @given(case=modes)
        def ask(case: Any) -> None:
            case.call_and_validate(checks=checks, timeout=120)

        ask()
