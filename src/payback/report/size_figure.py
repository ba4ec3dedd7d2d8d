"""How many GPUs to own, as a picture: cost above, waits below, over the number of GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payback.decision.sizing.search import SizingResult
from payback.report.figures import INK, OWN_COLOURS, PAPER, RENT_COLOURS, VEGA_LITE, chart_config

WIDTH = 640


def size_figure(result: SizingResult) -> dict[str, Any]:
    """Cost and waits over the GPUs owned as a Vega-Lite chart, the recommendation and the knee marked."""
    return {
        "$schema": VEGA_LITE,
        "title": {"text": "How many GPUs to own", "anchor": "start", "color": INK},
        "background": PAPER,
        "padding": 16,
        "vconcat": [_panel(result, _costs(result), 260), _panel(result, _waits(result), 160)],
        "resolve": {"scale": {"color": "independent"}},
        "config": chart_config(),
    }


Lines = tuple[str, str, dict[str, tuple[str, Sequence[float]]]]
"""Title of the axis, its format, and each line by its name: colour and values."""


def _costs(result: SizingResult) -> Lines:
    curve = result.curve
    lines: dict[str, tuple[str, Sequence[float]]] = {"owning": (OWN_COLOURS[0], [point.own_usd for point in curve])}
    if any(point.reserved_gpus for point in curve):
        lines["reserving"] = (OWN_COLOURS[2], [point.reserved_usd for point in curve])
    lines["renting"] = (RENT_COLOURS[0], [point.rent_usd for point in curve])
    lines["together"] = (INK, [point.total_usd for point in curve])
    return "USD over the log", "$,.0f", lines


def _waits(result: SizingResult) -> Lines:
    curve = result.curve
    return (
        "hours people wait",
        ",",
        {
            "19 in 20 at most": (RENT_COLOURS[2], [point.wait_p95_h for point in curve]),
            "half at most": (RENT_COLOURS[3], [point.wait_p50_h for point in curve]),
        },
    )


def _panel(result: SizingResult, wanted: Lines, height: int) -> dict[str, Any]:
    """Lines over the number of GPUs, with a rule at the recommendation and one at the knee."""
    title, form, lines = wanted
    values = [
        {"gpus": point.steady_gpus, "value": value, "line": name}
        for name, (_, column) in lines.items()
        for point, value in zip(result.curve, column, strict=True)
    ]
    marks = [{"gpus": result.best.steady_gpus, "text": f"best: {result.best.steady_gpus}"}]
    if result.knee is not None and result.knee != result.best:
        marks.append({"gpus": result.knee.steady_gpus, "text": f"knee: {result.knee.steady_gpus}"})
    reserved = any(point.reserved_gpus for point in result.curve)
    across = {
        "field": "gpus",
        "type": "quantitative",
        "title": "GPUs owned or reserved" if reserved else "GPUs owned",
    }
    colours = {"domain": list(lines), "range": [colour for colour, _ in lines.values()]}
    return {
        "width": WIDTH,
        "height": height,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": across,
                    "y": {"field": "value", "type": "quantitative", "title": title, "axis": {"format": form}},
                    "color": {"field": "line", "type": "nominal", "title": None, "scale": colours},
                },
            },
            {
                "data": {"values": marks},
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": INK},
                "encoding": {"x": across},
            },
            {
                "data": {"values": marks},
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "color": INK},
                "encoding": {"x": across, "y": {"value": 8}, "text": {"field": "text"}},
            },
        ],
    }
