"""Pages about machines: the cheapest that fits, and whether parts fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from payback.assembly import partslist
from payback.assembly.model import PartsList, Severity, Status
from payback.errors import PaybackError, UnknownNameError
from payback.question_file import default_question
from payback.report.money import formatter
from payback.web.api import engine_of, today_of
from payback.web.failures import status_of
from payback.web.models import ListForm
from payback.web.pages import form_values, split_address
from payback.web.state import query_from_question, question_from_query
from payback.web.templating import page, with_sources

router = APIRouter(include_in_schema=False)
KINDS_SHOWN = 4
"""Kinds of machine shown beside the cheapest."""
LISTS: Mapping[str, tuple[Callable[[PartsList], str], str]] = {
    "txt": (partslist.write_plain, "text/plain; charset=utf-8"),
    "csv": (partslist.write_csv, "text/csv; charset=utf-8"),
    "toml": (partslist.write_toml, "application/toml"),
    "md": (partslist.write_markdown, "text/markdown; charset=utf-8"),
}
"""Ending to what writes a parts list and what kind of file it is."""
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
    query, ours = split_address(request)
    question, problem, status, html = default_question(as_of=today_of(request)), "", 200, ""
    why = ours.get("_why", "").strip()[:120]
    try:
        question = question_from_query(query, today=today_of(request))
        html = await engine_of(request).machines_html(question, KINDS_SHOWN, why or None, request)
    except PaybackError as error:
        problem, status = str(error), status_of(error)
    return page(request, "assemble.html", status, html=html, problem=problem, why=why, **form_values(question))


@router.get("/assemble/facts", response_class=HTMLResponse)
async def assembled_facts(request: Request) -> Response:
    """What the price of a part of the best machine rests on; the address has the number of its line."""
    query, ours = split_address(request)
    question = question_from_query(query, today=today_of(request))
    pieces = (await engine_of(request).machines(question, KINDS_SHOWN, None, request)).builds[0].parts
    numbers = {str(number): piece for number, piece in enumerate(pieces)}
    piece = numbers.get(ours.get("_fact", ""))
    if piece is None:
        raise UnknownNameError("part", ours.get("_fact", "")[:40], numbers)
    return page(
        request,
        "part_facts.html",
        piece=piece,
        facts=with_sources(piece.facts),
        as_of=question.as_of,
        money=formatter(question),
        share=query_from_question(question),
    )


@router.get("/assemble/parts.{ending}")
async def assembled_parts(request: Request, ending: str) -> Response:
    """The best machine's parts as a file that `payback check` reads, or a shop's cart could."""
    if ending not in LISTS:
        raise UnknownNameError("download", f"parts.{ending}"[:40], [f"parts.{known}" for known in LISTS])
    query, _ = split_address(request)
    question = question_from_query(query, today=today_of(request))
    found = await engine_of(request).machines(question, KINDS_SHOWN, None, request)
    write, kind = LISTS[ending]
    headers = {"Content-Disposition": f'attachment; filename="payback-{question.as_of}-parts.{ending}"'}
    return Response(write(found.builds[0].parts_list()), media_type=kind, headers=headers)
