"""The uncertain inputs: each a distribution with the evidence for it.

A constant input leaves the deterministic answer as it is, so a simulation
whose inputs are all constant equals the statements it started from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp, sqrt

from payback.decision.uncertainty.spread import Spread
from payback.evidence import Fact, Grade
from payback.units import MONTHS_PER_YEAR

GROUPS = ("hours of use", "rental prices", "resale value", "electricity", "failures", "spot interruptions", "speeds")
"""The inputs that vary independently of each other; the order is that of the random streams."""
HOURS, RENT, RESALE, ELECTRICITY, FAILURES, SPOT, SPEED = range(len(GROUPS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wander:
    """How far a logarithm strays from its trend: swings that fade and steps that stay.

    Variance after t years = J·t + S·(1 − exp(−2κt))                       (U4)
    """

    lasting_variance_per_year: float = 0.0
    """J: variance a year of moves that stay. [1/year]"""
    swing_variance: float = 0.0
    """S: variance of the swings in the long run."""
    reversion_per_year: float = 1.0
    """κ: how fast a swing fades. [1/year]"""

    @property
    def fade_per_month(self) -> float:
        """φ = exp(−κ/12): what is left of a swing after a month."""
        return exp(-self.reversion_per_year / MONTHS_PER_YEAR)

    @property
    def shock_deviation(self) -> float:
        """Standard deviation of one month's swing, √(S·(1 − φ²))."""
        return sqrt(self.swing_variance * (1.0 - self.fade_per_month**2))

    def deviation(self, month: float) -> float:
        """Standard deviation of the logarithm after some months (U4)."""
        years = month / MONTHS_PER_YEAR
        fading = self.swing_variance * (1.0 - exp(-2.0 * self.reversion_per_year * years))
        return sqrt(self.lasting_variance_per_year * years + fading)


STILL = Wander()


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePath:
    """A price that drifts, swings and jumps, in logarithms; it can rise as well as fall.

    x(m) = d·m/12 + y(m) + Σ jumps up to m                                 (U5)
    y(m) = φ·y(m−1) + σ·z(m)
    """

    drift: Spread = field(default_factory=lambda: Spread.constant(0.0))
    """d, drawn once a scenario. [1/year]"""
    wander: Wander = STILL
    jumps_per_year: float = 0.0
    jump_sizes: tuple[float, ...] = ()
    """Logarithms of lasting moves, equally likely; their mean is zero, the trend being in the drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resale:
    """What a used GPU fetches relative to the deterministic curve, and the rest of the computer with it."""

    decay: Spread
    """λ of formula C8. [1/year]"""
    wander: Wander = STILL
    rent_correlation: float = 0.0
    """Correlation of the used market's stray with that of rents: one demand drives both."""
    next_generation_months: tuple[float, float] = (0.0, 0.0)
    """Earliest and latest month in which the next generation arrives; equally likely in between."""
    generation_interval_months: float = 0.0
    """Months from that one to the one after it; 0 = none is expected."""
    generation_step: Spread = field(default_factory=lambda: Spread.constant(0.0))
    """Drop of the logarithm when a generation arrives; its mean is part of the decay already."""
    most_kept_share: float = 1.0
    """Resale counts up to this share of what was paid: prices may rise, but no answer should rest on a profit."""
    rest_power: Spread = field(default_factory=lambda: Spread.constant(1.0))
    """Exponent on the share that the rest of the computer keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Breakdowns of an owned machine that is repaired each time: a Weibull process.

    Expected number up to t years: H(t) = r·Y·(t/Y)^k                      (U6)

    (the power-law process of Crow 1974; the first breakdown is Weibull).
    """

    rate_per_year: Spread
    """r: mean yearly breakdowns over the first Y years. [1/year]"""
    shape: float = 1.0
    """k: 1 = at a constant rate, above 1 = ageing."""
    reference_years: float = 3.0
    """Y. [years]"""
    warranty_months: float = 0.0
    """New parts are replaced free up to this age; the days lost are lost all the same. [months]"""
    downtime_days: Spread = field(default_factory=lambda: Spread.constant(0.0))
    """Days without the machine; the work is rented meanwhile. [days]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainInput:
    """One input as an answer names it: its interval, where that comes from, how good the evidence is."""

    name: str
    """One of `GROUPS`, with a qualifier where there are several."""
    what: str
    spread: Spread
    unit: str
    why: str
    grade: Grade
    facts: tuple[Fact, ...] = ()
    parents: tuple[Fact, ...] = ()
    """What the facts were computed from."""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print an input."""
        return {
            "name": self.name,
            "what": self.what,
            **self.spread.as_dict(),
            "unit": self.unit,
            "why": self.why,
            "grade": self.grade.value,
            "facts": [fact.id for fact in self.facts],
        }


RENT_CLASSES = ("market", "list", "spot")
"""Who sets the price: small clouds and marketplaces; the four large clouds' price lists; spot auctions."""


@dataclass(frozen=True)
class Inputs:
    """Everything that varies from scenario to scenario."""

    hours: Spread = field(default_factory=lambda: Spread.constant(1.0))
    """Hours of use over the hours asked."""
    most_hours: float = 1.0
    """Cap on that ratio: a day has 24 hours."""
    rents: Mapping[str, PricePath] = field(default_factory=dict)
    """Price paths by class; a class left out keeps its price."""
    resale: Resale | None = None
    electricity_growth: Spread = field(default_factory=lambda: Spread.constant(0.0))
    """Yearly growth of the logarithm of the tariff. [1/year]"""
    failures: Failures | None = None
    spot_overhead: Spread = field(default_factory=lambda: Spread.constant(0.0))
    """Hours lost to interruptions over useful hours, on spot machines."""
    speeds: Mapping[str, Spread] = field(default_factory=dict)
    """Speed over the predicted speed, by id of the option; an option left out is as fast as predicted."""
    named: tuple[UncertainInput, ...] = ()
    """The same inputs as answers print them."""

    def path(self, rent_class: str) -> PricePath:
        """The price path of a class."""
        return self.rents.get(rent_class, PricePath())

    def with_hours(self, hours: Spread, entry: UncertainInput) -> Inputs:
        """The same inputs with other hours of use, for instance from the user's own log.

        Args:
            hours: Ratio to the hours asked.
            entry: How answers name it.
        """
        others = tuple(one for one in self.named if one.name != GROUPS[HOURS])
        return replace(self, hours=hours, named=(entry, *others))

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Names of the groups that vary at all."""
        moving = (
            not self.hours.is_constant,
            any(_moves(path) for path in self.rents.values()),
            self.resale is not None,
            not self.electricity_growth.is_constant,
            self.failures is not None,
            not self.spot_overhead.is_constant,
            any(not spread.is_constant for spread in self.speeds.values()),
        )
        return tuple(name for name, moves in zip(GROUPS, moving, strict=True) if moves)


def _moves(path: PricePath) -> bool:
    return not path.drift.is_constant or path.wander.swing_variance > 0 or path.jumps_per_year > 0
