"""What crosses the border and is no form field: pasted lists, days, numbers nobody can count with, rows of speed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from payback import answers
from payback.assembly.model import Judgement
from payback.assembly.partslist import read_json, read_plain, read_toml
from payback.errors import BadQuestionError
from payback.performance.speeds import Speed
from payback.question import Question

MOST_LINES = 120
LONGEST_LINE = 300
MOST_LISTS = 20


def calendar_day(text: str) -> dt.date:
    """The day a text names.

    Raises:
        BadQuestionError: No day of the calendar.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadQuestionError("as_of", repr(text[:40]), "a day such as 2026-11-23") from error


LARGEST_NUMBER = 1e12
"""Beyond it nobody means a price, an hour or a watt, and sums of sums leave what a float can hold."""


def refuse_absurd_numbers(value: Any, where: str = "question") -> None:
    """Every number of a question from outside is one that can be counted with.

    Raises:
        BadQuestionError: One is not; the message names its place.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            refuse_absurd_numbers(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            refuse_absurd_numbers(item, f"{where}.{index}")
    elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
        raise BadQuestionError(where, f"{value:.3g}", f"at most {LARGEST_NUMBER:.0e}")


def refuse_foreign(question: Question) -> None:
    """A question from outside may not name files of this machine, nor numbers that nothing can be counted with.

    Raises:
        BadQuestionError: It does.
    """
    refuse_absurd_numbers(question.model_dump(mode="python"))
    if question.work.usage is not None:
        expected = "no file name; logs of `payback watch` are read by `payback plan` only"
        raise BadQuestionError("work.usage", repr(question.work.usage[:60]), expected)
    for index, own in enumerate(question.own):
        if own.bench is not None:
            expected = "no file name; results of `payback bench` are read by `payback plan` only"
            raise BadQuestionError(f"own.{index}.bench", repr(own.bench[:60]), expected)


def check_text(text: str, form: str) -> list[Judgement]:
    """Whether the parts of pasted lists fit together.

    Args:
        text: The list or lists.
        form: ``text`` (one part a line), ``toml``, ``json`` or ``jsonl``.

    Raises:
        BadQuestionError: No list, too long a list, or not of that form.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    _refuse_long(lines, form)
    if form == "toml":
        lists = [read_toml(text, "pasted", where="pasted list")]
    elif form == "jsonl":
        lists = [read_json(line, f"list {n}", where=f"line {n}") for n, line in enumerate(lines, start=1)]
    elif form == "json":
        lists = [read_json(text, "pasted", where="pasted list")]
    else:
        lists = [read_plain(text, "pasted")]
    for parts_list in lists:
        _refuse_long([line.text for line in parts_list.lines], "parts")
    return answers.check_lists(lists)


def _refuse_long(lines: list[str], form: str) -> None:
    most = MOST_LISTS if form == "jsonl" else MOST_LINES
    longest = 20_000 if form in ("json", "jsonl") else LONGEST_LINE
    if not lines:
        raise BadQuestionError("pasted list", "nothing", "one part a line, e.g. 2x RTX 3090")
    if len(lines) > most:
        raise BadQuestionError("pasted list", f"{len(lines)} lines", f"at most {most}")
    if max(len(line) for line in lines) > longest:
        raise BadQuestionError("pasted list", "a line that is too long", f"at most {longest} characters a line")


def speed_row(row: Speed) -> dict[str, object]:
    """A speed with the ids of its facts, and the reason where there is none."""
    return row.as_dict() | {"why": row.why, "facts": [fact.id for fact in row.facts]}
