"""Pages about machines: whether parts fit together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from payback.assembly.model import Severity, Status
from payback.errors import PaybackError
from payback.web.api import engine_of
from payback.web.models import ListForm
from payback.web.templating import page

router = APIRouter(include_in_schema=False)
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
