"""Sums of money without rounding: decimal text to whole numbers of the last place, whole columns at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final

import numpy as np
import numpy.typing as npt

from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.fields import LONGEST_NUMBER, NO_VALUE
from payback.observe.tables.table import Column

HALF: Final = 10**9
"""Numbers of up to 18 digits are summed in two halves, so that a sum of floats stays a whole number below 2^53."""
MOST_PLACES: Final = 60
LARGEST: Final = Decimal("1e30")
"""No bill has such an amount; beyond it a number is a sign of damage."""
DIGITS: Final = 200
_INVOICED = re.compile(r"(?P<minus>-)?[$€£]?\s*(?P<amount>\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?)\s*[$€£]?")
"""As people write amounts on invoices: a sign of the currency, commas between thousands."""
BoolArray = npt.NDArray[np.bool_]


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """A sum of decimals to the last place, whatever the precision of the context.

    Example:
        >>> exact_sum([Decimal("1e20"), Decimal("0.000000000000000001")])
        Decimal('100000000000000000000.000000000000000001')
    """
    with localcontext() as context:
        context.prec = DIGITS
        return sum(amounts, Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """A column of decimal text, read: most in two arrays, the long and the odd ones by row."""

    mantissa: Int64Array
    places: Int64Array
    plain: BoolArray
    others: Mapping[int, Decimal]
    stands: BoolArray
    """Where a number stands."""
    rubbish: BoolArray
    """Where something else stands."""


def amounts_of(column: Column) -> Amounts:
    """Read a column of decimal text."""
    mantissa, places, plain = plain_decimals(column)
    others: dict[int, Decimal] = {}
    rubbish = np.zeros(len(plain), bool)
    for row in np.flatnonzero(~plain).tolist():
        amount = decimal_of(column.text(row))
        if isinstance(amount, Decimal):
            others[row] = amount
        else:
            rubbish[row] = amount is not None
    stands = plain.copy()
    stands[list(others)] = True
    return Amounts(mantissa=mantissa, places=places, plain=plain, others=others, stands=stands, rubbish=rubbish)


class ExactSums:
    """Adds up columns of amounts by group."""

    def __init__(self) -> None:
        self._units: dict[tuple[int, int], int] = {}

    def add(self, groups: Int64Array, amounts: Amounts, alive: BoolArray) -> None:
        """Add the rows that are alive to their groups."""
        rows = np.flatnonzero(amounts.plain & alive)
        self._add_plain(groups[rows], amounts.mantissa[rows], amounts.places[rows])
        for row, amount in amounts.others.items():
            if alive[row]:
                self._add_one(int(groups[row]), amount)

    def totals(self) -> dict[int, Decimal]:
        """The sums of all groups that had an amount."""
        found: dict[int, list[Decimal]] = {}
        for (group, places), units in self._units.items():
            found.setdefault(group, []).append(_scaled(units, places))
        return {group: exact_sum(parts) for group, parts in found.items()}

    def _add_plain(self, groups: Int64Array, mantissa: Int64Array, places: Int64Array) -> None:
        owners, inverse = np.unique(groups * (MOST_PLACES + 1) + places, return_inverse=True)
        high, low = np.divmod(mantissa, HALF)
        highs = np.bincount(inverse, high.astype(np.float64), len(owners))
        lows = np.bincount(inverse, low.astype(np.float64), len(owners))
        for owner, upper, lower in zip(owners.tolist(), highs.tolist(), lows.tolist(), strict=True):
            key = divmod(owner, MOST_PLACES + 1)
            self._units[key] = self._units.get(key, 0) + int(upper) * HALF + int(lower)

    def _add_one(self, group: int, amount: Decimal) -> None:
        _, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)
        places = max(0, -exponent)
        units = int(Decimal((amount.is_signed(), digits, exponent + places)))
        self._units[group, places] = self._units.get((group, places), 0) + units


def decimal_of(text: str) -> Decimal | bool | None:
    """A number as it stands in a bill; None where nothing stands, False for rubbish.

    Example:
        >>> decimal_of("-1.2E-7"), decimal_of(""), decimal_of("$1,204.50"), decimal_of("1.204,50"), decimal_of("free")
        (Decimal('-1.2E-7'), None, Decimal('1204.50'), False, False)
    """
    if text.casefold() in NO_VALUE and text != "-1":
        return None
    written = _INVOICED.fullmatch(text)
    if written is not None:
        text = (written["minus"] or "") + written["amount"].replace(",", "")
    try:
        amount = Decimal(text) if text.isascii() and "_" not in text else Decimal("nan")
    except InvalidOperation:
        return False
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or not exponent >= -MOST_PLACES or abs(amount) > LARGEST:
        return False
    return amount


def plain_decimals(column: Column) -> tuple[Int64Array, Int64Array, BoolArray]:
    """Digits of numbers without their point, digits behind the point, and where a field is such a number.

    Read are a minus, digits and a point, at most 18 digits; whatever else stands there is left to ``decimal_of``.
    """
    length = column.end - column.start
    first = column.data[np.minimum(column.start, len(column.data) - 1)]
    negative = (length > 1) & (first == ord("-"))
    size = length - negative
    plain = (size > 0) & (size <= LONGEST_NUMBER)
    mantissa, places = np.zeros(len(length), np.int64), np.full(len(length), -1)
    power = np.ones(len(length), np.int64)
    for back in range(int(size[plain].max(initial=0))):
        inside = plain & (size > back)
        character = column.data[np.maximum(column.end - 1 - back, 0)].astype(np.int64)
        point = inside & (character == ord(".")) & (places < 0)
        digit = character - 48
        plain &= ~inside | point | ((digit >= 0) & (digit <= 9))
        places[point] = back
        counts = inside & ~point & plain
        mantissa += np.where(counts, digit, 0) * power
        power = np.where(counts, power * 10, power)
    plain &= size > (places >= 0)
    return np.where(negative, -mantissa, mantissa), np.maximum(places, 0), plain


def _scaled(units: int, places: int) -> Decimal:
    return Decimal((units < 0, tuple(map(int, str(abs(units)))), -places))
