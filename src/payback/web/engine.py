"""Answers for pages: the functions of `payback.answers`, off the event loop, shared between equal questions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from payback import answers
from payback.assembly.model import Judgement
from payback.catalogue.market import MarketPrice, PriceEvent
from payback.decision.claims import Claim
from payback.decision.plan import Plan
from payback.performance.speeds import Speed
from payback.question import Question
from payback.report import render
from payback.report.figures import cumulative_cost_figure
from payback.report.prices_text import history_figure
from payback.web.jobs import Jobs, Stop
from payback.web.outside import check_text, refuse_foreign

PHONE_WIDTH, PHONE_HEIGHT = 330, 320


@dataclass(slots=True)
class Engine:
    """Quick answers on some threads, slow ones on another, so that a slow one holds up nobody."""

    quick: Jobs = field(default_factory=lambda: Jobs(threads=3, limit_s=30.0))
    slow: Jobs = field(default_factory=lambda: Jobs(threads=1, limit_s=900.0, remembered=4))

    def close(self) -> None:
        """Let go of the threads."""
        self.quick.close()
        self.slow.close()

    async def plan(self, question: Question, request: Request | None = None) -> Plan:
        """Build, buy or rent."""
        refuse_foreign(question)
        gone = request.is_disconnected if request is not None else None
        return await self.quick.run(("plan", question.model_dump_json()), lambda _: answers.plan(question), gone=gone)

    async def chart(self, question: Question, *, dark: bool, narrow: bool) -> str:
        """The cost chart as SVG."""
        plan = await self.plan(question)
        key = ("chart", question.model_dump_json(), dark, narrow)
        return await self.quick.run(key, lambda _: render.svg(figure(plan, dark=dark, narrow=narrow)))

    async def prices(self, item: str | None, as_of: dt.date) -> list[MarketPrice]:
        """What things cost."""
        return await self.quick.run(("prices", item, as_of), lambda _: answers.prices(item, as_of))

    async def history(self, item: str, as_of: dt.date) -> list[PriceEvent]:
        """What a thing has cost."""
        return await self.quick.run(("history", item, as_of), lambda _: answers.price_history(item, as_of))

    async def history_chart(self, item: str, as_of: dt.date, *, dark: bool) -> str:
        """What a thing has cost, as SVG."""
        events = await self.history(item, as_of)
        key = ("history chart", item, as_of, dark)
        return await self.quick.run(key, lambda _: render.svg(themed(history_figure(item, events), dark=dark)))

    async def check(self, text: str, form: str) -> list[Judgement]:
        """Whether parts fit together."""
        return await self.quick.run(("check", text, form), lambda _: check_text(text, form))

    async def speed(self, gpu: str | None, workload: str | None, gpu_count: int) -> list[Speed]:
        """How fast GPUs train."""
        key = ("speed", gpu, workload, gpu_count)
        return await self.quick.run(key, lambda _: answers.speed(gpu, workload, gpu_count=gpu_count))

    async def article(self) -> list[Claim]:
        """The claims of the article."""
        return await self.quick.run(("article",), lambda _: answers.article())

    async def backtest(self, request: Request) -> Any:
        """Advice on past days; stops when the visitor leaves."""

        def work(stop: Stop) -> Any:
            return answers.backtest(progress=stop.progress)

        return await self.slow.run(("backtest",), work, gone=request.is_disconnected)


def figure(plan: Plan, *, dark: bool, narrow: bool) -> dict[str, Any]:
    """The cost chart without its title (the page has one), reshaped for a phone if asked."""
    chart = {key: value for key, value in cumulative_cost_figure(plan, dark=dark).items() if key != "title"}
    if not narrow:
        return chart | {"width": 720, "height": 380, "padding": 8}
    for layer in chart.get("layer", []):
        encoding = layer.get("encoding", {})
        if encoding.get("color", {}).get("legend"):
            encoding["color"]["legend"] |= {"columns": 1, "labelLimit": PHONE_WIDTH}
        if encoding.get("x", {}).get("axis"):
            encoding["x"]["axis"] |= {"labelOverlap": "greedy"}
    return chart | {"width": PHONE_WIDTH - 60, "height": PHONE_HEIGHT, "padding": 4}


def themed(chart: dict[str, Any], *, dark: bool) -> dict[str, Any]:
    """A chart of prices in the colours of the page, without its title.

    Points, not lines: one seller's price does not turn into another's.
    """
    from payback.report.figures import DARK_GRID, DARK_INK, DARK_PAPER, GRID, INK, PAPER, chart_config

    ink, paper, grid = (DARK_INK, DARK_PAPER, DARK_GRID) if dark else (INK, PAPER, GRID)
    bare = {key: value for key, value in chart.items() if key != "title"}
    spec = bare.get("spec", {})
    y = spec.get("encoding", {}).get("y", {}) | {"title": None}
    points = {"type": "point", "filled": True, "size": 55, "opacity": 0.75}
    bare["spec"] = spec | {"mark": points, "encoding": spec.get("encoding", {}) | {"y": y}}
    header = {"header": {"labelColor": ink, "titleColor": ink}}
    return bare | {"background": paper, "config": chart_config(ink, grid) | header, "padding": 8}
