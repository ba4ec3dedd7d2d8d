"""Answers for pages: the functions of `payback.answers`, off the event loop, shared between equal questions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payback import answers
from payback.assembly.model import Judgement
from payback.catalogue.market import MarketPrice, PriceEvent
from payback.decision.claims import Claim
from payback.errors import UnknownNameError
from payback.performance.speeds import Speed
from payback.question import Question
from payback.report import render
from payback.report.prices_text import history_figure
from payback.web.charts import price_figure
from payback.web.examples import claim_examples
from payback.web.jobs import Jobs
from payback.web.makers import Makers
from payback.web.outside import check_text, refuse_foreign
from payback.web.sandbox import Sandbox
from payback.web.tasks import Tasks

MOST_TEXT_BYTES = 48_000_000


@dataclass(slots=True)
class Engine:
    """Answers to questions come from children, prices from threads, uploads from sandboxes; texts are kept."""

    quick: Jobs = field(default_factory=lambda: Jobs(threads=3, limit_s=30.0))
    texts: Jobs = field(default_factory=lambda: Jobs(threads=2, limit_s=30.0, remembered=MOST_TEXT_BYTES, weight=len))
    """Pages, pictures and JSON, ready to be sent."""
    makers: Makers = field(default_factory=Makers)
    slow: Makers = field(default_factory=lambda: Makers(count=1, limit_s=900.0))
    sandbox: Sandbox = field(default_factory=Sandbox)
    tasks: Tasks = field(default_factory=Tasks)

    async def close(self) -> None:
        """Let go of threads and children."""
        self.quick.close()
        self.texts.close()
        self.tasks.close()
        await self.makers.close()
        await self.slow.close()

    async def made(self, name: str, question: Question, asked: Mapping[str, Any], request: Request) -> bytes:
        """What one of `payback.web.making` makes of a question; kept until the collected prices change.

        Raises:
            PaybackError: What the answer raised.
        """
        refuse_foreign(question)
        whole = {**asked, "question": question.model_dump_json(), "edition": answers.prices_edition()}
        key = (name, json.dumps(whole, sort_keys=True))
        known: bytes | None = self.texts.recall(key)
        if known is None:
            known = await self.makers.make(name, whole, gone=request.is_disconnected)
            self.texts.keep(key, known)
        return known

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
        return await self.quick.run(_key("prices", item, as_of), lambda _: answers.prices(item, as_of))

    async def history(self, item: str, as_of: dt.date) -> list[PriceEvent]:
        """What a thing has cost."""
        return await self.quick.run(_key("history", item, as_of), lambda _: answers.price_history(item, as_of))

    async def history_chart(self, item: str, as_of: dt.date, *, dark: bool) -> str:
        """What a thing has cost, as SVG."""
        events = await self.history(item, as_of)
        key = _key("history chart", item, as_of, dark)
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

    async def backtest_page(self, request: Request) -> bytes:
        """Advice on past days, in a child of its own that ends when the visitor leaves."""
        key = ("backtest", answers.prices_edition())
        known: bytes | None = self.texts.recall(key)
        if known is None:
            known = await self.slow.make("backtest_page", {}, gone=request.is_disconnected)
            self.texts.keep(key, known)
        return known


def _key(name: str, *more: Hashable) -> Hashable:
    """What is asked of which facts: answers are forgotten when the user's collected prices change."""
    return (name, *more, answers.prices_edition())
