"""How sure a plan is: constants give the plan back, and every odd question gets a sensible answer."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from payback.catalogue.catalogue import load
from payback.decision.advise import paybacks
from payback.decision.odds import PlanOdds, odds_of
from payback.decision.plan import Plan, plan
from payback.decision.uncertainty import simulate as simulation
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.inputs import Inputs
from payback.decision.uncertainty.model import model_of
from payback.decision.uncertainty.simulate import CHUNK, simulate
from payback.decision.uncertainty.wait import BUY_NOW, RENT_ON
from payback.errors import BadQuestionError
from payback.question import Question
from payback.question_file import default_question, question_from_dict, read_question

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = dt.date(2026, 11, 23)
OWN: dict[str, Any] = {"gpu": "RTX 4090", "capital_usd": 3000, "wall_power_w": 600}
RENT: dict[str, Any] = {"gpu": "RTX 4090", "price_usd_per_h": 0.5}


def ask(**document: Any) -> Plan:
    return plan(question_from_dict(document, as_of=DAY), load())


def sure(answer: Plan, scenarios: int = 1000) -> PlanOdds:
    return odds_of(answer, load(), scenarios=scenarios, seed=7)


def example(name: str) -> Question:
    return read_question(EXAMPLES / f"{name}.toml", as_of=DAY)


@pytest.fixture(scope="module")
def lab() -> Plan:
    return plan(example("lab"), load())


@pytest.fixture(scope="module")
def lab_odds(lab: Plan) -> PlanOdds:
    return sure(lab, 2 * CHUNK)


@pytest.mark.parametrize("name", ["default", "lab", "article-2018"])
def test_without_spread_the_odds_are_the_plan(name: str) -> None:
    """All inputs constant: every total, mean and payback of every option is the statement's, to 1e-12."""
    answer = plan(default_question(as_of=DAY) if name == "default" else example(name), load())
    odds = simulate(answer, load(), inputs=Inputs(), scenarios=32, threads=1)

    for option in answer.options:
        one = odds.options[option.id]
        assert (*one.total_usd, one.mean_usd) == pytest.approx((option.total_usd,) * 4, rel=1e-12, abs=1e-9)
        if option.is_owned and answer.advice.baseline is not None:
            month = paybacks(option, answer.advice.baseline, answer.question).cash
            expected = (None,) * 3 if month is None else pytest.approx((month,) * 3, rel=1e-12)
            assert one.payback_range_months == expected
    assert odds.options[answer.advice.choice.id].regret_most_usd == pytest.approx(0.0, abs=1e-9)


def test_shares_of_paybacks_add_up(lab: Plan, lab_odds: PlanOdds) -> None:
    """Months and never make one; the percentiles lie where the shares say."""
    assert lab.advice.best_owned is not None
    one = lab_odds.of(lab.advice.best_owned.id)
    assert one.payback_share_by_month is not None
    assert one.probability_never is not None
    early = one.payback_range_months[0] if one.payback_range_months else None

    assert sum(one.payback_share_by_month) + one.probability_never == pytest.approx(1.0)
    assert len(one.payback_share_by_month) == lab.question.work.months + 1
    assert early is not None
    assert sum(one.payback_share_by_month[: int(early)]) <= 0.1 <= sum(one.payback_share_by_month[: int(early) + 1])


def test_a_fan_widens_and_holds_its_median(lab: Plan, lab_odds: PlanOdds) -> None:
    """Month 0 is known; later months are less sure; net is cash less something."""
    assert lab.advice.baseline is not None
    rent = lab_odds.odds.fan[lab.advice.baseline.id].cash
    widths = [high - low for low, high in zip(rent.p10, rent.p90, strict=True)]

    assert widths[0] == 0.0
    assert all(a <= b for a, b in pairwise(widths))
    for fan in lab_odds.odds.fan.values():
        for band in (fan.cash, fan.net):
            assert all(a <= b <= c for a, b, c in zip(band.p10, band.p50, band.p90, strict=True))


def test_knowing_all_is_worth_more_than_knowing_one(lab_odds: PlanOdds) -> None:
    """EVPPI of an input cannot exceed the value of perfect information, which is the regret of the best choice."""
    worth = dict(lab_odds.odds.measure_first)
    least = min(one.regret_mean_usd for one in lab_odds.odds.options.values())

    assert worth
    assert max(worth.values()) <= lab_odds.odds.perfect_information_usd + 1e-6
    assert lab_odds.odds.perfect_information_usd == pytest.approx(least)


def test_the_tornado_is_sorted_and_centred(lab_odds: PlanOdds) -> None:
    """Longest bar first, and what is saved in the middle lies within every bar."""
    assert lab_odds.tornado is not None
    widths = [bar.width_usd for bar in lab_odds.tornado.bars]

    assert widths == sorted(widths, reverse=True)
    for bar in lab_odds.tornado.bars:
        ends = sorted((bar.saved_at_low_usd, bar.saved_at_high_usd))
        assert ends[0] <= lab_odds.tornado.saved_usd <= ends[1]


def test_a_stopped_run_gives_what_was_done(lab: Plan) -> None:
    """Ctrl-C after the first of three chunks: 4,096 of 12,288, and the answer says so."""

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    odds = odds_of(lab, load(), scenarios=3 * CHUNK, progress=stop).odds

    assert (odds.scenarios, odds.asked, odds.is_complete) == (CHUNK, 3 * CHUNK, False)
    assert sum(one.probability_best for one in odds.options.values()) == pytest.approx(1.0)


def test_without_numba_numpy_answers(lab: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is asked for, a bare installation answers with NumPy."""
    model = model_of(lab, Inputs())
    monkeypatch.setattr(simulation, "find_spec", lambda name: None)
    runner = simulation._runner(model, None, 1, None, 10**9)  # type: ignore[arg-type]

    assert runner.name == "numpy"


@pytest.mark.parametrize(("scenarios", "seed"), [(0, 1), (-5, 1), (10, -1), (10, 2**64)])
def test_what_cannot_be_drawn_is_refused(lab: Plan, scenarios: int, seed: int) -> None:
    """No futures, or a seed that is no 64-bit word."""
    with pytest.raises(BadQuestionError, match="whole number"):
        odds_of(lab, load(), scenarios=scenarios, seed=seed)


def test_too_few_futures_value_nothing_rather_than_zero(lab: Plan) -> None:
    """One chunk has no second half to judge by: no value of information is claimed."""
    assert sure(lab, 500).odds.measure_first == ()


def test_a_single_option_has_no_rival() -> None:
    """Cheapest in every future, no regret; nothing to compare, so no tornado and no date."""
    answer = ask(options={"kinds": []}, own=[OWN])
    found = sure(answer)
    one = found.of(answer.advice.choice.id)

    assert (one.probability_best, one.regret_most_usd, one.payback_range_months) == (1.0, 0.0, None)
    assert one.total_usd[0] < one.total_usd[2]
    assert (found.tornado, found.thresholds, found.wait) == (None, (), None)


def test_renting_alone_has_odds_too() -> None:
    """No machine to own: rents still drift."""
    answer = ask(options={"kinds": []}, rent=[RENT, {**RENT, "price_usd_per_h": 0.6}])
    found = sure(answer)

    assert found.of(answer.advice.choice.id).probability_best == 1.0, "both prices follow the same market"
    assert (found.tornado, found.wait) == (None, None)


def test_named_machines_and_offers_alone() -> None:
    """3,000 USD against 50 cents an hour for 8 h a day: neither side wins always."""
    answer = ask(options={"kinds": []}, own=[OWN], rent=[RENT])
    found = sure(answer)
    shares = [one.probability_best for one in found.odds.options.values()]

    assert len(shares) == 2
    assert 0.02 < min(shares) < max(shares) < 0.98
    assert {one.name for one in found.wait.strategies} >= {BUY_NOW, RENT_ON} if found.wait else False


def test_an_offer_without_a_price_takes_no_part() -> None:
    """In January 2017 nobody had seen a p3.2xlarge: it is rejected by name, and the odds go on without it."""
    day = dt.date(2017, 1, 1)
    machine = {"gpu": "GTX 1080", "capital_usd": 1500, "wall_power_w": 300}
    offers = [{"offer": "aws/p3.2xlarge"}, {"gpu": "GTX 1080", "price_usd_per_h": 0.4}]
    document = {"options": {"kinds": []}, "own": [machine], "rent": offers}
    answer = plan(question_from_dict(document, as_of=day), load())
    found = odds_of(answer, load(), scenarios=500, seed=7)

    assert any("p3.2xlarge" in option.id for option in answer.rejected)
    assert set(found.odds.options) == {option.id for option in answer.options}
    assert not any("p3.2xlarge" in name for name in found.odds.options)


def test_no_hours_of_work_leave_nothing_to_win() -> None:
    """0 h a day: renting costs nothing in every future and no machine ever pays back."""
    answer = ask(work={"hours_per_day": 0}, options={"kinds": []}, own=[OWN], rent=[RENT])
    found = sure(answer)
    rent, own = (found.of(option.id) for option in answer.options)

    assert rent.total_usd == (0.0, 0.0, 0.0)
    assert (rent.probability_best, own.probability_never) == (1.0, 1.0)


def test_ten_years_stay_within_reason() -> None:
    """Over 120 months the median rent is within a factor of three of today's, and its 80 % within a factor of ten."""
    answer = ask(work={"months": 120}, options={"kinds": []}, own=[OWN], rent=[RENT])
    [rents] = [one for one in gather(answer, load()).named if one.name == "rental prices, market"]
    own = sure(answer).of(answer.options[0].id if answer.options[0].is_owned else answer.options[1].id)

    assert 1 / 3 < rents.spread.middle < 3
    assert 0.1 < rents.spread.low < rents.spread.high < 10
    assert own.payback_share_by_month is not None
    assert len(own.payback_share_by_month) == 121


def test_the_odds_of_2018_rest_on_2018() -> None:
    """Every dated fact behind the odds of the article's question is older than the question."""
    found = sure(plan(example("article-2018"), load()))

    assert found.facts
    assert all(fact.observed_on is None or fact.observed_on <= dt.date(2018, 9, 26) for fact in found.facts.values())


def test_measured_hours_make_the_answer_surer() -> None:
    """The same 8 h from a log narrow the cost of renting."""
    spans = []
    for measured in (False, True):
        answer = ask(work={"hours_measured": measured}, options={"kinds": []}, own=[OWN], rent=[RENT])
        low, _, high = next(sure(answer).of(option.id).total_usd for option in answer.options if not option.is_owned)
        spans.append(high / low)

    assert spans[1] < 0.7 * spans[0]
