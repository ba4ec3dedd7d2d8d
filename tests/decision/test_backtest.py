"""Advice on past days against what then happened, on a small record that can be worked by hand, then on ours."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.schema import ComponentPrice, Offer, Tariff
from payback.decision.backtest import Backtest, Settings, User, backtest, calibrate
from payback.decision.backtest.record import Record, known_catalogue
from payback.decision.backtest.settings import add_months, question_of
from payback.decision.plan import plan
from payback.errors import NoFeasibleOptionError
from payback.evidence import Grade
from payback.report.backtest_text import print_backtest, print_calibration

DAY = dt.date(2018, 10, 1)
ONE = User(name="one", gpus=1, hours_per_day=12.0, vram_gib=8.0)
HOURS = 12 * 365 / 12
"""Hours of use a month: 12 a day."""


@pytest.fixture
def record(small: Catalogue) -> Catalogue:
    """The small catalogue with a tariff of the country, without ready-made machines."""
    tariff = Tariff(
        place="US",
        sector="residential",
        price_usd_per_kwh=0.13,
        observed_on=dt.date(2016, 1, 1),
        source="eia",
        grade=Grade.LISTED,
    )
    return replace(small, electricity=(tariff,), prebuilts=())


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "until": dt.date(2019, 12, 31),
        "users": (ONE,),
        "months": 12,
        "first": DAY,
        "equal": "hours",
    }
    return Settings(**(values | {"every_months": 12} | changes))


def with_rows(catalogue: Catalogue, *rows: Any) -> Catalogue:
    offers = tuple(row for row in rows if isinstance(row, Offer))
    parts = tuple(row for row in rows if isinstance(row, ComponentPrice))
    tariffs = tuple(row for row in rows if isinstance(row, Tariff))
    return replace(
        catalogue,
        offers=catalogue.offers + offers,
        component_prices=catalogue.component_prices + parts,
        electricity=catalogue.electricity + tariffs,
    )


def v100(price: float, day: str, instance: str = "p3.2xlarge", **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "provider": "aws",
        "region": "us-east-1",
        "gpu": "V100 SXM2 16GB",
        "gpu_count": 1,
        "term": "on-demand",
    }
    return Offer(
        instance=instance,
        price_usd_per_h=price,
        observed_on=dt.date.fromisoformat(day),
        source="archive",
        grade=Grade.LISTED,
        **(values | changes),
    )


def used(price: float, day: str) -> ComponentPrice:
    return ComponentPrice(
        component="GTX 1080 Ti",
        category="gpu",
        condition="used",
        price=price,
        currency="USD",
        market="US",
        tax_included_share=0.0,
        observed_on=dt.date.fromisoformat(day),
        source="shop",
        grade=Grade.SOLD,
    )


def outcomes(catalogue: Catalogue, **changes: Any) -> dict[str, Any]:
    """Every option of the day with what it cost in the end."""
    from payback.decision.backtest.realise import realise

    grid = settings(**changes)
    question = question_of(ONE, DAY, grid)
    everything = Record(catalogue=catalogue, seen_days=grid.seen_days, resale_window_days=grid.resale_window_days)
    answer = plan(question, known_catalogue(catalogue, DAY))
    return {option.id: realise(option, question, everything) for option in answer.options}


def only(found: dict[str, Any], part: str) -> Any:
    (outcome,) = [outcome for name, outcome in found.items() if part in name]
    return outcome


def test_a_rent_that_falls_is_paid_as_it_falls(record: Catalogue) -> None:
    """3.06 for the 8 months that begin before June 2019, 2.50 for the 4 from then on."""
    rent = only(outcomes(record), "p3.2xlarge@us-east-1:1xv100-sxm2-16gb:on-demand")

    assert rent.expected_usd == pytest.approx(12 * HOURS * 3.06)
    assert rent.realised_usd == pytest.approx(HOURS * (8 * 3.06 + 4 * 2.50))


def test_a_commitment_keeps_its_price_and_renews_at_that_of_the_day(record: Catalogue) -> None:
    """2.088 around the clock in the first year; the second year at 2.00, recorded in September 2019."""
    later = with_rows(record, v100(2.00, "2019-09-01", term="reserved-1y-no-upfront"))
    first, second = outcomes(later, months=12), outcomes(later, months=24)

    assert only(first, "reserved-1y-no-upfront").realised_usd == pytest.approx(2.088 * 8760)
    assert only(second, "reserved-1y-no-upfront").realised_usd == pytest.approx((2.088 + 2.00) * 8760)


def test_a_three_year_term_is_owed_to_its_end(record: Catalogue) -> None:
    """1.332 for three years, whatever happens and however long it is used."""
    assert only(outcomes(record), "reserved-3y-no-upfront").realised_usd == pytest.approx(1.332 * 3 * 8760)


def test_the_owner_sells_at_the_recorded_used_price(record: Catalogue) -> None:
    """700 + 2,300, power and repairs, less 450 for the card and the assumed 80 % of the rest."""
    later = with_rows(record, used(450, "2019-09-20"))
    build = only(outcomes(later), "build:box")
    electricity_and_repairs = build.expected_usd - 3000 + _planned_resale(later)

    assert build.assumed_usd == pytest.approx(0.8 * 2300)
    assert build.realised_usd == pytest.approx(3000 + electricity_and_repairs - 450 - 0.8 * 2300)


def _planned_resale(catalogue: Catalogue) -> float:
    question = question_of(ONE, DAY, settings())
    answer = plan(question, known_catalogue(catalogue, DAY))
    return next(option.statement.residual_usd[-1] for option in answer.options if option.id.startswith("build:box"))


@pytest.mark.parametrize(("day", "known"), [("2019-04-02", True), ("2019-03-31", False), ("2020-03-31", True)])
def test_a_used_price_counts_within_half_a_year(record: Catalogue, day: str, known: bool) -> None:
    """The machine is sold on 2019-10-01; 183 days either side are near enough, more is unknown."""
    found = outcomes(with_rows(record, used(450, day)))

    assert known == (only(found, "build:box").realised_usd is not None)


def test_without_a_used_price_the_outcome_is_unknown(record: Catalogue) -> None:
    """The newest used price is a year older than the sale: nothing is invented."""
    build = only(outcomes(record), "build:box")

    assert build.realised_usd is None
    assert build.why_unknown == "no used price of GTX 1080 Ti recorded near 2019-10-01"


def test_dearer_electricity_is_paid(record: Catalogue) -> None:
    """Twice the tariff from April 2019: the 6 months that begin from then cost twice as much."""
    tariff = replace(record.electricity[0], price_usd_per_kwh=0.26, observed_on=dt.date(2019, 4, 1))
    sold = with_rows(record, used(450, "2019-09-20"))
    before, after = only(outcomes(sold), "build:box"), only(outcomes(with_rows(sold, tariff)), "build:box")
    question = question_of(ONE, DAY, settings())
    options = plan(question, known_catalogue(sold, DAY)).options
    lines = next(o for o in options if o.id.startswith("build:box")).statement.lines
    year_usd = sum(line.usd for line in lines if line.name.startswith("electricity"))

    assert after.realised_usd - before.realised_usd == pytest.approx(year_usd / 2)


def test_an_offer_that_ends_is_replaced_by_the_same_gpu(record: Catalogue) -> None:
    """Gone in January 2019: first the same seller's other machine, else the cheapest of that GPU, else unknown."""
    gone = [
        replace(row, valid_until=dt.date(2019, 1, 1))
        for row in record.offers
        if row.term == "on-demand" and row.observed_on is not None and row.observed_on <= DAY
    ]
    ended = replace(record, offers=(*gone, *(row for row in record.offers if row.term != "on-demand")))
    other = v100(10.0, "2018-12-01", instance="p3.8xlarge", gpu_count=4)
    cheap = v100(1.0, "2018-12-01", instance="v100", provider="other", region=None)
    name = "p3.2xlarge@us-east-1:1xv100-sxm2-16gb:on-demand"

    assert only(outcomes(ended), name).why_unknown == "no rent of V100 SXM2 16GB recorded for 2019-01-01"
    assert only(outcomes(with_rows(ended, cheap)), name).realised_usd == pytest.approx(HOURS * (3 * 3.06 + 9 * 1.0))
    both = outcomes(with_rows(ended, cheap, other))
    assert only(both, name).realised_usd == pytest.approx(HOURS * (3 * 3.06 + 9 * 2.5))


def test_an_offer_seen_again_has_not_ended_in_between(record: Catalogue) -> None:
    """Seen in 2017 and in 2019: in between it costs what was last seen, however long ago."""
    assert only(outcomes(record, seen_days=1), "p3.2xlarge@us-east-1:1xv100-sxm2-16gb:on-demand").realised_usd is None
    again = with_rows(record, v100(2.50, "2019-10-02"))

    assert only(outcomes(again, seen_days=1), ":on-demand").realised_usd is not None


def test_a_trial_weighs_the_advice_against_the_best(record: Catalogue) -> None:
    """The card sells for nothing: the build costs more than hoped, but three years of V100 cost 35,005."""
    result = backtest(with_rows(record, used(1, "2019-09-20")), settings())
    (trial,) = result.trials

    assert trial.advised is not None
    assert trial.best is not None
    assert trial.regret_usd == pytest.approx((trial.advised.realised_usd or 0) - (trial.best.realised_usd or 0))
    assert trial.right_side is True
    assert trial.evaluated == trial.on_offer
    assert trial.complete


def test_later_facts_do_not_reach_the_advice(record: Catalogue) -> None:
    """A rent of one cent and a price of one dollar, both of the day after, change nothing on the day."""
    tempting = with_rows(record, v100(0.01, "2018-10-02"), used(1, "2018-10-02"))
    (before,), (after,) = backtest(record, settings()).trials, backtest(tempting, settings()).trials

    assert before.advised is not None
    assert after.advised is not None
    assert (before.advised.option, before.advised.expected_usd) == (after.advised.option, after.advised.expected_usd)


@pytest.mark.parametrize("day", [dt.date(year, 5, 1) for year in range(2017, 2025)])
def test_plan_itself_never_uses_later_facts(day: dt.date) -> None:
    """On the shipped record: the whole catalogue and the one cut on the day give identical options and advice."""
    catalogue = load()
    for user in Settings(until=day).users:
        question = question_of(user, day, Settings(until=day))
        whole, cut = plan(question, catalogue), plan(question, known_catalogue(catalogue, day))

        assert whole.advice.choice.id == cut.advice.choice.id
        assert [(o.id, o.total_usd) for o in whole.options] == [(o.id, o.total_usd) for o in cut.options]


def test_the_cut_catalogue_holds_nothing_later() -> None:
    """Every dated row and every list is of the day or before, and nothing of that time is missing."""
    day, catalogue = dt.date(2020, 9, 1), load()
    cut = known_catalogue(catalogue, day)

    for table in (
        "offers",
        "component_prices",
        "prebuilts",
        "electricity",
        "sales_tax",
        "running_costs",
        "cloud_storage",
    ):
        kept, all_rows = getattr(cut, table), getattr(catalogue, table)
        assert all(row.observed_on is None or row.observed_on <= day for row in kept)
        assert len(kept) == sum(row.observed_on is None or row.observed_on <= day for row in all_rows)
    assert all(machine.as_of <= day for machine in cut.machines)


@pytest.fixture(scope="module")
def yearly() -> Backtest:
    """The shipped record, once a year."""
    return backtest(load(), Settings(until=dt.date(2026, 11, 9), every_months=12))


def test_every_year_and_user_is_asked(yearly: Backtest) -> None:
    """Nine Novembers, 2016 to 2024, and three users."""
    assert [dt.date(year, 11, 1) for year in range(2016, 2025)] == list(yearly.settings.days)
    assert len(yearly.trials) == 27


def test_regret_is_never_negative_and_unknown_is_never_a_number(yearly: Backtest) -> None:
    """The best is the best of all known outcomes, the advised one included."""
    for trial in yearly.trials:
        if trial.judged:
            assert trial.regret_usd is not None
            assert trial.regret_usd >= 0
        else:
            assert trial.regret_usd is None
            assert trial.why
        assert trial.evaluated <= trial.on_offer


def test_summaries_add_up(yearly: Backtest) -> None:
    """The years of a user sum to the line over all years."""
    summaries = yearly.summaries()
    for user in ("student", "researcher", "lab"):
        years = [s for s in summaries if s.user == user and s.year is not None]
        (whole,) = [s for s in summaries if s.user == user and s.year is None]
        assert whole.trials == sum(s.trials for s in years) == 9
        assert whole.judged == sum(s.judged for s in years) >= 1
        assert whole.right_side <= whole.sides_judged <= whole.judged


def test_the_printed_object_and_the_report(yearly: Backtest) -> None:
    """JSON without NaN; the report names the coverage and what unknown means."""
    printed = json.loads(json.dumps(yearly.as_dict(), allow_nan=False))
    console = Console(width=140, record=True, file=io.StringIO())
    print_backtest(yearly, console)
    text = console.export_text()

    assert printed["coverage"]["trials"] == 27
    assert printed["coverage"]["judged"] == len(yearly.judged)
    assert f"{len(yearly.judged)} of 27 pieces of advice could be judged over 24 months" in " ".join(text.split())
    assert "2016-11-01" in text


def test_progress_is_told_and_a_day_without_options_is_a_trial(record: Catalogue) -> None:
    """Two days, one of them before anything was priced: told 1/2 and 2/2, and no advice for the first."""
    told: list[tuple[int, int]] = []
    result = backtest(
        record, settings(first=dt.date(2016, 10, 1), every_months=24), lambda done, total: told.append((done, total))
    )

    assert told == [(1, 2), (2, 2)]
    assert result.trials[0].verdict is None
    assert "no option" in result.trials[0].why
    with pytest.raises(NoFeasibleOptionError):
        plan(question_of(ONE, dt.date(2016, 10, 1), settings()), record)


def test_months_are_calendar_months() -> None:
    """A year after the last of February of a leap year is the 28th."""
    assert add_months(dt.date(2020, 2, 29), 12) == dt.date(2021, 2, 28)
    assert add_months(dt.date(2020, 11, 1), 3) == dt.date(2021, 2, 1)


def test_a_rent_that_fell_a_little_lies_inside_its_interval(record: Catalogue) -> None:
    """Eight months at 3.06 and four at 2.50 an hour: 12,585 USD, well within what rents do in a year."""
    found = calibrate(record, settings(), scenarios=256)
    paid = (8 * 3.06 + 4 * 2.50) * HOURS
    [on_demand] = [one for one in found.forecasts if one.realised_usd == pytest.approx(paid)]
    totals = [row for row in found.rows() if row.year is None]

    assert on_demand.low_usd < paid < on_demand.high_usd < 1.5 * paid
    assert sum(row.outcomes for row in totals if row.which != "advised") == len(found.forecasts)
    assert all(row.inside + row.below + row.above == row.outcomes for row in totals)


def test_a_rent_that_rose_tenfold_lies_above(record: Catalogue) -> None:
    """30.60 from the second month on: no interval given in 2018 holds that, and the table says above."""
    dear = [
        replace(row, price_usd_per_h=30.60, observed_on=dt.date(2018, 11, 1))
        for row in record.offers
        if row.term == "on-demand" and row.observed_on is not None and row.observed_on <= DAY
    ]
    found = calibrate(with_rows(record, *dear), settings(), scenarios=256)
    console = Console(width=120, record=True, file=io.StringIO())
    print_calibration(found, console)

    assert any(one.above for one in found.forecasts)
    assert all(one.low_usd <= one.high_usd for one in found.forecasts)
    assert "rented" in console.export_text()
    assert found.as_dict()["promised"] == 0.8
