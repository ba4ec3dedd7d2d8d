"""Money later is worth less than money now."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from payback.cost.statement import Statement
from payback.units import MONTHS_PER_YEAR


def present_value_usd(payments_usd: Sequence[float], discount_rate: float) -> float:
    """Present value of monthly payments, month 0 first.

    PV = Σ c(m) / (1 + r)^(m/12)                                           (C4)

    Args:
        payments_usd: Payment of each month. [USD]
        discount_rate: Yearly rate r. [1/year]

    Returns:
        Present value. [USD]

    Example:
        >>> round(present_value_usd([0.0] * 12 + [105.0], 0.05), 6)
        100.0
    """
    factor = (1.0 + discount_rate) ** (-1.0 / MONTHS_PER_YEAR)
    return fsum(usd * factor**month for month, usd in enumerate(payments_usd))


def statement_present_value_usd(statement: Statement, discount_rate: float) -> float:
    """Present value of everything an option pays and gets back. [USD]"""
    return fsum(present_value_usd(line.payments_usd, discount_rate) for line in statement.lines_with_residual)


def levelised_usd_per_gpu_h(statement: Statement, gpu_h_per_month: float, discount_rate: float) -> float | None:
    """Price per useful GPU-hour at which the option would just pay for itself.

    LCOG = PV(costs) / PV(useful GPU-hours)                                (C5)

    After the levelised cost of energy of NREL's Annual Technology Baseline.

    Args:
        statement: Costs, residual included.
        gpu_h_per_month: Hours of work done a month, in GPU-hours of the reference GPU. [h]
        discount_rate: Yearly rate. [1/year]

    Returns:
        Levelised cost, or None where no work is done. [USD/h]
    """
    hours = present_value_usd([0.0] + [gpu_h_per_month] * statement.months, discount_rate)
    return statement_present_value_usd(statement, discount_rate) / hours if hours > 0 else None
