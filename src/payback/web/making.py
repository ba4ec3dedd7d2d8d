"""What is made of a question: pages, pictures, files, JSON. Runs in the children of `payback.web.makers`.

Each maker takes a question and what else the address says, and gives text. The
newest plans stay in the child, so that the chart of an answer does not compute
the answer again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from payback import answers
from payback.assembly import partslist
from payback.assembly.model import PartsList
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.errors import UnknownNameError
from payback.question import Question
from payback.report.money import formatter
from payback.report.plan_json import plan_as_dict
from payback.web import present
from payback.web.answer import answer_html, odds_html
from payback.web.downloads import FILES
from payback.web.form import form_values
from payback.web.machine import Machines, machines, machines_html
from payback.web.state import query_from_question
from payback.web.templating import part, with_sources

if TYPE_CHECKING:
    from payback.decision.odds import PlanOdds

Asked = Mapping[str, Any]
PLANS_KEPT = 24
KINDS_SHOWN = 4
"""Kinds of machine shown on the page of a machine."""


@lru_cache(maxsize=PLANS_KEPT)
def _plan(question: str, _edition: Hashable) -> Plan:
    return answers.plan(Question.model_validate_json(question))


@lru_cache(maxsize=PLANS_KEPT)
def _odds(question: str, edition: Hashable) -> PlanOdds:
    return answers.odds(_plan(question, edition))


@lru_cache(maxsize=PLANS_KEPT)
def _machines(question: str, top: int, why_not: str | None, _edition: Hashable) -> Machines:
    return machines(Question.model_validate_json(question), top, why_not)


def plan_of(asked: Asked) -> Plan:
    """The plan of what is asked."""
    return _plan(asked["question"], _edition_of(asked))


def odds_of(asked: Asked) -> PlanOdds:
    """How sure that plan is."""
    return _odds(asked["question"], _edition_of(asked))


def machines_of(asked: Asked) -> Machines:
    """The machines that fit."""
    return _machines(asked["question"], asked.get("top", KINDS_SHOWN), asked.get("why_not"), _edition_of(asked))


def _edition_of(asked: Asked) -> Hashable:
    edition = asked.get("edition")
    return tuple(edition) if edition else None


def plan_page(asked: Asked) -> str:
    """The whole page of a plan."""
    plan = plan_of(asked)
    answer = answer_html(plan, every=bool(asked.get("every")))
    return part("plan.html", path="/", problem="", answer=answer, **form_values(plan.question))


def odds_page(asked: Asked) -> str:
    """How sure a plan is, as a page of its own that can be put into the plan's."""
    plan = plan_of(asked)
    return part(
        "odds.html", path="/odds", html=odds_html(plan, odds_of(asked)), share=query_from_question(plan.question)
    )


def plan_json(asked: Asked) -> str:
    """A plan in the form promised to programs."""
    return _json(plan_as_dict(plan_of(asked)))


def odds_json(asked: Asked) -> str:
    """A plan with its odds."""
    return _json(plan_as_dict(plan_of(asked), odds_of(asked)))


def chart(asked: Asked) -> str:
    """A chart of a plan or of its odds, as SVG."""
    from payback.report import render
    from payback.web.charts import ODDS_CHARTS, plan_figure

    odds = odds_of(asked) if asked["name"] in ODDS_CHARTS else None
    figure = plan_figure(asked["name"], plan_of(asked), odds, dark=asked["dark"], narrow=asked["narrow"])
    return render.svg(figure)


def file(asked: Asked) -> str:
    """A plan as a file to keep."""
    make, needs_odds, _ = FILES[asked["name"]]
    return make(plan_of(asked), odds_of(asked) if needs_odds else None)


def facts_page(asked: Asked) -> str:
    """The lines of an option and the facts behind them; of one line, or one fact, if it is named."""
    plan, line, fact = plan_of(asked), asked["line"], asked["fact"]
    option = _option(plan, asked["option"])
    whole = line is None and fact is None
    lines = [one for one in option.statement.lines_with_residual if whole or one.name == line]
    ids = [name for one in lines for name in one.facts]
    ids += [one.id for one in option.speed.facts] if whole else []
    ids += [fact] if fact is not None else []
    return part(
        "facts.html",
        path="/facts",
        option=option,
        lines=lines,
        whole=whole,
        facts=with_sources(present.facts_of(plan, ids)),
        as_of=plan.question.as_of,
        money=formatter(plan.question),
        share=query_from_question(plan.question),
    )


def _option(plan: Plan, name: str) -> Option:
    found = next((option for option in plan.options if option.id == name), None)
    if found is None:
        raise UnknownNameError("option", name[:80], [option.id for option in plan.options])
    return found


def machine_page(asked: Asked) -> str:
    """The whole page of the machine that fits."""
    found = machines_of(asked)
    values = form_values(found.question)
    return part("assemble.html", path="/assemble", problem="", html=machines_html(found), **values)


def machine_json(asked: Asked) -> str:
    """The machines that fit, for programs."""
    return _json(machines_of(asked).as_dict())


LISTS: Mapping[str, Callable[[PartsList], str]] = {
    "txt": partslist.write_plain,
    "csv": partslist.write_csv,
    "toml": partslist.write_toml,
    "md": partslist.write_markdown,
}
"""Ending to what writes a parts list."""


def machine_list(asked: Asked) -> str:
    """The parts of the best machine as a file."""
    return LISTS[asked["ending"]](machines_of(asked).builds[0].parts_list())


def machine_facts(asked: Asked) -> str:
    """What the price of a part of the best machine rests on."""
    found = machines_of(asked)
    numbers = {str(number): piece for number, piece in enumerate(found.builds[0].parts)}
    piece = numbers.get(asked["fact"])
    if piece is None:
        raise UnknownNameError("part", asked["fact"][:40], numbers)
    return part(
        "part_facts.html",
        path="/assemble/facts",
        piece=piece,
        facts=with_sources(piece.facts),
        as_of=found.question.as_of,
        money=formatter(found.question),
        share=query_from_question(found.question),
    )


def backtest_page(_asked: Asked) -> str:
    """Advice on past days against what then happened, as a page."""
    from payback.report.backtest_text import coverage_sentence

    result = answers.backtest()
    return part("backtest.html", path="/backtest", result=result, coverage=coverage_sentence(result))


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps({"ok": True, **document}, allow_nan=False)


MAKERS: Mapping[str, Callable[[Asked], str]] = {
    made.__name__: made
    for made in (
        plan_page, odds_page, plan_json, odds_json, chart, file, facts_page,
        machine_page, machine_json, machine_list, machine_facts, backtest_page,
    )
}  # fmt: skip
"""Every maker by its name; a child makes nothing else."""
