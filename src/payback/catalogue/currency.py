"""Dollars for other currencies, at the European Central Bank's rate of the day.

The rates ship inside the `currencyconverter` package, so no network is needed.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from payback.errors import BadQuestionError


@cache
def _converter() -> Any:
    from currency_converter import CurrencyConverter

    return CurrencyConverter(fallback_on_wrong_date=True, fallback_on_missing_rate=True)


def usd_per_unit(currency: str, on: dt.date) -> float:
    """Dollars that one unit of `currency` bought on a day.

    Days without a rate (weekends, holidays, days after the last shipped one)
    take the nearest published rate.

    Args:
        currency: ISO 4217 code.
        on: Day of the observation.

    Returns:
        Exchange rate. [USD per unit]

    Raises:
        BadQuestionError: The bank publishes no rate for this currency.

    Example:
        >>> usd_per_unit("USD", dt.date(2018, 9, 26))
        1.0
        >>> round(usd_per_unit("EUR", dt.date(2018, 9, 26)), 4)
        1.1737
    """
    if currency == "USD":
        return 1.0
    converter = _converter()
    if currency not in converter.currencies:
        raise BadQuestionError("currency", repr(currency), "an ISO code the European Central Bank quotes, e.g. EUR")
    return float(converter.convert(1.0, currency, "USD", date=on))
