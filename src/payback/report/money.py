"""Amounts of money as people write them, in the currency they asked for."""

from __future__ import annotations

from collections.abc import Callable

from payback.catalogue.currency import usd_per_unit
from payback.question import Question

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(usd: float) -> str:
    """Dollars as people write them.

    Example:
        >>> money(2752.4), money(-12.0), money(0.3456)
        ('$2,752', '-$12', '$0.35')
    """
    return _text(usd, "$")


def formatter(question: Question) -> Callable[[float], str]:
    """Writes dollars in the currency of a question, at the central bank's rate of its day.

    Raises:
        BadQuestionError: The bank publishes no rate for the currency.
    """
    code = question.finance.currency
    if code == "USD":
        return money
    rate = usd_per_unit(code, question.as_of)
    sign = SIGNS.get(code, f"{code} ")
    return lambda usd: _text(usd / rate, sign)


def _text(amount: float, sign: str) -> str:
    minus, size = "-" if amount < 0 else "", abs(amount)
    return f"{minus}{sign}{size:,.0f}" if size >= 10 else f"{minus}{sign}{size:,.2f}"
