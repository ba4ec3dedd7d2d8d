"""Whether the odds were honest: how often what then happened lay within the interval given on the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from payback.catalogue.catalogue import Catalogue
from payback.decision.backtest.realise import realise
from payback.decision.backtest.record import Record, known_catalogue
from payback.decision.backtest.run import Progress, last_day
from payback.decision.backtest.settings import Settings, User, question_of
from payback.decision.plan import plan
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.simulate import DEFAULT_SEED, simulate
from payback.decision.uncertainty.spread import Spread
from payback.errors import NoFeasibleOptionError, NotPricedError

SCENARIOS = 1024
ROUNDING = 1e-9
"""Share of a total by which an outcome may miss an end of its interval and still count as on it."""
PROMISED = 0.8
"""Share of outcomes that an honest interval holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The interval given for one option on a day, and what it then cost."""

    day: dt.date
    user: str
    is_owned: bool
    advised: bool
    low_usd: float
    high_usd: float
    realised_usd: float

    @property
    def below(self) -> bool:
        """It cost less than the interval says."""
        return self.realised_usd < self.low_usd - ROUNDING * abs(self.low_usd)

    @property
    def above(self) -> bool:
        """It cost more."""
        return self.realised_usd > self.high_usd + ROUNDING * abs(self.high_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many outcomes of a kind fell inside their 80 % interval, below it and above it."""

    year: int | None
    """None for all years."""
    which: str
    """"advised", "owned" or "rented"."""
    outcomes: int
    inside: int
    below: int
    above: int

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a row."""
        return {
            "year": self.year,
            "which": self.which,
            "outcomes": self.outcomes,
            "inside": self.inside,
            "below": self.below,
            "above": self.above,
        }


@dataclass(frozen=True)
class Calibration:
    """All forecasts of a grid whose outcome is known."""

    forecasts: tuple[Forecast, ...]
    seed: int
    scenarios: int

    def rows(self) -> Iterator[Coverage]:
        """By year, then over all years, each for what was advised and for all owned and rented options."""
        years: list[int | None] = [*sorted({one.day.year for one in self.forecasts})]
        for year in [*years, None]:
            chosen = [one for one in self.forecasts if year in (None, one.day.year)]
            yield _coverage(year, "advised", [one for one in chosen if one.advised])
            yield _coverage(year, "owned", [one for one in chosen if one.is_owned])
            yield _coverage(year, "rented", [one for one in chosen if not one.is_owned])

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback backtest --odds --json` prints it."""
        return {
            "promised": PROMISED,
            "seed": self.seed,
            "scenarios": self.scenarios,
            "rows": [row.as_dict() for row in self.rows()],
        }


def _coverage(year: int | None, which: str, forecasts: list[Forecast]) -> Coverage:
    below, above = sum(one.below for one in forecasts), sum(one.above for one in forecasts)
    inside = len(forecasts) - below - above
    return Coverage(year=year, which=which, outcomes=len(forecasts), inside=inside, below=below, above=above)


def calibrate(
    catalogue: Catalogue,
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    seed: int = DEFAULT_SEED,
    scenarios: int = SCENARIOS,
) -> Calibration:
    """The 80 % interval of every option's total on each past day, against what it then cost.

    The hours are those asked, because that is what the backtest plays; rents,
    resale, tariffs, breakdowns and speeds are drawn from what was known.

    Args:
        catalogue: Everything recorded.
        settings: The grid; that of the backtest by default.
        progress: Told after every trial.
        seed: Seed of the futures.
        scenarios: Futures a trial.
    """
    grid = settings or Settings(until=last_day(catalogue))
    record = Record(catalogue=catalogue, seen_days=grid.seen_days, resale_window_days=grid.resale_window_days)
    found: list[Forecast] = []
    done = 0
    for day in grid.days:
        known = known_catalogue(catalogue, day)
        for user in grid.users:
            found += _forecasts(user, day, grid, known, record, seed, scenarios)
            done += 1
            if progress is not None:
                progress(done, len(grid.days) * len(grid.users))
    return Calibration(forecasts=tuple(found), seed=seed, scenarios=scenarios)


def _forecasts(
    user: User, day: dt.date, grid: Settings, known: Catalogue, record: Record, seed: int, scenarios: int
) -> Iterator[Forecast]:
    question = question_of(user, day, grid)
    try:
        answer = plan(question, known)
    except (NoFeasibleOptionError, NotPricedError):
        return
    inputs = replace(gather(answer, known), hours=Spread.constant(1.0), most_hours=1.0)
    odds = simulate(answer, known, scenarios=scenarios, seed=seed, inputs=inputs)
    for option in answer.options:
        realised = realise(option, question, record).realised_usd
        if realised is not None:
            low, _, high = odds.options[option.id].total_usd
            yield Forecast(
                day=day,
                user=user.name,
                is_owned=option.is_owned,
                advised=option is answer.advice.choice,
                low_usd=low,
                high_usd=high,
                realised_usd=realised,
            )
