"""What owning costs: the machine, its electricity, its place, its repairs, your hours, less what it still fetches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from payback.cost.energy import energy_cost_usd
from payback.cost.statement import Statement, monthly, once
from payback.units import HOURS_PER_MONTH, MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class OwningPlan:
    """Everything the cost of an owned option depends on; None means the line is not known and not charged."""

    capital_usd: float
    """Price of the machine before tax. [USD]"""
    sales_tax_share: float = 0.0
    wall_power_w: float
    """Power while it works. [W]"""
    idle_power_w: float | None = None
    """Power while it waits; None = switched off. [W]"""
    busy_hours_per_month: float
    price_usd_per_kwh: float
    pue: float = 1.0
    hosting_usd_per_month: float | None = None
    repair_share_per_year: float | None = None
    setup_hours: float | None = None
    hour_value_usd: float = 0.0
    residual_usd: Callable[[int], float | None]
    """What the machine would fetch at a month; None where nobody knows, and then it counts nothing. [USD]"""
    months: int
    capital_facts: tuple[str, ...] = ()
    tax_facts: tuple[str, ...] = ()
    power_facts: tuple[str, ...] = ()
    idle_facts: tuple[str, ...] = ()
    tariff_facts: tuple[str, ...] = ()
    hosting_facts: tuple[str, ...] = ()
    repair_facts: tuple[str, ...] = ()
    setup_facts: tuple[str, ...] = ()
    residual_facts: tuple[str, ...] = ()


def owning_statement(plan: OwningPlan) -> Statement:
    """The payments of an owned option and what it would fetch at each month."""
    months = plan.months
    lines = [once("capital", plan.capital_usd, months, plan.capital_facts)]
    if plan.sales_tax_share:
        lines.append(once("sales tax", plan.capital_usd * plan.sales_tax_share, months, plan.tax_facts))
    if plan.setup_hours and plan.hour_value_usd:
        lines.append(once("own hours", plan.setup_hours * plan.hour_value_usd, months, plan.setup_facts))
    busy = plan.busy_hours_per_month
    lines.append(monthly("electricity busy", _power_usd(plan, plan.wall_power_w, busy), months, _power_facts(plan)))
    if plan.idle_power_w:
        idle_usd = _power_usd(plan, plan.idle_power_w, max(0.0, HOURS_PER_MONTH - busy))
        lines.append(monthly("electricity idle", idle_usd, months, (*plan.idle_facts, *plan.tariff_facts)))
    if plan.hosting_usd_per_month:
        lines.append(monthly("hosting", plan.hosting_usd_per_month, months, plan.hosting_facts))
    if plan.repair_share_per_year:
        repairs = plan.capital_usd * plan.repair_share_per_year / MONTHS_PER_YEAR
        lines.append(monthly("repairs", repairs, months, plan.repair_facts))
    return Statement(
        lines=tuple(lines),
        residual_usd=tuple(plan.residual_usd(month) or 0.0 for month in range(months + 1)),
        residual_facts=plan.residual_facts,
    )


def _power_usd(plan: OwningPlan, power_w: float, hours: float) -> float:
    return energy_cost_usd(power_w, hours, price_usd_per_kwh=plan.price_usd_per_kwh, pue=plan.pue)


def _power_facts(plan: OwningPlan) -> tuple[str, ...]:
    return (*plan.power_facts, *plan.tariff_facts)
