"""What a form sends: a file or pasted text, and settings that pass through the same strict models as the JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from payback.errors import BadQuestionError
from payback.question import Question
from payback.web.models import SizeSettings
from payback.web.outside import refuse_foreign
from payback.web.sandbox import TooLargeError
from payback.web.state import query_from_question

MOST_BYTES: Mapping[str, int] = {"/size": 32_000_000, "/claim": 200_000, "/bench": 2_000_000}
"""Largest file of each page."""
Model = TypeVar("Model", bound=BaseModel)


async def sent(form: FormData, most_bytes: int, *, what: str) -> tuple[bytes, str]:
    """The uploaded file, else the pasted text, and what to call it.

    Args:
        form: What arrived.
        most_bytes: Largest file.
        what: What it should be, for the message when it is missing.

    Raises:
        BadQuestionError: Neither.
        TooLargeError: Too large.
    """
    file, text = form.get("file"), form.get("text")
    data, name = b"", "pasted text"
    if isinstance(file, UploadFile) and file.filename:
        data, name = await file.read(most_bytes + 1), file.filename[:80]
    elif isinstance(text, str):
        data = text.strip().encode()
    if not data:
        raise BadQuestionError("upload", "nothing", what)
    if len(data) > most_bytes:
        raise TooLargeError(f"{name}: more than {most_bytes / 1e6:g} MB; send less, or compress it")
    return data, name


def filled(form: FormData, model: type[Model]) -> Model:
    """The settings of a form as a strict model; empty fields have their defaults.

    Raises:
        BadQuestionError: A value that cannot be.
    """
    values = {key: form[key] for key in model.model_fields if isinstance(form.get(key), str) and form[key]}
    try:
        # Forms know text only, so numbers arrive as text; everything else is as strict as in the JSON.
        return model.model_validate({key: _number(value) for key, value in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BadQuestionError(where, repr(first.get("input"))[:80], first["msg"]) from error


def _number(value: Any) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


def size_order(settings: SizeSettings, question: Question | None, today: dt.date) -> dict[str, Any]:
    """What the errand needs to replay a log.

    Args:
        settings: How.
        question: The kind of machine; the shipped one if None.
        today: The day of the prices.

    Raises:
        BadQuestionError: The question names a file of this machine, or absurd numbers.
    """
    if question is not None:
        refuse_foreign(question)
    query = query_from_question(question) if question is not None else ""
    asked = settings.model_dump(include=set(SizeSettings.model_fields))
    return asked | {"question": query, "today": today.isoformat()}


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON object as a file.

    Raises:
        BadQuestionError: It holds a number that is not finite.
    """
    try:
        return json.dumps(document, allow_nan=False).encode()
    except ValueError as error:
        raise BadQuestionError("result", "a number that is not finite", "numbers") from error
