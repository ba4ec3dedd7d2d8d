"""What every bill becomes: lines that add up to its total, and an account of the rows that did not make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from payback.observe.bill.exact import exact_sum
from payback.observe.tables.ledger import Tally

GPU: Final = "gpu"
UNKNOWN: Final = "unknown"
STORAGE: Final = "storage"
EGRESS: Final = "egress"
COMMITMENT: Final = "commitment"
DISCOUNT: Final = "discount"
CREDIT: Final = "credit"
REFUND: Final = "refund"
TAX: Final = "tax"
OTHER: Final = "other"
CATEGORIES: Final = (GPU, UNKNOWN, STORAGE, EGRESS, COMMITMENT, DISCOUNT, CREDIT, REFUND, TAX, OTHER)

ON_DEMAND, SPOT, RESERVED, SAVINGS_PLAN = "on-demand", "spot", "reserved", "savings-plan"
COMMITTED, UNUSED = "committed", "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKey:
    """What the rows of one line have in common."""

    category: str
    """One of ``CATEGORIES``."""
    provider: str
    item: str
    """Machine type, kind of storage or service, as the bill or the catalogue calls it; never a name of the user's."""
    term: str = ""
    """on-demand, spot, reserved, savings-plan, committed, or unused (paid for and not used)."""
    gpu: str | None = None
    gpu_count: int | None = None
    """GPUs in the machine; None where the bill does not say."""
    gpu_share: float | None = None
    """Share of one GPU, for machines with a slice."""
    unit: str = ""
    """Of the quantity: h (machine), gpu_h, gb_month, gb; empty where there is none that counts."""
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of a bill."""

    key: LineKey
    rows: int
    cost: Decimal
    """What was invoiced, in the line's currency."""
    cost_by_month: Mapping[int, Decimal] = field(default_factory=dict)
    """The same by month, counted from January 1970; -1 for rows without a time."""
    effective: Decimal
    """What the use cost once prepaid commitments are spread over it; equal to the cost without commitments."""
    effective_by_month: Mapping[int, Decimal] = field(default_factory=dict)
    quantity: float
    """In the unit of the key."""
    gpu_h_by_hour: Mapping[int, float] = field(default_factory=dict)
    """GPU-hours by hour after 1970-01-01 UTC, of rows no longer than an hour; machine-hours where the number of GPUs is
    not known. [GPU h]"""
    gpu_h_by_day: Mapping[int, float] = field(default_factory=dict)
    """The same by day, of longer rows up to a day. [GPU h]"""

    @property
    def gpu_h(self) -> float | None:
        """GPU-hours; None where the number of GPUs is not known. [GPU h]"""
        if self.key.category != GPU:
            return None
        if self.key.unit == "gpu_h":
            return self.quantity
        if self.key.gpu_count is None:
            return None
        return self.quantity * self.key.gpu_count * (self.key.gpu_share or 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Everything billed: ``lines`` add up to ``totals``, currency by currency, to the last decimal."""

    format: str
    lines: tuple[BillLine, ...]
    first_s: int | None
    """Start of the first charge, seconds after 1970-01-01 UTC; None where no row has a time. [s]"""
    last_s: int | None
    """End of the last charge of a month or less. [s]"""
    period_s: tuple[int, int] | None = None
    """The period billed, where the bill says it. [s]"""
    rows_read: int
    rejected: tuple[Tally, ...] = ()
    """Rows whose cost is not in the lines, each with its reason."""
    treated: tuple[Tally, ...] = ()
    """Rows that were counted after a decision the reader of the result should know of."""
    notes: tuple[str, ...] = ()

    @property
    def totals(self) -> dict[str, Decimal]:
        """What was invoiced, by currency."""
        currencies = dict.fromkeys(line.key.currency for line in self.lines)
        return {
            currency: exact_sum(line.cost for line in self.lines if line.key.currency == currency)
            for currency in currencies
        }

    @property
    def rows_rejected(self) -> int:
        """Rows whose cost is not in the lines."""
        return sum(tally.rows for tally in self.rejected)


def with_gpu_counts(bill: Bill, gpus: int) -> Bill:
    """The bill with so many GPUs in every machine of which it does not say how many it has."""
    return replace(bill, lines=tuple(_counted(line, gpus) for line in bill.lines))


def _counted(line: BillLine, gpus: int) -> BillLine:
    key = line.key
    if key.gpu is None or key.gpu_count is not None:
        return line
    return replace(
        line,
        key=replace(key, gpu_count=gpus),
        gpu_h_by_hour={slot: hours * gpus for slot, hours in line.gpu_h_by_hour.items()},
        gpu_h_by_day={slot: hours * gpus for slot, hours in line.gpu_h_by_day.items()},
    )
