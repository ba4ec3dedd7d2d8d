"""Columns named by the caller: ``key=NAME`` pairs."""

from __future__ import annotations

from collections.abc import Sequence

from payback.errors import BadQuestionError, UnknownNameError


def parse_pairs(text: str, keys: Sequence[str], example: str) -> dict[str, str]:
    """Read ``key=NAME`` pairs joined by commas.

    Raises:
        BadQuestionError: A pair is twice there or not of the form.
        UnknownNameError: A key nobody has heard of.

    Example:
        >>> parse_pairs("cost=Amount, start=Day", ("cost", "start"), "cost=NAME")
        {'cost': 'Amount', 'start': 'Day'}
    """
    named: dict[str, str] = {}
    for pair in text.split(","):
        key, equals, name = (part.strip() for part in pair.partition("="))
        if not equals or not name or key in named:
            raise BadQuestionError("columns", repr(pair), f"key=NAME pairs, each key once: {example}")
        if key not in keys:
            raise UnknownNameError("column key", key, keys, f"Keys: {', '.join(keys)}.")
        named[key] = name
    return named
