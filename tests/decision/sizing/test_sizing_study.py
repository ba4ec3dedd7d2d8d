"""What a lab asks around the number: classes, terms, today, other worlds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from payback.decision.sizing import NEVER, CloudTerms, Prices, after_wait, on_queue_length, size
from payback.decision.sizing.asked import WaitLimits
from payback.decision.sizing.classes import ClassLimit, JobClass
from payback.decision.sizing.compare import RentTerm, alternatives
from payback.decision.sizing.observed import observed
from payback.decision.sizing.study import StudyRequest, study
from payback.decision.sizing.what_if import WhatIf, faster, what_if
from payback.errors import BadQuestionError, NoFeasibleOptionError
from payback.observe.joblog.jobs import JobLog

LogOf = Callable[..., JobLog]
PRICES: dict[str, Any] = {"own_usd_per_gpu_h": 1.0, "rent_usd_per_gpu_h": 2.5}
HOUR_S = 3600


@pytest.fixture
def month() -> JobLog:
    """Five weeks of 2,000 jobs, one in ten on eight GPUs."""
    random = np.random.default_rng(47)
    return JobLog(
        format="test",
        submit_s=np.sort(random.integers(0, 35 * 86_400, 2000)),
        run_s=np.maximum(1, random.lognormal(8, 1.2, 2000)).astype(np.int64),
        milli_gpus=random.choice([1, 8], 2000, p=[0.9, 0.1]) * 1000,
        rows_read=2000,
    )


def test_waits_are_told_apart_by_class(log_of: LogOf) -> None:
    """2 GPUs, an hour each: the pair runs first, the two single jobs wait an hour, and share the GPUs then."""
    found = size(log_of([0, 0, 0], [HOUR_S] * 3, [2, 1, 1]), owned=[2], **PRICES).best

    waits = {wait.name: (wait.jobs, wait.p50_h, wait.p95_h) for wait in found.waits_by_class}
    assert {"1": (2, 1.0, 1.0), "2-7": (1, 0.0, 0.0)} == waits


def test_priorities_are_classes_where_a_log_has_a_few(log_of: LogOf) -> None:
    """One GPU, two jobs at once: the one of priority 5 goes first, the other waits its hour."""
    log = log_of([0, 0], [HOUR_S, HOUR_S], [1, 1], priority=[1, 5])

    waits = {wait.name: wait.p95_h for wait in size(log, owned=[1], **PRICES).best.waits_by_class}

    assert {"1": 1.0, "priority 5": 0.0, "priority 1": 1.0} == waits


def test_a_limit_for_one_class_is_kept_at_least_cost(month: JobLog) -> None:
    """Jobs of 8 within half an hour: their p95 keeps it, and no cheaper point of the curve does."""
    limit = ClassLimit(job_class=JobClass.parse("8"), p95_h=0.5)
    free = size(month, max_wait_p95_h=24, **PRICES).best

    found = size(month, max_wait_p95_h=24, class_limits=[limit], **PRICES)

    def of_eight(point: Any) -> float:
        return float(next(wait.p95_h for wait in point.waits_by_class if wait.name == "8"))

    keeps = [p for p in found.curve if of_eight(p) <= 0.5 and p.wait_p95_h <= 24 and p.keeps_up]
    assert of_eight(free) > 0.5 >= of_eight(found.best)
    assert min(point.total_usd for point in keeps) == found.best.total_usd > free.total_usd


@pytest.mark.parametrize("text", ["", "x", "8-2", "-1", "priority", "1..2"])
def test_what_is_no_class_is_refused(text: str) -> None:
    """Classes are sizes, ranges of sizes, or priorities."""
    with pytest.raises(BadQuestionError, match="class of jobs"):
        JobClass.parse(text)


def test_a_limit_for_a_class_without_jobs_is_refused(month: JobLog) -> None:
    """No job holds 3 GPUs: a limit for them is a slip, not a wish that came true."""
    with pytest.raises(BadQuestionError, match="no job of class 3"):
        size(month, class_limits=[ClassLimit(job_class=JobClass.parse("3"), p95_h=1)], **PRICES)


def test_expected_time_under_interruptions_is_what_dice_give() -> None:
    """A job of 6 h, interrupted twice a day on average: 40,000 runs by dice agree within three standard errors.

    Without checkpoints E = (e^0.5 − 1)/2 days = 7.784 h; with one every hour 6·(e^(1/12) − 1)/2 days = 6.255 h.
    """
    random = np.random.default_rng(53)
    for checkpoint_h, expected_h in ((0, 7.7846), (1, 6.2563)):
        terms = CloudTerms(interruptions_per_day=2, checkpoint_s=checkpoint_h * HOUR_S)
        spent = np.array([_by_dice(random, 6.0, checkpoint_h or 6.0, rate_per_h=1 / 12) for _ in range(40_000)])

        computed_h = terms.expected_run_s(np.array([6 * HOUR_S]))[0] / HOUR_S
        assert math.isclose(expected_h, computed_h, rel_tol=1e-3)
        assert 3 > abs(spent.mean() - computed_h) / (spent.std() / math.sqrt(len(spent)))


def _by_dice(random: np.random.Generator, run_h: float, piece_h: float, *, rate_per_h: float) -> float:
    """Hours until every piece has once run through without an interruption."""
    spent = 0.0
    for _ in range(round(run_h / piece_h)):
        while (stopped := random.exponential(1 / rate_per_h)) < piece_h:
            spent += stopped
        spent += piece_h
    return spent


def test_spot_wins_where_it_is_cheaper_after_repeated_work(log_of: LogOf) -> None:
    """One job of a day, nothing owned. 1 interruption a day: 148,460 s at 1 USD/h = 41.24 USD, 24 h at 2 = 48 USD."""
    log = log_of([0], [86_400], [1])
    spot = CloudTerms(interruptions_per_day=1)
    terms = [
        RentTerm(name="on-demand", rent_usd_per_gpu_h=2.0, cloud=CloudTerms()),
        RentTerm(name="spot", rent_usd_per_gpu_h=1.0, cloud=spot),
    ]

    first, second = alternatives(log, [after_wait(0)], terms, own_usd_per_gpu_h=9.0, owned=[0])

    assert ("spot", "on-demand") == (first.term, second.term)
    assert first.result is not None
    assert math.isclose(148_460 / HOUR_S, first.result.best.total_usd)
    assert 24.0 == first.result.best.burst_gpu_h


def test_terms_and_rules_that_are_no_answer_say_why(log_of: LogOf) -> None:
    """Thirty days at a stretch with two interruptions a day never end; on demand they do."""
    log = log_of([0], [30 * 86_400], [1])
    terms = [
        RentTerm(name="on-demand", rent_usd_per_gpu_h=2.0, cloud=CloudTerms()),
        RentTerm(name="spot", rent_usd_per_gpu_h=0.1, cloud=CloudTerms(interruptions_per_day=2)),
    ]

    found = alternatives(log, [after_wait(0), NEVER], terms, own_usd_per_gpu_h=1.0)

    assert ["on-demand", "on-demand", "spot"] == [one.term for one in found]
    assert found[2].result is None
    assert "checkpoint" in (found[2].refused or "")
    with pytest.raises(NoFeasibleOptionError, match="hardly ever"):
        alternatives(log, [after_wait(0)], terms[1:], own_usd_per_gpu_h=1.0)


def test_what_there_is_no_room_for_is_reserved(month: JobLog) -> None:
    """Room for 8, reserved at 1.5 against 1: of 12 GPUs 8 are owned and 4 reserved; cheaper than owning, all are."""
    dearer, cheaper = (
        size(month, owned=[12], reserved_usd_per_gpu_h=usd, most_owned_gpus=8, burst_after_s=0, **PRICES).best
        for usd in (1.5, 0.5)
    )
    hours = 12 * 0.5 * size(month, owned=[12], **PRICES).period_h

    assert (8, 4) == (dearer.owned_gpus, dearer.reserved_gpus)
    assert math.isclose(dearer.reserved_usd / dearer.own_usd, 4 * 1.5 / 8)
    assert (0, 12) == (cheaper.owned_gpus, cheaper.reserved_gpus)
    assert math.isclose(hours, cheaper.reserved_usd)
    assert math.isclose(cheaper.total_usd, cheaper.reserved_usd + cheaper.rent_usd)


def test_without_reserving_the_search_stays_within_the_room(month: JobLog) -> None:
    """Room for 10: no point of the curve owns more, and what does not fit is rented."""
    found = size(month, most_owned_gpus=10, burst_after_s=0, **PRICES)

    assert 10 == max(point.owned_gpus for point in found.curve)
    assert found.best.burst_jobs > 0


def test_nothing_else_changes_nothing(month: JobLog) -> None:
    """A what-if of factors 1 is the answer itself, and owning is worth just what it costs."""
    base = size(month, burst_after_s=HOUR_S, **PRICES)

    same = what_if(month, base, WhatIf())

    assert base.best == same.result.best
    assert same.worth_up_to_usd_per_gpu_h is not None
    assert math.isclose(1.0, same.worth_up_to_usd_per_gpu_h)


def test_gpus_twice_as_fast_do_the_work_in_half_the_hours(log_of: LogOf) -> None:
    """Two jobs of 2 h at once. Today: two GPUs, 4 USD. Twice as fast: one GPU does both in 2 h.

    It then may cost 4 USD / 2 h = 2 USD an hour; a job rented would take 1 h at twice 2.5 USD. The second job's hour
    of waiting is within the 2 h of patience.
    """
    log = log_of([0, 0], [2 * HOUR_S] * 2, [1, 1])
    base = size(log, burst_after_s=2 * HOUR_S - 1, **PRICES)

    changed = what_if(log, base, WhatIf(speed=2.0))

    assert (2, 4.0) == (base.best.owned_gpus, base.best.total_usd)
    assert (1, 2.0, 1.0) == (
        changed.result.best.owned_gpus,
        changed.result.best.total_usd,
        changed.result.best.wait_p95_h,
    )
    assert changed.worth_up_to_usd_per_gpu_h == 2.0
    assert 5.0 == changed.result.asked.prices.rent_usd_per_gpu_h
    assert [1801, 1] == faster(log_of([0, 0], [3601, 1], [1, 1]), 2.0).run_s.tolist()


def test_today_is_what_the_log_says(log_of: LogOf) -> None:
    """Waits of 0, 1 and 3 h; the third row's is unknown. At 1 h two jobs run at once, on 1 + 2 GPUs."""
    log = replace(
        log_of([0, 0, 0, 0], [2 * HOUR_S, 2 * HOUR_S, 5, HOUR_S], [1, 2, 64, 1]),
        observed_wait_s=np.array([0, HOUR_S, -1, 3 * HOUR_S], np.int32),
    )

    seen = observed(log)

    assert seen is not None
    assert (3, 1.0, 3.0, 3) == (seen.jobs, seen.wait_p50_h, seen.wait_p95_h, seen.busiest_gpus)
    assert observed(log_of([0], [1], [1])) is None


def test_a_study_answers_everything_at_once(month: JobLog) -> None:
    """Rules, today, spread, growth, what-if and pools in one call; the answer is the cheapest rule's."""
    log = replace(month, pool=(month.milli_gpus > 1000).astype(np.int16), pools=("v100", "a100"))
    request = StudyRequest(
        owned=(8, 16, 32),
        policies=(after_wait(HOUR_S), on_queue_length(3), NEVER),
        limits=WaitLimits(p95_h=2.0),
        now_gpus=12,
        draws=4,
        growth_per_year=0.5,
        years=1,
        what_if=(WhatIf(jobs=1.2),),
        pools={"all": None},
    )

    found = study(log, request, Prices(**PRICES))

    totals = [one.result.best.total_usd for one in found.alternatives if one.result]
    assert sorted(totals) == totals
    assert found.result is found.alternatives[0].result
    assert found.now is not None
    assert (12, 0) == (found.now.owned_gpus, found.now.burst_jobs)
    assert found.spread is not None
    assert 4 == len(found.spread.owned_gpus)
    assert set(found.spread.owned_gpus) <= {8, 16, 32}
    assert found.years[1].jobs > found.years[0].jobs == log.jobs
    assert found.what_if[0].result.jobs > log.jobs
    assert {"v100": 1, "a100": 8} == {name: int(pool.best.waits_by_class[0].name) for name, pool in found.pools.items()}
    assert log.jobs == sum(pool.jobs for pool in found.pools.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"now_gpus": -1}, "now"),
        ({"draws": 3, "block_days": 0}, "resampling"),
        ({"growth_per_year": -1.0}, "growth"),
        ({"growth_per_year": 0.1, "years": 0}, "growth"),
        ({"pools": {"all": None}}, "pools"),
        ({"policies": ()}, "policies"),
        ({"limits": WaitLimits(p95_h=1)}, "spot terms"),
    ],
)
def test_requests_that_make_no_sense_are_named(month: JobLog, change: dict[str, Any], message: str) -> None:
    """Every slip is named by what was asked for."""
    spot = 1.0 if message == "spot terms" else None
    with pytest.raises(BadQuestionError, match=message):
        study(month, StudyRequest(owned=(16,), **change), Prices(**PRICES), spot_usd_per_gpu_h=spot)


@pytest.mark.parametrize("text", ["", "jobs", "jobs=0", "speed=-1", "jobs=2,jobs=3", "gpu=2", "own=nan"])
def test_what_is_no_what_if_is_refused(text: str) -> None:
    """Factors above zero, prices of zero or more, each key once."""
    with pytest.raises(BadQuestionError, match="what-if"):
        WhatIf.parse(text)
