"""What an owned machine sells for, from what was known on the day."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.catalogue.catalogue import load
from payback.cost.capital import NewAndUsed, new_to_used_share
from payback.decision.resale import resale_model
from payback.question import Finance, Question

TODAY = dt.date(2026, 11, 23)


def pair(used_usd: float, new_usd: float) -> NewAndUsed:
    """A pair without facts."""
    return NewAndUsed(used_usd=used_usd, new_usd=new_usd, facts=())


def test_the_first_step_is_the_median_of_used_over_new() -> None:
    """600/1000, 700/1000, 750/1000, 800/1000, 1100/1000: the middle one, 0.75."""
    pairs = [pair(used, 1000) for used in (1100, 700, 600, 750, 800)]

    assert new_to_used_share(pairs) == 0.75


def test_a_used_card_dearer_than_a_new_one_is_no_gain() -> None:
    """In a shortage a used card can ask more than a new one; nobody may bank on it."""
    assert new_to_used_share([pair(1200, 1000)] * 5) == 1.0


def test_four_pairs_are_too_few() -> None:
    """Unknown is unknown."""
    assert new_to_used_share([pair(600, 1000)] * 4) is None


def test_new_gpus_lose_at_once_what_the_market_says() -> None:
    """In late 2026 six GPUs had a used and a new price within 45 days: a new one is worth 0.6 to 0.9 at once."""
    resale = resale_model(Question(as_of=TODAY), load())

    assert 0.6 < resale.new_gpu_kept_share < 0.9
    assert any(a.name == "resale of new GPUs: first step" and a.value is not None for a in resale.assumptions)
    assert {fact.id.split("/")[0] for fact in resale.head_facts} == {"resale:gpu-decay", "resale:new-to-used"}


def test_no_price_of_a_later_day_is_used() -> None:
    """Every fact behind the resale was known on the day."""
    for day in (dt.date(2024, 6, 1), dt.date(2026, 3, 1), TODAY):
        facts = resale_model(Question(as_of=day), load()).facts

        assert all(fact.observed_on is None or fact.observed_on <= day for fact in facts)


def test_where_too_few_pairs_are_known_the_answer_says_so() -> None:
    """In 2024 hardly any GPU had both prices: the step is unknown and that is an assumption with its direction."""
    resale = resale_model(Question(as_of=dt.date(2024, 6, 1)), load())
    (step,) = [a for a in resale.assumptions if a.name == "resale of new GPUs: first step"]

    assert (step.value, resale.new_gpu_kept_share) == (None, 1.0)
    assert "flatters owners" in step.why


def test_a_straight_line_has_no_first_step() -> None:
    """Book value is what was asked for: 1,000 dollars after 12 of 36 months are 667."""
    question = Question(as_of=TODAY, finance=Finance(depreciation="straight-line"))
    resale = resale_model(question, load())

    assert resale.new_gpu_kept_share == 1.0
    assert resale.residual_usd(1000.0, 0.0, 12) == pytest.approx(666.67, abs=0.01)
