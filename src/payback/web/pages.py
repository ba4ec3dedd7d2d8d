"""The plan page and what hangs on it: facts behind each figure, charts, files; the address holds the question."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.errors import PaybackError, UnknownNameError
from payback.question import Question
from payback.question_file import default_question
from payback.report.money import formatter
from payback.web import form, present
from payback.web.answer import AnswerHtml
from payback.web.api import engine_of, today_of
from payback.web.downloads import FILES
from payback.web.failures import status_of
from payback.web.state import query_from_question, question_from_query
from payback.web.templating import page, with_sources

router = APIRouter(include_in_schema=False)
OURS = frozenset({"_option", "_line", "_fact", "_dark", "_narrow", "_all", "_why"})
"""Keys of an address that are about the page, not the question."""
FORM_KEYS = frozenset(
    {field.key for field in (*form.WORK, *form.MORE, form.ELECTRICITY)}
    | {"work.workload", "site.country", "site.region"}
)
CHART_AGE_S = 600
"""How long a browser keeps a chart; its address holds the whole question, its day included. [s]"""


def split_address(request: Request) -> tuple[str, dict[str, str]]:
    """The question's part of an address, and the page's own keys."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    ours = {key: value for key, value in pairs if key in OURS}
    return urlencode([(key, value) for key, value in pairs if key not in OURS]), ours


def _asked(request: Request) -> tuple[Question, dict[str, str]]:
    query, ours = split_address(request)
    return question_from_query(query, today=today_of(request)), ours


@router.get("/", response_class=HTMLResponse)
async def plan_page(request: Request) -> Response:
    """The question on the left, the answer on the right; a question without answer keeps its form."""
    return await engine_of(request).page(request, lambda: _plan_page(request))


async def _plan_page(request: Request) -> Response:
    query, ours = split_address(request)
    question, problem, status = default_question(as_of=today_of(request)), "", 200
    answer: AnswerHtml | None = None
    try:
        question = question_from_query(query, today=today_of(request))
        answer = await engine_of(request).answer(question, request, every="_all" in ours)
    except PaybackError as error:
        problem, status = str(error), status_of(error)
    return page(request, "plan.html", status, problem=problem, answer=answer, **form_values(question))


def form_values(question: Question) -> dict[str, Any]:
    """What the question's form needs, on whichever page it stands."""
    return {
        "question": question,
        "form": form,
        "share": query_from_question(question),
        "carried": form.carried(question, FORM_KEYS),
    }


@router.get("/facts", response_class=HTMLResponse)
async def facts_page(request: Request) -> Response:
    """The lines of an option and the facts behind them; of one line, or one fact, if the address names it."""
    question, ours = _asked(request)
    plan = await engine_of(request).plan(question, request)
    option = _option(plan, ours.get("_option", ""))
    whole = "_line" not in ours and "_fact" not in ours
    lines = [line for line in option.statement.lines_with_residual if whole or line.name == ours.get("_line")]
    ids = [fact for line in lines for fact in line.facts]
    ids += [fact.id for fact in option.speed.facts] if whole else []
    ids += [ours["_fact"]] if "_fact" in ours else []
    return page(
        request,
        "facts.html",
        option=option,
        lines=lines,
        whole=whole,
        facts=with_sources(present.facts_of(plan, ids)),
        as_of=question.as_of,
        money=formatter(question),
        share=query_from_question(question),
    )


def _option(plan: Plan, name: str) -> Option:
    found = next((option for option in plan.options if option.id == name), None)
    if found is None:
        raise UnknownNameError("option", name[:80], [option.id for option in plan.options])
    return found


@router.get("/charts/{name}.svg")
async def chart(request: Request, name: str) -> Response:
    """A chart of the answer; a picture of its own, so that the browser asks for the one that fits its screen."""
    question, ours = _asked(request)
    text = await engine_of(request).chart(name, question, dark="_dark" in ours, narrow="_narrow" in ours)
    headers = {"Cache-Control": f"private, max-age={CHART_AGE_S}"}
    return Response(text, media_type="image/svg+xml", headers=headers)


@router.get("/download/{name}")
async def download(request: Request, name: str) -> Response:
    """The answer as a file."""
    if name not in FILES:
        raise UnknownNameError("download", name[:40], FILES)
    question, _ = _asked(request)
    text, kind = await engine_of(request).file(name, question, request), FILES[name][1]
    headers = {"Content-Disposition": f'attachment; filename="payback-{question.as_of}-{name}"'}
    return Response(text, media_type=kind, headers=headers)


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
