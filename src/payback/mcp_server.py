"""Tools for AI assistants over the Model Context Protocol: the same answers, each with its facts and its gaps.

An answer of a tool is short enough to be read whole: the options that matter
with their cost lines, the facts those lines name, what was left out and how
often, what is not counted. Nothing is filled in that the engine left open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from payback import answers
from payback.catalogue.catalogue import load
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.errors import MissingExtraError, PaybackError
from payback.evidence import Fact
from payback.question_file import default_question, question_from_dict
from payback.report.odds_prose import flip_lines, odds_lines
from payback.report.plan_json import plan_as_dict
from payback.report.prices_text import events_as_dicts, market_as_dict
from payback.web import present
from payback.web.outside import calendar_day, check_text, refuse_foreign, speed_row

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = (
    "Answers whether to build, buy or rent a deep-learning computer, from dated and sourced prices. "
    "Every amount is in US dollars unless it says otherwise. Quote the day and the source of what you pass on; "
    "what stands under not_priced or rejected is unknown, not free. "
    "Null means that nobody knows; never fill it in."
)
Options = Annotated[int, Field(ge=1, le=20, description="Options shown of each side, owning and renting.")]
Day = Annotated[
    str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day of the question, YYYY-MM-DD; default: today.")
]
Result = TypeVar("Result")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class FactOut(_Answer):
    """One value somebody can be held to."""

    id: str
    value: float | int | str | None
    unit: str
    currency: str | None
    observed_on: str | None
    source: str
    """Publisher and address of each source."""
    grade: str
    """sold, quoted, listed, measured, derived or assumed."""
    locator: str
    note: str
    parents: list[str]
    """Facts it was computed from."""


class LeftOut(_Answer):
    """Candidates that are no options."""

    count: int
    reason: str


class PlanOut(_Answer):
    """Build, buy or rent, with what the answer rests on."""

    sentence: str
    verdict: str
    choice: str
    """Id of the cheapest option."""
    as_of: str
    question: dict[str, Any]
    """The question with every default filled in."""
    options: list[dict[str, Any]]
    """Named ones and the cheapest of each side, cheapest first, each with lines that add up to its total."""
    options_in_all: int
    payback_months: dict[str, float | None] | None
    """Owning against renting by four definitions; null = not within the time."""
    would_change_the_answer: list[str]
    probability_best: float | None
    """Share of futures in which the choice is the cheapest option."""
    how_sure: list[str]
    """What the futures drawn for it say: ranges, regret, what to find out, when to buy, where the choice flips."""
    seed: int
    """Seed of the futures; the same seed gives the same odds."""
    not_priced: list[str]
    """What the shown options leave uncounted."""
    rejected_in_all: int
    rejected: list[LeftOut]
    """Candidates left out, by reason."""
    assumptions: list[dict[str, Any]]
    facts: list[FactOut]
    """The facts that the shown lines name, and those they were computed from."""


class CheckOut(_Answer):
    """Whether the parts of each list fit together."""

    judgements: list[dict[str, Any]]
    """compatible: true (proved), false (a rule is broken), null (nobody can tell); findings say why."""
    undecided_in_all: int
    """Findings that a missing fact leaves open."""


class PricesOut(_Answer):
    """What things cost as of a day."""

    as_of: str
    prices: list[dict[str, Any]]
    history: list[dict[str, Any]]
    """Newest observations first, if asked for."""
    observations_in_all: int
    """How many observations the history has."""
    not_priced: list[str]
    """What nobody had seen a price of by then."""


class SpeedOut(_Answer):
    """Training speeds, each with an interval that holds four times out of five."""

    speeds: list[dict[str, Any]]
    not_known: list[str]
    """What nobody can say, with the reason."""
    facts: list[FactOut]


class ArticleOut(_Answer):
    """The article's claims, recomputed."""

    claims: list[dict[str, Any]]
    facts: list[FactOut]
    unknown: list[str]
    """Claims that nobody can decide from the catalogue."""


def run() -> None:
    """Serve the tools on standard input and output until the client leaves.

    Raises:
        MissingExtraError: The protocol's package is not installed.
    """
    build_server().run()


def build_server() -> MCPServer:
    """The server with its tools.

    Raises:
        MissingExtraError: The protocol's package is not installed.
    """
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise MissingExtraError("serving AI assistants", "mcp") from error
    server = MCPServer("payback", instructions=INSTRUCTIONS, log_level="WARNING")
    harmless = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    tools: list[tuple[str, Callable[..., BaseModel]]] = [
        ("plan", plan),
        ("check", check),
        ("prices", prices),
        ("article", article),
        ("speed", speed),
    ]
    for name, tool in tools:
        server.add_tool(tool, name=name, annotations=harmless, structured_output=True)
    return server


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
    return _told(lambda: _plan(question, options))


def check(
    parts: Annotated[str, Field(min_length=1, max_length=20_000, description="A list, one part a line: '2x RTX 3090'")],
    form: Annotated[Literal["text", "toml", "json"], Field(description="How the list is written.")] = "text",
) -> CheckOut:
    """Do these computer parts fit together? Every broken rule, and for each open one the fact that would decide."""
    return _told(lambda: _check(parts, form))


def prices(
    item: Annotated[str | None, Field(description="A GPU, part or offer; without it, every GPU.")] = None,
    as_of: Day = None,
    history: Annotated[bool, Field(description="Also list the observations of the item.")] = False,
) -> PricesOut:
    """What does a GPU, part or rental offer cost, new, used and rented, as of a day, and who says so?"""
    return _told(lambda: _prices(item, as_of, history))


def speed(
    gpu: Annotated[str | None, Field(description="A GPU; without it, every one for one kind of work.")] = None,
    workload: Annotated[str | None, Field(description="E.g. resnet50, llm-8b-lora; default: resnet50, or all.")] = None,
    gpu_count: Annotated[int, Field(ge=1, le=64, description="GPUs of that kind in one machine.")] = 1,
) -> SpeedOut:
    """How fast does a GPU train? Measured where known, else predicted, with interval and grade."""
    return _told(lambda: _speed(gpu, workload, gpu_count))


def article() -> ArticleOut:
    """The claims of the 2018 article 'Why building your own deep learning computer is 10x cheaper', recomputed."""
    return _told(_article)


def _told(work: Callable[[], Result]) -> Result:
    """What went wrong reaches the assistant as one sentence."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        return work()
    except PaybackError as error:
        raise ToolError(str(error)) from error


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
        facts=[_fact(fact) for fact in _facts(answer, some)],
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


def _fact(fact: Fact) -> FactOut:
    known = present.sources_of(fact, dict(load().sources))
    source = "; ".join(f"{entry.publisher} ({entry.url})" for entry in known) or fact.source
    return FactOut.model_validate({"id": fact.id, **fact.as_dict(), "source": source})


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
        facts=[_fact(fact) for fact in facts.values()],
    )


def _article() -> ArticleOut:
    claims = answers.article()
    facts = {fact.id: fact for claim in claims for fact in claim.facts}
    return ArticleOut(
        claims=[claim.as_dict() for claim in claims],
        facts=[_fact(fact) for fact in facts.values()],
        unknown=[claim.id for claim in claims if claim.holds is None],
    )
