"""Figures as people print them: the number, its unit, and how far the printed digits may be off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from payback.errors import BadQuestionError

SMALLEST, LARGEST = Fraction(1, 10**18), Fraction(10**18)
"""Figures outside this range are typing mistakes, and exact arithmetic on them would be slow."""
ABOUT_SHARE = Fraction(3, 100)
"""What "about" allows."""
TRAILING_ZERO_SHARE = Fraction(1, 200)
"""Trailing zeros of a whole number may come from rounding, but by no more than this share of it."""
CUT_SHARE = Fraction(1, 100)
"""A figure cut instead of rounded is accepted where that moves it by less than this."""
ROUNDING_SLACK = Fraction(1, 10**12)

_NUMBER = r"(?P<number>[-+−]?(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)?(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_FIGURE = re.compile(
    r"^\s*(?P<about>~|≈|about\b|approx(?:\.|imately)?|around\b|ca\.?|circa\b)?\s*(?P<currency>\$|USD\b)?\s*"
    + _NUMBER
    + r"\s?(?P<scale>[kKM]\b|bn\b|million\b|billion\b)?\s*(?P<unit>.*?)\s*$"
)
_SCALES = {"k": 10**3, "K": 10**3, "M": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A stated figure, or the two ends of a stated range."""

    low: Fraction
    high: Fraction
    tolerance: Fraction
    """How far from the figure its true value may lie."""
    last_digit: Fraction
    """Size of the last digit that was printed."""
    unit: str = ""
    explicit: bool = False
    """Whether somebody set the tolerance, so that the digits do not decide."""

    def admits(self, value: Fraction) -> bool:
        """Whether the value would be printed so.

        Example:
            >>> figure = printed("2.9 y", "step")
            >>> figure.admits(Fraction("2.925")), figure.admits(Fraction("2.96"))
            (True, False)
        """
        room = self.tolerance + ROUNDING_SLACK * max(abs(self.low), abs(self.high))
        return self.low - room <= value <= self.high + room

    def is_cut_from(self, value: Fraction) -> bool:
        """Whether the value gives the figure when its digits are cut off or rounded up, and that matters little."""
        if self.explicit or self.low != self.high or self.low == 0:
            return False
        near = abs(value - self.low) < self.last_digit
        return near and abs(value - self.low) <= CUT_SHARE * abs(self.low)

    def as_json(self) -> float | list[float]:
        """The figure, or [low, high]."""
        return float(self.low) if self.low == self.high else [float(self.low), float(self.high)]


def number(value: object, where: str) -> Fraction:
    """An input as an exact number; text such as "$2,200" or "15 %" is understood.

    Args:
        value: A TOML number or text.
        where: Path of the value, for the error.

    Raises:
        BadQuestionError: Not a finite number of sensible size.

    Example:
        >>> number("15 %", "inputs.utilisation"), number("$2,200", "inputs.desktop_usd")
        (Fraction(3, 20), Fraction(2200, 1))
    """
    return _parsed(value, where)[0].low


def printed(value: object, where: str, *, tolerance: object = None, unit: str = "") -> Printed:
    """A stated figure with the tolerance its digits imply.

    Half of the last printed decimal; for a whole number half of its last
    digit that is not zero, but at most 0.5 % of it and at least 0.5; "about"
    or "~" allows 3 %.

    Args:
        value: A TOML number, text as printed ("~$298,500", "9.4 months"), or a [low, high] pair of them.
        where: Path of the value, for errors.
        tolerance: Overrides the digits: a number, or text like "2 %".
        unit: Unit of the step; "%" keeps percentages as they are.

    Example:
        >>> float(printed("~300 days", "step").tolerance), float(printed(Decimal("1.40"), "step").tolerance)
        (9.0, 0.005)
    """
    if isinstance(value, list):
        if len(value) != 2:
            raise BadQuestionError(where, f"{len(value)} figures", "one figure, or a range [low, high]")
        ends = [printed(end, where, tolerance=tolerance, unit=unit) for end in value]
        low, high = sorted(ends, key=lambda end: end.low)
        return Printed(
            low=low.low,
            high=high.low,
            tolerance=max(low.tolerance, high.tolerance),
            last_digit=max(low.last_digit, high.last_digit),
            unit=low.unit or high.unit,
            explicit=tolerance is not None,
        )
    figure, about = _parsed(value, where, keep_percent=unit == "%")
    if tolerance is not None:
        return _with(figure, _tolerance(tolerance, figure.low, f"{where}: tolerance"), explicit=True)
    if about:
        return _with(figure, max(figure.tolerance, ABOUT_SHARE * abs(figure.low)), explicit=False)
    return figure


def _with(figure: Printed, tolerance: Fraction, *, explicit: bool) -> Printed:
    return Printed(
        low=figure.low,
        high=figure.high,
        tolerance=tolerance,
        last_digit=figure.last_digit,
        unit=figure.unit,
        explicit=explicit,
    )


def _tolerance(value: object, figure: Fraction, where: str) -> Fraction:
    relative = isinstance(value, str) and value.strip().endswith("%")
    room = number(value, where)
    if room < 0:
        raise BadQuestionError(where, repr(value), "a number from 0 up, or a share like '2 %'")
    return room * abs(figure) if relative else room


def _parsed(value: object, where: str, *, keep_percent: bool = False) -> tuple[Printed, bool]:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise BadQuestionError(where, repr(value), "a number, or text that starts with one, e.g. '$2,311'")
    if isinstance(value, str):
        return _from_text(value, where, keep_percent=keep_percent)
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise BadQuestionError(where, str(value), "a finite number")
    return _figure(exact, Fraction(1), "", where), False


def _from_text(text: str, where: str, *, keep_percent: bool) -> tuple[Printed, bool]:
    match = _FIGURE.match(text.replace("\N{NO-BREAK SPACE}", " ")) if len(text) <= 200 else None
    digits = match["number"].replace(",", "").replace("_", "").replace("−", "-") if match else ""
    if match is None or not any(letter.isdigit() for letter in digits):
        raise BadQuestionError(where, repr(text[:60]), "a number, e.g. 2311, '$2,311', '~300 days', '15 %'")
    unit = match["unit"]
    if unit[:1].isdigit() or unit[:1] in {",", "."}:
        raise BadQuestionError(where, repr(text[:60]), "one number with a point for decimals, e.g. '2,311.50'")
    scale = Fraction(_SCALES.get(match["scale"] or "", 1))
    if unit.startswith("%") and not keep_percent:
        scale, unit = scale / 100, "share"
    return _figure(Decimal(digits), scale, unit or ("USD" if match["currency"] else ""), where), bool(match["about"])


def _figure(exact: Decimal, scale: Fraction, unit: str, where: str) -> Printed:
    _, digits, exponent = exact.as_tuple()
    assert isinstance(exponent, int)
    if abs(exponent) > 40 or len(digits) > 40:
        raise BadQuestionError(where, str(exact)[:60], "0, or a number from 1e-18 to 1e18 in size")
    value = Fraction(exact) * scale
    if value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        raise BadQuestionError(where, str(exact)[:60], "0, or a number from 1e-18 to 1e18 in size")
    last = Fraction(10) ** exponent * scale
    return Printed(low=value, high=value, tolerance=_half_of_last(value, last), last_digit=last, unit=unit)


def _half_of_last(value: Fraction, last: Fraction) -> Fraction:
    """Half of the last printed digit, or of the last digit that is not a trailing zero of a whole number."""
    if last < 1 or value == 0:
        return last / 2
    place = last
    while (value / (place * 10)).denominator == 1:
        place *= 10
    return max(last / 2, min(place / 2, TRAILING_ZERO_SHARE * abs(value)))
