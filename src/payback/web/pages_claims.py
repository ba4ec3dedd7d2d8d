"""Pages that test what others, and we ourselves, have said."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payback.errors import PaybackError
from payback.web.api import engine_of
from payback.web.examples import claim_examples, claim_titles
from payback.web.failures import status_of
from payback.web.sandbox import QUICK
from payback.web.templating import page, with_sources
from payback.web.uploads import MOST_BYTES, sent

router = APIRouter(include_in_schema=False)


@router.get("/article", response_class=HTMLResponse)
async def article_page(request: Request) -> Response:
    """The claims of the 2018 article beside what comes out here."""
    return await engine_of(request).page(request, lambda: _article_page(request))


async def _article_page(request: Request) -> Response:
    claims = await engine_of(request).article()
    rows = [(claim, with_sources(claim.facts)) for claim in claims]
    return page(request, "article.html", rows=rows, holding=sum(claim.holds is True for claim in claims))


@router.get("/backtest", response_class=HTMLResponse)
async def backtest_page(request: Request) -> Response:
    """What the backtest is, and a way to start it."""
    return page(request, "backtest.html", result=None)


@router.get("/backtest/result", response_class=HTMLResponse)
async def backtest_result(request: Request) -> Response:
    """Advice on past days against what then happened; leaving the page stops the work."""
    return HTMLResponse(await engine_of(request).backtest_page(request))


@router.get("/claim", response_class=HTMLResponse)
async def claim_page(request: Request, example: str = "") -> Response:
    """A form for a published analysis, and those that come with payback."""
    return await engine_of(request).page(request, lambda: _claim_page(request, example))


async def _claim_page(request: Request, example: str) -> Response:
    if not example:
        return _claim(request)
    checked = await engine_of(request).example_claim(example)
    text = claim_examples()[example].read_text(encoding="utf-8")
    return _claim(request, checked=checked, text=text, example=example)


@router.post("/claim", response_class=HTMLResponse)
async def claim_sent(request: Request) -> Response:
    """Every step, stated and recomputed, and the first that fails."""
    text = ""
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            data, _ = await sent(form, MOST_BYTES["/claim"], what="an analysis as TOML: a file, or its text")
        text = data.decode("utf-8", "replace")
        sandbox = engine_of(request).sandbox
        checked = await sandbox.run("claim", data, {}, QUICK, gone=request.is_disconnected)
    except PaybackError as error:
        return _claim(request, status_of(error), text=text, problem=str(error))
    return _claim(request, checked=checked, text=text)


def _claim(
    request: Request,
    status: int = 200,
    *,
    checked: dict[str, object] | None = None,
    text: str = "",
    example: str = "",
    problem: str = "",
) -> Response:
    values = {"checked": checked, "text": text, "example": example, "problem": problem}
    return page(request, "claim.html", status, examples=claim_titles(), **values)
