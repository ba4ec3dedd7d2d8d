"""Measured hours in place of supposed ones: `plan` says "you use it 11 % of the time" and counts with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.observe.watch.watch_fakes import gpu, sample

from payback.catalogue.catalogue import load
from payback.decision.measured_use import with_measured_use
from payback.decision.plan import plan
from payback.decision.watch_prices import watch_prices
from payback.errors import BadQuestionError
from payback.observe.watch.log import LogWriter
from payback.question import Preferences, Question, Site, Work
from payback.web.outside import refuse_foreign

DAY = dt.date(2026, 11, 23)


def log_of(path: Path, *names: str, busy_share: float = 0.11, hours: int = 200) -> Path:
    """GPUs in use for a share of each 500 minutes."""
    with LogWriter(path) as log:
        for number in range(hours * 12):
            used = 1.0 if number % 100 < round(100 * busy_share) else 0.0
            gpus = [gpu(str(n), name=name, utilisation=used, memory_total_gib=24.0) for n, name in enumerate(names)]
            log.append(sample(300.0 * number, *gpus, next_s=300.0))
    return path


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One RTX 3090, in use 11 % of the time over eight days."""
    return log_of(tmp_path_factory.mktemp("logs") / "light.sqlite3", "NVIDIA GeForce RTX 3090")


def ask(log: Path, **work: object) -> Question:
    return Question(as_of=DAY, work=Work(usage=str(log), **work), site=Site(region="CA"))  # type: ignore[arg-type]


def test_plan_counts_with_the_measured_hours(light: Path) -> None:
    """11 % of 24 h are 2.64 h a day on the GPU that was watched, instead of 8 h on the usual one."""
    answer = plan(ask(light), load())

    assert answer.question.work.hours_per_day == pytest.approx(2.64, abs=0.02)
    assert answer.question.work.days_per_week == 7.0
    assert answer.world.reference_gpu == "RTX 3090"
    assert answer.use is not None
    assert answer.use.sentence.startswith("You use it 11% of the time: 2.6 GPU-hours a day on RTX 3090")
    measured = [each for each in answer.assumptions if each.name == "hours of use"]
    assert measured[0].grade == "measured"


def test_four_weeks_are_believed_and_eight_days_are_doubted(light: Path, tmp_path: Path) -> None:
    """The odds hold hours to the log only where it is long enough not to be a holiday."""
    long = log_of(tmp_path / "long.sqlite3", "NVIDIA GeForce RTX 3090", hours=29 * 24)

    assert with_measured_use(ask(long), load())[0].work.hours_measured is True
    assert with_measured_use(ask(light), load())[0].work.hours_measured is False


def test_the_measured_answer_is_that_of_the_same_hours_stated(light: Path) -> None:
    """The log changes the hours and nothing else."""
    measured = plan(ask(light), load())
    work = Work(hours_per_day=measured.question.work.hours_per_day, reference_gpu="RTX 3090")
    stated = plan(Question(as_of=DAY, work=work, site=Site(region="CA")), load())

    assert [(o.id, o.total_usd) for o in measured.options] == [(o.id, o.total_usd) for o in stated.options]


def test_hours_are_shared_out_over_the_gpus_asked(tmp_path: Path) -> None:
    """Two GPUs 60 % in use are 28.8 GPU-hours a day: 14.4 h on two, impossible on one."""
    log = log_of(tmp_path / "two.sqlite3", *["NVIDIA GeForce RTX 3090"] * 2, busy_share=0.6, hours=50)
    question, use = with_measured_use(ask(log, gpus=2), load())

    assert use is not None
    assert use.gpus == 2
    assert question.work.hours_per_day == pytest.approx(14.4, abs=0.1)
    assert "less than a week" in use.sentence
    with pytest.raises(BadQuestionError, match=r"28\.8 GPU-hours a day"):
        with_measured_use(ask(log, gpus=1), load())


def test_hours_of_one_gpu_are_not_hours_of_another(light: Path) -> None:
    """Hours measured on an RTX 3090 may not be counted as hours of an H100."""
    with pytest.raises(BadQuestionError, match="the GPU that was watched"):
        with_measured_use(ask(light, reference_gpu="H100 SXM"), load())


def test_a_display_card_beside_is_left_out_by_name(tmp_path: Path) -> None:
    """Two kinds: the user says whose hours count."""
    log = log_of(tmp_path / "mixed.sqlite3", "NVIDIA GeForce RTX 3090", "NVIDIA GeForce GT 1030", hours=5)
    with pytest.raises(BadQuestionError, match="reference_gpu"):
        with_measured_use(ask(log), load())
    _, use = with_measured_use(ask(log, reference_gpu="RTX 3090"), load())

    assert use is not None
    assert use.gpus == 1


def test_a_log_of_minutes_measures_nothing(tmp_path: Path) -> None:
    """Half an hour is no habit."""
    with LogWriter(tmp_path / "short.sqlite3") as log:
        for minute in range(30):
            log.append(sample(60.0 * minute, gpu(utilisation=0.0), next_s=60.0))
    with pytest.raises(BadQuestionError, match=r"0\.5 h of known use"):
        with_measured_use(ask(tmp_path / "short.sqlite3"), load())


def test_nobody_outside_may_name_a_file_of_this_machine(light: Path) -> None:
    """The web app and the assistants' tools refuse a question with a log, as they refuse one with a bench file."""
    with pytest.raises(BadQuestionError, match="read by `payback plan` only"):
        refuse_foreign(ask(light))


def test_money_of_watched_hours() -> None:
    """2 kWh at 0.20 USD/kWh are 0.40 USD; 10 h of a 3090 at the cheapest offer; with 100 W for the rest 0.20 more."""
    question = Question(as_of=DAY, site=Site(price_usd_per_kwh=0.20), options=Preferences(terms=("on-demand",)))
    prices = watch_prices(question, load(), gpu="RTX 3090", rest_power_w=None)
    metered = watch_prices(question, load(), gpu="RTX 3090", rest_power_w=100.0)

    assert prices.electricity_usd(2.0, 10.0) == pytest.approx(0.40)
    assert metered.electricity_usd(2.0, 10.0) == pytest.approx(0.60)
    assert prices.electricity_usd(None, 10.0) is None
    assert prices.rent_usd_per_gpu_h is not None
    assert prices.rent_usd(10.0) == pytest.approx(10 * prices.rent_usd_per_gpu_h)
    assert {fact.currency for fact in prices.facts} == {"USD"}


def test_the_cheapest_offer_has_the_memory_of_the_watched_card() -> None:
    """No offer with less than 80 GiB stands against an A100 of 80, and none is cheaper for its work."""
    question = Question(as_of=DAY, work=Work(vram_gib=24), site=Site(region="CA"))
    prices = watch_prices(question, load(), gpu="A100 SXM4 80GB")
    asked = Question(as_of=DAY, work=Work(reference_gpu="A100 SXM4 80GB", vram_gib=80), site=Site(region="CA"),
                     options=Preferences(kinds=("rent",), terms=("on-demand",)))  # fmt: skip
    rates = [
        option.candidate.price_usd_per_h / option.speed.value  # type: ignore[union-attr, operator]
        for option in plan(asked, load()).options
    ]

    assert prices.rent_usd_per_gpu_h == pytest.approx(min(rates))


def test_a_gpu_nobody_knows_has_no_rent() -> None:
    """Unknown, with the reason; never a neighbour's price."""
    prices = watch_prices(Question(as_of=DAY, site=Site(region="CA")), load(), gpu=None)

    assert (prices.rent_usd_per_gpu_h, prices.rent_usd(5.0)) == (None, None)
    assert "does not know" in prices.rent
