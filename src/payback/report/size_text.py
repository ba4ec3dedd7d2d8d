"""How many GPUs to own: the curve as a table and a picture, the recommendation in a sentence."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.fleet_prices import FleetPrices
from payback.decision.sizing.curve import CurvePoint
from payback.decision.sizing.search import SizingResult
from payback.report.figures import INK, OWN_COLOURS, PAPER, RENT_COLOURS, VEGA_LITE, chart_config
from payback.report.money import money

WIDTH = 100


def size_as_dict(result: SizingResult, prices: FleetPrices | None) -> dict[str, Any]:
    """The answer in the form ``payback size --json`` prints."""
    return {
        "curve": [_point(point) for point in result.curve],
        "best": _point(result.best),
        "knee": _point(result.knee) if result.knee else None,
        "jobs": result.jobs,
        "period_h": result.period_h,
        "offered_gpus": result.offered_gpus,
        "peak_gpus": result.peak_gpus,
        "own_usd_per_gpu_h": result.asked.prices.own_usd_per_gpu_h,
        "rent_usd_per_gpu_h": result.asked.prices.rent_usd_per_gpu_h,
        "own": prices.own if prices else None,
        "rent": prices.rent if prices else None,
        "rejected": [{"reason": tally.reason, "rows": tally.rows} for tally in result.rejected],
        "treated": [{"reason": tally.reason, "rows": tally.rows} for tally in result.treated],
        "notes": list(result.notes),
    }


def _point(point: CurvePoint) -> dict[str, Any]:
    return {
        "owned_gpus": point.owned_gpus,
        "total_usd": point.total_usd,
        "wait_p50_h": point.wait_p50_h,
        "wait_p95_h": point.wait_p95_h,
        "burst_gpu_h": point.burst_gpu_h,
        "utilisation": point.utilisation,
        "own_usd": point.own_usd,
        "rent_usd": point.rent_usd,
        "impossible_jobs": point.impossible_jobs,
        "keeps_up": point.keeps_up,
    }


def sentence(result: SizingResult) -> str:
    """How many to own, how much to rent, what it costs and how long one waits."""
    best = result.best
    busy = f"busy {best.utilisation:.0%} of the time" if best.owned_gpus else "none to keep busy"
    return (
        f"Own {best.owned_gpus} GPUs ({busy}) and rent {best.burst_gpu_h:,.0f} GPU-hours: "
        f"{money(best.total_usd)} over the log's {result.period_h / 24:,.0f} days; "
        f"half of the jobs wait {best.wait_p50_h:.2f} h or less, 95 % {best.wait_p95_h:.2f} h or less."
    )


def print_size(result: SizingResult, prices: FleetPrices | None) -> None:
    """Print the recommendation, the curve, what was left out of the log."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    asked = result.asked.prices
    console.print(
        Text(f"{result.jobs:,} jobs, {result.offered_gpus:.1f} GPUs busy on average, {result.peak_gpus} at most.")
    )
    own, rent = asked.own_usd_per_gpu_h, asked.rent_usd_per_gpu_h
    console.print(Text(f"An owned GPU costs {own:.3f} USD an hour, a rented one {rent:.3f}."))
    if prices is not None:
        console.print(Text(f"Owned: {prices.own}. Rented: {prices.rent}.", style="dim"))
    console.print(Text(sentence(result), style="bold"))
    console.print(_table(result))
    for what, tallies in (("left out", result.rejected), ("treated", result.treated)):
        for tally in tallies:
            console.print(Text(f"{what}: {tally.rows:,} rows, {tally.reason}", style="yellow"))
    for note in result.notes:
        console.print(Text(note, style="dim"))


def _table(result: SizingResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("owned", "total", "owning", "renting", "rented GPU-h", "wait p50 h", "p95 h", "utilisation"):
        table.add_column(name, justify="right")
    for point in result.curve:
        style = "green" if point == result.best else None
        cells = (money(point.total_usd), money(point.own_usd), money(point.rent_usd), f"{point.burst_gpu_h:,.0f}")
        waits = (f"{point.wait_p50_h:.2f}", f"{point.wait_p95_h:.2f}", f"{point.utilisation:.0%}")
        table.add_row(str(point.owned_gpus), *cells, *waits, style=style)
    return table


def size_figure(result: SizingResult) -> dict[str, Any]:
    """Cost and wait over owned GPUs as a Vega-Lite chart, the recommendation marked."""
    values = [
        {"owned": point.owned_gpus, "usd": usd, "part": part}
        for point in result.curve
        for part, usd in (("owning", point.own_usd), ("renting", point.rent_usd), ("together", point.total_usd))
    ]
    best = [{"owned": result.best.owned_gpus, "usd": result.best.total_usd, "text": f"own {result.best.owned_gpus}"}]
    place = {
        "x": {"field": "owned", "type": "quantitative", "title": "GPUs owned"},
        "y": {"field": "usd", "type": "quantitative", "title": "USD over the log", "axis": {"format": "$,.0f"}},
    }
    colours = {"domain": ["owning", "renting", "together"], "range": [OWN_COLOURS[0], RENT_COLOURS[0], INK]}
    return {
        "$schema": VEGA_LITE,
        "title": {"text": "How many GPUs to own", "anchor": "start", "color": INK},
        "width": 640,
        "height": 320,
        "background": PAPER,
        "padding": 16,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "line", "point": True},
                "encoding": {**place, "color": {"field": "part", "type": "nominal", "title": None, "scale": colours}},
            },
            {
                "data": {"values": best},
                "mark": {"type": "text", "dy": -12, "fontSize": 12, "color": INK},
                "encoding": {**place, "text": {"field": "text"}},
            },
        ],
        "config": chart_config(),
    }
