"""From a question to a choice, on a small catalogue whose answers can be worked by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from payback.catalogue.catalogue import Catalogue, load
from payback.decision.feasible import storage_of_parts_gb
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan, plan
from payback.errors import BadQuestionError, NoFeasibleOptionError, UnknownNameError
from payback.question import Preferences, Question, Work
from payback.question_file import question_from_dict

ARTICLE = {
    "as_of": dt.date(2018, 9, 26),
    "work": {"hours_per_day": 24, "months": 36, "equal": "hours"},
    "site": {"price_usd_per_kwh": 0.20},
    "finance": {"depreciation": "straight-line"},
    "options": {"kinds": []},
    "own": [{"label": "Jeff's", "gpu": "GTX 1080 Ti", "capital_usd": 3000, "wall_power_w": 1000}],
    "rent": [
        {"offer": "aws/p3.2xlarge"},
        {"offer": "aws/p3.2xlarge", "term": "reserved-1y-no-upfront"},
        {"offer": "aws/p3.2xlarge", "term": "reserved-3y-no-upfront"},
    ],
}


def ask(catalogue: Catalogue, **changes: Any) -> Plan:
    document = {**ARTICLE, **changes}
    return plan(question_from_dict(document, as_of=dt.date(2018, 9, 26)), catalogue)


def ratios(answer: Plan, month: int) -> list[float]:
    return sorted(c.ratio for c in answer.comparisons if c.month == month and c.ratio is not None)


def test_the_article_after_a_year(small: Catalogue) -> None:
    """26,805.60 / 2,752 = 9.74; 18,290.88 / 2,752 = 6.65; 11,668.32 / 2,752 = 4.24."""
    assert ratios(ask(small), 12) == pytest.approx([4.24, 6.646, 9.740], abs=0.001)


def test_dearer_electricity_lowers_every_ratio(small: Catalogue) -> None:
    """At 0.30: 1,000 + 2,628 = 3,628; 26,805.60 / 3,628 = 7.389."""
    assert ratios(ask(small, site={"price_usd_per_kwh": 0.30}), 12)[-1] == pytest.approx(26805.6 / 3628)


def test_fewer_hours_hit_renting_by_the_hour_only(small: Catalogue) -> None:
    """8 h a day: own 1,000 + 584 = 1,584; on demand 8,935.20; the commitment stays 18,290.88."""
    answer = ask(small, work={"hours_per_day": 8, "months": 36, "equal": "hours"})

    assert ratios(answer, 12) == pytest.approx([8935.2 / 1584, 11668.32 / 1584, 18290.88 / 1584])


def test_five_years_of_life_lower_the_yearly_loss(small: Catalogue) -> None:
    """3,000 / 5 + 1,752 = 2,352."""
    answer = ask(small, finance={"depreciation": "straight-line", "useful_life_months": 60})

    assert ratios(answer, 12)[-1] == pytest.approx(26805.6 / 2352)


def test_the_machine_pays_for_itself_in_two_months(small: Catalogue) -> None:
    """3,000 / ((3.06 - 0.20) x 730) = 1.44 months."""
    on_demand = next(c for c in ask(small).comparisons if c.rent.endswith("on-demand"))

    assert on_demand.payback_months == pytest.approx(3000 / (2.86 * 730))


def test_the_baseline_is_the_cheapest_rent(small: Catalogue) -> None:
    """Three years at 1.332 are the cheapest way to rent around the clock."""
    answer = ask(small)

    assert answer.advice.baseline is not None
    assert answer.advice.baseline.id.endswith("reserved-3y-no-upfront")
    assert answer.advice.verdict == "build"


def test_a_later_price_is_never_used(small: Catalogue) -> None:
    """The 2.50 of 2019 does not exist in 2018, and in 2019 it does."""
    later = ask(small, as_of=dt.date(2019, 7, 1), rent=[{"offer": "aws/p3.2xlarge"}])

    assert ask(small).facts["question:site.price_usd_per_kwh"].value == 0.20
    assert {3.06} == {o.candidate.price_usd_per_h for o in ask(small).options if o.id.endswith("on-demand")}  # type: ignore[union-attr]
    assert {2.50} == {o.candidate.price_usd_per_h for o in later.options if not o.is_owned}  # type: ignore[union-attr]


def test_every_line_adds_up_and_names_its_facts(small: Catalogue) -> None:
    """total = Σ lines, and every fact a line names is among the answer's facts."""
    answer = ask(small, options={"max_price_age_days": 400}, site={"region": "CA"}, work={"equal": "hours"})

    assert {"build", "used", "prebuilt", "rent"} == {option.kind for option in answer.options}
    for option in answer.options:
        lines = option.statement.lines_with_residual
        assert option.total_usd == pytest.approx(sum(line.usd for line in lines))
        assert option.statement.net_usd[-1] == pytest.approx(option.total_usd)
        for line in lines:
            assert set(line.facts) <= set(answer.facts), (option.id, line.name)


def test_a_build_costs_its_parts_and_tax(small: Catalogue) -> None:
    """700 + 2,300 and 8.54 %: 3,256.20 on the first day; with a used card 3,147.66."""
    answer = ask(
        small, options={"kinds": ["build", "used"]}, site={"region": "CA"}, work={"equal": "hours"}, own=[], rent=[]
    )
    first_day = {option.kind: option.statement.cash_usd[0] for option in answer.options}

    assert first_day["build"] == pytest.approx(3000 * 1.0854)
    assert first_day["used"] == pytest.approx(2900 * 1.0854)


def test_geforce_is_refused_in_a_data_centre_and_welcome_at_home(small: Catalogue) -> None:
    """The licence of GeForce drivers forbids data centres (claim C11)."""
    centre = ask(small, site={"price_usd_per_kwh": 0.2, "kind": "datacentre"})

    assert "build" in {option.kind for option in ask(small).options}
    assert "build" not in {option.kind for option in centre.options}
    assert any("licence" in reason for rejected in centre.rejected for reason in rejected.reasons)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"work": {"vram_gib": 12, "equal": "hours"}}, "GTX 1080 Ti has 11 GiB, 12 asked"),
        ({"site": {"price_usd_per_kwh": 0.2, "outlet": {"volts": 120, "amps": 10}}}, "the outlet allows 960 W"),
        ({"finance": {"budget_usd": 2999}}, "over the budget of $2,999"),
        ({"work": {"gpus": 2, "equal": "hours"}}, "has 1 of the 2 GPUs asked"),
    ],
)
def test_what_does_not_fit_is_named_with_the_reason(small: Catalogue, changes: dict[str, Any], reason: str) -> None:
    """Memory, outlet, budget and count each reject the machine and say why."""
    rejected = {r.id: r.reasons for r in ask(small, **changes).rejected}

    assert any(reason in text for text in rejected["own:jeff-s"])


def test_a_missing_price_is_never_a_fallback(small: Catalogue) -> None:
    """A reserved term nobody had seen is rejected by name; so is a part without a price."""
    answer = ask(
        small,
        rent=[{"offer": "aws/p3.2xlarge"}, {"offer": "aws/p3.2xlarge", "term": "spot"}],
        own=[{"gpu": "GTX 1080 Ti", "parts": [{"component": "GTX 1080 Ti", "category": "gpu"}, {"component": "case"}]}],
        site={"region": "CA"},
    )
    reasons = {rejected.id: rejected.reasons for rejected in answer.rejected}

    assert reasons["rent:aws/p3.2xlarge:spot"] == ("aws/p3.2xlarge spot: no price seen on or before 2018-09-26",)
    assert reasons["own:your-machine"] == ("not priced: case (new)",)


def test_nothing_feasible_is_an_answer_of_its_own(small: Catalogue) -> None:
    """No GPU of 1,000 GiB: exit status 1, not a traceback."""
    with pytest.raises(NoFeasibleOptionError) as caught:
        ask(small, work={"vram_gib": 1000, "equal": "hours"})

    assert caught.value.exit_status == 1


def test_unknown_names_get_a_suggestion(small: Catalogue) -> None:
    """A typo in a GPU or an offer names the nearest known one."""
    with pytest.raises(UnknownNameError, match="Did you mean 'GTX 1080 Ti'"):
        ask(small, own=[{"gpu": "GTX 1080Tj", "capital_usd": 1}])
    with pytest.raises(UnknownNameError, match=r"Did you mean 'aws/p3\.2xlarge'"):
        ask(small, rent=[{"offer": "aws/p3.2xlrge"}])


def test_a_place_without_tariff_is_an_error_with_a_way_out(small: Catalogue) -> None:
    """Nothing is known of US-XX."""
    with pytest.raises(BadQuestionError, match=r"site\.price_usd_per_kwh"):
        ask(small, site={"region": "XX"})


def test_no_hours_of_work_still_answer(small: Catalogue) -> None:
    """Zero hours: renting by the hour costs nothing and owning its loss of value."""
    answer = ask(small, work={"hours_per_day": 0, "equal": "hours"}, rent=[{"offer": "aws/p3.2xlarge"}])

    assert answer.advice.verdict == "rent"
    assert answer.advice.choice.total_usd == 0.0
    assert answer.advice.choice.usd_per_gpu_h is None


def test_the_choice_flips_where_the_totals_cross(small: Catalogue) -> None:
    """36 months: 3,000 + 36 x 30.42 h x 0.2 per daily hour = 36 x 30.42 x 3.06: own from 0.958 h a day."""
    answer = ask(small, rent=[{"offer": "aws/p3.2xlarge"}])
    flip = next(flip for flip in answer.advice.flips if flip.name == "hours a day")

    assert flip.below == "rent"
    assert flip.value == pytest.approx(3000 / (36 * 365 / 12 * 2.86), abs=0.01)


def test_storage_is_charged_to_rented_machines(small: Catalogue) -> None:
    """1,000 GB at 0.10 for 36 months: 3,600."""
    answer = ask(
        small, work={"hours_per_day": 0, "equal": "hours", "data_gb": 1000}, rent=[{"offer": "aws/p3.2xlarge"}]
    )
    rent = next(option for option in answer.options if not option.is_owned)

    assert rent.total_usd == pytest.approx(3600)


def test_a_machine_whose_drives_are_too_small_for_the_data_is_no_option() -> None:
    """9 TB do not fit on the 2 TB drive of the shipped list; two such machines hold 4 TB; the search adds drives."""
    asked = Question(
        as_of=dt.date(2026, 11, 23),
        work=Work(gpus=4, vram_gib=24, data_gb=9000.0),
        options=Preferences(kinds=("used", "build")),
    )
    answer = plan(asked, load())
    reasons = {one.id: one.reasons for one in answer.rejected}

    assert "its drives hold 2,000 GB of the 9,000 GB asked" in reasons["used:2026-4x-3090-used-wrx80:4x"]
    for option in answer.options:
        assert isinstance(option.candidate, OwnCandidate)
        assert (storage_of_parts_gb(option.candidate) or 0.0) >= 9000.0
