"""Question files in: TOML text to a checked `Question`, or one clear line about what is wrong."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from payback.errors import BadQuestionError
from payback.question import Question

MAX_BYTES = 1_000_000
"""A question is a page of text; anything longer is a mistake."""


def read_question(path: Path, *, as_of: dt.date) -> Question:
    """The question in a TOML file.

    Args:
        path: The file.
        as_of: Day to ask for when the file names none.

    Raises:
        BadQuestionError: The file cannot be read, is no TOML, or asks something impossible.
    """
    return parse_question(_text(path), as_of=as_of, name=path.name)


def parse_question(text: str, *, as_of: dt.date, name: str = "question") -> Question:
    r"""The question in a TOML text.

    Example:
        >>> parse_question("[work]\nhours_per_day = 24", as_of=dt.date(2026, 11, 23)).work.hours_per_day
        24.0
        >>> parse_question("[work]\nhours_a_day = 24", as_of=dt.date(2026, 11, 23))
        Traceback (most recent call last):
        payback.errors.BadQuestionError: question: work.hours_a_day: found an unknown key; expected 'hours_per_day'?
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadQuestionError(name, f"text that is no TOML ({error})", "TOML: see docs/questions.md") from error
    return question_from_dict(document, as_of=as_of, name=name)


def question_from_dict(document: dict[str, Any], *, as_of: dt.date, name: str = "question") -> Question:
    """The question in a plain dictionary (from TOML, JSON or a web form)."""
    filled = {"as_of": as_of, **document}
    try:
        return Question.model_validate_json(json.dumps(filled, default=_plain_date), strict=True)
    except ValidationError as error:
        raise _explain(error, name) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            found = f"{path.stat().st_size} bytes"
            raise BadQuestionError(str(path), found, f"a question file of at most {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadQuestionError(str(path), "bytes that are not UTF-8 text", "a TOML text file") from error
    except OSError as error:
        raise BadQuestionError(str(path), error.strerror or "an unreadable file", "a readable TOML file") from error


def _plain_date(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value)


def _explain(error: ValidationError, name: str) -> BadQuestionError:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(step) for step in first["loc"]) or "the question"
    if first["type"] == "extra_forbidden":
        near = get_close_matches(str(first["loc"][-1]), _keys_at(first["loc"][:-1]), n=1, cutoff=0.4)
        keys = repr(near[0]) + "?" if near else "one of " + ", ".join(_keys_at(first["loc"][:-1]))
        return BadQuestionError(f"{name}: {path}", "an unknown key", keys)
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return BadQuestionError(f"{name}: {path}", _short(first.get("input")), message)


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Question
    for step in location:
        if isinstance(step, str):
            model = _model_of(model.model_fields[step].annotation) or model
    return list(model.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_of(argument)
        if found is not None:
            return found
    return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def shipped_question(name: str, *, as_of: dt.date) -> Question:
    """A question of ``data/questions/``, e.g. "default" or "article-2018".

    Args:
        name: File name without its ending.
        as_of: Day to ask for when the file names none.
    """
    from payback.catalogue.tables import data_folder

    text = (data_folder() / "questions" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_question(text, as_of=as_of, name=f"{name}.toml")


def default_question(*, as_of: dt.date) -> Question:
    """A sensible question for somebody who asked none."""
    return shipped_question("default", as_of=as_of)


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration_s(text: str) -> int | None:
    """A duration as people write it; None for "never". [s]

    Raises:
        BadQuestionError: The text is no duration.

    Example:
        >>> parse_duration_s("1h"), parse_duration_s("90s"), parse_duration_s("never")
        (3600, 90, None)
    """
    word = text.strip().casefold()
    if word == "never":
        return None
    number, unit = (word[:-1], word[-1:]) if word[-1:] in _SECONDS else (word, "s")
    try:
        seconds = float(number) * _SECONDS[unit]
    except ValueError as error:
        raise BadQuestionError("duration", repr(text), "a duration such as 90s, 30m, 1h, 2d; or never") from error
    if not 0 <= seconds < float("inf"):
        raise BadQuestionError("duration", repr(text), "a duration of 0 seconds or more; or never")
    return round(seconds)
