"""The plan page and what hangs on it: odds, facts behind each figure, charts, files; the address holds the question."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payback.errors import PaybackError, UnknownNameError
from payback.question import Question
from payback.question_file import default_question
from payback.web.api import engine_of, today_of
from payback.web.charts import CHARTS, ODDS_CHARTS
from payback.web.downloads import FILES
from payback.web.failures import status_of
from payback.web.form import form_values
from payback.web.state import question_from_query
from payback.web.templating import page

router = APIRouter(include_in_schema=False)
OURS = frozenset({"_option", "_line", "_fact", "_dark", "_narrow", "_all", "_why"})
"""Keys of an address that are about the page, not the question."""
CHART_AGE_S = 600
"""How long a browser keeps a chart; its address holds the whole question, its day included. [s]"""


def split_address(request: Request) -> tuple[str, dict[str, str]]:
    """The question's part of an address, and the page's own keys."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    ours = {key: value for key, value in pairs if key in OURS}
    return urlencode([(key, value) for key, value in pairs if key not in OURS]), ours


def asked_of(request: Request) -> tuple[Question, dict[str, str]]:
    """The question an address asks, and the page's own keys."""
    query, ours = split_address(request)
    return question_from_query(query, today=today_of(request)), ours


def unanswered(request: Request, template: str, error: PaybackError) -> Response:
    """The page of a question without an answer: it says why and keeps the form."""
    try:
        question, _ = asked_of(request)
    except PaybackError:
        question = default_question(as_of=today_of(request))
    values = {"problem": str(error), "answer": None, "html": "", **form_values(question)}
    return page(request, template, status_of(error), **values)


@router.get("/", response_class=HTMLResponse)
async def plan_page(request: Request) -> Response:
    """The question on the left, the answer on the right; a question without answer keeps its form."""
    return await engine_of(request).page(request, lambda: _plan_page(request))


async def _plan_page(request: Request) -> Response:
    try:
        question, ours = asked_of(request)
        asked = {"every": "_all" in ours}
        return HTMLResponse(await engine_of(request).made("plan_page", question, asked, request))
    except PaybackError as error:
        return unanswered(request, "plan.html", error)


@router.get("/odds", response_class=HTMLResponse)
async def odds_page(request: Request) -> Response:
    """How sure the answer is; the plan page puts it where it belongs."""
    question, _ = asked_of(request)
    return HTMLResponse(await engine_of(request).made("odds_page", question, {}, request))


@router.get("/facts", response_class=HTMLResponse)
async def facts_page(request: Request) -> Response:
    """The lines of an option and the facts behind them; of one line, or one fact, if the address names it."""
    question, ours = asked_of(request)
    asked = {"option": ours.get("_option", ""), "line": ours.get("_line"), "fact": ours.get("_fact")}
    return HTMLResponse(await engine_of(request).made("facts_page", question, asked, request))


@router.get("/charts/{name}.svg")
async def chart(request: Request, name: str) -> Response:
    """A chart of the answer; a picture of its own, so that the browser asks for the one that fits its screen."""
    if name not in CHARTS and name not in ODDS_CHARTS:
        raise UnknownNameError("chart", name[:40], [*CHARTS, *ODDS_CHARTS])
    question, ours = asked_of(request)
    asked = {"name": name, "dark": "_dark" in ours, "narrow": "_narrow" in ours}
    made = await engine_of(request).made("chart", question, asked, request)
    return Response(made, media_type="image/svg+xml", headers={"Cache-Control": f"private, max-age={CHART_AGE_S}"})


@router.get("/download/{name}")
async def download(request: Request, name: str) -> Response:
    """The answer as a file."""
    if name not in FILES:
        raise UnknownNameError("download", name[:40], FILES)
    question, _ = asked_of(request)
    made = await engine_of(request).made("file", question, {"name": name}, request)
    headers = {"Content-Disposition": f'attachment; filename="payback-{question.as_of}-{name}"'}
    return Response(made, media_type=FILES[name][2], headers=headers)


@router.get("/api", response_class=HTMLResponse)
async def api_page(request: Request) -> Response:
    """The JSON interface for people."""
    paths = request.app.openapi()["paths"]
    rows = [(verb.upper(), path, about) for path, verbs in paths.items() for verb, about in verbs.items()]
    return page(request, "api.html", rows=rows, origin=str(request.base_url).rstrip("/"))


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The picture of the tab."""
    picture = (Path(__file__).parent / "static" / "icon.svg").read_text(encoding="utf-8")
    return Response(picture, media_type="image/svg+xml")
