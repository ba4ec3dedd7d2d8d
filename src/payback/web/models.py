"""What programs may send and get: strict models, one shape for every error."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ListForm = Literal["text", "toml", "json", "jsonl"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)


class FieldError(_Strict):
    """One thing wrong with a request."""

    where: str
    """Path of the value."""
    found: str
    """What stood there."""
    expected: str
    """What may stand there."""


class ErrorAnswer(_Strict):
    """The one shape of every error."""

    ok: Literal[False]
    error: str
    """What is wrong and what to do, in a sentence."""
    errors: list[FieldError]
    """Every value that is wrong, where there are several."""
    status: int
    """The HTTP status."""


class CheckRequest(_Strict):
    """A parts list to judge."""

    text: Annotated[str, Field(min_length=1, max_length=100_000)]
    """The list, e.g. one part a line: ``2x RTX 3090``."""
    form: ListForm = "text"
    """How it is written."""


Money = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
MOST_LOG_CHARACTERS = 8_000_000
MOST_CLAIM_CHARACTERS = 200_000
LogFormat = Literal["sacct", "philly", "helios", "alibaba", "swf", "kubernetes", "wandb", "watch", "csv"]


class SizeSettings(_Strict):
    """How a job log is replayed."""

    format: LogFormat | None = None
    """What wrote the log; told from its beginning if null."""
    columns: Annotated[str, Field(max_length=400)] | None = None
    """For csv: ``submit=NAME,duration=NAME,gpus=NAME``."""
    queue: Literal["fifo", "easy"] = "fifo"
    """First come first served, or backfilling with the log's time limits."""
    burst_after: Annotated[str, Field(max_length=12)] = "1h"
    """A job that has waited so long is rented: ``90s``, ``30m``, ``1h``, ``2d``; or ``never``."""
    own_usd_per_gpu_h: Money | None = None
    """What an owned GPU costs an hour; of the machine in the question if null. [USD/h]"""
    rent_usd_per_gpu_h: Money | None = None
    """What a rented GPU costs an hour; of the machine in the question if null. [USD/h]"""


class SizeRequest(SizeSettings):
    """A job log and how to replay it."""

    log: Annotated[str, Field(min_length=1, max_length=MOST_LOG_CHARACTERS)]
    """The log as text."""
    question: dict[str, Any] | None = None
    """The kind of machine, with the tables of question files; four cards of 24 GiB in an office if null."""


class ClaimRequest(_Strict):
    """A published rent-or-buy analysis."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_CLAIM_CHARACTERS)]
    """The analysis as TOML."""


class BenchRequest(_Strict):
    """A measured machine."""

    result: dict[str, Any]
    """What ``payback bench --out`` wrote."""


class AssembleRequest(_Strict):
    """What a machine must do."""

    question: dict[str, Any] | None = None
    """Tables and keys as in question files; the default question if null."""
    top: Annotated[int, Field(ge=1, le=10)] = 3
    """How many kinds of machine."""
    why_not: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """A part: what having it costs, and the first rule it breaks."""


class SizeAnswer(BaseModel):
    """How many GPUs to own, how much to rent; the object that ``payback size --json`` prints."""

    model_config = ConfigDict(extra="allow")
    ok: Literal[True] = True
    sentence: str
    curve: list[dict[str, Any]]
    best: dict[str, Any]
    jobs: int
    period_h: float
    own_usd_per_gpu_h: float
    rent_usd_per_gpu_h: float
    handover: dict[str, Any] | None
    """The machines and offers that do it."""
    notes: list[str]
    machine_query: str | None
    """Address of the plan for one such machine, as busy as the recommendation keeps it."""


class ClaimAnswer(BaseModel):
    """Every step of an analysis, stated and recomputed."""

    model_config = ConfigDict(extra="allow")
    ok: Literal[True] = True
    title: str
    steps: list[dict[str, Any]]
    verdict: str
    outcome: str


class BenchAnswer(_Strict):
    """What is slow, and why."""

    ok: Literal[True] = True
    findings: list[dict[str, Any]]


class AssembleAnswer(_Strict):
    """The cheapest machines that fit, each with its proof."""

    ok: Literal[True] = True
    builds: list[dict[str, Any]]
    upgrade_path: dict[str, Any]
    """Of the first machine."""
    prebuilts: list[dict[str, Any]]
    """Ready-made machines with the GPUs of the first."""
    why_not: dict[str, Any] | None
    facts: dict[str, dict[str, Any]]


class PlanAnswer(BaseModel):
    """The object described in docs/json.md."""

    model_config = ConfigDict(extra="allow")
    ok: Literal[True] = True
    as_of: str
    question: dict[str, Any]
    advice: dict[str, Any]
    options: list[dict[str, Any]]
    comparisons: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    facts: dict[str, dict[str, Any]]
    assumptions: list[dict[str, Any]]


class PricesAnswer(_Strict):
    """Prices as of a day."""

    ok: Literal[True] = True
    prices: list[dict[str, Any]]


class HistoryAnswer(_Strict):
    """Every observation of an item, oldest first."""

    ok: Literal[True] = True
    history: list[dict[str, Any]]


class CheckAnswer(_Strict):
    """One judgement a list."""

    ok: Literal[True] = True
    judgements: list[dict[str, Any]]


class SpeedAnswer(_Strict):
    """Training speeds, each with an interval that holds four times out of five."""

    ok: Literal[True] = True
    speeds: list[dict[str, Any]]
    facts: dict[str, dict[str, Any]]


class ArticleAnswer(_Strict):
    """The article's claims, recomputed."""

    ok: Literal[True] = True
    claims: list[dict[str, Any]]
