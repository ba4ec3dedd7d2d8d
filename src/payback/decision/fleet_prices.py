"""What an hour of a GPU costs a lab, owned or rented, from the plan for its kind of machine."""

from __future__ import annotations

from dataclasses import dataclass

from payback.cost.rental import Term
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.errors import NoFeasibleOptionError
from payback.units import HOURS_PER_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPrices:
    """Hourly prices of one GPU for equal work, and where they come from."""

    own_usd_per_gpu_h: float
    """All costs of the machine over the horizon, per GPU and hour of calendar time, busy or not. [USD/h]"""
    rent_usd_per_gpu_h: float
    """Price on demand, divided by the rented GPU's speed over the owned one's. [USD/h]"""
    own: str
    rent: str
    facts: tuple[str, ...]


def fleet_prices(plan: Plan) -> FleetPrices:
    """Hourly prices from the cheapest machine to own and the cheapest offer paid by use.

    Raises:
        NoFeasibleOptionError: One of the two is missing.
    """
    own = next((option for option in plan.options if option.is_owned), None)
    paid_by_use = [option for option in plan.options if _is_paid_by_use(option)]
    rent = min(paid_by_use, key=_usd_per_work_h, default=None)
    if own is None or rent is None:
        missing = "machine to own" if own is None else "offer paid by use"
        raise NoFeasibleOptionError(
            f"no {missing} at a known price; state it: --own-usd-per-gpu-h, --rent-usd-per-gpu-h"
        )
    assert isinstance(own.candidate, OwnCandidate)
    hours = HOURS_PER_MONTH * plan.question.work.months * own.candidate.gpu_count
    return FleetPrices(
        own_usd_per_gpu_h=own.total_usd / hours,
        rent_usd_per_gpu_h=_usd_per_work_h(rent) * own.speed.value,
        own=own.candidate.label,
        rent=rent.candidate.label,
        facts=(*own.statement.lines[0].facts, *rent.statement.lines[0].facts),
    )


def _is_paid_by_use(option: Option) -> bool:
    candidate = option.candidate
    return isinstance(candidate, RentCandidate) and Term.parse(candidate.term).commitment_months == 0


def _usd_per_work_h(option: Option) -> float:
    candidate = option.candidate
    assert isinstance(candidate, RentCandidate)
    assert candidate.price_usd_per_h is not None
    return candidate.price_usd_per_h / candidate.gpu_count / option.speed.value
