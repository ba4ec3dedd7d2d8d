"""What is held where no history speaks, each with its reason; wide on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payback.decision.uncertainty.fit import Prior
from payback.decision.uncertainty.inputs import Wander
from payback.decision.uncertainty.spread import Spread
from payback.units import HOURS_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How much of the time a kind of user really computes."""

    low_share: float
    high_share: float
    """80 % interval of busy hours over all hours."""
    who: str
    subject: str
    """Word by which `busy_share` rows of the catalogue are about such users."""


HABITS: Final = {
    "home": Habit(
        low_share=0.05, high_share=0.15, who="personal machines are busy 5 to 15 % of the time", subject="personal"
    ),
    "office": Habit(
        low_share=0.20, high_share=0.60, who="machines that a group shares are busy above 35 % of it", subject="group"
    ),
    "datacentre": Habit(
        low_share=0.45, high_share=0.80, who="machines that a firm schedules are busy above 60 % of it", subject="firm"
    ),
}
"""By `site.kind`. The figures are the catalogue's `busy_share` (T. Dettmers, 2020): personal machines 5-10 %, those of
PhD students below 15 %, groups' above 35 %, firms' above 60 %; the intervals around the last two are ours. A habit of
people, not a price: on earlier days the same figures are held without that evidence, as an assumption."""
MEASURED_HOURS_DEVIATION: Final = 0.15
"""How far use in the coming years strays from that of a log, in logarithms; assumed."""

RENTS: Final = Prior(
    drift_deviation=0.20,
    groups=4.0,
    wander=Wander(lasting_variance_per_year=0.03, swing_variance=0.005, reversion_per_year=2.0),
    moves=8.0,
)
"""A rent may drift by 20 % a year either way and stray by 17 % in a year: nobody's history, only width."""
USED_PRICES: Final = Prior(
    drift_deviation=0.15,
    groups=4.0,
    wander=Wander(lasting_variance_per_year=0.03, swing_variance=0.02, reversion_per_year=2.0),
    moves=8.0,
)
TARIFFS: Final = Prior(drift_deviation=0.04, groups=2.0)
"""A tariff may drift by 4 % a year either way."""

RENT_RESALE_CORRELATION: Final = 0.5
"""One demand drives rents and used prices; too few dates show both to measure how closely."""
GENERATION_STEP: Final = 0.15
"""Drop of used prices (in logarithms) when a generation arrives, before any history is seen."""
GENERATION_STEP_MOVES: Final = 10.0
GENERATION_YEARS: Final = (1.5, 2.5)
"""Shortest and longest interval between generations where too few launches are known."""
REST_POWER: Final = Spread.lognormal(0.6, 1.0, 1.8)
"""Exponent on what the rest of the computer keeps: after three years 23 to 58 % of the price instead of 40 %."""
BREAKDOWN_RATE: Final = (0.02, 0.15)
"""80 % interval of yearly breakdowns of a machine where no failure figure was known yet. [1/year]"""
BREAKDOWN_SHAPE: Final = 1.5
"""Weibull shape: ageing, mild; nobody publishes it for desktop machines."""
WARRANTY_MONTHS: Final = 24.0
"""Guarantee on new parts where no maker's figure was known yet. [months]"""
DOWNTIME_DAYS: Final = Spread.lognormal(3.0, 10.0, 30.0)
"""From a part at hand to a return to the maker. [days]"""
SPOT_OVERHEAD: Final = Spread.lognormal(0.005, 0.03, 0.15)
"""Work lost and repeated after interruptions over useful work; depends on how often one saves."""


def hours_ratio(hours_per_day_mean: float, habit: Habit) -> tuple[Spread, float]:
    """Real hours of use over the hours asked, and the most that ratio can be (U15).

    What is asked counts in full as long as it lies within what such users do;
    above that it is the optimistic end of the interval, and the habit's low
    end is the other.

    Args:
        hours_per_day_mean: Hours asked, averaged over all days. [h]
        habit: What such users do.

    Example:
        >>> spread, most = hours_ratio(8.0, HABITS["home"])
        >>> round(spread.low * 8, 2), round(spread.middle * 8, 2), spread.high * 8, most
        (1.2, 3.1, 8.0, 3.0)
    """
    if hours_per_day_mean <= 0:
        return Spread.constant(1.0), 1.0
    asked = hours_per_day_mean / HOURS_PER_DAY
    width = (habit.high_share / habit.low_share) ** 0.5
    high = max(asked, min(asked * width, habit.high_share))
    low = min(habit.low_share, asked / width)
    ratio = Spread.lognormal(low / asked, (low * high) ** 0.5 / asked, high / asked)
    return ratio, max(1.0, 1.0 / asked)


def speed_spread(value: float, low: float, high: float) -> Spread:
    """A predicted speed's 80 % interval as a ratio to the prediction (U16).

    Example:
        >>> speed_spread(2.0, 1.5, 3.0).high
        1.5
    """
    if low == value == high:
        return Spread.constant(1.0)
    return Spread.lognormal(min(low, value) / value, 1.0, max(high, value) / value)


def breakdown_spread(low: float, high: float) -> Spread:
    """A yearly rate between two figures, their geometric mean in the middle. [1/year]"""
    return Spread.lognormal(low, (low * high) ** 0.5, high)
