"""The JSON interface: the same answers as the pages, with the same names."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from payback.errors import BadQuestionError
from payback.question import Question
from payback.question_file import question_from_dict
from payback.report.prices_text import events_as_dicts, market_as_dict
from payback.web.engine import Engine
from payback.web.models import (
    ArticleAnswer,
    CheckAnswer,
    CheckRequest,
    ErrorAnswer,
    HistoryAnswer,
    PlanAnswer,
    PricesAnswer,
    SpeedAnswer,
)
from payback.web.outside import calendar_day, speed_row
from payback.web.state import question_from_query

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "the request cannot be read"},
    404: {"model": ErrorAnswer, "description": "nothing is called so"},
    409: {"model": ErrorAnswer, "description": "no option does this work at a known price"},
    413: {"model": ErrorAnswer, "description": "too much text"},
    422: {"model": ErrorAnswer, "description": "a value that cannot be answered: what, where, what was expected"},
    503: {"model": ErrorAnswer, "description": "no answer in time"},
}
router = APIRouter(prefix="/api", responses=ERRORS)
Item = Annotated[str, Query(min_length=1, max_length=120, description='A GPU, part or offer, e.g. "RTX 3090".')]
Day = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day of the question; default: today.")]


def engine_of(request: Request) -> Engine:
    """The engine of the running application."""
    engine: Engine = request.app.state.engine
    return engine


def today_of(request: Request) -> dt.date:
    """The day the application takes for today."""
    today: dt.date = request.app.state.today()
    return today


def day(text: str | None, request: Request) -> dt.date:
    """A day as it stands in an address; today for none."""
    return calendar_day(text) if text else today_of(request)


def address_keys() -> list[dict[str, Any]]:
    """The keys of an address as OpenAPI parameters, made from the question's own fields."""
    whole = Question.model_json_schema()
    found = [_parameter("as_of", whole["properties"]["as_of"])]
    for table in ("work", "site", "finance", "options"):
        fields = whole["$defs"][whole["properties"][table]["$ref"].rsplit("/", 1)[-1]]["properties"]
        found += [_parameter(f"{table}.{name}", field) for name, field in fields.items() if name != "outlet"]
    return found


def _parameter(name: str, field: dict[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in field.items() if key not in ("description", "title")}
    about = field.get("description", "")
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


@router.get(
    "/plan",
    response_model=PlanAnswer,
    summary="The answer to the question in the address",
    openapi_extra={"parameters": address_keys()},
)
async def plan_of_address(request: Request) -> Response:
    """Build, buy or rent: the question is the query string, with the keys of question files joined by dots.

    An empty query string asks the default question.
    """
    question = question_from_query(request.url.query, today=today_of(request))
    return json_made(await engine_of(request).made("plan_json", question, {}, request))


@router.post("/plan", response_model=PlanAnswer, summary="The answer to a question")
async def plan_of_question(
    request: Request, question: Annotated[dict[str, Any], Body(description="Tables and keys as in question files.")]
) -> Response:
    """Build, buy or rent: the body has the tables and keys of question files; an unknown key is an error."""
    asked = question_from_dict(_plain(question), as_of=today_of(request))
    return json_made(await engine_of(request).made("plan_json", asked, {}, request))


@router.get(
    "/odds",
    response_model=PlanAnswer,
    summary="The answer to the question in the address, and how sure it is",
    openapi_extra={"parameters": address_keys()},
)
async def odds_of_address(request: Request) -> Response:
    """As /api/plan, and thousands of futures drawn for it: the object that `payback plan --json` prints."""
    question = question_from_query(request.url.query, today=today_of(request))
    return json_made(await engine_of(request).made("odds_json", question, {}, request))


@router.post("/odds", response_model=PlanAnswer, summary="The answer to a question, and how sure it is")
async def odds_of_question(
    request: Request, question: Annotated[dict[str, Any], Body(description="Tables and keys as in question files.")]
) -> Response:
    """As /api/plan, with the odds."""
    asked = question_from_dict(_plain(question), as_of=today_of(request))
    return json_made(await engine_of(request).made("odds_json", asked, {}, request))


def json_made(made: bytes) -> Response:
    """JSON that a maker wrote."""
    return Response(made, media_type="application/json")


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(document, allow_nan=False)
    except ValueError as error:
        raise BadQuestionError("question", "a number that is not finite", "numbers") from error
    return document


@router.get("/prices", response_model=PricesAnswer, summary="What things cost as of a day")
async def prices(request: Request, item: Item | None = None, as_of: Day | None = None) -> dict[str, Any]:
    """New, used and rented prices of an item, each with its day and source; of every GPU if none is named."""
    when = day(as_of, request)
    found = await engine_of(request).prices(item, when)
    return {"ok": True, "prices": [market_as_dict(price, when) for price in found]}


@router.get("/prices/history", response_model=HistoryAnswer, summary="What a thing has cost")
async def history(request: Request, item: Item, as_of: Day | None = None) -> dict[str, Any]:
    """Every observation of an item up to a day, oldest first."""
    events = await engine_of(request).history(item, day(as_of, request))
    return {"ok": True, "history": events_as_dicts(events)}


@router.post("/check", response_model=CheckAnswer, summary="Do these parts fit together?")
async def check(request: Request, asked: CheckRequest) -> dict[str, Any]:
    """Every rule with what it found: ok, violated or unknown, and which fact would decide."""
    judgements = await engine_of(request).check(asked.text, asked.form)
    return {"ok": True, "judgements": [judgement.as_dict() for judgement in judgements]}


@router.get("/speed", response_model=SpeedAnswer, summary="How fast GPUs train")
async def speed(
    request: Request,
    gpu: Item | None = None,
    workload: Item | None = None,
    gpus: Annotated[int, Query(ge=1, le=64, description="GPUs of that kind in one machine.")] = 1,
) -> dict[str, Any]:
    """Speed with interval, grade, software and facts; null where nobody can say, and why says why."""
    rows = await engine_of(request).speed(gpu, workload, gpus)
    facts = {fact.id: fact.as_dict() for row in rows for fact in row.facts}
    return {"ok": True, "speeds": [speed_row(row) for row in rows], "facts": facts}


@router.get("/article", response_model=ArticleAnswer, summary="The article's claims, recomputed")
async def article(request: Request) -> dict[str, Any]:
    """Each claim with the article's figure, ours, and where its assumption is weak."""
    return {"ok": True, "claims": [claim.as_dict() for claim in await engine_of(request).article()]}
