"""From the blocks of a table to lines: rules are chosen once per combination of texts, money is summed exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from payback.observe.bill import buckets, reasons
from payback.observe.bill.exact import ExactSums, amounts_of
from payback.observe.bill.form import Form
from payback.observe.bill.gather import Gathered, gathered_lines
from payback.observe.bill.hours import HourBook, numbers_of
from payback.observe.bill.lines import Bill
from payback.observe.bill.machines import Machines
from payback.observe.bill.moments import Moments, Span
from payback.observe.bill.rules import COST, Rule
from payback.observe.tables.arrays import Int64Array, UInt64Array
from payback.observe.tables.fields import ABSENT, keys, known
from payback.observe.tables.header import Header
from payback.observe.tables.ledger import Ledger
from payback.observe.tables.table import Block, Column

MONTHS: Final = 4096
"""Groups of rows are numbered rule times this plus month; the year 2100 is month 1560."""
MOST_TEXTS: Final = 200_000
"""Combinations of texts remembered; a bill whose every row has words of its own must not fill the memory."""
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
BoolArray = npt.NDArray[np.bool_]


class BillReader:
    """Reads the tables of one bill."""

    def __init__(self, form: Form, machines: Machines, currency: str = "USD") -> None:
        self.form, self.machines, self.currency = form, machines, currency
        self.rejected, self.treated = Ledger(), Ledger()
        self.rows_read = 0
        self._rules: list[Rule] = []
        self._numbers: dict[Rule, int] = {}
        self._by_key: dict[int, int] = {}
        self._rows: dict[int, int] = {}
        self._sums = {name: ExactSums() for name in form.money}
        self._unread = dict.fromkeys(form.money, 0)
        self._book = HourBook()
        self._moments = Moments()
        self._charged, self._billed = Span(), Span()
        self._starts: set[int] = set()

    def read(self, header: Header, blocks: Iterable[Block]) -> None:
        """Add a table.

        Raises:
            UnknownNameError: It has no column of costs.
        """
        header.require(*self.form.money[COST])
        if self.form.name == "csv":
            self._require_named(header)
        before = self.rows_read
        for block in blocks:
            self.rows_read += len(block.ragged_rows)
            self.rejected.count(reasons.RAGGED, block.ragged_rows + before)
            if block.rows:
                self._block(header, block, before)

    def bill(self) -> Bill:
        """The lines of all tables read."""
        gathered = Gathered(
            rules=tuple(self._rules),
            rows=self._rows,
            sums={name: sums.totals() for name, sums in self._sums.items()},
            complete={name: not unread for name, unread in self._unread.items()},
            book=self._book,
            months=MONTHS,
        )
        length_s = buckets.DAY_S if self.form.end else self._length_s()
        self._book.settle(length_s)
        lines, notes = gathered_lines(gathered)
        return Bill(
            format=self.form.name,
            lines=lines,
            first_s=self._charged.first_s,
            last_s=self._last_s(length_s),
            period_s=self._billed.bounds,
            rows_read=self.rows_read,
            rejected=self.rejected.tallies(),
            treated=self.treated.tallies(),
            notes=notes,
        )

    def _length_s(self) -> int | None:
        return buckets.bucket_s(self._starts, self._book.longest_h, many_machines=self.form.many_machines)

    def _last_s(self, length_s: int | None) -> int | None:
        last_s = self._charged.last_s
        if self.form.end or last_s is None:
            return last_s
        return None if length_s is None else buckets.end_s(last_s, length_s)

    def _require_named(self, header: Header) -> None:
        columns = [*self.form.texts.values(), *self.form.quantity.values(), self.form.start, self.form.end]
        for names in columns:
            if names:
                header.require(*names)

    def _block(self, header: Header, block: Block, before: int) -> None:
        numbers = block.row_numbers + before
        self.rows_read += block.rows
        start_s, end_s = self._times(header, block)
        rule_of = self._rule_numbers(header, block)
        alive = self._drop(numbers, np.ones(block.rows, bool), reasons.BAD_CURRENCY, rule_of < 0)
        if self.form.dated:
            alive = self._drop(numbers, alive, reasons.UNDATED, ~known(start_s))
        month = np.full(block.rows, -1)
        month[known(start_s)] = start_s[known(start_s)].astype("M8[s]").astype("M8[M]").astype(np.int64)
        groups = np.maximum(rule_of, 0) * MONTHS + (month + 1)
        alive = self._money(header, block, numbers, groups, alive)
        self._hours(header, block, numbers, rule_of, start_s, end_s, alive)
        self._count(groups, alive)
        self.treated.count(reasons.NO_TIME, numbers[alive & ~known(start_s)])
        self._charged.add(start_s[alive], end_s[alive])
        if not self.form.end:
            self._starts.update(np.unique(start_s[alive & known(start_s)] // buckets.HOUR_S).tolist())
        self._period(header, block, alive)

    def _drop(self, numbers: Int64Array, alive: BoolArray, reason: str, broken: BoolArray) -> BoolArray:
        self.rejected.count(reason, numbers[alive & broken])
        return alive & ~broken

    def _money(
        self, header: Header, block: Block, numbers: Int64Array, groups: Int64Array, alive: BoolArray
    ) -> BoolArray:
        cost = amounts_of(block.column(header.require(*self.form.money[COST])))
        alive = self._drop(numbers, alive, reasons.BAD_COST, cost.rubbish)
        alive = self._drop(numbers, alive, reasons.NO_COST, ~cost.stands)
        for name, names in self.form.money.items():
            column = header.column(block, *names)
            if column is None:
                self._unread[name] += block.rows
                continue
            amounts = cost if name == COST else amounts_of(column)
            self._sums[name].add(groups, amounts, alive)
            self._unread[name] += int((alive & ~amounts.stands).sum())
        return alive

    def _hours(
        self,
        header: Header,
        block: Block,
        numbers: Int64Array,
        rule_of: Int64Array,
        start_s: Int64Array,
        end_s: Int64Array,
        alive: BoolArray,
    ) -> None:
        for unit, names in self.form.quantity.items():
            factors = np.array([self._factor(rule, unit) for rule in self._rules] or [np.nan])[np.maximum(rule_of, 0)]
            rows = np.flatnonzero(alive & ~np.isnan(factors))
            column = header.column(block, *names)
            if column is None or not len(rows):
                continue
            amounts = numbers_of(column.part(rows))
            unread = np.isnan(amounts)
            self.treated.count(reasons.BAD_QUANTITY, numbers[rows[unread]])
            rows, amounts = rows[~unread], amounts[~unread] * factors[rows[~unread]]
            gpus = np.array([_gpus(rule) for rule in self._rules] or [0.0])[rule_of[rows]]
            self._book.add(rule_of[rows], amounts, gpus, start_s[rows], end_s[rows])

    @staticmethod
    def _factor(rule: Rule, unit: str) -> float:
        return rule.factor if rule.factor is not None and rule.quantity == unit else float("nan")

    def _times(self, header: Header, block: Block) -> tuple[Int64Array, Int64Array]:
        absent = np.full(block.rows, ABSENT)
        start, end = header.column(block, *self.form.start), header.column(block, *self.form.end)
        return (
            absent if start is None else self._moments.read(start),
            absent if end is None else self._moments.read(end),
        )

    def _rule_numbers(self, header: Header, block: Block) -> Int64Array:
        """The number of each row's rule; -1 where its currency is none."""
        columns = {
            name: column
            for name, names in self.form.texts.items()
            if (column := header.column(block, *names)) is not None
        }
        if not columns:
            return np.full(block.rows, self._number(0, {}))
        mixed: UInt64Array = np.zeros(block.rows, np.uint64)
        for column in columns.values():
            mixed = (mixed ^ keys(column)) * _MIX
            mixed ^= mixed >> np.uint64(29)
        if len(self._by_key) > MOST_TEXTS:
            self._by_key.clear()
        distinct, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        numbers = np.array(
            [self._known_number(key, columns, row) for key, row in zip(distinct.tolist(), first.tolist(), strict=True)]
        )
        found: Int64Array = numbers[inverse]
        return found

    def _known_number(self, key: int, columns: dict[str, Column], row: int) -> int:
        if key in self._by_key:
            return self._by_key[key]
        return self._number(key, {name: column.text(row) for name, column in columns.items()})

    def _number(self, key: int, texts: dict[str, str]) -> int:
        if key in self._by_key:
            return self._by_key[key]
        currency = (texts.get("currency") or self.currency).upper()
        if _CURRENCY.fullmatch(currency) is None:
            number = -1
        else:
            rule = self.form.rule({**texts, "currency": currency}, self.machines)
            number = self._same(rule)
        self._by_key[key] = number
        return number

    def _same(self, rule: Rule) -> int:
        """The number of a rule; rows that count alike share one."""
        number = self._numbers.setdefault(rule, len(self._rules))
        if number == len(self._rules):
            self._rules.append(rule)
        return number

    def _count(self, groups: Int64Array, alive: BoolArray) -> None:
        owners, rows = np.unique(groups[alive] // MONTHS, return_counts=True)
        for owner, many in zip(owners.tolist(), rows.tolist(), strict=True):
            self._rows[owner] = self._rows.get(owner, 0) + many

    def _period(self, header: Header, block: Block, alive: BoolArray) -> None:
        bounds = [header.column(block, *names) for names in self.form.period]
        if bounds[0] is not None and bounds[1] is not None:
            self._billed.add(self._moments.read(bounds[0])[alive], self._moments.read(bounds[1])[alive])


def _gpus(rule: Rule) -> float:
    """GPU-hours in one of a rule's unit; machine-hours where the number of GPUs is not known."""
    if rule.key.gpu is None:
        return 0.0
    if rule.key.unit == "gpu_h":
        return 1.0
    return float(rule.key.gpu_count or 1) * (rule.key.gpu_share or 1.0)
