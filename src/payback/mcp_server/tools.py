"""Tools that answer from the shipped facts: plan, check, prices, speed, article."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from payback import answers
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.evidence import Fact
from payback.mcp_server.models import ArticleOut, CheckOut, LeftOut, PlanOut, PricesOut, SpeedOut
from payback.mcp_server.telling import fact_out, told
from payback.question_file import default_question, question_from_dict
from payback.report.odds_prose import flip_lines, odds_lines
from payback.report.plan_json import plan_as_dict
from payback.report.prices_text import events_as_dicts, market_as_dict
from payback.web import present
from payback.web.outside import calendar_day, check_text, refuse_foreign, speed_row

Options = Annotated[int, Field(ge=1, le=20, description="Options shown of each side, owning and renting.")]
Day = Annotated[
    str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day of the question, YYYY-MM-DD; default: today.")
]


def plan(
    question: Annotated[
        dict[str, Any] | None,
        Field(
            description="Tables and keys of a question file, all optional, e.g. {'work': {'gpus': 2, 'hours_per_day': "
            "12, 'months': 24, 'vram_gib': 24}, 'site': {'country': 'DE'}}. Without it: one 24 GiB GPU in California."
        ),
    ] = None,
    options: Options = 4,
) -> PlanOut:
    """Should one build, buy or rent? Ranks every option at equal work and says when owning pays back."""
    return told(lambda: _plan(question, options))


def check(
    parts: Annotated[str, Field(min_length=1, max_length=20_000, description="A list, one part a line: '2x RTX 3090'")],
    form: Annotated[Literal["text", "toml", "json"], Field(description="How the list is written.")] = "text",
) -> CheckOut:
    """Do these computer parts fit together? Every broken rule, and for each open one the fact that would decide."""
    return told(lambda: _check(parts, form))


def prices(
    item: Annotated[str | None, Field(description="A GPU, part or offer; without it, every GPU.")] = None,
    as_of: Day = None,
    history: Annotated[bool, Field(description="Also list the observations of the item.")] = False,
) -> PricesOut:
    """What does a GPU, part or rental offer cost, new, used and rented, as of a day, and who says so?"""
    return told(lambda: _prices(item, as_of, history))


def speed(
    gpu: Annotated[str | None, Field(description="A GPU; without it, every one for one kind of work.")] = None,
    workload: Annotated[str | None, Field(description="E.g. resnet50, llm-8b-lora; default: resnet50, or all.")] = None,
    gpu_count: Annotated[int, Field(ge=1, le=64, description="GPUs of that kind in one machine.")] = 1,
) -> SpeedOut:
    """How fast does a GPU train? Measured where known, else predicted, with interval and grade."""
    return told(lambda: _speed(gpu, workload, gpu_count))


def article() -> ArticleOut:
    """The claims of the 2018 article 'Why building your own deep learning computer is 10x cheaper', recomputed."""
    return told(_article)


def _plan(document: dict[str, Any] | None, rows: int) -> PlanOut:
    today = dt.datetime.now().astimezone().date()
    question = question_from_dict(document, as_of=today) if document else default_question(as_of=today)
    refuse_foreign(question)
    answer = answers.plan(question)
    some, sure = present.shown(answer, rows), answers.odds(answer)
    whole = plan_as_dict(answer, sure)
    kept = {option.id for option in some}
    return PlanOut(
        sentence=whole["advice"]["sentence"],
        verdict=whole["advice"]["verdict"],
        choice=whole["advice"]["choice"],
        as_of=whole["as_of"],
        question=whole["question"],
        options=[_short(option) for option in whole["options"] if option["id"] in kept],
        options_in_all=len(answer.options),
        payback_months=whole["advice"]["payback"],
        would_change_the_answer=whole["advice"]["conditions"],
        probability_best=whole["advice"]["probability_best"],
        how_sure=[*odds_lines(answer, sure), *flip_lines(sure)],
        seed=sure.odds.seed,
        not_priced=present.gaps(some),
        rejected_in_all=len(answer.rejected),
        rejected=[LeftOut(count=count, reason=reason) for count, reason in present.left_out(answer)[:20]],
        assumptions=whole["assumptions"],
        facts=[fact_out(fact) for fact in _facts(answer, some)],
    )


def _short(option: dict[str, Any]) -> dict[str, Any]:
    """An option without its month-by-month series: an assistant needs the ends."""
    series = ("cumulative_cash_usd", "net_usd", "odds")
    ends = {"up_front_usd": option["cumulative_cash_usd"][0], "paid_in_the_end_usd": option["cumulative_cash_usd"][-1]}
    odds = {key: value for key, value in option["odds"].items() if key != "payback_share_by_month"}
    return {key: value for key, value in option.items() if key not in series} | ends | {"odds": odds}


def _facts(answer: Plan, some: list[Option]) -> list[Fact]:
    names = [name for option in some for line in option.statement.lines_with_residual for name in line.facts]
    names += [fact.id for option in some for fact in option.speed.facts]
    return present.facts_of(answer, names)


def _check(parts: str, form: str) -> CheckOut:
    judged = [judgement.as_dict() for judgement in check_text(parts, form)]
    findings: list[Any] = [finding for one in judged for finding in one["findings"]]  # type: ignore[attr-defined]
    return CheckOut(judgements=judged, undecided_in_all=sum(finding["status"] == "unknown" for finding in findings))


def _prices(item: str | None, as_of: str | None, with_history: bool) -> PricesOut:
    when = calendar_day(as_of) if as_of else dt.datetime.now().astimezone().date()
    found = answers.prices(item, when)
    events = answers.price_history(item, when) if item and with_history else []
    most = 25 if item else 3
    rows = [market_as_dict(price, when) for price in found]
    return PricesOut(
        as_of=when.isoformat(),
        prices=[row | {"rent": row["rent"][:most], "rents_in_all": len(row["rent"])} for row in rows],
        history=events_as_dicts(events)[::-1][:100],
        observations_in_all=len(events),
        not_priced=[f"{row['item']} ({kind})" for row in rows for kind in ("new", "used") if row[kind] is None],
    )


def _speed(gpu: str | None, workload: str | None, gpu_count: int) -> SpeedOut:
    rows = answers.speed(gpu, workload, gpu_count=gpu_count)
    known = [row for row in rows if row.value is not None]
    facts = {fact.id: fact for row in known for fact in row.facts}
    return SpeedOut(
        speeds=[speed_row(row) for row in known],
        not_known=[f"{row.gpu}, {row.workload}: {row.why}" for row in rows if row.value is None],
        facts=[fact_out(fact) for fact in facts.values()],
    )


def _article() -> ArticleOut:
    claims = answers.article()
    facts = {fact.id: fact for claim in claims for fact in claim.facts}
    return ArticleOut(
        claims=[claim.as_dict() for claim in claims],
        facts=[fact_out(fact) for fact in facts.values()],
        unknown=[claim.id for claim in claims if claim.holds is None],
    )
