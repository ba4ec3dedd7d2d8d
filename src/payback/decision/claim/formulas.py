"""The formulas a claim may name: the engine's own, so that a published figure meets the code that answers everybody.

Every parameter carries its unit as the suffix of its name. Where the engine
has a function, it is called; the rest are one line of arithmetic.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isfinite

from payback.assembly.priced import wall_power_w
from payback.cost.capital import straight_line_residual_usd
from payback.cost.energy import energy_cost_usd
from payback.cost.present_value import levelised_usd_per_gpu_h, present_value_usd
from payback.cost.rental import billed_hours_per_day
from payback.cost.statement import Statement, monthly, once
from payback.decision.payback import simple_payback_months
from payback.errors import BadQuestionError
from payback.units import W_PER_KW

MAX_MONTHS = 1200


class NoValueError(ArithmeticError):
    """A formula that has no answer for these figures, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFormula:
    """One entry of the catalogue."""

    name: str
    unit: str
    """Unit of the result."""
    compute: Callable[..., Fraction | float]

    @property
    def parameters(self) -> dict[str, bool]:
        """Names of the arguments, and whether each must be given."""
        found = inspect.signature(self.compute).parameters
        return {name: one.default is inspect.Parameter.empty for name, one in found.items()}

    @property
    def says(self) -> str:
        """What it computes, in one line."""
        return (self.compute.__doc__ or "").strip().splitlines()[0]

    def check_arguments(self, positional: int, named: Sequence[str | None], where: str) -> None:
        """Complain about missing, doubled or unknown arguments.

        Raises:
            BadQuestionError: The call does not fit; the message shows how to call it.
        """
        names = list(self.parameters)
        given = [*names[:positional], *named]
        missing = [name for name, needed in self.parameters.items() if needed and name not in given]
        unknown = [name for name in named if name not in names]
        if positional > len(names) or missing or unknown or len(set(given)) != len(given):
            raise BadQuestionError(where, f"{self.name}({', '.join(map(str, given))})", self.usage)

    @property
    def usage(self) -> str:
        """How to call it; optional arguments in brackets."""
        shown = [name if needed else f"[{name}]" for name, needed in self.parameters.items()]
        return f"{self.name}({', '.join(shown)})"

    def __call__(self, *positional: Fraction, **named: Fraction) -> Fraction:
        """The result as an exact number."""
        result = self.compute(*positional, **named)
        if isinstance(result, Fraction):
            return result
        if not isfinite(result):
            raise NoValueError(f"{self.name} gives no finite number")
        return Fraction(result)


def energy_kwh(wall_power_w: Fraction, hours: Fraction, pue: Fraction = Fraction(1)) -> Fraction:
    """Energy drawn from the wall: P/1000 · t · PUE."""
    return wall_power_w / int(W_PER_KW) * hours * pue


def electricity_usd(
    wall_power_w: Fraction, hours: Fraction, price_usd_per_kwh: Fraction, pue: Fraction = Fraction(1)
) -> float:
    """Cost of electricity (C6): P/1000 · t · PUE · price."""
    return energy_cost_usd(
        float(wall_power_w), float(hours), price_usd_per_kwh=float(price_usd_per_kwh), pue=float(pue)
    )


def straight_line(capital_usd: Fraction, month: Fraction, useful_life_months: Fraction) -> float:
    """Book value on a straight line to zero (C7)."""
    return straight_line_residual_usd(float(capital_usd), _whole(month), _whole(useful_life_months))


def straight_line_usd_per_month(
    capital_usd: Fraction, months: Fraction, residual_usd: Fraction = Fraction(0)
) -> Fraction:
    """What a machine loses a month on a straight line: (capital − residual) / months."""
    return (capital_usd - residual_usd) / months


def rental_months(capital_usd: Fraction, price_usd_per_h: Fraction, hours_per_month: Fraction) -> Fraction:
    """Months of rent that the price of a machine buys: capital / (price · hours a month)."""
    return capital_usd / (price_usd_per_h * hours_per_month)


def rent_usd(price_usd_per_h: Fraction, hours: Fraction) -> Fraction:
    """Rent for some hours: price · hours."""
    return price_usd_per_h * hours


def billed_hours(hours: Fraction, granularity_s: Fraction) -> float:
    """Hours on the bill of one session, rounded up to the seller's unit (C9)."""
    return billed_hours_per_day(float(hours), _whole(granularity_s))


def simple_payback(
    capital_usd: Fraction, rent_usd_per_month: Fraction, running_usd_per_month: Fraction = Fraction(0)
) -> float:
    """Months until the saving has repaid the capital (D1): capital / (rent − running cost)."""
    own = Statement(
        lines=(once("capital", float(capital_usd), 1), monthly("running", float(running_usd_per_month), 1)),
        residual_usd=(0.0, 0.0),
    )
    rent = Statement(lines=(monthly("rent", float(rent_usd_per_month), 1),), residual_usd=(0.0, 0.0))
    months = simple_payback_months(own, rent)
    if months is None:
        raise NoValueError("it never pays back: running the machine costs as much as the rent")
    return months


def present_value(
    payment_usd_per_month: Fraction, months: Fraction, discount_rate: Fraction, first_usd: Fraction = Fraction(0)
) -> float:
    """Present value of equal payments at the end of each month, and one on the first day (C4)."""
    payments = [float(first_usd)] + [float(payment_usd_per_month)] * _whole(months)
    return present_value_usd(payments, _rate(discount_rate))


def levelised_usd_per_h(
    capital_usd: Fraction,
    running_usd_per_month: Fraction,
    gpu_h_per_month: Fraction,
    months: Fraction,
    discount_rate: Fraction = Fraction(0),
    residual_usd: Fraction = Fraction(0),
) -> float:
    """Levelised cost of a useful hour (C5): present value of costs over present value of hours."""
    horizon = _whole(months)
    statement = Statement(
        lines=(
            once("capital", float(capital_usd), horizon),
            monthly("running", float(running_usd_per_month), horizon),
        ),
        residual_usd=(0.0,) * horizon + (float(residual_usd),),
    )
    found = levelised_usd_per_gpu_h(statement, float(gpu_h_per_month), _rate(discount_rate))
    if found is None:
        raise NoValueError("no hours of work to spread the cost over")
    return found


def usd_per_unit_h(capital_usd: Fraction, units: Fraction, years: Fraction, hours_per_year: Fraction) -> Fraction:
    """Purchase price per core- or GPU-hour at full use: capital / (units · years · hours a year)."""
    return capital_usd / (units * years * hours_per_year)


def capital_recovery_factor(discount_rate: Fraction, years: Fraction) -> float:
    """Yearly payment per dollar of capital: r / (1 − (1 + r)^−T); 1/T at no interest."""
    rate = _rate(discount_rate)
    return 1.0 / float(years) if rate == 0 else float(rate / (1.0 - (1.0 + rate) ** -float(years)))


def replicas(units: Fraction, capacity_units: Fraction) -> Fraction:
    """Whole machines needed for a load: ⌈units / capacity⌉, none without load."""
    return Fraction(ceil(units / capacity_units))


def step_cost_usd(
    units: Fraction, capacity_units: Fraction, replica_usd: Fraction, fixed_usd: Fraction = Fraction(0)
) -> Fraction:
    """Cost of a load on whole machines: fixed + ⌈units / capacity⌉ · price of one."""
    return fixed_usd + replicas(units, capacity_units) * replica_usd


def step_crossover_units(
    price_usd_per_unit: Fraction, capacity_units: Fraction, replica_usd: Fraction, fixed_usd: Fraction = Fraction(0)
) -> Fraction:
    """Smallest load at which whole machines cost no more than a price per unit (exact).

    With n machines the costs meet at x(n) = (fixed + n · price) / unit price,
    which is a meeting only where n machines can carry it: x(n) ≤ n · capacity.
    So n ≥ fixed / (unit price · capacity − price of a machine), and the first
    whole n gives the answer; earlier candidates assume a capacity they exceed.
    """
    gain_usd = price_usd_per_unit * capacity_units - replica_usd
    if gain_usd < 0 or (gain_usd == 0 and fixed_usd > 0):
        raise NoValueError("a full machine costs more than its load would at the price per unit: they never cross")
    machines = max(1, ceil(fixed_usd / gain_usd)) if gain_usd else 1
    return (fixed_usd + machines * replica_usd) / price_usd_per_unit


def newsvendor_share(own_usd_per_h: Fraction, rent_usd_per_h: Fraction) -> Fraction:
    """Share of the demand distribution worth owning for: F(N*) = 1 − own / rented price of an hour."""
    return 1 - own_usd_per_h / rent_usd_per_h


def break_even_use_share(own_usd_per_year: Fraction, rent_usd_per_h: Fraction, hours_per_year: Fraction) -> Fraction:
    """Share of the year a machine must work to cost no more than renting those hours."""
    return own_usd_per_year / (rent_usd_per_h * hours_per_year)


def machine_power_w(board_power_w: Fraction, gpus: Fraction) -> float:
    """Wall power of a machine nobody measured (A0): (n · P_board + 100 + 70 n) / 0.92."""
    return wall_power_w(float(board_power_w), _whole(gpus))


def _rate(value: Fraction) -> float:
    if not 0 <= value <= 10:
        raise NoValueError(f"a yearly rate of {float(value):g} where a share such as 0.05 belongs")
    return float(value)


def _whole(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= max(MAX_MONTHS, 86_400):
        raise NoValueError(f"{float(value):g} where a whole number from 0 to 86,400 belongs")
    return int(value)


def _entry(name: str, unit: str, compute: Callable[..., Fraction | float]) -> NamedFormula:
    return NamedFormula(name=name, unit=unit, compute=compute)


CATALOGUE: dict[str, NamedFormula] = {
    entry.name: entry
    for entry in (
        _entry("energy_kwh", "kWh", energy_kwh),
        _entry("energy_cost_usd", "USD", electricity_usd),
        _entry("straight_line_residual_usd", "USD", straight_line),
        _entry("straight_line_usd_per_month", "USD/month", straight_line_usd_per_month),
        _entry("rental_months", "months", rental_months),
        _entry("rent_usd", "USD", rent_usd),
        _entry("billed_hours", "h", billed_hours),
        _entry("simple_payback_months", "months", simple_payback),
        _entry("present_value_usd", "USD", present_value),
        _entry("levelised_usd_per_gpu_h", "USD/h", levelised_usd_per_h),
        _entry("usd_per_unit_h", "USD/h", usd_per_unit_h),
        _entry("capital_recovery_factor", "1/year", capital_recovery_factor),
        _entry("replicas", "machines", replicas),
        _entry("step_cost_usd", "USD", step_cost_usd),
        _entry("step_crossover_units", "units", step_crossover_units),
        _entry("newsvendor_share", "share", newsvendor_share),
        _entry("break_even_use_share", "share", break_even_use_share),
        _entry("machine_power_w", "W", machine_power_w),
    )
}
"""Every formula a claim may name."""
