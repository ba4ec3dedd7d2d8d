"""From a number of GPUs to machines and offers, and to the question ``payback plan`` answers about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payback.decision.fleet_prices import FleetPrices
from payback.question import Question
from payback.units import HOURS_PER_DAY, HOURS_PER_MONTH

if TYPE_CHECKING:
    from payback.decision.sizing.curve import CurvePoint
    from payback.decision.sizing.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What to buy and what to rent for a size of fleet, and the question that looks at the machine closely."""

    machine: str | None
    """The cheapest machine at the use found; None where no GPU is owned."""
    machines: int
    """So many of them hold the GPUs owned."""
    gpus_per_machine: int
    offer: str | None
    """Where to rent as jobs need it; None where nothing is rented."""
    rented_gpu_h_per_month: float
    reserved_offer: str | None
    own_usd_per_gpu_h: float
    """Cost of owning an hour of a GPU when it is as busy as found. [USD/GPU h]"""
    question: Question
    """One machine, as busy as found."""


def question_at_use(question: Question, prices: FleetPrices, utilisation: float) -> Question:
    """The question for one machine that works as many hours as found.

    Hours are counted on the reference GPU: a machine of speed ``s`` busy a share ``u`` of the day does the
    work of 24·u·s hours, of which a question takes 24 at most.
    """
    hours = min(HOURS_PER_DAY, max(0.1, HOURS_PER_DAY * utilisation * prices.own_speed))
    work = question.work.model_copy(update={"hours_per_day": round(hours, 2), "days_per_week": 7.0})
    return question.model_copy(update={"work": work})


def handover(best: CurvePoint, period_h: float, at_use: FleetPrices, question: Question, *, spot: bool) -> Handover:
    """Machines and offers for the best point of a curve, from prices at its use."""
    offer = at_use.spot if spot else at_use.rent
    return Handover(
        machine=at_use.own if best.owned_gpus else None,
        machines=-(-best.owned_gpus // at_use.own_gpus),
        gpus_per_machine=at_use.own_gpus,
        offer=offer if best.burst_jobs else None,
        rented_gpu_h_per_month=best.burst_gpu_h / period_h * HOURS_PER_MONTH,
        reserved_offer=at_use.reserved if best.reserved_gpus else None,
        own_usd_per_gpu_h=at_use.own_usd_per_gpu_h,
        question=question,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeAnswer:
    """How many GPUs to own, at what prices, and what to do next."""

    study: Study
    prices: FleetPrices | None
    """Prices from the catalogue; None where the user stated both."""
    handover: Handover | None
    """None where no price came from the catalogue."""
