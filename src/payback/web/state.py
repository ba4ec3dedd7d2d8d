"""The address is the state: query string to question and back, with the names that question files use.

``work.gpus=2&site.country=DE&own.0.gpu=RTX+3090`` is ``[work] gpus = 2`` and so
on; lists of text repeat their key, tables of lists carry their number. An empty
address asks the default question; in any other, keys not given have the
defaults of docs/questions.md. A key without a value means "none".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel

from payback.errors import BadQuestionError
from payback.question import Question
from payback.question_file import default_question, question_from_dict

LONGEST_QUERY = 8_000
"""Characters; browsers and proxies cut longer addresses."""
MOST_TABLES = 8
"""Machines or offers one address may name."""
NAME = "address"


def question_from_query(query: str, *, today: dt.date) -> Question:
    """The question an address asks.

    Args:
        query: What stands behind the question mark.
        today: Day to ask for when the address names none.

    Raises:
        BadQuestionError: An unknown key, or a value its field cannot hold.

    Example:
        >>> question_from_query("work.gpus=2&work.hours_per_day=12", today=dt.date(2026, 11, 23)).work.gpus
        2
    """
    if len(query) > LONGEST_QUERY:
        raise BadQuestionError(NAME, f"{len(query)} characters", f"at most {LONGEST_QUERY}; use the JSON interface")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=300)
    except ValueError as error:
        raise BadQuestionError(NAME, "more than 300 keys", "a question") from error
    if not pairs:
        return default_question(as_of=today)
    return question_from_dict(_document(pairs), as_of=today, name=NAME)


def query_from_question(question: Question) -> str:
    """The address that asks `question`, on any day and in any version.

    Example:
        >>> query_from_question(Question(as_of=dt.date(2026, 11, 23)))
        'as_of=2026-11-23'
    """
    return urlencode([("as_of", question.as_of.isoformat()), *_pairs(question, "")])


def _pairs(model: BaseModel, prefix: str, *, whole: bool = False) -> Iterator[tuple[str, str]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if prefix + name != "as_of" and (whole or value != default):
            yield from _value_pairs(prefix + name, value)


def _value_pairs(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        yield from _pairs(value, f"{key}.", whole=key.endswith("outlet"))
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for index, item in enumerate(value):
            yield from _pairs(item, f"{key}.{index}.")
    elif isinstance(value, tuple):
        yield from ((key, str(item)) for item in value or ("",))
    else:
        yield key, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _document(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    document: dict[str, Any] = {}
    for key, values in grouped.items():
        _place(document, key, values)
    return {name: _without_numbers(value, name) for name, value in document.items()}


def _place(document: dict[str, Any], key: str, values: Sequence[str]) -> None:
    steps = key.split(".")
    annotation = _annotation_at(steps)
    if annotation is not None and values[-1] == "" and _leaf_kind(annotation) != "list" and not _takes_none(annotation):
        return
    here = document
    for step in steps[:-1]:
        here = here.setdefault(step, {})
        if not isinstance(here, dict):
            raise BadQuestionError(f"{NAME}: {key}", "a value and a table under one name", "one of them")
    here[steps[-1]] = values[-1] if annotation is None else _parsed(annotation, values)


def _annotation_at(steps: Sequence[str]) -> Any:
    annotation: Any = Question
    for step in steps:
        model = _model_in(annotation)
        if model is None:
            return None
        if step.isdigit():
            continue
        if step not in model.model_fields:
            return None
        annotation = model.model_fields[step].annotation
    return annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)


def _takes_none(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)


def _leaf_kind(annotation: Any) -> str:
    """What JSON a field wants: list, bool, int, float or text."""
    if annotation in (bool, int, float):
        return str(annotation.__name__)
    if get_origin(annotation) is tuple:
        return "list"
    if get_origin(annotation) is Literal:
        return "text"
    kinds = {_leaf_kind(inner) for inner in get_args(annotation)} - {"text"}
    return next(iter(kinds), "text")


def _parsed(annotation: Any, values: Sequence[str]) -> Any:
    kind, text = _leaf_kind(annotation), values[-1].strip()
    if kind == "list":
        return [value for value in values if value]
    if text == "":
        return None
    if kind == "bool":
        return {"true": True, "on": True, "false": False, "off": False}.get(text.casefold(), text)
    return text if kind == "text" else _number(text, kind)


def _number(text: str, kind: str) -> int | float | str:
    """The number a text holds; the text itself where it holds none, for the question to complain about."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value) or len(text) > 40:
        return text
    return int(value) if kind == "int" and value.is_integer() else value


def _without_numbers(value: Any, key: str = "") -> Any:
    """Tables numbered 0, 1, 2 as a list, in order."""
    if not isinstance(value, dict):
        return value
    inner = {name: _without_numbers(item, f"{key}.{name}".lstrip(".")) for name, item in value.items()}
    if not inner or not all(name.isdigit() for name in inner):
        return inner
    if len(inner) > MOST_TABLES * 4:
        raise BadQuestionError(f"{NAME}: {key}", f"{len(inner)} tables", f"at most {MOST_TABLES * 4}")
    return [inner[name] for name in sorted(inner, key=lambda name: int(name[:9]))]
