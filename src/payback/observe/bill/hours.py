"""Quantities by rule, and GPU-hours by the hour and by the day, as far as the rows are short enough to tell."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from payback.observe.bill.buckets import DAY_S, HOUR_S
from payback.observe.bill.exact import decimal_of, plain_decimals
from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.fields import known
from payback.observe.tables.table import Column

SLOTS: Final = 1 << 21
"""More hours than there are from 1970 to 2100."""
FloatArray = npt.NDArray[np.float64]


class HourBook:
    """Adds up quantities."""

    def __init__(self) -> None:
        self.quantity: dict[int, float] = {}
        self.by_hour: dict[tuple[int, int], float] = {}
        self.by_day: dict[tuple[int, int], float] = {}
        self._by_start: dict[tuple[int, int], float] = {}
        self.longest_h = 0.0
        """Most hours in a row without an end."""

    def add(
        self, rules: Int64Array, amounts: FloatArray, gpus: FloatArray, start_s: Int64Array, end_s: Int64Array
    ) -> None:
        """Add rows.

        Args:
            rules: Number of each row's rule.
            amounts: Quantities in the unit of the rule.
            gpus: GPU-hours in one of that unit, 0 for what is no GPU.
            start_s: Start of each row. [s]
            end_s: End of each row; those without wait for ``settle``. [s]
        """
        for rule, total in _sums(rules, amounts):
            self.quantity[rule] = self.quantity.get(rule, 0.0) + total
        timed = (gpus > 0) & known(start_s) & (amounts != 0)
        ended = known(end_s)
        span_s = np.where(ended, end_s - start_s, 0)
        self.longest_h = max(self.longest_h, float(amounts[timed & ~ended].max(initial=0.0)))
        for rows, slots, length_s in (
            (timed & ended & (span_s <= HOUR_S), self.by_hour, HOUR_S),
            (timed & ended & (span_s > HOUR_S) & (span_s <= DAY_S), self.by_day, DAY_S),
            (timed & ~ended, self._by_start, HOUR_S),
        ):
            place = rules[rows] * SLOTS + start_s[rows] // length_s
            for owner, total in _sums(place, amounts[rows] * gpus[rows]):
                key = divmod(owner, SLOTS)
                slots[key] = slots.get(key, 0.0) + total

    def settle(self, length_s: int | None) -> None:
        """Give rows without an end their place, now that their length is known; None or long ones have none. [s]"""
        for (rule, hour), amount in self._by_start.items():
            slots, slot = (self.by_hour, hour) if length_s == HOUR_S else (self.by_day, hour // 24)
            if length_s is not None and length_s <= DAY_S:
                slots[rule, slot] = slots.get((rule, slot), 0.0) + amount
        self._by_start.clear()


def _sums(owners: Int64Array, amounts: FloatArray) -> list[tuple[int, float]]:
    distinct, inverse = np.unique(owners, return_inverse=True)
    return list(zip(distinct.tolist(), np.bincount(inverse, amounts, len(distinct)).tolist(), strict=True))


def numbers_of(column: Column) -> FloatArray:
    """Quantities as floats; not a number where none can be read."""
    mantissa, places, plain = plain_decimals(column)
    result = mantissa / 10.0**places
    for row in np.flatnonzero(~plain).tolist():
        amount = decimal_of(column.text(row))
        result[row] = float("nan") if amount is None or amount is False else float(amount)
    return result
