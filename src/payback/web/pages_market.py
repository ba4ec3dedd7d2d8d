"""Pages of facts: what things cost and have cost, how fast GPUs train."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payback.catalogue.catalogue import load
from payback.errors import BadQuestionError, PaybackError, UnknownNameError
from payback.report.money import money
from payback.web import form
from payback.web.api import day, engine_of
from payback.web.failures import status_of
from payback.web.templating import page, with_sources

router = APIRouter(include_in_schema=False)
MOST_GPUS = 64


@router.get("/prices", response_class=HTMLResponse)
async def prices_page(request: Request, item: str = "", as_of: str = "") -> Response:
    """What things cost: every GPU, or one item with its offers and its history."""
    return await engine_of(request).page(request, lambda: _prices_page(request, item, as_of))


async def _prices_page(request: Request, item: str, as_of: str) -> Response:
    when, name = day(as_of, request), item.strip()[:120]
    engine = engine_of(request)
    try:
        found = await engine.prices(name or None, when)
        events = await engine.history(name, when) if name else []
    except UnknownNameError as error:
        return page(request, "prices.html", 404, item=name, as_of=when, found=[], events=[], problem=str(error))
    newest_first = list(reversed(events))
    shown = [(event, with_sources([event.fact])[0][1]) for event in newest_first[:200]]
    values: dict[str, Any] = {"found": found, "events": shown, "count": len(events), "money": money, "problem": ""}
    return page(request, "prices.html", item=name, as_of=when, names=_names(), **values)


def _names() -> list[str]:
    facts = load()
    return sorted({*facts.gpus, *(row.component for row in facts.component_prices)})


@router.get("/prices/chart.svg")
async def prices_chart(request: Request, item: str, as_of: str = "", _dark: str = "") -> Response:
    """The history of a price as a picture."""
    dark = "_dark" in request.query_params
    text = await engine_of(request).history_chart(item[:120], day(as_of, request), dark=dark)
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"})


@router.get("/speed", response_class=HTMLResponse)
async def speed_page(request: Request, gpu: str = "", workload: str = "", gpus: int = 1) -> Response:
    """How fast GPUs train, fastest first, each with its interval and its grade."""
    return await engine_of(request).page(request, lambda: _speed_page(request, gpu, workload, gpus))


async def _speed_page(request: Request, gpu: str, workload: str, gpus: int) -> Response:
    name, work = gpu.strip()[:120], workload.strip()[:120]
    values: dict[str, Any] = {"gpu": name, "work": work, "gpus": gpus, "form": form, "names": sorted(load().gpus)}
    try:
        if not 1 <= gpus <= MOST_GPUS:
            raise BadQuestionError("gpus", str(gpus), f"a number from 1 to {MOST_GPUS}")
        rows = await engine_of(request).speed(name or None, work or None, gpus)
    except PaybackError as error:
        return page(request, "speed.html", status_of(error), rows=[], problem=str(error), unknown=0, **values)
    known = sorted((row for row in rows if row.value is not None), key=lambda row: -(row.value or 0.0))
    shown = [(row, with_sources(row.facts)) for row in (rows if name else known) if row.value is not None]
    return page(request, "speed.html", rows=shown, problem="", unknown=len(rows) - len(known), **values)
