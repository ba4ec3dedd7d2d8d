"""The search, the curve and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from payback.decision.sizing import (
    CloudTerms,
    Failures,
    Prices,
    after_wait,
    compare_policies,
    on_queue_length,
    over_years,
    size,
    size_pools,
    spread,
)
from payback.decision.sizing.curve import CurvePoint, knee
from payback.decision.sizing.demand import DAY_S, WEEK_S, resampled, whole_blocks, with_demand
from payback.errors import BadQuestionError, NoFeasibleOptionError, UnknownNameError
from payback.observe.joblog.jobs import JobLog

LogOf = Callable[..., JobLog]
PRICES: dict[str, Any] = {"own_usd_per_gpu_h": 1.0, "rent_usd_per_gpu_h": 2.5}


@pytest.fixture(scope="module")
def weeks() -> JobLog:
    """Eight weeks of jobs with a daily and weekly rhythm, 9,000 of them, one in fourteen on several GPUs."""
    random = np.random.default_rng(31)
    hours = np.arange(8 * 7 * 24)
    rhythm = (1.2 + np.sin(hours * 2 * np.pi / 24)) * np.where(hours // 24 % 7 < 5, 1.0, 0.4)
    submit_s = np.sort(random.choice(hours, 9000, p=rhythm / rhythm.sum()) * 3600 + random.integers(0, 3600, 9000))
    return JobLog(
        format="test",
        submit_s=submit_s,
        run_s=np.maximum(1, random.lognormal(7.5, 1.6, 9000)).astype(np.int64),
        milli_gpus=random.choice([1, 2, 4, 8], 9000, p=[0.93, 0.03, 0.02, 0.02]) * 1000,
        rows_read=9000,
    )


def test_one_point_by_hand(log_of: LogOf) -> None:
    """Three jobs at once, one owned GPU, 1 h of patience: two of 1 h run on it, the third, of 3 h, is rented.

    Period: the longest job, 3 h. Owned 1 x 3 h x 1 USD = 3 USD; the rented 3 h at 2.5 USD = 7.5 USD; 10.5 together.
    """
    log = log_of([0, 0, 0], [3600, 3600, 10_800], [1, 1, 1])

    point = size(log, owned=[1], burst_after_s=3600, **PRICES).best

    assert (1, 3.0, 7.5, 10.5) == (point.owned_gpus, point.own_usd, point.rent_usd, point.total_usd)
    assert (3.0, 1) == (point.burst_gpu_h, point.burst_jobs)
    assert (2 / 3, 1.0, 1.0) == (point.wait_mean_h, point.wait_p50_h, point.wait_p95_h)
    assert math.isclose(2 / 3, point.utilisation)


def test_cloud_terms_are_waited_for_and_paid(log_of: LogOf) -> None:
    """A rented job of 100 s: 60 s to the machine, 30 s of setup; charged max(600, 130) = 600 s and 0.5 USD."""
    terms = CloudTerms(start_delay_s=60, setup_s=30, minimum_billing_s=600, transfer_usd_per_job=0.5)

    point = size(log_of([0], [100], [2]), owned=[0], burst_after_s=0, cloud=terms, **PRICES).best

    assert math.isclose(2 * 600 / 3600 * 2.5 + 0.5, point.rent_usd)
    assert math.isclose(90 / 3600, point.wait_p50_h)
    assert math.isclose(2 * 100 / 3600, point.burst_gpu_h)


def test_the_search_finds_what_trying_every_number_finds(weeks: JobLog) -> None:
    """The curve is jagged, yet the found cost lies within 0.5 % of the least over all numbers from 0 to the peak."""
    found = size(weeks, burst_after_s=1800, threads=1, **PRICES)
    every = size(weeks, burst_after_s=1800, owned=range(found.peak_gpus + 1), threads=1, **PRICES)

    assert found.best.total_usd <= 1.005 * every.best.total_usd
    assert len(found.curve) < 0.5 * len(every.curve)
    assert found.best in found.curve
    assert found.knee in found.curve


@pytest.mark.parametrize("queue", ["fifo", "easy"])
def test_wait_limits_are_kept_at_least_cost(weeks: JobLog, queue: str) -> None:
    """Nothing rented, p95 at most 1 h: the answer keeps it, and no cheaper point of the curve does."""
    found = size(weeks, queue=queue, max_wait_p95_h=1.0, **PRICES)  # type: ignore[arg-type]

    keeps = [point for point in found.curve if point.wait_p95_h <= 1.0 and point.keeps_up]
    assert found.best.wait_p95_h <= 1.0
    assert min(point.total_usd for point in keeps) == found.best.total_usd
    assert any(point.total_usd < found.best.total_usd for point in found.curve)


def test_unreachable_waits_are_an_answer_not_a_number(weeks: JobLog) -> None:
    """Nothing owned, machines an hour away, p95 at most a minute: an error that says how near one gets."""
    with pytest.raises(NoFeasibleOptionError, match=r"the shortest p95 is 1\.00 h"):
        size(weeks, owned=[0], burst_after_s=0, max_wait_p95_h=1 / 60, cloud=CloudTerms(start_delay_s=3600), **PRICES)


def test_never_renting_leaves_no_job_out_of_the_best(weeks: JobLog) -> None:
    """Owning 4 would leave jobs of 8 GPUs impossible and look cheap; the best point has none."""
    found = size(weeks, owned=[4, 8, 64], **PRICES)

    assert found.curve[0].impossible_jobs > 0
    assert found.curve[0].total_usd < found.best.total_usd
    assert (0, True) == (found.best.impossible_jobs, found.best.keeps_up)
    assert "smallest that keeps up" in " ".join(found.notes)


def test_owned_points_come_as_asked(weeks: JobLog) -> None:
    """--owned 64,16,32 gives exactly these points, in this order, the dearer ones included."""
    assert [64, 16, 32] == [
        point.owned_gpus for point in size(weeks, owned=[64, 16, 32], burst_after_s=0, **PRICES).curve
    ]


def test_threads_and_steps_change_nothing_but_what_they_say(weeks: JobLog) -> None:
    """Two threads give the points of one, bit for bit; steps of 8 give multiples of 8."""
    one, two = (size(weeks, burst_after_s=600, threads=threads, **PRICES) for threads in (1, 2))
    by_eight = size(weeks, burst_after_s=600, step_gpus=8, **PRICES)

    assert one.curve == two.curve
    assert {0} == {point.owned_gpus % 8 for point in by_eight.curve}


def test_other_rules_and_nodes_are_answered(weeks: JobLog) -> None:
    """A rule by queue length, nodes of 8 and failures: work is conserved and some is lost to outages."""
    found = size(
        weeks,
        owned=[64],
        policy=on_queue_length(5),
        node_gpus=8,
        failures=Failures(mean_between_h=200, mean_repair_h=5, seed=1),
        **PRICES,
    ).best

    assert found.burst_jobs > 0
    assert found.lost_gpu_h > 0


def test_one_job_and_one_longer_than_the_log_are_answered(log_of: LogOf) -> None:
    """One job of an hour: owning costs 1, renting 2.5. A job of 2 h makes the period 2 h, too short for one GPU."""
    single = size(log_of([5], [3600], [1]), burst_after_s=0, **PRICES)
    longer = size(log_of([0, 10, 20], [60, 60, 7200], [1, 1, 1]), burst_after_s=600, **PRICES)

    assert (1, 1.0) == (single.best.owned_gpus, single.best.total_usd)
    assert (2.0, 2) == (longer.period_h, longer.best.owned_gpus)
    assert not longer.curve[1].keeps_up


def test_bad_calls_say_what_is_wrong(weeks: JobLog, log_of: LogOf) -> None:
    """No jobs, a negative price, no numbers, a nonsense step: each is named."""
    calls: dict[str, Callable[[], object]] = {
        "no job that held": lambda: size(log_of([], [], []), **PRICES),
        "own_usd_per_gpu_h": lambda: size(weeks, own_usd_per_gpu_h=-1.0, rent_usd_per_gpu_h=1.0),
        "owned": lambda: size(weeks, owned=[], **PRICES),
        "step_gpus": lambda: size(weeks, step_gpus=0, **PRICES),
        "queue": lambda: size(weeks, queue="lifo", **PRICES),  # type: ignore[arg-type]
        "demand": lambda: size(weeks, demand=0.0, **PRICES),
    }
    for match, call in calls.items():
        with pytest.raises(BadQuestionError, match=match):
            call()


def test_the_knee_is_where_the_curve_bends() -> None:
    """Costs 0, 1, 10 with waits 10, 1, 0: the middle point has given up 10 % of the cost for 90 % of the waiting."""
    points = tuple(_point(usd, wait) for usd, wait in ((0.0, 10.0), (1.0, 1.0), (10.0, 0.0), (11.0, 5.0)))

    assert points[1] == knee(points)
    assert knee(points[:2]) is None


def _point(usd: float, wait_h: float) -> CurvePoint:
    zeros = dict.fromkeys(CurvePoint.__slots__, 0.0)
    return CurvePoint(**(zeros | {"total_usd": usd, "wait_p95_h": wait_h, "keeps_up": True}))  # type: ignore[arg-type]


def test_more_jobs_keep_the_rhythm_and_the_mix(weeks: JobLog) -> None:
    """20 % more jobs: 1.2 times as many, weekends as quiet as before, the work per job the same within noise."""
    grown = with_demand(weeks, 1.2, seed=2)

    def weekend_share(log: JobLog) -> float:
        return float(((log.submit_s // DAY_S % 7) >= 5).mean())

    assert math.isclose(1.2, grown.jobs / weeks.jobs, rel_tol=0.02)
    assert math.isclose(weekend_share(weeks), weekend_share(grown), rel_tol=0.05)
    assert math.isclose(1.2, grown.gpu_h / weeks.gpu_h, rel_tol=0.1)
    assert (np.diff(grown.submit_s) >= 0).all()
    assert math.isclose(0.5, with_demand(weeks, 0.5).jobs / weeks.jobs, rel_tol=0.05)
    assert 3 * weeks.jobs == with_demand(weeks, 3.0).jobs


def test_resampled_weeks_are_whole_weeks_of_the_log(weeks: JobLog) -> None:
    """Weeks 2, 0, 2 of the log, one after another: each a copy of that week, moved."""
    blocks = np.array([2, 0, 2])
    drawn = resampled(weeks, WEEK_S, blocks)

    origin = weeks.submit_s[0]
    for place, block in enumerate(blocks.tolist()):
        then = weeks.submit_s[(weeks.submit_s - origin) // WEEK_S == block] - block * WEEK_S
        now = drawn.submit_s[(drawn.submit_s - origin) // WEEK_S == place] - place * WEEK_S
        assert then.tolist() == now.tolist()
    assert 8 == whole_blocks(weeks, WEEK_S)


def test_the_spread_brackets_the_answer(weeks: JobLog) -> None:
    """Resampled weeks put the best number near the one found; more draws never change the earlier ones."""
    found = size(weeks, burst_after_s=1800, **PRICES)

    few, more = (spread(weeks, found, draws=draws, seed=5) for draws in (8, 16))

    assert more.owned_gpus[:8] == few.owned_gpus
    assert more.owned_gpus_p10 <= more.owned_gpus_p50 <= more.owned_gpus_p90
    assert 0.5 * found.best.owned_gpus < more.owned_gpus_p50 < 1.5 * found.best.owned_gpus
    assert more.regret_usd_p90 >= 0
    with pytest.raises(BadQuestionError, match="2 whole blocks of 21 days"):
        spread(weeks, found, block_days=21, draws=1)


def test_growing_demand_asks_for_more(weeks: JobLog) -> None:
    """30 % more jobs a year: three answers, each year with more work and more GPUs than two years before."""
    years = over_years(weeks, size(weeks, burst_after_s=1800, **PRICES), growth_per_year=0.3, years=2)

    assert 3 == len(years)
    assert years[0].offered_gpus < years[1].offered_gpus < years[2].offered_gpus
    assert years[0].best.owned_gpus < years[2].best.owned_gpus


def test_rules_for_renting_are_compared_at_the_same_limit(weeks: JobLog) -> None:
    """p95 at most an hour: rules that can keep it are ranked by cost, one that cannot is left out."""
    rules = [after_wait(1800), on_queue_length(20), after_wait(8 * 3600)]

    ranked = compare_policies(weeks, rules, owned=[10, 40, 80], max_wait_p95_h=1.0, **PRICES)

    costs = [result.best.total_usd for result in ranked]
    assert sorted(costs) == costs
    assert all(result.best.wait_p95_h <= 1.0 for result in ranked)
    assert after_wait(1800) in [result.asked.policy for result in ranked]
    with pytest.raises(NoFeasibleOptionError):
        compare_policies(weeks, [after_wait(8 * 3600)], owned=[1], max_wait_p95_h=1.0, **PRICES)


def test_pools_are_sized_apart_over_one_period(log_of: LogOf) -> None:
    """Two A100 jobs and one V100 job, an hour each, over three hours: each pool pays for three hours of its own."""
    log = replace(
        log_of([0, 7200, 10_800], [3600, 3600, 3600], [1, 1, 1]),
        pool=np.array([0, 1, 0], np.int16),
        pools=("a100", "v100"),
    )
    prices = {
        name: Prices(own_usd_per_gpu_h=own, rent_usd_per_gpu_h=9.0) for name, own in (("a100", 2.0), ("v100", 1.0))
    }

    found = size_pools(log, prices, owned=[1], burst_after_s=0)

    assert {"a100": (2, 6.0), "v100": (1, 3.0)} == {
        name: (result.jobs, result.best.total_usd) for name, result in found.items()
    }
    with pytest.raises(UnknownNameError, match="'v100'"):
        size_pools(log, {"v10": prices["v100"]})
