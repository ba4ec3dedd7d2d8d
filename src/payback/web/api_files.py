"""The JSON interface of what reads files: job logs, published analyses, results of benchmarks; and of machines."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from payback.errors import BadQuestionError
from payback.question import Question
from payback.question_file import default_question, question_from_dict
from payback.web.api import ERRORS, address_keys, engine_of, json_made, today_of
from payback.web.models import (
    AssembleAnswer,
    AssembleRequest,
    BenchAnswer,
    BenchRequest,
    ClaimAnswer,
    ClaimRequest,
    SizeAnswer,
    SizeRequest,
)
from payback.web.sandbox import LONG, QUICK
from payback.web.state import question_from_query
from payback.web.uploads import json_bytes, size_order

router = APIRouter(prefix="/api", responses=ERRORS)


def question_of(document: dict[str, Any] | None, request: Request) -> Question | None:
    """The question of a request's body, if there is one.

    Raises:
        BadQuestionError: It cannot be answered as it stands.
    """
    if document is None:
        return None
    try:
        json.dumps(document, allow_nan=False)
    except ValueError as error:
        raise BadQuestionError("question", "a number that is not finite", "numbers") from error
    return question_from_dict(document, as_of=today_of(request))


@router.get(
    "/assemble",
    response_model=AssembleAnswer,
    summary="The machine for the question in the address",
    openapi_extra={"parameters": address_keys()},
)
async def assemble_of_address(request: Request) -> Response:
    """The cheapest machines that fit together and do the work; keys as for /api/plan."""
    question = question_from_query(request.url.query, today=today_of(request))
    return json_made(await engine_of(request).made("machine_json", question, {}, request))


@router.post("/assemble", response_model=AssembleAnswer, summary="The cheapest machine that fits")
async def assemble(request: Request, asked: AssembleRequest) -> Response:
    """The cheapest machines that fit, each with parts, watts, lanes and the proof that nothing cheaper passes."""
    question = question_of(asked.question, request) or default_question(as_of=today_of(request))
    settings = {"top": asked.top, "why_not": asked.why_not}
    return json_made(await engine_of(request).made("machine_json", question, settings, request))


@router.post("/size", response_model=SizeAnswer, summary="How many GPUs to own for a job log")
async def size(request: Request, asked: SizeRequest) -> dict[str, Any]:
    """Replays the log on many numbers of owned GPUs; leaving stops it."""
    order = size_order(asked, question_of(asked.question, request), today_of(request))
    done = await engine_of(request).sandbox.run("size", asked.log.encode(), order, LONG, gone=request.is_disconnected)
    return {"ok": True, "sentence": done["sentence"], "machine_query": done["machine_query"], **done["answer"]}


@router.post("/claim", response_model=ClaimAnswer, summary="Does a published analysis follow from its own inputs?")
async def claim(request: Request, asked: ClaimRequest) -> dict[str, Any]:
    """Recomputes every step and names the first that fails."""
    sandbox = engine_of(request).sandbox
    return {"ok": True} | await sandbox.run("claim", asked.text.encode(), {}, QUICK, gone=request.is_disconnected)


@router.post("/bench", response_model=BenchAnswer, summary="What is slow in a measured machine, and why")
async def bench(request: Request, asked: BenchRequest) -> dict[str, Any]:
    """Sets a result of `payback bench` beside what the same parts should show."""
    sandbox, data = engine_of(request).sandbox, json_bytes(asked.result)
    return {"ok": True} | await sandbox.run("bench", data, {}, QUICK, gone=request.is_disconnected)
