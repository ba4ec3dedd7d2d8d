"""How sure the payback time is, as far as the speeds of the two GPUs go.

A speed has an interval that holds four times out of five. If the owned GPU is
faster than thought, the same work takes the rented one relatively longer: the
rent is dearer and payback comes sooner. With independent errors

    s² = ((ln high/low)_own² + (ln high/low)_rent²) / (2 · 1.2816)²         (D5)

and the rented hours are multiplied by exp(±1.2816 s) for the 10th and the
90th percentile.
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot, log

from payback.decision.costing import rent_statement
from payback.decision.options import Option, World
from payback.decision.payback import crossing_month
from payback.decision.reference import SpeedRatio
from payback.decision.rent_candidates import RentCandidate
from payback.question import Question


def payback_range_months(
    own: Option, rent: Option, question: Question, world: World
) -> tuple[float | None, float | None, float | None]:
    """The cash payback at the 10th, 50th and 90th percentile of the speeds; None = not within the horizon."""
    half_width = hypot(_log_half_width(own.speed), _log_half_width(rent.speed))
    faster, slower = (_payback(own, rent, exp(sign * half_width), question, world) for sign in (1.0, -1.0))
    return faster, crossing_month(own.statement.cash_usd, rent.statement.cash_usd), slower


def _log_half_width(speed: SpeedRatio) -> float:
    return 0.5 * log(speed.high / speed.low) if speed.low > 0 else 0.0


def _payback(own: Option, rent: Option, hours_factor: float, question: Question, world: World) -> float | None:
    assert isinstance(rent.candidate, RentCandidate)
    slower_rent = replace(rent.speed, value=rent.speed.value / hours_factor)
    storage = world.storage[rent.candidate.provider]
    statement = rent_statement(rent.candidate, question, slower_rent, storage)
    return crossing_month(own.statement.cash_usd, statement.cash_usd)
