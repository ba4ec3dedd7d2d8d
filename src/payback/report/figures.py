"""Results as Vega-Lite charts: plain dictionaries, drawn by whoever shows them."""

from __future__ import annotations

from typing import Any

from payback.decision.options import Option
from payback.decision.plan import Plan

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v5.json"
OWN_COLOURS = ("#1b7f5c", "#59a14f", "#8cd17d")
RENT_COLOURS = ("#c2501f", "#e08a3c", "#b07aa1")
INK, PAPER, GRID = "#3b3f46", "#ffffff", "#e3e5e8"
DARK_INK, DARK_PAPER, DARK_GRID = "#d7dae0", "#15181d", "#2c3138"


def cumulative_cost_figure(plan: Plan, *, dark: bool = False, per_side: int = 3) -> dict[str, Any]:
    """Cumulative cost of the best owned and rented options, month by month, the break-even marked.

    Owned machines are drawn net of what they would still sell for (dashed:
    payments alone), rents as paid.
    """
    shown = _shown(plan, per_side)
    colours = [_colour(option, shown) for option in shown]
    labels = [_short(option) for option in shown]
    ink, paper, grid = (DARK_INK, DARK_PAPER, DARK_GRID) if dark else (INK, PAPER, GRID)
    layers: list[dict[str, Any]] = [_lines(plan, shown, labels, colours), _end_labels(plan, shown, labels, colours)]
    layers += _break_even(plan, ink)
    return {
        "$schema": VEGA_LITE,
        "title": {"text": "What it has cost by each month", "anchor": "start", "color": ink, "fontSize": 15},
        "width": 640,
        "height": 360,
        "background": paper,
        "padding": 16,
        "layer": layers,
        "config": chart_config(ink, grid),
    }


def _shown(plan: Plan, per_side: int) -> list[Option]:
    named = [option for option in plan.options if option.candidate.named]
    owned = _distinct([option for option in plan.options if option.is_owned and option not in named])[:per_side]
    rented = _distinct([option for option in plan.options if not option.is_owned and option not in named])[:per_side]
    if named:
        return [*named[:6], *owned[:1], *rented[:1]]
    return [*owned, *rented]


def _distinct(options: list[Option]) -> list[Option]:
    """The cheapest option of each GPU, so that a chart does not show one card in six cases."""
    first: dict[tuple[str, int], Option] = {}
    for option in options:
        first.setdefault((option.candidate.gpu.gpu, option.candidate.gpu_count), option)
    return list(first.values())


def _colour(option: Option, shown: list[Option]) -> str:
    same = [other for other in shown if other.is_owned == option.is_owned]
    palette = OWN_COLOURS if option.is_owned else RENT_COLOURS
    return palette[same.index(option) % len(palette)]


def _short(option: Option) -> str:
    label = option.candidate.label
    return label if len(label) <= 44 else label[:43] + "…"


def _lines(plan: Plan, shown: list[Option], labels: list[str], colours: list[str]) -> dict[str, Any]:
    values = [
        {"month": month, "usd": round(usd, 2), "option": label, "side": "own" if option.is_owned else "rent"}
        for option, label in zip(shown, labels, strict=True)
        for month, usd in enumerate(option.statement.net_usd if option.is_owned else option.statement.cash_usd)
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "linear"},
        "encoding": {
            "x": {
                "field": "month",
                "type": "quantitative",
                "title": "months",
                "scale": {"domain": [0, plan.question.work.months], "nice": False},
                "axis": {"tickMinStep": 1, "grid": False},
            },
            "y": {
                "field": "usd",
                "type": "quantitative",
                "title": "USD, owned machines less what they still sell for",
                "axis": {"format": "$,.0f"},
            },
            "color": {
                "field": "option",
                "type": "nominal",
                "scale": {"domain": labels, "range": colours},
                "legend": {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 320},
            },
            "strokeDash": {
                "field": "side",
                "type": "nominal",
                "scale": {"domain": ["own", "rent"], "range": [[1, 0], [6, 4]]},
                "legend": None,
            },
        },
    }


def _end_labels(plan: Plan, shown: list[Option], labels: list[str], colours: list[str]) -> dict[str, Any]:
    ends = [
        {
            "month": plan.question.work.months,
            "option": label,
            "usd": round((option.statement.net_usd if option.is_owned else option.statement.cash_usd)[-1], 2),
        }
        for option, label in zip(shown, labels, strict=True)
    ]
    return {
        "data": {"values": ends},
        "mark": {"type": "point", "filled": True, "size": 45},
        "encoding": {
            "x": {"field": "month", "type": "quantitative"},
            "y": {"field": "usd", "type": "quantitative"},
            "color": {
                "field": "option",
                "type": "nominal",
                "scale": {"domain": labels, "range": colours},
                "legend": None,
            },
        },
    }


def _break_even(plan: Plan, ink: str) -> list[dict[str, Any]]:
    own, rent = plan.advice.best_owned, plan.advice.baseline
    month = plan.advice.payback.liquidation if plan.advice.payback else None
    if own is None or rent is None or month is None:
        return []
    low = int(month)
    cash = rent.statement.cash_usd
    usd = cash[low] + (cash[min(low + 1, len(cash) - 1)] - cash[low]) * (month - low)
    point = {"values": [{"month": round(month, 2), "usd": round(usd, 2), "text": f"break-even {month:.1f} months"}]}
    place = {"x": {"field": "month", "type": "quantitative"}, "y": {"field": "usd", "type": "quantitative"}}
    return [
        {"data": point, "mark": {"type": "point", "size": 130, "color": ink, "strokeWidth": 2}, "encoding": place},
        {
            "data": point,
            "mark": {"type": "text", "align": "left", "dx": 10, "dy": -10, "color": ink, "fontSize": 12},
            "encoding": {**place, "text": {"field": "text"}},
        },
    ]


def chart_config(ink: str = INK, grid: str = GRID) -> dict[str, Any]:
    """Fonts and colours that every chart of ours shares."""
    font = "Inter, 'Segoe UI', 'DejaVu Sans', sans-serif"
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "domainColor": grid,
        "tickColor": grid,
        "gridColor": grid,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    return {"font": font, "axis": axis, "legend": {"labelColor": ink, "labelFontSize": 12}, "view": {"stroke": None}}
