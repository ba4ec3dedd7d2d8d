"""Pictures of an answer by name: each drawn for light and dark, for a desk and for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from payback.decision.plan import Plan
from payback.errors import UnknownNameError
from payback.report import figures_odds
from payback.report.figures import (
    DARK_GRID,
    DARK_INK,
    DARK_PAPER,
    GRID,
    INK,
    OWN_COLOURS,
    PAPER,
    RENT_COLOURS,
    chart_config,
    cumulative_cost_figure,
)

if TYPE_CHECKING:
    from payback.decision.odds import PlanOdds

DESK_WIDTH, DESK_HEIGHT = 720, 380
PHONE_WIDTH, PHONE_HEIGHT = 330, 320

DARK_OWN_COLOURS = ("#4cc294", "#8cd17d", "#c3e8b5")
DARK_RENT_COLOURS = ("#f0905c", "#f2b973", "#d6a6c9", "#8fb5dc", "#c9a78f", "#b5b8bd")
AT_NIGHT = dict(zip((*OWN_COLOURS, *RENT_COLOURS), (*DARK_OWN_COLOURS, *DARK_RENT_COLOURS), strict=True))
CHARTS: Mapping[str, Callable[[Plan, bool], dict[str, Any]]] = {
    "cost": lambda plan, dark: cumulative_cost_figure(plan, dark=dark),
}
"""Name to what makes the Vega-Lite figure from a plan, dark or not; `/charts/NAME.svg` shows it."""
ODDS_CHARTS: Mapping[str, str] = {"fan": "cost", "tornado": "tornado", "payback": "payback"}
"""Name to the name under which `payback.report.figures_odds` makes it from a plan and its odds."""


def plan_figure(name: str, plan: Plan, odds: PlanOdds | None, *, dark: bool, narrow: bool) -> dict[str, Any]:
    """A chart of a plan without its title (the page has one), reshaped for a phone if asked.

    Raises:
        UnknownNameError: This plan has no such chart.
    """
    chart = {key: value for key, value in _drawn(name, plan, odds, dark=dark).items() if key != "title"}
    chart = at_night(chart) if dark else chart
    height = chart.get("height", DESK_HEIGHT)
    if not narrow:
        return chart | {
            "width": DESK_WIDTH,
            "height": max(height, DESK_HEIGHT) if name in CHARTS else height,
            "padding": 8,
        }
    for layer in chart.get("layer", []):
        encoding = layer.get("encoding", {})
        for channel in ("color", "strokeDash"):
            if encoding.get(channel, {}).get("legend"):
                encoding[channel]["legend"] |= {"columns": 1, "labelLimit": PHONE_WIDTH}
        if encoding.get("x", {}).get("axis"):
            encoding["x"]["axis"] |= {"labelOverlap": "greedy"}
    return chart | {"width": PHONE_WIDTH - 60, "height": PHONE_HEIGHT, "padding": 4}


def _drawn(name: str, plan: Plan, odds: PlanOdds | None, *, dark: bool) -> dict[str, Any]:
    if name in CHARTS:
        return CHARTS[name](plan, dark)
    drawn = figures_odds.plan_figures(plan, odds, dark=dark)
    if odds is None or ODDS_CHARTS.get(name) not in drawn:
        raise UnknownNameError(
            "chart", name[:40], [*CHARTS, *(own for own, made in ODDS_CHARTS.items() if made in drawn)]
        )
    return drawn[ODDS_CHARTS[name]]


def at_night(chart: Any) -> Any:
    """The same chart with the colours of its lines bright enough for a dark page."""
    if isinstance(chart, dict):
        return {key: at_night(value) for key, value in chart.items()}
    if isinstance(chart, list | tuple):
        return [at_night(value) for value in chart]
    return AT_NIGHT.get(chart, DARK_INK if chart == INK else chart) if isinstance(chart, str) else chart


def themed(chart: dict[str, Any], *, dark: bool) -> dict[str, Any]:
    """A chart of any kind in the colours of the page, without its title."""
    ink, paper, grid = (DARK_INK, DARK_PAPER, DARK_GRID) if dark else (INK, PAPER, GRID)
    bare = {key: value for key, value in (at_night(chart) if dark else chart).items() if key != "title"}
    header = {"header": {"labelColor": ink, "titleColor": ink}}
    return bare | {"background": paper, "config": chart_config(ink, grid) | header, "padding": 8}


def price_figure(chart: dict[str, Any], *, dark: bool) -> dict[str, Any]:
    """A chart of prices: points, not lines, since one seller's price does not turn into another's."""
    bare = themed(chart, dark=dark)
    spec = bare.get("spec", {})
    encoding = spec.get("encoding", {})
    days = encoding.get("x", {}) | {"axis": {"format": "%b %Y", "labelOverlap": "greedy", "tickCount": 8}}
    points = {"type": "point", "filled": True, "size": 55, "opacity": 0.75}
    places = encoding | {"x": days, "y": encoding.get("y", {}) | {"title": None}}
    bare["spec"] = spec | {"width": DESK_WIDTH, "height": 220, "mark": points, "encoding": places}
    return bare
