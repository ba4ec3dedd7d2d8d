"""Questions in: what can be answered is read, what cannot gets one clear line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from payback.errors import BadQuestionError
from payback.question import Question
from payback.question_file import default_question, parse_question, read_question

TODAY = dt.date(2026, 11, 23)


def test_an_empty_question_is_all_defaults() -> None:
    """Every key is optional."""
    assert Question(as_of=TODAY) == parse_question("", as_of=TODAY)


def test_the_files_own_day_wins() -> None:
    """as_of in the file beats the clock."""
    assert dt.date(2018, 9, 26) == parse_question("as_of = 2018-09-26", as_of=TODAY).as_of


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[work]\nhours_per_day = 25", r"work\.hours_per_day: found 25; expected less than or equal to 24"),
        ("[work]\nhours_per_day = -1", r"work\.hours_per_day: found -1; expected greater than or equal to 0"),
        ("[work]\nhours_per_day = nan", r"work\.hours_per_day: found nan; expected a finite number"),
        ("[work]\nhours_per_day = inf", r"work\.hours_per_day: found"),
        ("[work]\nhours_per_day = 'eight'", r"work\.hours_per_day: found 'eight'; expected a valid number"),
        ("[work]\ngpu = 1", r"work\.gpu: found an unknown key; expected 'gpus'\?"),
        ("[sit]\nregion = 'CA'", r"sit: found an unknown key; expected 'site'\?"),
        ("[[own]]\ngpu = 'GTX 1080 Ti'", r"own\.0: found .*; expected give capital_usd, parts or machine"),
        ("[[rent]]\nprice = 3", r"rent\.0\.price: found an unknown key; expected 'price_usd_per_h'\?"),
        ("as_of = 2018-13-01", "text that is no TOML"),
        ("as_of = 'yesterday'", "as_of: found 'yesterday'; expected a valid date"),
        ("work = 3", "work: found 3"),
        ("][", "text that is no TOML"),
        ("[site]\ncountry = 'California'", r"site\.country: found 'California'"),
        ("[work]\nmonths = 0", r"work\.months: found 0"),
        ("[work]\nmonths = 1.5", r"work\.months: found 1\.5"),
    ],
)
def test_a_bad_question_gets_one_clear_line(text: str, message: str) -> None:
    """Where, what was found, what was expected."""
    with pytest.raises(BadQuestionError, match=message) as caught:
        parse_question(text, as_of=TODAY, name="q.toml")

    assert "\n" not in str(caught.value)


def test_less_than_a_billionth_is_nothing() -> None:
    """The smallest float of all divides by zero soon after; such hours, prices and shares count as none."""
    text = "[work]\nhours_per_day = 5e-324\ndata_gb = 1e-300\n[finance]\ndiscount_rate = 1e-12"
    question = parse_question(text, as_of=TODAY, name="q.toml")

    assert (question.work.hours_per_day, question.work.data_gb, question.finance.discount_rate) == (0.0, 0.0, 0.0)


def test_files_that_are_no_questions(tmp_path: Path) -> None:
    """A binary file, a huge file, a folder, nothing: each says so."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01" * 100)
    (tmp_path / "huge").write_text("#" * 10_000_000)

    for name, message in (("binary", "not UTF-8"), ("huge", "at most"), (".", "readable"), ("none", "No such file")):
        with pytest.raises(BadQuestionError, match=message):
            read_question(tmp_path / name, as_of=TODAY)


def test_the_default_question_is_a_question() -> None:
    """One GPU of 24 GiB, 8 h a day, 3 years, California."""
    question = default_question(as_of=TODAY)

    assert (1, 8.0, 36, 24.0, "CA") == (
        question.work.gpus,
        question.work.hours_per_day,
        question.work.months,
        question.work.vram_gib,
        question.site.region,
    )
