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
