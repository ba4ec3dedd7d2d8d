"""Pages of a lab: how many GPUs to own for its job log, and what is slow in a measured machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from payback.errors import PaybackError
from payback.question import Question
from payback.question_file import shipped_question
from payback.report import render
from payback.web.api import engine_of, today_of
from payback.web.charts import themed
from payback.web.failures import status_of
from payback.web.models import SizeSettings
from payback.web.sandbox import LONG, QUICK
from payback.web.state import query_from_question, question_from_query
from payback.web.tasks import Task
from payback.web.templating import page
from payback.web.uploads import MOST_BYTES, filled, sent, size_order

router = APIRouter(include_in_schema=False)


def _machine_of(request: Request) -> Question | None:
    """The kind of machine that the address names, if it does."""
    query = request.url.query
    return question_from_query(query, today=today_of(request)) if query else None


def _size_form(request: Request, status: int = 200, *, problem: str = "") -> Response:
    question = _machine_of(request) if not problem else None
    shown = question or shipped_question("fleet", as_of=today_of(request))
    share = query_from_question(question) if question else ""
    return page(request, "size.html", status, question=shown, share=share, problem=problem)


@router.get("/size", response_class=HTMLResponse)
async def size_page(request: Request) -> Response:
    """A form for a job log; the address may name the kind of machine, with the keys of a question."""
    return _size_form(request)


@router.post("/size", response_class=HTMLResponse)
async def size_sent(request: Request) -> Response:
    """Starts to replay a log and leads to the page that shows how far it is."""
    engine = engine_of(request)
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            data, name = await sent(form, MOST_BYTES["/size"], what="a job log: a file, or its text")
            order = size_order(filled(form, SizeSettings), _machine_of(request), today_of(request))
        task = engine.tasks.start(name, _replay(request, data, order))
    except PaybackError as error:
        return _size_form(request, status_of(error), problem=str(error))
    return RedirectResponse(f"/size/{task.id}", status_code=303)


def _replay(
    request: Request, data: bytes, order: dict[str, Any]
) -> Callable[[Callable[[str], None]], Awaitable[dict[str, Any]]]:
    sandbox = engine_of(request).sandbox

    async def work(tell: Callable[[str], None]) -> dict[str, Any]:
        return await sandbox.run("size", data, order, LONG, tell=tell)

    return work


@router.get("/size/{task_id}", response_class=HTMLResponse)
async def size_result(request: Request, task_id: str) -> Response:
    """How far it is; then the recommendation, the curve, and what was left out of the log."""
    task = engine_of(request).tasks.get(task_id)
    if task.problem is not None:
        return page(request, "task.html", status_of(task.problem), task=task, back="/size")
    if task.result is None:
        return page(request, "task.html", task=task, back="/size")
    return page(request, "sized.html", task=task, **task.result)


@router.get("/size/{task_id}/curve.svg")
async def size_curve(request: Request, task_id: str) -> Response:
    """Cost over owned GPUs as a picture."""
    task: Task = engine_of(request).tasks.get(task_id)
    figure, dark = (task.result or {}).get("figure"), "_dark" in request.query_params
    text = await engine_of(request).texts.run(
        ("curve", task_id, dark), lambda _: render.svg(themed(figure or {}, dark=dark))
    )
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"})


@router.post("/size/{task_id}/cancel")
async def size_cancel(request: Request, task_id: str) -> Response:
    """Stops the work and forgets the log."""
    engine_of(request).tasks.cancel(task_id)
    return RedirectResponse("/size", status_code=303)


@router.get("/bench", response_class=HTMLResponse)
async def bench_page(request: Request) -> Response:
    """A form for a result of `payback bench`."""
    return page(request, "bench.html", findings=None, name="", problem="")


@router.post("/bench", response_class=HTMLResponse)
async def bench_sent(request: Request) -> Response:
    """What is slow in the measured machine, and why."""
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            data, name = await sent(form, MOST_BYTES["/bench"], what="the file that `payback bench --out` wrote")
        sandbox = engine_of(request).sandbox
        done = await sandbox.run("bench", data, {}, QUICK, gone=request.is_disconnected)
    except PaybackError as error:
        return page(request, "bench.html", status_of(error), findings=None, name="", problem=str(error))
    return page(request, "bench.html", findings=done["findings"], name=name, problem="")
