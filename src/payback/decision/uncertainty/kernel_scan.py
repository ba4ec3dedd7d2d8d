"""The month scan in explicit vectors: where owning has last cost more than the baseline (D2).

This is the one loop over months times options, so it is written as the vector
code it should become rather than left to the compiler: sixteen scenarios a
vector and four options at a time stay in registers from the horizon back to
the month in which every scenario has its answer.

    gap(m) = fixed(m) + repair·n(m) + power·Σe(m) − kept·avoided(m)        (U24)

Three multiply-adds, a comparison and a choice a cell, in 32-bit floats; the
month found is checked in 64-bit floats by `kernel_payback`.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.layout import GROUP, TOGETHER, Monthly

WIDTH = 16
"""Scenarios in a vector: 512 bits; on processors with shorter registers the compiler splits them."""
FLOAT, INT = ir.FloatType(), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, WIDTH)
FUSE = ("contract",)
"""A product and a sum may become one multiply-add."""

_array_of: Any = make_array


def splat(builder: Any, scalar: Any) -> Any:
    """A scalar in every lane."""
    nothing = ir.Constant(VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


class _Scan:
    """The vector code of one call, built with llvmlite."""

    def __init__(self, builder: Any, months: Any, table: Any, fixed: Any, stride: Any, choice: tuple[Any, Any]) -> None:
        self.builder, self.months, self.table, self.fixed, self.stride = builder, months, table, fixed, stride
        self.avoided, self.breaks = choice

    def load(self, base: Any, index: Any) -> Any:
        """Sixteen neighbouring numbers."""
        place = self.builder.bitcast(self.builder.gep(base, [index]), VECTOR.as_pointer())
        return self.builder.load(place, align=4)

    def store(self, value: Any, base: Any, index: Any) -> None:
        """Write sixteen neighbouring numbers."""
        place = self.builder.bitcast(self.builder.gep(base, [index]), VECTOR.as_pointer())
        self.builder.store(value, place, align=4)

    def row(self, month: Any, table: Any) -> Any:
        """One monthly feature of sixteen scenarios."""
        b = self.builder
        row = b.add(b.mul(month, ir.Constant(INT, int(Monthly.COUNT))), table)
        return self.load(self.table, b.mul(row, ir.Constant(INT, LANES)))

    def latest(self, month: Any, options: list[tuple[Any, Any, Any]], found: list[Any]) -> list[Any]:
        """The month where the gap is positive, and what was found before elsewhere; by option."""
        b = self.builder
        energy = self.row(month, ir.Constant(INT, int(Monthly.ENERGY)))
        avoided, breaks = self.row(month, self.avoided), self.row(month, self.breaks)
        name, zero = splat(b, b.sitofp(month, FLOAT)), ir.Constant(VECTOR, [0.0] * WIDTH)
        out = []
        for place, (repair, power, kept) in enumerate(options):
            row = b.add(month, b.mul(self.stride, ir.Constant(INT, place)))
            gap = b.fadd(b.fmul(repair, breaks, flags=FUSE), splat(b, b.load(b.gep(self.fixed, [row]))), flags=FUSE)
            gap = b.fadd(gap, b.fmul(power, energy, flags=FUSE), flags=FUSE)
            gap = b.fsub(gap, b.fmul(kept, avoided, flags=FUSE), flags=FUSE)
            out.append(b.select(b.fcmp_ordered(">", gap, zero), name, found[place]))
        return out

    def run(self, options: list[tuple[Any, Any, Any]]) -> list[Any]:
        """From the last group of months back until every lane of every option has its month; −1 = none."""
        b, none = self.builder, ir.Constant(VECTOR, [-1.0] * WIDTH)
        before, loop, done = b.block, b.append_basic_block("months"), b.append_basic_block("found")
        start = b.sub(self.months, ir.Constant(INT, GROUP))
        b.branch(loop)
        b.position_at_end(loop)
        first, found = b.phi(INT), [b.phi(VECTOR) for _ in options]
        here = [none] * len(options)
        for step in range(GROUP):
            here = self.latest(b.add(first, ir.Constant(INT, step)), options, here)
        kept = [b.select(self._is_open(old), new, old) for new, old in zip(here, found, strict=True)]
        earlier = b.sub(first, ir.Constant(INT, GROUP))
        again = b.and_(self._any_open(kept), b.icmp_signed(">", first, ir.Constant(INT, 0)))
        b.cbranch(again, loop, done)
        first.add_incoming(start, before)
        first.add_incoming(earlier, loop)
        for phi, one in zip(found, kept, strict=True):
            phi.add_incoming(none, before)
            phi.add_incoming(one, loop)
        b.position_at_end(done)
        return kept

    def _is_open(self, found: Any) -> Any:
        """Lanes that have no month yet."""
        return self.builder.fcmp_ordered("<", found, ir.Constant(VECTOR, [0.0] * WIDTH))

    def _any_open(self, found: list[Any]) -> Any:
        """Whether any lane of any option has no month yet."""
        b = self.builder
        lanes = reduce(b.or_, [self._is_open(one) for one in found])
        return b.icmp_unsigned("!=", b.bitcast(lanes, ir.IntType(WIDTH)), ir.Constant(ir.IntType(WIDTH), 0))


def _scan_lanes(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    fixed, repair, table, power, kept, last = (
        _array_of(kind)(context, builder, value).data for kind, value in zip(signature.args[:6], args[:6], strict=True)
    )
    one, place, lane, months, avoided, breaks = args[6:]
    b, lanes = builder, ir.Constant(INT, LANES)
    scan = _Scan(b, months, b.gep(table, [lane]), b.gep(fixed, [b.mul(one, months)]), months, (avoided, breaks))
    rows = [b.add(lane, b.mul(b.add(place, ir.Constant(INT, step)), lanes)) for step in range(TOGETHER)]
    options = [
        (
            splat(b, b.load(b.gep(repair, [b.add(one, ir.Constant(INT, step))]))),
            scan.load(power, row),
            scan.load(kept, row),
        )
        for step, row in enumerate(rows)
    ]
    for found, row in zip(scan.run(options), rows, strict=True):
        scan.store(found, last, row)
    return context.get_dummy_value()


def _scan_types(
    _typing: Any,
    fixed: Any,
    repair: Any,
    table: Any,
    power: Any,
    kept: Any,
    last: Any,
    one: Any,
    place: Any,
    lane: Any,
    months: Any,
    avoided: Any,
    breaks: Any,
) -> Any:
    whole = [types.int64 for _ in (one, place, lane, months, avoided, breaks)]
    return types.void(fixed, repair, table, power, kept, last, *whole), _scan_lanes


scan_lanes: Any = intrinsic(_scan_types)
"""The scan of sixteen scenarios and four options.

Args:
    fixed: Payments that nothing changes, options x padded months, 32-bit. [USD]
    repair: Cost of one breakdown by option, 32-bit. [USD]
    table: `Monthly` rows of every padded month, by lane, 32-bit.
    power: Electricity of a month at today's tariff, rows x lanes, 32-bit. [USD]
    kept: Share of the work that the machine does itself, likewise.
    last: Receives the last month with a positive gap, −1 where there is none; rows x lanes.
    one: Row of the first option in `fixed` and `repair`.
    place: Row of the first option in `power`, `kept` and `last`.
    lane: The first of the sixteen lanes.
    months: Padded months.
    avoided: Row within a month of the payments avoided.
    breaks: Row within a month of the breakdowns.
"""
