"""How long a month and a year are: every author has a convention, and it decides the last digit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from payback.decision.claim.printed import number
from payback.errors import BadQuestionError
from payback.units import DAYS_PER_YEAR, HOURS_PER_DAY, MONTHS_PER_YEAR

DAY_H = Fraction(HOURS_PER_DAY)
WEEK_H = 7 * DAY_H
DEFAULT_YEAR_H = DAYS_PER_YEAR * DAY_H
DEFAULT_MONTH_H = DEFAULT_YEAR_H / MONTHS_PER_YEAR
MONTHS: tuple[tuple[str, Fraction], ...] = (
    ("730 h", Fraction(730)),
    ("720 h (30 days)", Fraction(720)),
    ("672 h (4 weeks)", Fraction(672)),
    ("744 h (31 days)", Fraction(744)),
)
YEARS: tuple[tuple[str, Fraction], ...] = (
    ("365 days", 365 * DAY_H),
    ("52 weeks", 52 * WEEK_H),
    ("365.25 days", Fraction("365.25") * DAY_H),
    ("360 days", 360 * DAY_H),
    ("48 weeks (12 months of 4 weeks)", 48 * WEEK_H),
)
"""Conventions met in print."""
_UNIT_H = {"h": Fraction(1), "hour": Fraction(1), "day": DAY_H, "week": WEEK_H}
_PERIOD = re.compile(r"^\s*(?P<number>[\d.]+)\s*(?P<unit>h|hours?|days?|weeks?)?\s*$")
_MONTH_NAMES = {"hours_per_month": Fraction(1), "days_per_month": DAY_H, "weeks_per_month": WEEK_H}
_YEAR_NAMES = {"hours_per_year": Fraction(1), "days_per_year": DAY_H, "weeks_per_year": WEEK_H}
KEYS = ("month", "year", *_MONTH_NAMES, *_YEAR_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Length of a month and of a year, and whether the author said so."""

    month_h: Fraction = DEFAULT_MONTH_H
    year_h: Fraction = DEFAULT_YEAR_H
    month_stated: bool = False
    year_stated: bool = False

    def names(self) -> dict[str, Fraction]:
        """What formulas may use without naming it as an input.

        Example:
            >>> float(Calendar().names()["hours_per_month"]), float(Calendar().names()["months_per_year"])
            (730.0, 12.0)
        """
        return {
            "hours_per_month": self.month_h,
            "days_per_month": self.month_h / DAY_H,
            "weeks_per_month": self.month_h / WEEK_H,
            "hours_per_year": self.year_h,
            "days_per_year": self.year_h / DAY_H,
            "weeks_per_year": self.year_h / WEEK_H,
            "months_per_year": Fraction(MONTHS_PER_YEAR),
        }

    def others(self, used: Collection[str], *, stated_too: bool = False) -> Iterator[tuple[str, Calendar]]:
        """Calendars another author might use, each with its description; the commonest habits first.

        Args:
            used: Names a formula uses; only lengths among them are varied.
            stated_too: Also vary what the analysis states about itself.
        """
        by_month, by_year = any(name in used for name in _MONTH_NAMES), any(name in used for name in _YEAR_NAMES)
        months = MONTHS if by_month and (stated_too or not self.month_stated) else ()
        years = YEARS if by_year and (stated_too or not self.year_stated) else ()
        for month_text, month_h in months:
            if month_h != self.month_h:
                yield f"a month of {month_text}", replace(self, month_h=month_h)
        for year_text, year_h in years:
            if year_h != self.year_h:
                yield f"a year of {year_text}", replace(self, year_h=year_h)
        for month_text, month_h in months:
            for year_text, year_h in years:
                if month_h != self.month_h and year_h != self.year_h:
                    text = f"a month of {month_text} and a year of {year_text}"
                    yield text, replace(self, month_h=month_h, year_h=year_h)


def calendar_from(table: dict[str, object], where: str) -> Calendar:
    """The calendar of a ``[conventions]`` table whose keys were checked.

    Raises:
        BadQuestionError: A length that is none, or a month or year stated twice.

    Example:
        >>> calendar_from({"month": "30 days"}, "claim.toml: conventions").month_h
        Fraction(720, 1)
    """
    calendar = Calendar()
    for key, value in table.items():
        unit = _MONTH_NAMES.get(key) or _YEAR_NAMES.get(key)
        length = number(value, f"{where}.{key}") * unit if unit else _length_h(value, f"{where}.{key}")
        month = key == "month" or key in _MONTH_NAMES
        if calendar.month_stated if month else calendar.year_stated:
            raise BadQuestionError(f"{where}.{key}", "a second length", "one length of the month and one of the year")
        _check(length, f"{where}.{key}", (600, 800) if month else (7000, 9000))
        if month:
            calendar = replace(calendar, month_h=length, month_stated=True)
        else:
            calendar = replace(calendar, year_h=length, year_stated=True)
    return calendar


def _length_h(value: object, where: str) -> Fraction:
    match = _PERIOD.match(str(value))
    if match is None or isinstance(value, bool):
        raise BadQuestionError(where, repr(value), "a length with its unit: '720 h', '30 days', '52 weeks'")
    length = number(match["number"], where)
    return length * (_UNIT_H[match["unit"].rstrip("s")] if match["unit"] else _likely_unit_h(length))


def _likely_unit_h(length: Fraction) -> Fraction:
    """A bare number is hours, days or weeks by its size: 720, 30 or 4 a month; 8,760, 365 or 52 a year."""
    if length >= 600:
        return Fraction(1)
    return DAY_H if 27 <= length <= 32 or length > 300 else WEEK_H


def _check(length_h: Fraction, where: str, span_h: tuple[int, int]) -> None:
    if not span_h[0] <= length_h <= span_h[1]:
        raise BadQuestionError(where, f"{float(length_h):g} h", f"{span_h[0]} to {span_h[1]} h")
