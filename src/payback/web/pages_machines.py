"""Pages about machines: the cheapest that fits, and whether parts fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from payback.assembly.model import Severity, Status
from payback.errors import PaybackError, UnknownNameError
from payback.web.api import engine_of
from payback.web.models import ListForm
from payback.web.pages import asked_of, unanswered
from payback.web.templating import page

router = APIRouter(include_in_schema=False)
LIST_KINDS: Mapping[str, str] = {
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "toml": "application/toml",
    "md": "text/markdown; charset=utf-8",
}
"""Ending of a parts list to what kind of file it is."""
CHECK_EXAMPLE = """CPU: AMD Ryzen 7 5700X
Board: MSI MAG B550 TOMAHAWK
GPU: 2x RTX 3090
Memory: 2x G.SKILL Ripjaws V DDR4-3200 32GB (2x16GB)
Drive: Samsung 990 EVO Plus 1TB
PSU: MSI MAG A850GL PCIE5
Case: Corsair 4000D Airflow
Cooler: Thermalright Peerless Assassin 120 SE
"""


@router.get("/check", response_class=HTMLResponse)
async def check_page(request: Request) -> Response:
    """A form for a parts list."""
    return page(request, "check.html", text=CHECK_EXAMPLE, written="text", judgements=[], problem="")


@router.post("/check", response_class=HTMLResponse)
async def check_pasted(
    request: Request, text: Annotated[str, Form(max_length=100_000)] = "", written: Annotated[ListForm, Form()] = "text"
) -> Response:
    """Whether a pasted list fits together, worst findings first."""
    try:
        found = await engine_of(request).check(text, written)
    except PaybackError as error:
        return page(request, "check.html", 422, text=text, written=written, judgements=[], problem=str(error))
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
    return page(request, "check.html", text=text, written=written, judgements=judged, problem="")


@router.get("/assemble", response_class=HTMLResponse)
async def assemble_page(request: Request) -> Response:
    """The question on the left, the cheapest machine that fits on the right, with its proof."""
    return await engine_of(request).page(request, lambda: _assemble_page(request))


async def _assemble_page(request: Request) -> Response:
    try:
        question, ours = asked_of(request)
        asked = {"why_not": ours.get("_why", "").strip()[:120] or None}
        return HTMLResponse(await engine_of(request).made("machine_page", question, asked, request))
    except PaybackError as error:
        return unanswered(request, "assemble.html", error)


@router.get("/assemble/facts", response_class=HTMLResponse)
async def assembled_facts(request: Request) -> Response:
    """What the price of a part of the best machine rests on; the address has the number of its line."""
    question, ours = asked_of(request)
    made = await engine_of(request).made("machine_facts", question, {"fact": ours.get("_fact", "")}, request)
    return HTMLResponse(made)


@router.get("/assemble/parts.{ending}")
async def assembled_parts(request: Request, ending: str) -> Response:
    """The best machine's parts as a file that `payback check` reads, or a shop's cart could."""
    if ending not in LIST_KINDS:
        raise UnknownNameError("download", f"parts.{ending}"[:40], [f"parts.{known}" for known in LIST_KINDS])
    question, _ = asked_of(request)
    made = await engine_of(request).made("machine_list", question, {"ending": ending}, request)
    headers = {"Content-Disposition": f'attachment; filename="payback-{question.as_of}-parts.{ending}"'}
    return Response(made, media_type=LIST_KINDS[ending], headers=headers)
