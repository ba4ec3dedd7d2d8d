"""Rules with their sums become the lines of a bill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from payback.observe.bill.exact import exact_sum
from payback.observe.bill.hours import HourBook
from payback.observe.bill.lines import CATEGORIES, BillLine, LineKey
from payback.observe.bill.rules import COST, EFFECTIVE, NET, NOTHING, Rule

NET_NOTE: Final = "costs are net of the discounts that the bill shows in a column of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a reader has added up."""

    rules: tuple[Rule, ...]
    rows: Mapping[int, int]
    """Rows by rule."""
    sums: Mapping[str, Mapping[int, Decimal]]
    """Amounts by money column and group: rule times `months`, plus month after 1970, plus 1 (0: no month)."""
    complete: Mapping[str, bool]
    """Whether a money column has a number in every row that counts."""
    book: HourBook
    months: int


def gathered_lines(gathered: Gathered) -> tuple[tuple[BillLine, ...], tuple[str, ...]]:
    """The lines, by category and then the dearest first; and what the reader of the bill should know."""
    billed = _billed_column(gathered)
    months = {name: _months(sums, gathered.months) for name, sums in gathered.sums.items()}
    by_key: dict[LineKey, list[int]] = {}
    for number, rule in enumerate(gathered.rules):
        if gathered.rows.get(number):
            by_key.setdefault(rule.key, []).append(number)
    lines = [_line(gathered, months, key, numbers, billed) for key, numbers in by_key.items()]
    lines.sort(key=lambda line: (CATEGORIES.index(line.key.category), -line.effective, -line.cost, line.key.item))
    return tuple(lines), (NET_NOTE,) if billed == NET else ()


def _billed_column(gathered: Gathered) -> str:
    """The net column where it is whole and no row is a discount: then discounts are nowhere else."""
    rows_of_discounts = any(rule.discount for rule in gathered.rules)
    return NET if gathered.complete.get(NET) and gathered.sums.get(NET) and not rows_of_discounts else COST


Months = Mapping[str, Mapping[int, Mapping[int, Decimal]]]
"""Amounts by money column, rule and month."""


def _months(sums: Mapping[int, Decimal], months: int) -> dict[int, dict[int, Decimal]]:
    found: dict[int, dict[int, Decimal]] = {}
    for group, amount in sums.items():
        number, month = divmod(group, months)
        found.setdefault(number, {})[month - 1] = amount
    return found


def _line(gathered: Gathered, months: Months, key: LineKey, numbers: list[int], billed: str) -> BillLine:
    cost = _added(months.get(billed, {}).get(number, {}) for number in numbers)
    effective = _added(
        months.get(_effective_column(gathered, number, billed), {}).get(number, {}) for number in numbers
    )
    book = gathered.book
    return BillLine(
        key=key,
        rows=sum(gathered.rows.get(number, 0) for number in numbers),
        cost=exact_sum(cost.values()),
        cost_by_month=cost,
        effective=exact_sum(effective.values()),
        effective_by_month=effective,
        quantity=round(sum(book.quantity.get(number, 0.0) for number in numbers), 9),
        gpu_h_by_hour=_slots(book.by_hour, numbers),
        gpu_h_by_day=_slots(book.by_day, numbers),
    )


def _effective_column(gathered: Gathered, number: int, billed: str) -> str:
    rule = gathered.rules[number]
    silent = rule.effective == EFFECTIVE and not gathered.sums[EFFECTIVE]
    if rule.effective == COST or silent:
        return billed
    return rule.effective if rule.effective in gathered.sums else NOTHING


def _added(parts: Iterable[Mapping[int, Decimal]]) -> dict[int, Decimal]:
    together: dict[int, list[Decimal]] = {}
    for part in parts:
        for month, amount in part.items():
            together.setdefault(month, []).append(amount)
    return {month: exact_sum(amounts) for month, amounts in sorted(together.items())}


def _slots(slots: Mapping[tuple[int, int], float], numbers: list[int]) -> dict[int, float]:
    found: dict[int, float] = {}
    for (owner, slot), amount in slots.items():
        if owner in numbers:
            found[slot] = found.get(slot, 0.0) + amount
    return dict(sorted(found.items()))
