"""Answers for pages: the functions of `payback.answers`, off the event loop, shared between equal questions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payback import answers
from payback.assembly.model import Judgement
from payback.catalogue.market import MarketPrice, PriceEvent
from payback.decision.claims import Claim
from payback.decision.plan import Plan
from payback.errors import UnknownNameError
from payback.performance.speeds import Speed
from payback.question import Question
from payback.report import render
from payback.report.plan_json import plan_as_dict
from payback.report.prices_text import history_figure
from payback.web.answer import AnswerHtml, answer_html
from payback.web.charts import CHARTS, plan_figure, price_figure
from payback.web.downloads import FILES
from payback.web.examples import claim_examples
from payback.web.jobs import Jobs, Stop
from payback.web.machine import Machines, machines, machines_html
from payback.web.outside import check_text, refuse_foreign
from payback.web.sandbox import Sandbox
from payback.web.tasks import Tasks
from payback.web.uploads import json_bytes

MOST_TEXT_BYTES = 48_000_000


@dataclass(slots=True)
class Engine:
    """Quick answers on some threads, slow ones on another, so that a slow one holds up nobody."""

    quick: Jobs = field(default_factory=lambda: Jobs(threads=3, limit_s=30.0))
    texts: Jobs = field(default_factory=lambda: Jobs(threads=2, limit_s=30.0, remembered=MOST_TEXT_BYTES, weight=len))
    """Pages, pictures and JSON, ready to be sent."""
    slow: Jobs = field(default_factory=lambda: Jobs(threads=1, limit_s=900.0, remembered=4))
    sandbox: Sandbox = field(default_factory=Sandbox)
    tasks: Tasks = field(default_factory=Tasks)

    def close(self) -> None:
        """Let go of threads and children."""
        self.quick.close()
        self.texts.close()
        self.slow.close()
        self.tasks.close()

    async def plan(self, question: Question, request: Request | None = None) -> Plan:
        """Build, buy or rent."""
        refuse_foreign(question)
        gone = request.is_disconnected if request is not None else None
        return await self.quick.run(_key("plan", question), lambda _: answers.plan(question), gone=gone)

    async def plan_json(self, question: Question, request: Request) -> bytes:
        """Build, buy or rent, as the JSON interface says it."""
        key = _key("plan json", question)
        if (known := self.texts.recall(key)) is not None:
            return known  # type: ignore[no-any-return]
        plan = await self.plan(question, request)
        return await self.texts.run(key, lambda _: json_bytes({"ok": True, **plan_as_dict(plan)}))

    async def answer(self, question: Question, request: Request, *, every: bool) -> AnswerHtml:
        """Build, buy or rent, as a piece of the page."""
        plan = await self.plan(question, request)
        return await self.quick.run(_key("answer", question, every), lambda _: answer_html(plan, every=every))

    async def chart(self, name: str, question: Question, *, dark: bool, narrow: bool) -> str:
        """A chart of the answer as SVG.

        Raises:
            UnknownNameError: No chart is called so.
        """
        if name not in CHARTS:
            raise UnknownNameError("chart", name[:40], CHARTS)
        key = _key("chart", question, name, dark, narrow)
        if (known := self.texts.recall(key)) is not None:
            return known  # type: ignore[no-any-return]
        plan = await self.plan(question)
        return await self.texts.run(key, lambda _: render.svg(plan_figure(name, plan, dark=dark, narrow=narrow)))

    async def file(self, name: str, question: Question, request: Request) -> str:
        """The answer as a file to keep."""
        plan, make = await self.plan(question, request), FILES[name][0]
        return await self.texts.run(_key("file", question, name), lambda _: make(plan))

    async def page(self, request: Request, make: Callable[[], Awaitable[Response]]) -> Response:
        """A page that its address and the day decide, made once.

        Args:
            request: Asks for it.
            make: Makes it; what is no success is not kept.
        """
        key = ("page", request.url.path, request.url.query, request.app.state.today(), answers.prices_edition())
        known = self.texts.recall(key)
        if known is not None:
            return HTMLResponse(known)
        made = await make()
        if made.status_code == 200:
            self.texts.keep(key, made.body)
        return made

    async def machines(self, question: Question, top: int, why_not: str | None, request: Request) -> Machines:
        """The machines that fit."""
        refuse_foreign(question)
        key = _key("machines", question, top, why_not)
        gone = request.is_disconnected
        return await self.quick.run(key, lambda _: machines(question, top, why_not), gone=gone)

    async def machines_html(self, question: Question, top: int, why_not: str | None, request: Request) -> str:
        """The machines that fit, as a piece of the page."""
        found = await self.machines(question, top, why_not, request)
        key = _key("machines html", question, top, why_not)
        return await self.texts.run(key, lambda _: machines_html(found))

    async def example_claim(self, name: str) -> dict[str, Any]:
        """A shipped analysis, recomputed.

        Raises:
            UnknownNameError: None is called so.
        """
        path = claim_examples().get(name)
        if path is None:
            raise UnknownNameError("example", name[:60], claim_examples())
        return await self.quick.run(("claim", name), lambda _: answers.claim(path).as_dict())

    async def prices(self, item: str | None, as_of: dt.date) -> list[MarketPrice]:
        """What things cost."""
        return await self.quick.run(_key("prices", None, item, as_of), lambda _: answers.prices(item, as_of))

    async def history(self, item: str, as_of: dt.date) -> list[PriceEvent]:
        """What a thing has cost."""
        return await self.quick.run(_key("history", None, item, as_of), lambda _: answers.price_history(item, as_of))

    async def history_chart(self, item: str, as_of: dt.date, *, dark: bool) -> str:
        """What a thing has cost, as SVG."""
        events = await self.history(item, as_of)
        key = _key("history chart", None, item, as_of, dark)
        return await self.texts.run(key, lambda _: render.svg(price_figure(history_figure(item, events), dark=dark)))

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


def _key(name: str, question: Question | None, *more: Hashable) -> Hashable:
    """What is asked of which facts: answers are forgotten when the user's collected prices change."""
    return (name, question.model_dump_json() if question else None, *more, answers.prices_edition())
