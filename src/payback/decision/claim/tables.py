"""Tables of a claim file: known keys and their other spellings, with a suggestion for the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from payback.errors import BadQuestionError

SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        "analysis": (), "inputs": ("input",), "conventions": ("convention",), "step": ("steps", "output", "outputs"),
        "alternative": ("alternatives", "option", "options"), "same": (), "verdict": ("conclusion",), "scope": (),
        "market": (), "title": (), "author": (), "source": ("url",), "date": (),
    },
    "analysis": {"title": ("name",), "author": (), "source": ("url",), "date": (), "note": ()},
    "step": {
        "name": (), "id": (), "formula": ("expression", "expr"), "arguments": ("args", "with"),
        "stated": ("printed", "value", "claimed", "says"), "unit": (), "tolerance": (), "note": (),
    },
    "alternative": {
        "name": (), "side": ("kind",), "total": ("total_usd", "usd", "cost"), "work": (), "feasible": (),
        "why": ("note",), "gpus": (), "gpus_used": (), "recommended": (),
    },
    "same": {"name": (), "here": (), "there": (), "here_label": (), "there_label": ()},
    "verdict": {"recommends": ("recommended", "choice"), "against": ("baseline",), "text": ("stated", "note")},
    "scope": {"covers": (), "excerpt": ()},
    "market": {"gpu": (), "on": ("date",), "usd_per_gpu_h": ()},
    "input": {"value": (), "label": ("note", "why"), "unit": ()},
}  # fmt: skip
"""Table to key to other spellings that are understood."""


class Table:
    """One table of a claim file, its keys checked and brought to their first spelling."""

    def __init__(self, kind: str, values: object, where: str) -> None:
        if not isinstance(values, Mapping):
            raise BadQuestionError(where, repr(values)[:60], "a table")
        self.where = where
        self._values: dict[str, Any] = {}
        for key, value in values.items():
            known = _known(kind, str(key), where)
            if known in self._values:
                raise BadQuestionError(f"{where}.{key}", "a second spelling of the same key", f"{known} once")
            self._values[known] = value

    def get(self, key: str, default: Any = None) -> Any:
        """The raw value of a key."""
        return self._values.get(key, default)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def text(self, key: str, default: str | None = "") -> str:
        """A text; required where `default` is None."""
        value = self._values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            found = "nothing" if value is None else repr(value)[:60]
            raise BadQuestionError(f"{self.where}.{key}", found, "a text in quotes")
        return value.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """A yes or no."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise BadQuestionError(f"{self.where}.{key}", repr(value)[:60], "true or false")
        return value

    def count(self, key: str) -> int | None:
        """A whole number from 1 up, or None."""
        value = self._values.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise BadQuestionError(f"{self.where}.{key}", repr(value)[:60], "a whole number from 1 up")
        return value

    def day(self, key: str) -> dt.date | None:
        """A day, a month (its first day) or a year (its first day), or None."""
        value = self._values.get(key)
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        if isinstance(value, dt.datetime):
            return value.date()
        text = str(value)
        try:
            return dt.date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
        except ValueError as error:
            raise BadQuestionError(f"{self.where}.{key}", repr(value)[:60], "a day as YYYY-MM-DD") from error


def _known(kind: str, key: str, where: str) -> str:
    for known, others in SPELLINGS[kind].items():
        if key == known or key in others:
            return known
    names = [name for known, others in SPELLINGS[kind].items() for name in (known, *others)]
    near = get_close_matches(key, names, n=1, cutoff=0.5)
    expected = f"'{near[0]}'?" if near else "one of " + ", ".join(SPELLINGS[kind])
    raise BadQuestionError(f"{where}.{key}", "an unknown key", expected)
