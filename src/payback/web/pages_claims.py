"""Pages that test what others, and we ourselves, have said."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payback.web.api import engine_of
from payback.web.templating import page, with_sources

router = APIRouter(include_in_schema=False)


@router.get("/article", response_class=HTMLResponse)
async def article_page(request: Request) -> Response:
    """The claims of the 2018 article beside what comes out here."""
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
    from payback.report.backtest_text import coverage_sentence

    result = await engine_of(request).backtest(request)
    return page(request, "backtest.html", result=result, coverage=coverage_sentence(result))
