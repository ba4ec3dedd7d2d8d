"""A question back as the TOML file a user could have written."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from payback.question import Question


def question_toml(question: Question) -> str:
    """Only what differs from the defaults; reading it gives the same question.

    Example:
        >>> from payback.question import Work
        >>> print(question_toml(Question(as_of=dt.date(2026, 11, 23), work=Work(gpus=4))), end="")
        as_of = 2026-11-23
        <BLANKLINE>
        [work]
        gpus = 4
    """
    document = question.model_dump(exclude_defaults=True, exclude_none=True)
    lines = [f"as_of = {question.as_of.isoformat()}"]
    for name, part in document.items():
        if isinstance(part, dict) and part:
            lines += ["", f"[{name}]", *_pairs(part)]
        elif isinstance(part, list | tuple):
            for item in part:
                lines += ["", f"[[{name}]]", *_pairs(item)]
    return "\n".join(lines) + "\n"


def _pairs(part: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in part.items()]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(_pairs(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
