"""A bill in dollars: every line at the central bank's rate of its month, every GPU-hour at what it really cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from payback.catalogue.currency import usd_per_unit
from payback.errors import BadQuestionError
from payback.observe.bill.exact import DIGITS, exact_sum
from payback.observe.bill.lines import GPU, Bill, BillLine
from payback.units import DAYS_PER_MONTH

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a unit of a currency was worth."""

    currency: str
    on: dt.date
    usd_per_unit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line of the bill in dollars; None where no rate is published."""

    line: BillLine
    usd: Decimal | None
    effective_usd: Decimal | None
    usd_per_gpu_h: float | None
    """Effective cost over GPU-hours, cores and memory that are billed apart included; None where hours or cost are
    not known, or a fee elsewhere paid for them. [USD/GPU-h]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A bill, priced. ``lines`` add up to ``total_usd`` exactly."""

    bill: Bill
    lines: tuple[PricedLine, ...]
    total_usd: Decimal | None
    rates: tuple[Rate, ...]
    first: dt.datetime | None
    """Start of the period."""
    last: dt.datetime | None
    """End of the period, or the day of the question in a period that still runs."""

    @property
    def days(self) -> float | None:
        """Length of the period; at least a day. [days]"""
        if self.first is None or self.last is None:
            return None
        return max(1.0, (self.last - self.first).total_seconds() / 86_400)

    @property
    def months(self) -> float | None:
        """Length of the period. [months]"""
        return None if self.days is None else self.days / DAYS_PER_MONTH


def account(bill: Bill, *, as_of: dt.date) -> Account:
    """Price a bill.

    Args:
        bill: What was read.
        as_of: Today, for a period that still runs and for rows without a time.
    """
    first, last = _period(bill, as_of)
    rates: dict[tuple[str, dt.date], Rate] = {}
    day = last.date() if last else as_of
    in_usd = [
        (
            line,
            _usd(line.cost_by_month, line.key.currency, day, rates),
            _usd(line.effective_by_month, line.key.currency, day, rates),
        )
        for line in bill.lines
    ]
    hosts = _hosts(in_usd)
    priced = tuple(
        PricedLine(line=line, usd=usd, effective_usd=effective, usd_per_gpu_h=_per_gpu_h(line, effective, hosts))
        for line, usd, effective in in_usd
    )
    known = [line.usd for line in priced if line.usd is not None]
    return Account(
        bill=bill,
        lines=priced,
        total_usd=exact_sum(known) if len(known) == len(priced) else None,
        rates=tuple(sorted(rates.values(), key=lambda rate: (rate.currency, rate.on))),
        first=first,
        last=last,
    )


def _period(bill: Bill, as_of: dt.date) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From the start of the period billed to its end, or to today (or the last charge) where it still runs."""
    if bill.first_s is None or bill.last_s is None:
        return None, None
    first_s, last_s = bill.first_s, bill.last_s
    if bill.period_s is not None:
        today_s = (as_of - EPOCH).days * 86_400
        first_s = min(first_s, bill.period_s[0])
        last_s = max(last_s, min(bill.period_s[1], today_s))
    return dt.datetime.fromtimestamp(first_s, dt.UTC), dt.datetime.fromtimestamp(last_s, dt.UTC)


def _usd(
    by_month: Mapping[int, Decimal], currency: str, last_day: dt.date, rates: dict[tuple[str, dt.date], Rate]
) -> Decimal | None:
    parts = []
    for month, amount in by_month.items():
        rate = _rate(currency, _day_of(month, last_day), rates)
        if rate is None:
            return None
        with localcontext() as context:
            context.prec = DIGITS
            parts.append(amount * rate.usd_per_unit)
    return exact_sum(parts)


def _day_of(month: int, last_day: dt.date) -> dt.date:
    """The last day of a month, but no later than the end of the bill."""
    if month < 0:
        return last_day
    following = dt.date(1970 + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(following - dt.timedelta(days=1), max(last_day, following - dt.timedelta(days=31)))


def _rate(currency: str, on: dt.date, rates: dict[tuple[str, dt.date], Rate]) -> Rate | None:
    if (currency, on) not in rates:
        try:
            value = Decimal(str(usd_per_unit(currency, on)))
        except BadQuestionError:
            return None
        rates[currency, on] = Rate(currency=currency, on=on, usd_per_unit=value)
    return rates[currency, on]


Hosts = Mapping[tuple[str, str, str], float]
"""Dollars a GPU-hour for cores and memory billed apart, by provider, family and term."""


def _hosts(lines: list[tuple[BillLine, Decimal | None, Decimal | None]]) -> Hosts:
    cost: dict[tuple[str, str, str], float] = {}
    gpu_h: dict[tuple[str, str, str], float] = {}
    for line, _, effective in lines:
        key = line.key
        if key.category != GPU:
            continue
        family = (key.provider, key.item, key.term)
        if key.gpu is None:
            cost[family] = cost.get(family, 0.0) + float(effective or 0)
        elif key.unit == "gpu_h":
            gpu_h[family] = gpu_h.get(family, 0.0) + line.quantity
    return {family: usd / gpu_h[family] for family, usd in cost.items() if gpu_h.get(family, 0.0) > 0}


def _per_gpu_h(line: BillLine, effective_usd: Decimal | None, hosts: Hosts) -> float | None:
    gpu_h, key = line.gpu_h, line.key
    if not gpu_h or gpu_h < 0 or effective_usd is None or effective_usd <= 0:
        return None
    host = hosts.get((key.provider, key.item, key.term), 0.0) if key.unit == "gpu_h" else 0.0
    return float(effective_usd) / gpu_h + host
