"""The right-hand side of the plan page: one answer as a piece of HTML, made once for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payback import answers
from payback.assembly.model import ListedLine, PartsList
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan
from payback.report.figures_odds import plan_figures
from payback.report.money import formatter
from payback.report.odds_prose import flip_lines, input_lines, odds_lines, odds_title
from payback.report.prose import conditions, months_text, sentence
from payback.web import present
from payback.web.charts import ODDS_CHARTS
from payback.web.state import query_from_question
from payback.web.templating import part

if TYPE_CHECKING:
    from payback.decision.odds import PlanOdds

LANES_RULE = "GPU_LANES"
MOSTLY_NEVER = 0.98
"""Share of futures without a payback beyond which its chart shows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHtml:
    """An answer ready to be put into the page."""

    html: str
    tariff: str
    """The electricity price of the place, which the form shows where none was stated. [USD/kWh]"""


def answer_html(plan: Plan, *, every: bool) -> AnswerHtml:
    """The answer as HTML.

    Args:
        plan: The answer.
        every: Show every option, not the few that matter.
    """
    html = part("_answer.html", share=query_from_question(plan.question), **_values(plan, every))
    return AnswerHtml(html=html, tariff=f"{plan.world.site.price_usd_per_kwh:.3f}")


def odds_html(plan: Plan, odds: PlanOdds) -> str:
    """How sure the answer is, as HTML."""
    drawn = plan_figures(plan, odds)
    own = plan.advice.best_owned
    if own is not None and (odds.of(own.id).probability_never or 0.0) > MOSTLY_NEVER:
        drawn.pop("payback", None)  # one bar that says "never"; the lines above say it too
    return part(
        "_odds.html",
        share=query_from_question(plan.question),
        title=odds_title(odds),
        lines=list(odds_lines(plan, odds)),
        flips=flip_lines(odds),
        inputs=input_lines(plan, odds),
        charts=[name for name, made in ODDS_CHARTS.items() if made in drawn],
    )


def _values(plan: Plan, every: bool) -> dict[str, Any]:
    options = list(plan.options) if every else present.shown(plan)
    machine = present.best_machine(plan)
    return {
        "plan": plan,
        "question": plan.question,
        "sentence": sentence(plan),
        "rows": present.option_rows(plan, options),
        "more_options": len(plan.options) - len(options),
        "conditions": conditions(plan),
        "machine": machine,
        "parts": present.part_rows(machine, plan) if machine else [],
        "lanes": lanes_of(machine) if machine else "",
        "offer": present.best_offer(plan),
        "left_out": present.left_out(plan),
        "gaps": present.gaps(options),
        "payback": plan.advice.payback,
        "money": formatter(plan.question),
        "months_text": months_text,
        "chart_text": _chart_text(plan),
        "yearly": _yearly(plan),
    }


def lanes_of(machine: OwnCandidate) -> str:
    """What the rulebook says of the lanes of a machine's cards; empty where its parts are not known."""
    if not machine.parts:
        return ""
    lines = tuple(
        ListedLine(category=part.category, text=part.component, quantity=part.quantity) for part in machine.parts
    )
    found = answers.check_lists([PartsList(id=machine.id, lines=lines)])[0].findings
    return next((finding.why for finding in found if finding.rule == LANES_RULE), "")


def _chart_text(plan: Plan) -> str:
    """What the chart shows, for those who do not see it."""
    own, rent, show = plan.advice.best_owned, plan.advice.baseline, formatter(plan.question)
    ends = [
        f"{option.candidate.label}: {show(option.statement.cash_usd[-1])} paid by month {plan.question.work.months}"
        for option in (own, rent)
        if option is not None
    ]
    when = plan.advice.payback.cash if plan.advice.payback else None
    crossing = "The lines do not cross." if when is None else f"The lines cross after {when:.1f} months."
    return f"Cumulative cost by month. {'; '.join(ends)}. {crossing if own and rent else ''}"


def _yearly(plan: Plan) -> dict[str, Any]:
    """The chart as a table: both heads at each year and at the end."""
    heads = [option for option in (plan.advice.best_owned, plan.advice.baseline) if option is not None]
    end = plan.question.work.months
    months = sorted({0, *range(12, end + 1, 12), end})
    return {"heads": heads, "months": months}
