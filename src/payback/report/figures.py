"""Results as Vega-Lite charts: plain dictionaries, drawn by whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payback.decision.options import Option
from payback.decision.plan import Plan

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v5.json"
OWN_COLOURS = ("#1b7f5c", "#59a14f", "#8cd17d")
RENT_COLOURS = ("#c2501f", "#e08a3c", "#b07aa1", "#4e79a7", "#9c755f", "#7f7f7f")
OWN_DASH, RENT_DASH = (1, 0), (6, 4)
MUCH_DEARER = 2.5
"""Options dearer than this many times the best ones are left out of the chart: they would flatten the rest."""
INK, PAPER, GRID = "#3b3f46", "#ffffff", "#e3e5e8"
DARK_INK, DARK_PAPER, DARK_GRID = "#d7dae0", "#15181d", "#2c3138"


def cumulative_cost_figure(plan: Plan, *, dark: bool = False, per_side: int = 3) -> dict[str, Any]:
    """What the best owned and rented options have cost by each month, the break-even marked.

    Solid lines are payments for owned machines, dashed lines rents. The thin
    dotted line is the best owned machine less what it would still sell for.
    """
    shown = options_shown(plan, per_side)
    colours = [colour_of(option, shown) for option in shown]
    paid = {option.id: option.statement.cash_usd for option in shown}
    layers = [cost_lines(plan, shown, paid)]
    layers += [
        net_line(option.statement.net_usd, colour)
        for option, colour in zip(shown, colours, strict=True)
        if option is plan.advice.best_owned
    ]
    layers += _break_even(plan, *inks(dark=dark)[:2])
    return chart("What it has cost by each month", layers, dark=dark)


def inks(*, dark: bool) -> tuple[str, str, str]:
    """Colours of words, ground and grid."""
    return (DARK_INK, DARK_PAPER, DARK_GRID) if dark else (INK, PAPER, GRID)


def chart(title: str, layers: list[dict[str, Any]], *, dark: bool, height: int = 360) -> dict[str, Any]:
    """Layers as a chart of the house: same size, same type, same ink."""
    ink, paper, grid = inks(dark=dark)
    return {
        "$schema": VEGA_LITE,
        "title": {"text": title, "anchor": "start", "color": ink, "fontSize": 15},
        "width": 640,
        "height": height,
        "background": paper,
        "padding": 16,
        "layer": layers,
        "config": chart_config(ink, grid),
    }


def options_shown(plan: Plan, per_side: int) -> list[Option]:
    """The named options and the cheapest of each side, without those that would flatten the rest."""
    named = [option for option in plan.options if option.candidate.named]
    owned = _distinct([option for option in plan.options if option.is_owned and option not in named])[:per_side]
    rented = _distinct([option for option in plan.options if not option.is_owned and option not in named])[:per_side]
    shown = [*named[:6], *owned[:1], *rented[:1]] if named else [*owned, *rented]
    heads = [option for option in (plan.advice.best_owned, plan.advice.baseline) if option is not None]
    ceiling = MUCH_DEARER * max(option.statement.cash_usd[-1] for option in heads)
    return [option for option in shown if option.statement.cash_usd[-1] <= ceiling or option in heads]


def _distinct(options: list[Option]) -> list[Option]:
    """The cheapest option of each GPU, so that a chart does not show one card in six cases."""
    first: dict[tuple[str, int], Option] = {}
    for option in options:
        first.setdefault((option.candidate.gpu.gpu, option.candidate.gpu_count), option)
    return list(first.values())


def colour_of(option: Option, shown: list[Option]) -> str:
    """Greens for owned machines, other colours for rents."""
    same = [other for other in shown if other.is_owned == option.is_owned]
    palette = OWN_COLOURS if option.is_owned else RENT_COLOURS
    return palette[same.index(option) % len(palette)]


def short_label(option: Option) -> str:
    """A label that fits a legend."""
    label = option.candidate.label.split(" (")[0]
    return label if len(label) <= 44 else label[:43] + "…"


def cost_lines(plan: Plan, shown: list[Option], paid_usd: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """One line an option through what it has cost by each month.

    Args:
        plan: The answer.
        shown: Options in the order of the legend.
        paid_usd: Cumulative payments by month, by id of the option. [USD]
    """
    labels, colours = [short_label(option) for option in shown], [colour_of(option, shown) for option in shown]
    values = [
        {"month": month, "usd": round(usd, 2), "option": label, "side": "own" if option.is_owned else "rent"}
        for option, label in zip(shown, labels, strict=True)
        for month, usd in enumerate(paid_usd[option.id])
    ]
    horizon = plan.question.work.months
    ticks = {"values": list(range(0, horizon + 1, 6 if horizon >= 24 else 3 if horizon >= 9 else 1))}
    dashes = [list(OWN_DASH if option.is_owned else RENT_DASH) for option in shown]
    legend = {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 320, "symbolSize": 400}
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "x": {
                "field": "month",
                "type": "quantitative",
                "title": "months",
                "scale": {"domain": [0, horizon], "nice": False},
                "axis": {**ticks, "grid": False},
            },
            "y": {
                "field": "usd",
                "type": "quantitative",
                "title": "USD paid so far (dotted: less what it still sells for)",
                "axis": {"format": "$,.0f"},
            },
            "color": {
                "field": "option",
                "type": "nominal",
                "scale": {"domain": labels, "range": colours},
                "legend": legend,
            },
            "strokeDash": {
                "field": "option",
                "type": "nominal",
                "scale": {"domain": labels, "range": dashes},
                "legend": dict(legend),
            },
        },
    }


def net_line(net_usd: Sequence[float], colour: str) -> dict[str, Any]:
    """A thin dotted line: what has been paid less what is left."""
    values = [{"month": month, "usd": round(usd, 2)} for month, usd in enumerate(net_usd)]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2, "strokeDash": [2, 3], "color": colour},
        "encoding": {
            "x": {"field": "month", "type": "quantitative"},
            "y": {"field": "usd", "type": "quantitative"},
        },
    }


def _break_even(plan: Plan, ink: str, paper: str) -> list[dict[str, Any]]:
    rent = plan.advice.baseline
    month = plan.advice.payback.cash if plan.advice.payback else None
    if rent is None or month is None:
        return []
    cash, low = rent.statement.cash_usd, int(month)
    usd = cash[low] + (cash[min(low + 1, len(cash) - 1)] - cash[low]) * (month - low)
    point = {"values": [{"month": round(month, 2), "usd": round(usd, 2), "text": f"break-even {month:.1f} months"}]}
    place = {"x": {"field": "month", "type": "quantitative"}, "y": {"field": "usd", "type": "quantitative"}}
    right = month > 0.7 * plan.question.work.months
    text = {"type": "text", "align": "right" if right else "left", "dx": -10 if right else 10, "dy": 18, "fontSize": 12}
    halo = {**text, "stroke": paper, "strokeWidth": 4, "opacity": 0.9}
    words = {**place, "text": {"field": "text"}}
    return [
        {"data": point, "mark": {"type": "point", "size": 130, "color": ink, "strokeWidth": 2}, "encoding": place},
        {"data": point, "mark": halo, "encoding": words},
        {"data": point, "mark": {**text, "color": ink}, "encoding": words},
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
