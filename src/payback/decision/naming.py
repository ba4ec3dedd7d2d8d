"""Ids that people can read, and facts whose source is the question itself."""

from __future__ import annotations

import re

from payback.evidence import Fact, Grade


def stated(name: str, value: float, unit: str, *, currency: str | None = None) -> Fact:
    """A fact whose source is the question itself."""
    return Fact(
        id=f"question:{name}",
        value=value,
        unit=unit,
        currency=currency,
        source="question",
        observed_on=None,
        grade=Grade.ASSUMED,
        note="stated in the question",
    )


def slug(text: str) -> str:
    """A label as an id: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9.]+", "-", text.casefold()).strip("-")
