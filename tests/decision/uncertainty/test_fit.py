"""Price paths fitted to short, uneven histories: what rises is seen to rise, and nothing is carried on for ever."""

from __future__ import annotations

import datetime as dt
from math import log

import pytest

from payback.decision.uncertainty import priors
from payback.decision.uncertainty.fit import PathFit, Sighting, fit_path, fit_step, moves_of
from payback.evidence import Fact, Grade


def seen(series: str, day: str, price: float, group: str | None = None) -> Sighting:
    """A price of one thing on a day."""
    when = dt.date.fromisoformat(day)
    fact = Fact(id=f"{series}/{day}", value=price, unit="USD/h", source="archive", observed_on=when, grade=Grade.LISTED)
    return Sighting(series=series, group=group or series, day=when, price_usd=price, fact=fact)


def history(groups: int, first: float, last: float, years: int = 2) -> list[Sighting]:
    """Offers that all went from one price to another, a sighting a year."""
    step = (last / first) ** (1 / years)
    return [
        seen(f"offer {one}", f"{2020 + year}-01-01", first * step**year)
        for one in range(groups)
        for year in range(years + 1)
    ]


def fit(sightings: list[Sighting]) -> PathFit:
    return fit_path(sightings, priors.RENTS)


def test_a_history_that_rises_gives_a_price_that_rises() -> None:
    """Forty offers that doubled in two years: ln 2 / 2 = +0.35 a year, held a little towards the prior's zero."""
    rising, falling = fit(history(40, 1.0, 2.0)).drift, fit(history(40, 2.0, 1.0)).drift

    assert 0.2 < rising.middle < log(2) / 2
    assert rising.middle == pytest.approx(-falling.middle)
    assert rising.low > 0, "nine futures of ten rise"


def test_no_history_is_the_prior() -> None:
    """Rents may drift 20 % a year either way and neither way is likelier."""
    nothing = fit([])

    assert nothing.drift.middle == 0.0
    assert nothing.drift.high == pytest.approx(1.2816 * 0.20, rel=1e-4)
    assert (nothing.moves, nothing.facts) == (0, ())


def test_more_history_says_more() -> None:
    """The drift of forty alike offers is surer than that of two."""
    few, many = fit(history(2, 1.0, 0.8)).drift, fit(history(40, 1.0, 0.8)).drift

    assert many.high - many.low < few.high - few.low


def test_a_trend_is_not_carried_on_beyond_what_was_seen_to_last() -> None:
    """Seen over 3 years at most: over 10 years groups differ by 3/10 as much a year, around the same middle."""
    path = fit(history(8, 1.0, 1.3))
    short, long = path.drift_over(3.0), path.drift_over(10.0)

    assert path.trend_years == 3.0
    assert (short.low, short.high) == pytest.approx((path.drift.low, path.drift.high))
    assert long.middle == short.middle
    assert long.high - long.middle == pytest.approx(0.3 * (short.high - short.middle))


def test_one_group_may_not_outvote_the_others() -> None:
    """A group seen in ninety series that fell counts like one that rose in a single series."""
    crowd = [seen(f"crowd {one}", day, price, "crowd") for one in range(90) for day, price in FALLING]
    single = [seen(f"single {one}", day, price) for one in range(9) for day, price in RISING]

    assert fit([*crowd, *single]).drift.middle > 0


FALLING = (("2020-01-01", 2.0), ("2022-01-01", 1.0))
RISING = (("2020-01-01", 1.0), ("2022-01-01", 2.0))


def test_a_launch_that_halves_prices_is_found() -> None:
    """Sixty cards lost a half in the year of a launch and nothing before: the step is ln 2, less the prior."""
    rows = [
        seen(f"card {one}", day, price)
        for one in range(60)
        for day, price in (("2020-01-01", 4.0), ("2021-01-01", 4.0), ("2022-01-01", 2.0), ("2023-01-01", 2.0))
    ]
    step = fit_step(moves_of(rows), [dt.date(2021, 6, 1)], prior_step=0.15, prior_moves=10.0)

    assert 0.4 < step < log(2)


def test_facts_behind_a_fit_are_named_once_and_in_order() -> None:
    """Every sighting's fact, sorted by id."""
    rows = history(2, 1.0, 2.0)

    assert [fact.id for fact in fit([*rows, *rows]).facts] == sorted({row.fact.id for row in rows})
