"""Templates filled with values; what every page shares."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from payback.catalogue.catalogue import load
from payback.evidence import Fact, Source
from payback.report.money import money
from payback.web.present import sources_of

PLACES = (
    ("/", "Plan"),
    ("/assemble", "Assemble"),
    ("/check", "Check parts"),
    ("/prices", "Prices"),
    ("/speed", "Speed"),
    ("/size", "Size a lab"),
    ("/bench", "Benchmark"),
    ("/claim", "Claims"),
    ("/article", "Article"),
    ("/backtest", "Backtest"),
    ("/api", "API"),
)
"""What the page's head leads to."""
templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def figure(value: object) -> str:
    """A number of any size as people read it, four digits of it; what is no number as it stands.

    Example:
        >>> figure(None), figure(12345.6), figure(0.123456), figure("4 to 6")
        ('–', '12,346', '0.1235', '4 to 6')
    """
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def pairs(query: str) -> list[tuple[str, str]]:
    """An address as hidden inputs."""
    return parse_qsl(query, keep_blank_values=True)


templates.env.globals |= {"places": PLACES, "figure": figure, "money": money, "carried_all": pairs}


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as an answer to a request."""
    return templates.TemplateResponse(request, template, {"path": request.url.path, **values}, status_code=status)


def part(template: str, **values: Any) -> str:
    """A template that is a piece of a page, as text; may be filled in a thread."""
    return templates.get_template(template).render(**values)


def error_page(request: Request, status: int, title: str, text: str) -> Response:
    """A page that says what went wrong and what to do."""
    return page(request, "error.html", status, title=title, text=text)


def with_sources(facts: Iterable[Fact]) -> list[tuple[Fact, list[Source]]]:
    """Each fact with the catalogue's entries of its sources."""
    known = dict(load().sources)
    return [(fact, sources_of(fact, known)) for fact in facts]
