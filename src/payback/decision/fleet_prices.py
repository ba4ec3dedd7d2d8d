"""What an hour of a GPU costs a lab, owned, reserved or rented, from the plan for its kind of machine."""

from __future__ import annotations

from collections.abc import Callable
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
    own_gpus: int
    """GPUs in one such machine."""
    own_speed: float
    """Speed of one of its GPUs, the question's reference GPU = 1."""
    rent: str
    reserved_usd_per_gpu_h: float | None
    """Price around the clock for a term, likewise; None where none is offered. [USD/h]"""
    reserved: str | None
    spot_usd_per_gpu_h: float | None
    """Price on spot terms, likewise; None where none is offered, or the question takes none. [USD/h]"""
    spot: str | None
    facts: tuple[str, ...]


def fleet_prices(plan: Plan) -> FleetPrices:
    """Hourly prices from the cheapest machine to own and the cheapest offers of each kind of term.

    Raises:
        NoFeasibleOptionError: There is no machine to own, or no offer on demand.
    """
    own = next((option for option in plan.options if option.is_owned), None)
    rent = _cheapest(plan, lambda term: not term.commitment_months and not term.interruptible)
    if own is None or rent is None:
        missing = "machine to own" if own is None else "offer paid by use"
        raise NoFeasibleOptionError(
            f"no {missing} at a known price; state it: --own-usd-per-gpu-h, --rent-usd-per-gpu-h"
        )
    reserved = _cheapest(plan, lambda term: bool(term.commitment_months))
    spot = _cheapest(plan, lambda term: term.interruptible)
    assert isinstance(own.candidate, OwnCandidate)
    hours = HOURS_PER_MONTH * plan.question.work.months * own.candidate.gpu_count
    return FleetPrices(
        own_usd_per_gpu_h=own.total_usd / hours,
        rent_usd_per_gpu_h=_usd_per_work_h(rent) * own.speed.value,
        own=_one_machine(own.candidate),
        own_gpus=own.candidate.gpu_count // own.candidate.machines,
        own_speed=own.speed.value,
        rent=rent.candidate.label,
        reserved_usd_per_gpu_h=_usd_per_work_h(reserved) * own.speed.value if reserved else None,
        reserved=reserved.candidate.label if reserved else None,
        spot_usd_per_gpu_h=_usd_per_work_h(spot) * own.speed.value if spot else None,
        spot=spot.candidate.label if spot else None,
        facts=tuple(
            fact for option in (own, rent, reserved, spot) if option for fact in option.statement.lines[0].facts
        ),
    )


def _one_machine(candidate: OwnCandidate) -> str:
    """The label of one of the machines that stand side by side."""
    return candidate.label.partition(", each ")[2] if candidate.machines > 1 else candidate.label


def _cheapest(plan: Plan, wanted: Callable[[Term], bool]) -> Option | None:
    """The cheapest offer for equal work among those with a wanted kind of term."""
    offers = [
        option
        for option in plan.options
        if isinstance(option.candidate, RentCandidate) and wanted(Term.parse(option.candidate.term))
    ]
    return min(offers, key=_usd_per_work_h, default=None)


def _usd_per_work_h(option: Option) -> float:
    candidate = option.candidate
    assert isinstance(candidate, RentCandidate)
    assert candidate.price_usd_per_h is not None
    return candidate.price_usd_per_h / candidate.gpu_count / option.speed.value
