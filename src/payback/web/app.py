"""The application: pages, JSON interface, static files, and one way to say what went wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import Response

from payback.errors import PaybackError
from payback.web import api, api_files, pages, pages_claims, pages_lab, pages_machines, pages_market
from payback.web.engine import Engine
from payback.web.failures import status_of
from payback.web.security import Access, Guard, error_body
from payback.web.templating import error_page

LOG = logging.getLogger("payback.web")


def create_app(
    access: Access,
    *,
    today: Callable[[], dt.date] = dt.date.today,
    engine: Engine | None = None,
    warm: bool = False,
) -> Guard:
    """The web application behind its guard, so that not even an error leaves without the guard's headers.

    Args:
        access: Who may ask.
        today: Says which day it is.
        engine: Computes the answers.
        warm: Start what computes them at once, so that the first visitor need not wait for it.
    """
    return Guard(_application(today, engine or Engine(), warm=warm), access)


def _application(today: Callable[[], dt.date], engine: Engine, *, warm: bool) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(engine.makers.warm()) if warm else None
        yield
        if warming is not None:
            warming.cancel()
        await engine.close()

    # No docs pages: theirs load scripts from a third party; ours is /api.
    app = FastAPI(
        title="payback",
        version="1",
        description="Build, buy or rent a deep-learning computer. Every figure leads back to its facts.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.today, app.state.engine = today, engine
    for room in (api, api_files, pages, pages_market, pages_machines, pages_lab, pages_claims):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=str(files("payback.web") / "static")), name="static")
    app.add_exception_handler(PaybackError, _on_payback_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(Exception, _on_fault)
    return app


async def _on_payback_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PaybackError)
    return _say(request, status_of(error), str(error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _say(request, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _on_bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {
            "where": ".".join(str(step) for step in item["loc"]),
            "found": repr(item.get("input"))[:80],
            "expected": item["msg"],
        }
        for item in error.errors()[:20]
    ]
    first = wrong[0]
    return _say(request, 422, f"{first['where']}: found {first['found']}; expected {first['expected']}", wrong)


async def _on_fault(request: Request, error: Exception) -> Response:
    LOG.error("fault while answering %s", request.url.path, exc_info=error)
    return _say(request, 500, "Something broke here; it is our fault. The details are in the server's own log.")


def _say(request: Request, status: int, text: str, wrong: list[dict[str, str]] | None = None) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse(error_body(status, text, wrong), status_code=status)
    return error_page(request, status, HTTPStatus(status).phrase, text)
