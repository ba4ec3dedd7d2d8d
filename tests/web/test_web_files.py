"""Pages and calls that read files: job logs, results of benchmarks, published analyses; and the machine that fits."""

from __future__ import annotations

import gzip
import html
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from tests.web.files import FAILS, HOLDS, bench_result, job_log

from payback import answers

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

pytest.importorskip("numba", reason="replaying a log needs the extra `engine`")
TOWER = "[[step]]\nformula = '9**9**9**9'\nname='x'\n[inputs]\na=1\n"
PRICES = {"own_usd_per_gpu_h": "0.1", "rent_usd_per_gpu_h": "0.3"}


def finished(client: TestClient, address: str) -> Response:
    """The page of a task once it is no longer running."""
    for _ in range(600):
        reply = client.get(address)
        if "data-poll" not in reply.text:
            return reply
        time.sleep(0.1)
    raise AssertionError(f"{address} still runs after a minute")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_uploaded_log_is_sized(client: TestClient, packed: bool) -> None:
    """Jobs of 2 GPUs, one an hour for three hours: six GPUs busy while they run, and the JSON beside it agrees."""
    data = job_log().encode()
    files = {"file": ("log.txt", gzip.compress(data) if packed else data)}
    sent = client.post("/size", files=files, data=PRICES, follow_redirects=False)
    assert 303 == sent.status_code
    page = finished(client, sent.headers["location"])
    document = client.post("/api/size", json={"log": job_log(), **{key: float(v) for key, v in PRICES.items()}}).json()

    assert 200 == page.status_code
    assert document["sentence"] in html.unescape(page.text)
    assert (60, 6) == (document["jobs"], document["peak_gpus"])
    assert f"{document['best']['owned_gpus']} GPU" in page.text
    assert "<svg" in client.get(f"{sent.headers['location']}/curve.svg").text


def test_the_recommendation_leads_to_a_plan_of_one_machine(client: TestClient) -> None:
    """The link asks for the machine of the fleet, as many hours a day as the owned GPUs are busy."""
    document = client.post("/api/size", json={"log": job_log(), "own_usd_per_gpu_h": 0.01}).json()
    hours = re.search(r"work\.hours_per_day=([\d.]+)", document["machine_query"])

    assert hours
    assert f"{float(hours.group(1)):g}" == f"{document['handover']['question']['work']['hours_per_day']:g}"
    assert 200 == client.get(f"/api/plan?{document['machine_query']}").status_code


def test_a_pasted_text_that_is_no_log_is_told(client: TestClient) -> None:
    """What was found, and what would be read; no name of a file of ours."""
    sent = client.post("/size", data={"text": "hello\nworld", **PRICES}, follow_redirects=False)
    page = finished(client, sent.headers["location"])

    assert 422 == page.status_code
    assert "&#39;hello&#39;" in page.text
    assert "payback-upload" not in page.text
    assert "/tmp" not in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "upload: found nothing"),
        ({"text": "x", "queue": "lifo"}, "queue: found"),
        ({"text": "x", "own_usd_per_gpu_h": "-1"}, "own_usd_per_gpu_h: found"),
        ({"text": "x", "rent_usd_per_gpu_h": "nan"}, "rent_usd_per_gpu_h: found"),
    ],
)
def test_settings_of_a_form_are_as_strict_as_the_json(client: TestClient, fields: dict[str, str], said: str) -> None:
    """One model for both."""
    reply = client.post("/size", data=fields)

    assert 422 == reply.status_code
    assert said in html.unescape(reply.text)


def test_long_work_can_be_cancelled_and_is_then_gone(client: TestClient) -> None:
    """The button works without script; the address of the stopped work leads nowhere."""
    address = client.post("/size", data={"text": job_log(), **PRICES}, follow_redirects=False).headers["location"]
    stopped = client.post(f"{address}/cancel", follow_redirects=False)

    assert (303, "/size") == (stopped.status_code, stopped.headers["location"])
    assert 404 == client.get(address).status_code


def test_a_result_of_a_benchmark_is_compared(client: TestClient) -> None:
    """Page and JSON say what the command line says; an edited result is refused."""
    whole = bench_result()
    document = client.post("/api/bench", json={"result": whole}).json()
    page = client.post("/bench", files={"file": ("result.json", json.dumps(whole).encode())})
    edited = client.post("/api/bench", json={"result": whole | {"elapsed_s": 1.0}})

    assert document["ok"] is True
    assert 200 == page.status_code
    assert all(finding["metric"] in page.text for finding in document["findings"])
    assert 422 == edited.status_code
    assert "was changed after it was measured" in edited.json()["error"]


@pytest.mark.parametrize(("text", "outcome"), [(HOLDS, "follows with gaps"), (FAILS, "a step fails")])
def test_an_analysis_is_recomputed(client: TestClient, text: str, outcome: str) -> None:
    """30,000 USD over 4 USD an hour are 7,500 hours, not 9,000."""
    document = client.post("/api/claim", json={"text": text}).json()
    page = client.post("/claim", data={"text": text})

    assert outcome == document["outcome"]
    assert 7500.0 == document["steps"][0]["recomputed"]
    assert document["verdict"] in html.unescape(page.text)
    assert "7,500" in page.text


def test_the_shipped_analyses_are_listed_and_open(client: TestClient) -> None:
    """Each link of the list answers, and a name that is not in it is told, whatever path it spells."""
    names = re.findall(r'/claim\?example=([^"]+)"', client.get("/claim").text)

    assert 6 == len(names)
    assert all(200 == client.get(f"/claim?example={name}").status_code for name in names)
    assert 404 == client.get("/claim?example=../../etc/passwd").status_code


@pytest.mark.parametrize(
    "text", ["a = 1", "[[step]]\nformula = '9**9**9**9'\nname='x'\n[inputs]\na=1\n", "\x00", "ä" * 500]
)
def test_what_is_no_analysis_is_told(client: TestClient, text: str) -> None:
    """In a sentence, with the form still there."""
    reply = client.post("/claim", data={"text": text})

    assert 422 == reply.status_code
    assert 'role="alert"' in reply.text
    assert "<textarea" in reply.text


QUERY = "as_of=2026-11-23&work.gpus=2&work.vram_gib=24"


def test_the_machine_that_fits_is_that_of_the_command_line(client: TestClient) -> None:
    """Price, watts and lanes on the page and in the JSON are those of `answers.assemble`."""
    import datetime as dt

    from payback.report.money import money
    from payback.web.state import question_from_query

    best = answers.assemble(question_from_query(QUERY, today=dt.date(2026, 11, 23)), top=4)[0]
    text = html.unescape(client.get(f"/assemble?{QUERY}").text)
    document = client.get(f"/api/assemble?{QUERY}").json()

    assert money(best.total_usd) in text
    assert f"{best.wall_power_w:,.0f} W" in text
    assert best.total_usd == pytest.approx(document["builds"][0]["total_usd"])
    assert document["builds"][0]["certificate"]["proved"] is best.certificate.proved
    named = {fact for part in document["builds"][0]["parts"] for fact in part["facts"]}
    assert named <= set(document["facts"])


def test_a_part_of_the_machine_opens_to_its_facts(client: TestClient) -> None:
    """Source, day and grade of each price; a part that is not there is told."""
    links = {html.unescape(one) for one in re.findall(r'/assemble/facts\?[^"]+', client.get(f"/assemble?{QUERY}").text)}

    assert len(links) >= 7
    for link in links:
        assert 'class="grade ' in client.get(link).text
    assert 404 == client.get(f"/assemble/facts?{QUERY}&_fact=99").status_code


def test_why_not_another_part_is_answered(client: TestClient) -> None:
    """With what it would cost, or why it was not considered; a part nobody knows is told."""
    reply = client.get(f"/assemble?{QUERY}&_why=RTX+3090")
    document = client.post("/api/assemble", json={"question": {"as_of": "2026-11-23"}, "why_not": "RTX 4090"}).json()

    assert 200 == reply.status_code
    assert document["why_not"]["sentence"]
    assert 404 == client.get(f"/assemble?{QUERY}&_why=Flux+Capacitor").status_code


@pytest.mark.parametrize("ending", ["txt", "csv", "md", "toml"])
def test_the_machine_can_be_taken_along(client: TestClient, ending: str) -> None:
    """The text and TOML forms are read again by the check."""
    reply = client.get(f"/assemble/parts.{ending}?{QUERY}")

    assert 200 == reply.status_code
    assert "attachment" in reply.headers["content-disposition"]
    if ending in ("txt", "toml"):
        form = "text" if ending == "txt" else "toml"
        judged = client.post("/api/check", json={"text": reply.text, "form": form}).json()["judgements"][0]
        assert judged["compatible"] is not False


def test_a_machine_nobody_can_build_is_told_with_the_form(client: TestClient) -> None:
    """Four terabytes of GPU memory."""
    reply = client.get("/assemble?work.vram_gib=4000")

    assert reply.status_code in (409, 422)
    assert "No answer to this question" in reply.text
