"""Pictures of an answer by name: each drawn for light and dark, for a desk and for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payback.decision.plan import Plan
from payback.report.figures import (
    DARK_GRID,
    DARK_INK,
    DARK_PAPER,
    GRID,
    INK,
    PAPER,
    chart_config,
    cumulative_cost_figure,
)

DESK_WIDTH, DESK_HEIGHT = 720, 380
PHONE_WIDTH, PHONE_HEIGHT = 330, 320

CHARTS: Mapping[str, Callable[[Plan, bool], dict[str, Any]]] = {
    "cost": lambda plan, dark: cumulative_cost_figure(plan, dark=dark),
}
"""Name to what makes the Vega-Lite figure from a plan, dark or not; `/charts/NAME.svg` shows it."""


def plan_figure(name: str, plan: Plan, *, dark: bool, narrow: bool) -> dict[str, Any]:
    """A chart of a plan without its title (the page has one), reshaped for a phone if asked."""
    chart = {key: value for key, value in CHARTS[name](plan, dark).items() if key != "title"}
    if not narrow:
        return chart | {"width": DESK_WIDTH, "height": DESK_HEIGHT, "padding": 8}
    for layer in chart.get("layer", []):
        encoding = layer.get("encoding", {})
        for channel in ("color", "strokeDash"):
            if encoding.get(channel, {}).get("legend"):
                encoding[channel]["legend"] |= {"columns": 1, "labelLimit": PHONE_WIDTH}
        if encoding.get("x", {}).get("axis"):
            encoding["x"]["axis"] |= {"labelOverlap": "greedy"}
    return chart | {"width": PHONE_WIDTH - 60, "height": PHONE_HEIGHT, "padding": 4}


def themed(chart: dict[str, Any], *, dark: bool) -> dict[str, Any]:
    """A chart of any kind in the colours of the page, without its title."""
    ink, paper, grid = (DARK_INK, DARK_PAPER, DARK_GRID) if dark else (INK, PAPER, GRID)
    bare = {key: value for key, value in chart.items() if key != "title"}
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
