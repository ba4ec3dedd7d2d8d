"""Cells as public files write them, and the values they stand for.

Nothing is repaired here: a cell that can be read in two ways is not believed.
"""

from __future__ import annotations

import ast
import calendar
import datetime as dt
import json
import math
import re
from functools import lru_cache
from typing import Any, Final

from payback.catalogue.collect.quarantine import NotBelieved

NOTHING: Final = frozenset({"", "-", "—", "–", "n/a", "na", "none", "null", "nan", "tbd", "?", "$-", "$ -", "--"})
"""What people write where there is no figure (case folded)."""
CURRENCY_SIGNS: Final = {"$": "USD", "US$": "USD", "USD": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP"}
USD_PER_GPU_H: Final = (0.002, 100.0)
"""A GPU has never been let for less or more an hour; outside it the unit is wrong (cents, months, a whole rack)."""
USD_PER_MACHINE_H: Final = (0.0005, 1000.0)
USD_PER_PART: Final = (0.5, 500_000.0)
USD_PER_KWH: Final = (0.001, 2.0)
OLDEST_DAY: Final = dt.date(1970, 1, 1)
LITERAL_LIMIT: Final = 20_000
"""Longest cell that is read as a literal; real ones have some 300 characters."""

_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d{1,3})?")
_PRICE = re.compile(r"(?P<before>US\$|\$|€|£|USD|EUR|GBP)?\s*(?P<number>[-+\d.,eE]+)\s*(?P<after>\$|€|£|USD|EUR|GBP)?")
_MONTHS: Final = tuple(name.casefold() for name in calendar.month_name)
"""The names in the C locale that every Python starts with; entry 0 is empty."""


def says_nothing(cell: object) -> bool:
    """Whether a cell is one of the ways to write "no figure"."""
    return cell is None or (isinstance(cell, str) and cell.strip().casefold() in NOTHING)


def number(cell: object, field: str) -> float | None:
    """The number in a cell; None where it says that there is none.

    Example:
        >>> number("1,770", "price"), number("8.0", "count"), number("N/A", "price")
        (1770.0, 8.0, None)
        >>> number("2.2.44", "price")
        Traceback (most recent call last):
        payback.catalogue.collect.quarantine.NotBelieved: price: not a number (2.2.44)
    """
    if isinstance(cell, str):
        value = _plain_float(cell)
        if value is None and says_nothing(cell):
            return None
        if value is None:
            text = cell.strip()
            if not _NUMBER.fullmatch(text):
                raise NotBelieved(field, "not a number", text)
            value = float(text.replace(",", ""))
    elif cell is None:
        return None
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        value = float(cell)
    else:
        raise NotBelieved(field, "not a number", cell)
    if math.isinf(value):
        raise NotBelieved(field, "not a finite number", cell)
    return None if math.isnan(value) else value


def _plain_float(cell: str) -> float | None:
    """The value of a cell that is plainly a number; None for anything that needs a second look."""
    if "_" in cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def known(cell: object, field: str) -> float | None:
    """The number in a cell of a source that writes 0 for "unknown"."""
    return number(cell, field) or None


def money(cell: object, field: str, default: str = "USD") -> tuple[float, str] | None:
    """The amount and currency in a cell; None where there is no price, 0 included.

    A sign beside the number wins over the column's usual currency.

    Example:
        >>> money("$1,770", "price"), money("€3.20", "price"), money("$-", "price")
        ((1770.0, 'USD'), (3.2, 'EUR'), None)
    """
    plain = _plain_float(cell) if isinstance(cell, str) else None
    if plain is not None or isinstance(cell, int | float) or says_nothing(cell):
        value = number(cell, field)
        return (value, default) if value else None
    match = _PRICE.fullmatch(str(cell).strip())
    if match is None:
        raise NotBelieved(field, "not a number", cell)
    signs = {CURRENCY_SIGNS[sign] for sign in (match["before"], match["after"]) if sign}
    if len(signs) > 1:
        raise NotBelieved(field, "two currencies in one cell", cell)
    value = number(match["number"], field)
    return (value, signs.pop() if signs else default) if value else None


def price(cell: object, field: str, default: str = "USD") -> tuple[float, str]:
    """The amount and currency in a cell that must hold a price.

    Raises:
        NotBelieved: It is empty, zero, negative or no number.
    """
    found = money(cell, field, default)
    if found is None:
        raise NotBelieved(field, "no price" if says_nothing(cell) else "a price of 0 means no price", cell)
    if found[0] < 0:
        raise NotBelieved(field, "a negative price", cell)
    return found


def within(value: float, bounds: tuple[float, float], field: str, unit: str) -> float:
    """The value, if it lies where such values lie.

    Raises:
        NotBelieved: It is so far off that the unit must be another one.
    """
    if not bounds[0] <= value <= bounds[1]:
        raise NotBelieved(field, f"impossible for a price in {unit}", f"{value:g}")
    return value


def whole(cell: object, field: str) -> int | None:
    """A count; None where there is none.

    Raises:
        NotBelieved: It is negative, or has a fraction.
    """
    value = number(cell, field)
    if value is None:
        return None
    if value < 0 or value != int(value):
        raise NotBelieved(field, "not a count", cell)
    return int(value)


def day(cell: object, field: str, today: dt.date) -> dt.date:
    """The day in a cell: an ISO date, a date with a time, a year and month, a year, or `April 2022`.

    A month stands for its 15th, a year or half-year for its last day: nobody
    could know the average before.

    Raises:
        NotBelieved: It is no date, or lies in the future.

    Example:
        >>> day("April 2022", "Month", dt.date(2026, 1, 1)), day("2023", "Period", dt.date(2026, 1, 1))
        (datetime.date(2022, 4, 15), datetime.date(2023, 12, 31))
    """
    text = cell.isoformat() if isinstance(cell, dt.date) else str(cell or "").strip()
    found = _parse_day(text)
    if found is None:
        raise NotBelieved(field, "not a date", text)
    if found > today and found > today + dt.timedelta(days=1):
        raise NotBelieved(field, "a date in the future", text)
    if found < OLDEST_DAY:
        raise NotBelieved(field, "a date before 1970", text)
    return found


def aside(cell: object, field: str, ignored: list[str]) -> float | None:
    """A figure that only describes; one that is no number is left aside, and `ignored` told."""
    try:
        return known(cell, field)
    except NotBelieved as refusal:
        ignored.append(f"{field}: {refusal.reason}")
        return None


@lru_cache(maxsize=4096)
def _parse_day(text: str) -> dt.date | None:
    try:
        if re.match(r"\d{4}-\d{2}-\d{2}", text):
            return dt.date.fromisoformat(text[:10])
        if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return dt.date(int(match[1]), int(match[2]), 15)
        if match := re.fullmatch(r"(\d{4})-?[SsHh]([12])", text):
            return dt.date(int(match[1]), 6 * int(match[2]), 30 if match[2] == "1" else 31)
        if re.fullmatch(r"\d{4}", text):
            return dt.date(int(text), 12, 31)
        if match := re.fullmatch(r"([A-Za-z]+) (\d{4})", text):
            return dt.date(int(match[2]), _MONTHS.index(match[1].casefold()), 15)
    except ValueError:
        return None
    return None


@lru_cache(maxsize=8192)
def literal(text: str) -> Any:
    """The value of a cell written as JSON or as a Python literal; the text itself where it is neither.

    Nothing is ever evaluated.

    Example:
        >>> literal("{'Gpus': [{'Name': 'T4'}]}")
        {'Gpus': [{'Name': 'T4'}]}
        >>> literal("V100")
        'V100'
    """
    stripped = text.strip()
    if not stripped or stripped[0] not in "{[" or len(stripped) > LITERAL_LIMIT:
        return stripped
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(stripped)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return stripped


def slug(name: str) -> str:
    """A name as the ids of the catalogue are written.

    Example:
        >>> slug("Latitude.sh"), slug(" Massed Compute ")
        ('latitude-sh', 'massed-compute')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
