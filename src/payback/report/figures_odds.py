"""The odds as Vega-Lite charts: how costs may grow, what moves the choice, when it pays back."""

from __future__ import annotations

from math import ceil
from typing import Any

from payback.decision.odds import PlanOdds
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.sensitivity import Bar, Tornado
from payback.decision.uncertainty.outcome import OptionOdds
from payback.report.figures import (
    OWN_COLOURS,
    RENT_COLOURS,
    chart,
    colour_of,
    cost_lines,
    cumulative_cost_figure,
    inks,
    net_line,
    options_shown,
    short_label,
)
from payback.report.odds_prose import interval, payback_words, share_text
from payback.report.odds_text import bars_shown

MOST_BARS = 40
"""Bars of the distribution; longer horizons take several months a bar."""


def plan_figures(plan: Plan, odds: PlanOdds | None, *, dark: bool = False) -> dict[str, dict[str, Any]]:
    """Every chart of an answer, by a name fit for a file: "cost", and with odds "tornado" and "payback"."""
    figures = {"cost": cost_figure(plan, odds, dark=dark)}
    if odds is None:
        return figures
    if bars_shown(odds):
        figures["tornado"] = tornado_figure(odds, dark=dark)
    if plan.advice.best_owned is not None and plan.advice.baseline is not None:
        figures["payback"] = payback_figure(plan, odds, dark=dark)
    return figures


def cost_figure(plan: Plan, odds: PlanOdds | None, *, dark: bool = False) -> dict[str, Any]:
    """What it costs by each month: with odds as a fan, else at the figures as asked."""
    return cumulative_cost_figure(plan, dark=dark) if odds is None else fan_figure(plan, odds, dark=dark)


def fan_figure(plan: Plan, odds: PlanOdds, *, dark: bool = False, per_side: int = 2) -> dict[str, Any]:
    """What the best owned machine and the baseline may have cost by each month, the payback marked.

    Shaded: four futures of five. Lines: the median future, of other options
    too. Dotted: the machine less what it would fetch. The bar at the bottom is
    the payback in four futures of five, its mark the median.
    """
    fans = odds.odds.fan
    shown = [option for option in options_shown(plan, per_side) if option.id in fans]
    heads = [option for option in shown if option in (plan.advice.best_owned, plan.advice.baseline)]
    layers = [_band(option, odds, colour_of(option, shown)) for option in heads]
    layers.append(cost_lines(plan, shown, {option.id: fans[option.id].cash.p50 for option in shown}))
    layers += [net_line(fans[one.id].net.p50, colour_of(one, shown)) for one in heads if one.is_owned]
    layers += _payback_mark(plan, odds, dark=dark)
    return chart("What it may have cost by each month (shaded: 80% of futures)", layers, dark=dark)


def _band(option: Option, odds: PlanOdds, colour: str) -> dict[str, Any]:
    cash = odds.odds.fan[option.id].cash
    values = [
        {"month": month, "low": round(low, 2), "high": round(high, 2), "option": short_label(option)}
        for month, (low, high) in enumerate(zip(cash.p10, cash.p90, strict=True))
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "area", "opacity": 0.16, "color": colour},
        "encoding": {
            "x": {"field": "month", "type": "quantitative"},
            "y": {"field": "low", "type": "quantitative"},
            "y2": {"field": "high"},
        },
    }


def _payback_mark(plan: Plan, odds: PlanOdds, *, dark: bool) -> list[dict[str, Any]]:
    own, horizon = plan.advice.best_owned, plan.question.work.months
    if own is None or odds.of(own.id).payback_range_months is None:
        return []
    one, (ink, paper, _) = odds.of(own.id), inks(dark=dark)
    early, middle, late = one.payback_range_months or (None, None, None)
    place = {"x": {"field": "from", "type": "quantitative"}, "y": {"field": "usd", "type": "quantitative"}}
    words = {"values": [{"from": horizon, "usd": 0, "text": _break_even_words(plan, one)}]}
    text = {"type": "text", "align": "right", "baseline": "bottom", "dx": -6, "dy": -7, "fontSize": 12}
    said = {**place, "text": {"field": "text"}}
    halo = {**text, "stroke": paper, "strokeWidth": 4, "opacity": 0.9}
    layers: list[dict[str, Any]] = []
    if early is not None:
        span = {"values": [{"from": round(early, 2), "to": round(horizon if late is None else late, 2), "usd": 0}]}
        bar = {"type": "rule", "strokeWidth": 6, "color": ink, "opacity": 0.7}
        layers.append({"data": span, "mark": bar, "encoding": {**place, "x2": {"field": "to"}}})
    if middle is not None:
        point = {"type": "point", "shape": "diamond", "filled": True, "size": 130, "color": ink, "opacity": 1}
        layers.append({"data": {"values": [{"from": round(middle, 2), "usd": 0}]}, "mark": point, "encoding": place})
    layers.append({"data": words, "mark": halo, "encoding": said})
    layers.append({"data": words, "mark": {**text, "color": ink}, "encoding": said})
    return layers


def _break_even_words(plan: Plan, one: OptionOdds) -> str:
    asked = plan.advice.payback.cash if plan.advice.payback else None
    sure = payback_words(one, plan.question.work.months).removeprefix("pays back ")
    return sure if asked is None else f"break-even {asked:.1f} months as asked; {sure}"


def tornado_figure(odds: PlanOdds, *, dark: bool = False) -> dict[str, Any]:
    """What owning saves when one input lies at either end of its 80%, the others in their middle.

    Left of the line at zero, renting is cheaper.
    """
    found, bars = odds.tornado, bars_shown(odds, rows=10)
    if found is None or not bars:
        raise ValueError("a tornado needs something to own, something to rent and something unsure")
    ink = inks(dark=dark)[0]
    order = [_bar_label(bar) for bar in bars]
    layers = [_bar_ends(bars, found, order), *_tornado_rules(found, ink)]
    return chart("What owning saves as one input moves (USD)", layers, dark=dark, height=60 + 34 * len(bars))


def _bar_label(bar: Bar) -> str:
    return f"{bar.name} ({interval(bar.low, bar.high, bar.unit)})"


def _bar_ends(bars: list[Bar], found: Tornado, order: list[str]) -> dict[str, Any]:
    values = [
        {"input": label, "from": round(found.saved_usd, 2), "to": round(usd, 2), "end": end}
        for bar, label in zip(bars, order, strict=True)
        for end, usd in (("low end", bar.saved_at_low_usd), ("high end", bar.saved_at_high_usd))
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "bar", "height": 18},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "title": "what owning saves, USD",
                "axis": {"format": "$,.0f"},
            },
            "x2": {"field": "to"},
            "y": {"field": "input", "type": "nominal", "sort": order, "title": None, "axis": {"labelLimit": 340}},
            "color": {
                "field": "end",
                "type": "nominal",
                "scale": {"domain": ["low end", "high end"], "range": [RENT_COLOURS[3], RENT_COLOURS[1]]},
                "legend": {"title": None, "orient": "bottom"},
            },
        },
    }


def _tornado_rules(found: Tornado, ink: str) -> list[dict[str, Any]]:
    """A line where owning and renting cost the same, a dashed one where all inputs are in their middle."""
    where = {"x": {"field": "usd", "type": "quantitative"}}
    solid = {"type": "rule", "color": ink, "strokeWidth": 1.5}
    return [
        {"data": {"values": [{"usd": 0}]}, "mark": solid, "encoding": where},
        {
            "data": {"values": [{"usd": round(found.saved_usd, 2)}]},
            "mark": {**solid, "strokeDash": [4, 3]},
            "encoding": where,
        },
    ]


def payback_figure(plan: Plan, odds: PlanOdds, *, dark: bool = False) -> dict[str, Any]:
    """In how many futures the best owned machine pays back in which month, and in how many never."""
    own, horizon = plan.advice.best_owned, plan.question.work.months
    shares = None if own is None else odds.of(own.id).payback_share_by_month
    if own is None or shares is None:
        raise ValueError("a payback needs something to own and something to rent")
    width, never = ceil(horizon / MOST_BARS), odds.of(own.id).probability_never or 0.0
    ends = [(first, min(first + width, horizon)) for first in range(0, horizon, width)]
    values = [
        {"from": first, "to": end, "share": round(sum(shares[first : end + (end == horizon)]), 5), "when": "pays back"}
        for first, end in ends
    ]
    values.append({"from": horizon + width, "to": horizon + 3 * width, "share": round(never, 5), "when": "never"})
    title = f"When {short_label(own)} pays back (never within {horizon} months: {share_text(never)})"
    return chart(title, [_share_bars(values, horizon)], dark=dark, height=260)


def _share_bars(values: list[dict[str, Any]], horizon: int) -> dict[str, Any]:
    step = 6 if horizon >= 24 else 3 if horizon >= 9 else 1
    return {
        "data": {"values": values},
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "title": "months",
                "scale": {"nice": False},
                "axis": {"values": list(range(0, horizon + 1, step)), "grid": False},
            },
            "x2": {"field": "to"},
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "share of futures",
                "axis": {"format": ".0%"},
            },
            "y2": {"datum": 0},
            "color": {
                "field": "when",
                "type": "nominal",
                "scale": {"domain": ["pays back", "never"], "range": [OWN_COLOURS[0], RENT_COLOURS[0]]},
                "legend": {"title": None, "orient": "bottom"},
            },
        },
    }
