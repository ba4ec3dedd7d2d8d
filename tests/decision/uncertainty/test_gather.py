"""Each uncertain input is a fact with evidence, and no evidence is younger than the question."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payback.catalogue.catalogue import Catalogue, load
from payback.decision.backtest.record import known_catalogue
from payback.decision.plan import Plan
from payback.decision.plan import plan as make_plan
from payback.decision.uncertainty.gather import gather, hours_from_log
from payback.decision.uncertainty.inputs import GROUPS, HOURS, Inputs
from payback.evidence import Grade
from payback.question import Question
from payback.question_file import question_from_dict, read_question

EXAMPLES = Path(__file__).parents[3] / "examples"
DAYS = (dt.date(2018, 9, 26), dt.date(2021, 6, 30))


def ask(day: dt.date, **changes: Any) -> Question:
    """One GPU at home, old prices allowed."""
    document = {"options": {"max_price_age_days": 400}, "finance": {"sales_tax": 0.0}, **changes}
    return question_from_dict(document, as_of=day)


@pytest.fixture(scope="module")
def today() -> Plan:
    return make_plan(ask(dt.date(2026, 11, 23)), load())


@pytest.fixture(scope="module")
def inputs(today: Plan) -> Inputs:
    return gather(today, load())


@pytest.mark.parametrize("day", DAYS)
def test_no_later_fact_leaks_into_the_inputs(day: dt.date) -> None:
    """Fitting with the whole catalogue gives what fitting with only the rows of that day gives."""
    question = ask(day)
    known = known_catalogue(load(), day)

    assert gather(make_plan(question, load()), load()) == gather(make_plan(question, known), known)


def test_prices_of_the_future_do_not_move_the_past() -> None:
    """Every rent and used price of 2026 a thousand times dearer: the inputs of 2018 stay as they were."""
    answer = make_plan(ask(DAYS[0]), load())
    whole = load()
    mad = replace(
        whole,
        offers=tuple(_dearer(row) for row in whole.offers),
        component_prices=tuple(_dearer(row) for row in whole.component_prices),
        electricity=tuple(_dearer(row) for row in whole.electricity),
    )

    assert gather(answer, whole) == gather(answer, mad)


def _dearer(row: Any) -> Any:
    name = {"Offer": "price_usd_per_h", "ComponentPrice": "price", "Tariff": "price_usd_per_kwh"}[type(row).__name__]
    later = row.observed_on is not None and row.observed_on > DAYS[0]
    return replace(row, **{name: 1000 * getattr(row, name)}) if later else row


def test_every_input_has_an_interval_a_unit_a_grade_and_a_reason(inputs: Inputs) -> None:
    """A reader can judge each: what it is, how wide, how we know."""
    assert {one.name.split(", ")[0] for one in inputs.named} >= set(GROUPS) - {"spot interruptions"}
    for one in inputs.named:
        assert one.spread.low < one.spread.high
        assert one.unit
        assert len(one.why) > 20
        assert one.facts or one.grade is Grade.ASSUMED, one.name


def test_every_fact_of_an_input_is_older_than_the_question(inputs: Inputs) -> None:
    """Evidence first, question later; a fit names the prices it was made from."""
    facts = {fact.id: fact for one in inputs.named for fact in (*one.facts, *one.parents)}

    assert len(facts) > 300
    for fact in facts.values():
        assert fact.observed_on is None or fact.observed_on <= dt.date(2026, 11, 23)
        if fact.id.startswith("odds:"):
            assert fact.parents
            assert set(fact.parents) <= set(facts)


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("home", 1.2, 8.0), ("office", 0.2 * 24, 0.6 * 24), ("datacentre", 6.0, 0.8 * 24)]
)
def test_habits_of_users_bound_the_hours(kind: str, low: float, high: float) -> None:
    """At home 5 to 15 % of the day are usual: 8 h asked are the optimistic end, 1.2 h the other.

    An office of 12 h a day: 20 to 60 %. A data centre that asks 8 h: 8/24 over √(80/45) to √(80/45) times as much.
    """
    asked = {"home": 8.0, "office": 12.0, "datacentre": 8.0}[kind]
    site = {"kind": kind, "hosting_usd_per_month": 100.0} if kind == "datacentre" else {"kind": kind}
    own = {**OWN, "gpu": "RTX A6000"}
    question = ask(dt.date(2026, 11, 23), site=site, work={"hours_per_day": asked}, options=ONE, own=[own])
    [hours] = [one for one in gather(make_plan(question, load()), load()).named if one.name == GROUPS[HOURS]]

    if kind == "datacentre":
        assert hours.spread.low == pytest.approx(8.0 / (0.80 / 0.45) ** 0.5)
        assert hours.spread.high == pytest.approx(8.0 * (0.80 / 0.45) ** 0.5)
        return
    assert hours.spread.low == pytest.approx(low)
    assert hours.spread.high == pytest.approx(high)


ONE: dict[str, Any] = {"kinds": []}
OWN: dict[str, Any] = {"gpu": "RTX 4090", "capital_usd": 3000, "wall_power_w": 600}


def test_hours_of_a_log_beat_the_habits_of_others() -> None:
    """8 h measured: 8 h give or take 15 %, 80 % within exp(1.28 x 0.15) = 21 %."""
    question = ask(dt.date(2026, 11, 23), work={"hours_measured": True}, options=ONE, own=[OWN])
    found = gather(make_plan(question, load()), load())
    [hours] = [one for one in found.named if one.name == GROUPS[HOURS]]

    assert found.hours.middle == 1.0
    assert hours.spread.high == pytest.approx(8 * 1.212, abs=0.01)
    assert hours.grade is Grade.MEASURED


def test_hours_week_by_week_beat_the_hours_asked() -> None:
    """Eight weeks of 28 h are 4 h a day where 8 were asked: half, however wide."""
    ratio, named = hours_from_log([28.0] * 8, ask(dt.date(2026, 11, 23)))

    assert ratio.middle == pytest.approx(0.5)
    assert named.spread.middle == pytest.approx(4.0)
    with pytest.raises(ValueError, match="four weeks"):
        hours_from_log([28.0] * 3, ask(dt.date(2026, 11, 23)))


def test_the_article_of_2018_holds_no_later_habit() -> None:
    """The figures on use are of 2020: in 2018 they are an assumption without a source."""
    question = read_question(EXAMPLES / "article-2018.toml", as_of=DAYS[0])
    [hours] = [one for one in gather(make_plan(question, load()), load()).named if one.name == GROUPS[HOURS]]

    assert (hours.grade, hours.facts) == (Grade.ASSUMED, ())


def test_a_rising_history_makes_rents_dearer(small: Catalogue) -> None:
    """Twelve sellers whose price doubled within two years: the median future rises."""
    day = dt.date(2018, 9, 26)
    template = next(row for row in small.offers if row.term == "on-demand")
    rising = [
        replace(template, provider=f"seller-{one}", price_usd_per_h=price, observed_on=when)
        for one in range(12)
        for when, price in ((dt.date(2016, 9, 1), 1.5), (dt.date(2017, 9, 1), 2.1), (dt.date(2018, 9, 1), 3.0))
    ]
    machine = {"gpu": "GTX 1080 Ti", "capital_usd": 3000, "wall_power_w": 500}
    question = ask(day, options={"kinds": ["rent"]}, own=[machine], site={"region": "CA"}, work={"equal": "hours"})
    catalogue = replace(small, offers=(*small.offers, *rising))
    found = gather(make_plan(question, catalogue), catalogue)
    [market] = [one for one in found.named if one.name == "rental prices, market"]

    assert found.rents["market"].drift.middle > 0.1
    assert market.spread.middle > 1.3
    assert market.grade is Grade.DERIVED
