"""The pages: each is one template, filled from one answer; the address holds the question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from payback.assembly.model import Severity, Status
from payback.catalogue.catalogue import load
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.errors import BadQuestionError, PaybackError, UnknownNameError
from payback.question import Question
from payback.question_file import default_question
from payback.report.money import formatter, money
from payback.report.prose import conditions, months_text, sentence
from payback.web import form, present
from payback.web.api import day, engine_of, today_of
from payback.web.models import ListForm
from payback.web.state import query_from_question, question_from_query

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
MOST_GPUS = 64
OURS = frozenset({"_option", "_line", "_dark", "_narrow", "_all"})
"""Keys of an address that are about the page, not the question."""
FORM_KEYS = frozenset(
    {field.key for field in (*form.WORK, *form.MORE, form.ELECTRICITY)}
    | {"work.workload", "site.country", "site.region"}
)
CHECK_EXAMPLE = """CPU: AMD Ryzen 7 5700X
Board: MSI MAG B550 TOMAHAWK
GPU: 2x RTX 3090
Memory: 2x G.SKILL Ripjaws V DDR4-3200 32GB (2x16GB)
Drive: Samsung 990 EVO Plus 1TB
PSU: MSI MAG A850GL PCIE5
Case: Corsair 4000D Airflow
Cooler: Thermalright Peerless Assassin 120 SE
"""


def _split(request: Request) -> tuple[str, dict[str, str]]:
    """The question's part of an address, and the page's own keys."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    ours = {key: value for key, value in pairs if key in OURS}
    return urlencode([(key, value) for key, value in pairs if key not in OURS]), ours


def _asked(request: Request) -> tuple[Question, dict[str, str]]:
    query, ours = _split(request)
    return question_from_query(query, today=today_of(request)), ours


def _page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return templates.TemplateResponse(request, template, {"path": request.url.path, **values}, status_code=status)


def error_page(request: Request, status: int, title: str, text: str) -> Response:
    """A page that says what went wrong and what to do."""
    return _page(request, "error.html", status, title=title, text=text)


@router.get("/", response_class=HTMLResponse)
async def plan_page(request: Request) -> Response:
    """The question on the left, the answer on the right; a question without answer keeps its form."""
    query, ours = _split(request)
    question, problem, status = default_question(as_of=today_of(request)), "", 200
    plan: Plan | None = None
    try:
        question = question_from_query(query, today=today_of(request))
        plan = await engine_of(request).plan(question, request)
    except PaybackError as error:
        from payback.web.app import status_of

        problem, status = str(error), status_of(error)
    values = _answer_values(plan, "_all" in ours) if plan else {}
    return _page(request, "plan.html", status, problem=problem, **_form_values(question, plan), **values)


def _form_values(question: Question, plan: Plan | None) -> dict[str, Any]:
    place = "" if plan is None else f"{plan.world.site.price_usd_per_kwh:.3f}"
    return {
        "question": question,
        "form": form,
        "tariff": place,
        "share": query_from_question(question),
        "carried": form.carried(question, FORM_KEYS),
    }


def _answer_values(plan: Plan, every: bool) -> dict[str, Any]:
    options = list(plan.options) if every else present.shown(plan)
    machine, offer = present.best_machine(plan), present.best_offer(plan)
    return {
        "plan": plan,
        "sentence": sentence(plan),
        "rows": present.option_rows(plan, options),
        "more_options": len(plan.options) - len(options),
        "conditions": conditions(plan),
        "machine": machine,
        "parts": present.part_rows(machine, plan) if machine else [],
        "offer": offer,
        "left_out": present.left_out(plan),
        "gaps": present.gaps(options),
        "payback": plan.advice.payback,
        "money": formatter(plan.question),
        "months_text": months_text,
        "chart_text": _chart_text(plan),
        "yearly": _yearly(plan),
    }


def _chart_text(plan: Plan) -> str:
    """What the chart shows, for those who do not see it."""
    own, rent, show = plan.advice.best_owned, plan.advice.baseline, formatter(plan.question)
    ends = [
        f"{option.candidate.label}: {show(option.statement.cash_usd[-1])} paid by month {plan.question.work.months}"
        for option in (own, rent)
        if option is not None
    ]
    when = plan.advice.payback.cash if plan.advice.payback else None
    crossing = "The lines do not cross." if when is None else f"The lines cross after {when:.1f} months."
    return f"Cumulative cost by month. {'; '.join(ends)}. {crossing if own and rent else ''}"


def _yearly(plan: Plan) -> dict[str, Any]:
    """The chart as a table: both heads at each year and at the end."""
    heads = [option for option in (plan.advice.best_owned, plan.advice.baseline) if option is not None]
    end = plan.question.work.months
    months = sorted({0, *range(12, end + 1, 12), end})
    return {"heads": heads, "months": months}


@router.get("/facts", response_class=HTMLResponse)
async def facts_page(request: Request) -> Response:
    """Every line of an option and the facts behind it; of one line if the address names one."""
    question, ours = _asked(request)
    plan = await engine_of(request).plan(question, request)
    option = _option(plan, ours.get("_option", ""))
    lines = option.statement.lines_with_residual
    chosen = [line for line in lines if line.name == ours.get("_line", line.name)]
    ids = [fact for line in chosen for fact in line.facts]
    ids += [] if "_line" in ours else [fact.id for fact in option.speed.facts]
    return _page(
        request,
        "facts.html",
        option=option,
        lines=chosen,
        whole="_line" not in ours,
        facts=_with_sources(present.facts_of(plan, ids)),
        as_of=question.as_of,
        money=formatter(question),
        share=query_from_question(question),
    )


def _option(plan: Plan, name: str) -> Option:
    found = next((option for option in plan.options if option.id == name), None)
    if found is None:
        raise UnknownNameError("option", name[:80], [option.id for option in plan.options])
    return found


def _with_sources(facts: Iterable[Any]) -> list[tuple[Any, list[Any]]]:
    sources = dict(load().sources)
    return [(fact, present.sources_of(fact, sources)) for fact in facts]


@router.get("/chart.svg")
async def chart(request: Request) -> Response:
    """The cost chart; a picture of its own, so that the browser asks for the one that fits its screen."""
    question, ours = _asked(request)
    text = await engine_of(request).chart(question, dark="_dark" in ours, narrow="_narrow" in ours)
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"})


@router.get("/download/{name}")
async def download(request: Request, name: str) -> Response:
    """The answer as a file."""
    from payback.web.downloads import FILES

    if name not in FILES:
        raise UnknownNameError("download", name[:40], FILES)
    question, _ = _asked(request)
    plan = await engine_of(request).plan(question, request)
    make, kind = FILES[name]
    text = await engine_of(request).quick.run(("file", name, question.model_dump_json()), lambda _: make(plan))
    headers = {"Content-Disposition": f'attachment; filename="payback-{question.as_of}-{name}"'}
    return Response(text, media_type=kind, headers=headers)


@router.get("/prices", response_class=HTMLResponse)
async def prices_page(request: Request, item: str = "", as_of: str = "") -> Response:
    """What things cost: every GPU, or one item with its offers and its history."""
    when, name = day(as_of, request), item.strip()[:120]
    engine = engine_of(request)
    try:
        found = await engine.prices(name or None, when)
        events = await engine.history(name, when) if name else []
    except UnknownNameError as error:
        return _page(request, "prices.html", 404, item=name, as_of=when, found=[], events=[], problem=str(error))
    newest_first = list(reversed(events))
    shown = [(event, _with_sources([event.fact])[0][1]) for event in newest_first[:200]]
    values: dict[str, Any] = {"found": found, "events": shown, "count": len(events), "money": money, "problem": ""}
    return _page(request, "prices.html", item=name, as_of=when, names=_names(), **values)


def _names() -> list[str]:
    facts = load()
    return sorted({*facts.gpus, *(row.component for row in facts.component_prices)})


@router.get("/prices/chart.svg")
async def prices_chart(request: Request, item: str, as_of: str = "", _dark: str = "") -> Response:
    """The history of a price as a picture."""
    dark = "_dark" in request.query_params
    text = await engine_of(request).history_chart(item[:120], day(as_of, request), dark=dark)
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"})


@router.get("/check", response_class=HTMLResponse)
async def check_page(request: Request) -> Response:
    """A form for a parts list."""
    return _page(request, "check.html", text=CHECK_EXAMPLE, written="text", judgements=[], problem="")


@router.post("/check", response_class=HTMLResponse)
async def check_pasted(
    request: Request, text: Annotated[str, Form(max_length=100_000)] = "", written: Annotated[ListForm, Form()] = "text"
) -> Response:
    """Whether a pasted list fits together, worst findings first."""
    try:
        found = await engine_of(request).check(text, written)
    except PaybackError as error:
        return _page(request, "check.html", 422, text=text, written=written, judgements=[], problem=str(error))
    order = list(Severity)
    judged = [
        {
            "of": judgement,
            "violated": sorted(judgement.of_status(Status.VIOLATED), key=lambda f: order.index(f.severity)),
            "unknown": sorted(judgement.of_status(Status.UNKNOWN), key=lambda f: order.index(f.severity)),
            "ok": judgement.of_status(Status.OK),
        }
        for judgement in found
    ]
    return _page(request, "check.html", text=text, written=written, judgements=judged, problem="")


@router.get("/speed", response_class=HTMLResponse)
async def speed_page(request: Request, gpu: str = "", workload: str = "", gpus: int = 1) -> Response:
    """How fast GPUs train, fastest first, each with its interval and its grade."""
    name, work = gpu.strip()[:120], workload.strip()[:120]
    values: dict[str, Any] = {"gpu": name, "work": work, "gpus": gpus, "form": form, "names": sorted(load().gpus)}
    try:
        if not 1 <= gpus <= MOST_GPUS:
            raise BadQuestionError("gpus", str(gpus), f"a number from 1 to {MOST_GPUS}")
        rows = await engine_of(request).speed(name or None, work or None, gpus)
    except PaybackError as error:
        from payback.web.app import status_of

        return _page(request, "speed.html", status_of(error), rows=[], problem=str(error), unknown=0, **values)
    known = sorted((row for row in rows if row.value is not None), key=lambda row: -(row.value or 0.0))
    shown = [(row, _with_sources(row.facts)) for row in (rows if name else known) if row.value is not None]
    return _page(request, "speed.html", rows=shown, problem="", unknown=len(rows) - len(known), **values)


@router.get("/article", response_class=HTMLResponse)
async def article_page(request: Request) -> Response:
    """The claims of the 2018 article beside what comes out here."""
    claims = await engine_of(request).article()
    rows = [(claim, _with_sources(claim.facts)) for claim in claims]
    return _page(request, "article.html", rows=rows, holding=sum(claim.holds is True for claim in claims))


@router.get("/backtest", response_class=HTMLResponse)
async def backtest_page(request: Request) -> Response:
    """What the backtest is, and a way to start it."""
    return _page(request, "backtest.html", result=None)


@router.get("/backtest/result", response_class=HTMLResponse)
async def backtest_result(request: Request) -> Response:
    """Advice on past days against what then happened; leaving the page stops the work."""
    from payback.report.backtest_text import coverage_sentence

    result = await engine_of(request).backtest(request)
    return _page(request, "backtest.html", result=result, coverage=coverage_sentence(result))


@router.get("/api", response_class=HTMLResponse)
async def api_page(request: Request) -> Response:
    """The JSON interface for people."""
    paths = request.app.openapi()["paths"]
    rows = [(verb.upper(), path, about) for path, verbs in paths.items() for verb, about in verbs.items()]
    return _page(request, "api.html", rows=rows, origin=str(request.base_url).rstrip("/"), today=dt.date.today)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The picture of the tab."""
    picture = (Path(__file__).parent / "static" / "icon.svg").read_text(encoding="utf-8")
    return Response(picture, media_type="image/svg+xml")
