"""What renting costs: hours as they are billed, commitments whether used or not, storage while off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from payback.cost.statement import Line, Statement, monthly
from payback.units import DAYS_PER_MONTH, HOURS_PER_MONTH, HOURS_PER_YEAR, MONTHS_PER_YEAR, SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How an offer is paid.

    Example:
        >>> Term.parse("reserved-3y-no-upfront")
        Term(name='reserved-3y-no-upfront', commitment_months=36, interruptible=False)
    """

    name: str
    commitment_months: int = 0
    """Months billed around the clock whether used or not; 0 = pay by use. [months]"""
    interruptible: bool = False

    @classmethod
    def parse(cls, name: str) -> Term:
        """The term of that name: ``on-demand``, ``spot``, ``monthly``, ``reserved-1y-...``, ``committed-3y``..."""
        years = re.search(r"-(\d)y", name)
        if years:
            return cls(name=name, commitment_months=MONTHS_PER_YEAR * int(years.group(1)))
        return cls(name=name, commitment_months=1 if name == "monthly" else 0, interruptible=name == "spot")


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalPlan:
    """Everything the cost of a rented option depends on."""

    price_usd_per_h: float
    """One instance; for commitments the effective price over the term. [USD/h]"""
    term: Term
    upfront_usd: float = 0.0
    """Part of one term's price paid on its first day, per instance. [USD]"""
    instances: int = 1
    """Machines rented side by side where there is a commitment."""
    instance_h_per_day: float
    """Hours an instance works on a working day. [h]"""
    days_per_week: float = 7.0
    billing_granularity_s: int = 1
    forgotten_h_per_month: float = 0.0
    storage_usd_per_month: float = 0.0
    egress_usd_per_month: float = 0.0
    months: int
    price_facts: tuple[str, ...] = ()
    storage_facts: tuple[str, ...] = ()
    egress_facts: tuple[str, ...] = ()


def billed_hours_per_day(hours: float, granularity_s: int) -> float:
    """Hours on the bill for one session a day, rounded up to the seller's unit.

    b = ⌈h · 3600 / g⌉ · g / 3600                                          (C9)

    Example:
        >>> billed_hours_per_day(6.2, 3600), round(billed_hours_per_day(6.2, 1), 3)
        (7.0, 6.2)
    """
    units = hours * SECONDS_PER_HOUR / granularity_s
    return ceil(units - 1e-9) * granularity_s / SECONDS_PER_HOUR


def used_hours_per_month(plan: RentalPlan) -> float:
    """Hours billed for work in a month, per instance. [h]"""
    days = plan.days_per_week / 7.0 * DAYS_PER_MONTH
    return min(billed_hours_per_day(plan.instance_h_per_day, plan.billing_granularity_s) * days, HOURS_PER_MONTH)


def rental_statement(plan: RentalPlan) -> Statement:
    """The payments of a rented option; what a commitment still owes counts as a negative residual."""
    lines = _rent_lines(plan)
    if plan.storage_usd_per_month:
        lines.append(monthly("storage", plan.storage_usd_per_month, plan.months, plan.storage_facts))
    if plan.egress_usd_per_month:
        lines.append(monthly("egress", plan.egress_usd_per_month, plan.months, plan.egress_facts))
    return Statement(
        lines=tuple(lines),
        residual_usd=_owed(plan),
        residual_facts=plan.price_facts,
        residual_name="commitment still to pay",
    )


def _rent_lines(plan: RentalPlan) -> list[Line]:
    if plan.term.commitment_months:
        return _committed_lines(plan)
    price = plan.price_usd_per_h * plan.instances
    rent = monthly("rent", price * used_hours_per_month(plan), plan.months, plan.price_facts)
    if not plan.forgotten_h_per_month:
        return [rent]
    spare_h = max(0.0, HOURS_PER_MONTH - used_hours_per_month(plan))
    forgotten_usd = price * min(plan.forgotten_h_per_month, spare_h)
    return [rent, monthly("hours forgotten", forgotten_usd, plan.months, plan.price_facts)]


def _committed_lines(plan: RentalPlan) -> list[Line]:
    term_months = plan.term.commitment_months
    upfront = plan.upfront_usd * plan.instances
    per_month = _term_price_usd(plan) / term_months - upfront / term_months
    lines = []
    if upfront:
        starts = tuple(upfront if _term_starts(month, term_months) else 0.0 for month in range(plan.months + 1))
        lines.append(Line(name="rent paid upfront", payments_usd=starts, facts=plan.price_facts))
    if per_month > 1e-9:
        lines.append(monthly("rent committed", per_month, plan.months, plan.price_facts))
    return lines


def _term_starts(month: int, term_months: int) -> bool:
    """Whether a term begins on day one or within a later month: a renewal is paid on the first day of its month."""
    return month == 0 or (month > 1 and (month - 1) % term_months == 0)


def _term_price_usd(plan: RentalPlan) -> float:
    hours = plan.term.commitment_months * HOURS_PER_YEAR / MONTHS_PER_YEAR
    return plan.price_usd_per_h * hours * plan.instances


def _owed(plan: RentalPlan) -> tuple[float, ...]:
    if plan.term.commitment_months <= 1:
        return (0.0,) * (plan.months + 1)
    return tuple(-_owed_usd(plan, month) for month in range(plan.months + 1))


def _owed_usd(plan: RentalPlan, month: int) -> float:
    """Monthly payments of the running term that are still to come."""
    term_months = plan.term.commitment_months
    if month == 0:
        return 0.0
    left = -month % term_months
    return left * (_term_price_usd(plan) - plan.upfront_usd * plan.instances) / term_months
