"""Address to question and back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payback.errors import BadQuestionError
from payback.question import Finance, NamedPart, Outlet, Own, Preferences, Question, Rent, Site, Work
from payback.question_file import default_question, shipped_question
from payback.web.state import query_from_question, question_from_query

TODAY = dt.date(2026, 11, 23)
words = st.text(alphabet=st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20)
amounts = st.floats(min_value=0, max_value=1e7, allow_nan=False)
works = st.builds(
    Work,
    gpus=st.integers(1, 1024),
    hours_per_day=st.floats(0, 24),
    months=st.integers(1, 240),
    workload=words,
    equal=st.sampled_from(["work", "hours"]),
    vram_gib=st.none() | amounts,
    reference_gpu=st.none() | words,
    expand_to_gpus=st.none() | st.integers(1, 64),
)
sites = st.builds(
    Site,
    country=st.sampled_from(["US", "DE"]),
    region=st.none() | words,
    price_usd_per_kwh=st.none() | amounts,
    outlet=st.none() | st.builds(Outlet, volts=st.sampled_from([120.0, 230.0]), amps=st.floats(1, 32)),
)
tastes = st.builds(
    Preferences,
    kinds=st.none() | st.lists(st.sampled_from(["build", "used", "rent"]), max_size=3).map(tuple),
    providers=st.none() | st.lists(words, max_size=2).map(tuple),
    used=st.booleans(),
    spot=st.booleans(),
)
owned = st.builds(
    Own,
    label=words,
    gpu=words,
    capital_usd=amounts,
    wall_power_w=st.none() | st.floats(1, 5000),
)
listed = st.builds(
    Own,
    gpu=words,
    parts=st.lists(
        st.builds(NamedPart, component=words, quantity=st.integers(1, 8), price_usd=st.none() | amounts),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
rents = st.builds(Rent, offer=words, term=words, region=st.none() | words)
questions = st.builds(
    Question,
    as_of=st.dates(dt.date(2015, 1, 1), dt.date(2030, 1, 1)),
    work=works,
    site=sites,
    finance=st.builds(Finance, discount_rate=st.floats(0, 1), sales_tax=st.none() | st.floats(0, 1)),
    options=tastes,
    own=st.lists(owned | listed, max_size=3).map(tuple),
    rent=st.lists(rents, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questions)
def test_an_address_asks_the_question_it_was_made_from(question: Question) -> None:
    """Whatever is asked, a colleague who opens the address on another day asks exactly the same."""
    later = TODAY + dt.timedelta(days=100)

    assert question == question_from_query(query_from_question(question), today=later)


def test_an_empty_address_asks_the_default_question() -> None:
    """The first visit has a sensible question."""
    assert default_question(as_of=TODAY) == question_from_query("", today=TODAY)


def test_the_articles_question_fits_into_an_address() -> None:
    """Named machines and offers travel in the address too."""
    question = shipped_question("article-2018", as_of=TODAY)

    assert question == question_from_query(query_from_question(question), today=TODAY)


def test_a_key_without_value_means_none_or_the_default() -> None:
    """An emptied field of the form asks nothing; an emptied number that must be there falls back to its default."""
    question = question_from_query("work.vram_gib=&work.gpus=&work.months=12", today=TODAY)

    assert (None, 1, 12) == (question.work.vram_gib, question.work.gpus, question.work.months)


def test_the_last_value_of_a_repeated_key_counts() -> None:
    """A ticked box is sent after the hidden "no" of the same name."""
    assert question_from_query("options.spot=false&options.spot=true", today=TODAY).options.spot


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("work.hours_a_day=3", "expected 'hours_per_day'?"),
        ("work.gpus=8.5", "work.gpus: found 8.5"),
        ("work.hours_per_day=25", "work.hours_per_day: found 25"),
        ("work.hours_per_day=nan", "found 'nan'"),
        ("work.hours_per_day=1e999", "found '1e999'"),
        ("work=3", "found '3'"),
        ("work=3&work.gpus=2", "a value and a table under one name"),
        ("as_of=yesterday", "as_of"),
        ("own.0.label=x", "give capital_usd"),
        ("colour=red", "an unknown key"),
        ("&".join(f"own.{n}.gpu=A" for n in range(40)), "40 tables"),
        ("work.workload=" + "x" * 9000, "characters"),
        ("&".join(f"k{n}=1" for n in range(301)), "more than 300 keys"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(query: str, said: str) -> None:
    """Every malformed address ends in one sentence that names the key."""
    with pytest.raises(BadQuestionError) as caught:
        question_from_query(query, today=TODAY)

    assert said in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(
    ["work", "work.gpus", "work..gpus", "own.0", "own.0.parts.0.component", "own.x", "0", "", ".", "rent.-1.offer",
     "options.kinds", "site.outlet.volts", "site.outlet", "as_of", "as_of.0", "work.gpus.0", "rent.0.0.offer"]
), st.text(max_size=8)), max_size=6))  # fmt: skip
def test_no_address_breaks_the_reader(pairs: list[tuple[str, str]]) -> None:
    """Any keys and values give a question or a sentence, never a fault."""
    from urllib.parse import urlencode

    told = ""
    try:
        question_from_query(urlencode(pairs), today=TODAY)
    except BadQuestionError as error:
        told = str(error)

    assert "\n" not in told
