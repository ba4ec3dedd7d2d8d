"""How long data take over the line at home: one function for claim C16 and for `payback access`."""

from __future__ import annotations

import datetime as dt

import pytest

from payback import answers
from payback.catalogue.catalogue import load
from payback.decision.line_speed import download_speed, transfer_hours, upload_speed
from payback.question import Question, Site


def test_146_gb_over_95_mbit_s_take_3_4_hours() -> None:
    """146 x 8,000 / 95.25 / 3,600 = 3.406."""
    assert transfer_hours(146, 95.25) == pytest.approx(3.406, abs=0.001)


def test_what_the_user_says_goes_before_any_mean() -> None:
    """500 GB at 300 Mbit/s: 500 x 8,000 / 300 / 3,600 = 3.70 hours."""
    asked = Question(as_of=dt.date(2026, 11, 23), site=Site(download_mbit_s=300))
    line = download_speed(asked, load())

    assert (line.mbit_s, line.why) == (300, "as you say")
    assert transfer_hours(500, 300) == pytest.approx(3.704, abs=0.001)


def test_the_default_is_the_newest_mean_of_the_country_with_its_age() -> None:
    """A mean of 2018 is eight years old in 2026, and the answer says so."""
    line = download_speed(Question(as_of=dt.date(2026, 11, 23)), load())

    assert line.fact is not None
    assert line.fact.observed_on is not None
    assert line.fact.observed_on <= dt.date(2026, 11, 23)
    assert "years before the question" in line.why


@pytest.mark.parametrize(
    "asked",
    [Question(as_of=dt.date(2026, 11, 23), site=Site(country="DE")), Question(as_of=dt.date(2017, 1, 1))],
    ids=["elsewhere", "earlier"],
)
def test_without_a_fact_of_the_place_and_time_it_is_unknown(asked: Question) -> None:
    """An American mean says nothing about Germany, and nothing about the year before it was measured."""
    for line in (download_speed(asked, load()), upload_speed(asked, load())):
        assert (line.mbit_s, line.fact) == (None, None)
        assert "unknown" in line.why


def test_the_articles_claim_is_the_same_function() -> None:
    """C16 is 3.41 hours, as before."""
    claim = next(claim for claim in answers.article() if claim.id == "C16")

    assert claim.computed == pytest.approx(3.41, abs=0.01)
    assert claim.holds
