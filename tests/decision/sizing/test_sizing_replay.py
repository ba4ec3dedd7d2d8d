"""Every kernel against slower, independent ways to the same numbers."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from payback.decision.sizing.fleet import Failures, Fleet, Queue
from payback.decision.sizing.policies import (
    NEVER,
    BurstPolicy,
    CloudTerms,
    after_wait,
    on_predicted_wait,
    on_queue_length,
)
from payback.decision.sizing.replay import Replay, replay
from payback.decision.sizing.replay_fifo import IMPOSSIBLE
from payback.decision.sizing.trace import trace_of
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog

LogOf = Callable[..., JobLog]

POLICIES = {
    "never": lambda random: NEVER,
    "wait": lambda random: after_wait(int(random.choice([0, 3, 10]))),
    "predicted": lambda random: on_predicted_wait(int(random.choice([0, 3, 10]))),
    "queue": lambda random: on_queue_length(int(random.integers(0, 4))),
}
TRACES = int(os.environ.get("PAYBACK_TRACES", "1000"))
"""Small random traces a rule and queue; a longer search: PAYBACK_TRACES=100000 pytest tests/decision/sizing."""


def fates(found: Replay) -> list[int | None]:
    return [None if wait == IMPOSSIBLE else wait for wait in found.waits_s.tolist()]


@pytest.mark.parametrize("queue", ["fifo", "easy"])
@pytest.mark.parametrize("kind", list(POLICIES))
def test_fast_replays_agree_with_the_replay_by_hand_job_for_job(
    queue: Queue, kind: str, random_log: LogOf, by_hand: Callable[..., list[int | None]]
) -> None:
    """1,000 small random traces a rule and queue, half of them planned with wrong estimates: not one job differs."""
    random = np.random.default_rng(7)
    for _ in range(TRACES):
        jobs = random_log(random, with_estimates=bool(random.integers(2)))
        gpus, policy = int(random.integers(1, 12)), POLICIES[kind](random)

        found = replay(trace_of(jobs), gpus, policy, Fleet(queue=queue))

        assert by_hand(jobs, [gpus], policy, queue) == fates(found)


@pytest.mark.parametrize("queue", ["fifo", "easy"])
@pytest.mark.parametrize("kind", ["never", "wait", "queue"])
def test_the_general_replay_agrees_on_nodes_and_with_priorities(
    queue: Queue, kind: str, random_log: LogOf, by_hand: Callable[..., list[int | None]]
) -> None:
    """Nodes of 4 that cannot lend each other a GPU and three classes of priority: not one job differs."""
    random = np.random.default_rng(11)
    for _ in range(TRACES // 2):
        jobs = random_log(random, with_estimates=bool(random.integers(2)), with_priority=True)
        nodes, policy = int(random.integers(1, 4)), POLICIES[kind](random)

        found = replay(trace_of(jobs), 4 * nodes, policy, Fleet(queue=queue, node_gpus=4))

        assert by_hand(jobs, [4] * nodes, policy, queue) == fates(found)


@pytest.mark.parametrize("queue", ["fifo", "easy"])
def test_the_general_replay_gives_the_sums_of_the_fast_ones(queue: Queue, random_log: LogOf) -> None:
    """On one pool without priorities both kernels must count the same GPU-seconds, billing rules included."""
    random = np.random.default_rng(13)
    cloud = CloudTerms(start_delay_s=5, setup_s=3, minimum_billing_s=10, billing_step_s=4)
    for kind in POLICIES:
        for _ in range(100):
            trace = trace_of(random_log(random, with_estimates=True), cloud=cloud)
            gpus, policy = int(random.integers(0, 12)), POLICIES[kind](random)

            fast = replay(trace, gpus, policy, Fleet(queue=queue))
            general = replay(trace, gpus, policy, Fleet(queue=queue), general=True)

            assert totals(general) == totals(fast)
            assert fates(general) == fates(fast)


@pytest.mark.parametrize("queue", ["fifo", "easy"])
@pytest.mark.parametrize("policy", [NEVER, after_wait(300), on_queue_length(3)], ids=lambda policy: policy.kind)
def test_hundreds_of_running_jobs_change_nothing(queue: Queue, policy: BurstPolicy, log_of: LogOf) -> None:
    """1,500 jobs on 400 GPUs, some 350 at a time: more than the nursery holds, and still what the general replay gives.

    Half the jobs are over within the second, so that the nursery is also cleared without being moved to the heap.
    """
    random = np.random.default_rng(41)
    run_s = np.where(random.random(1500) < 0.5, 1, random.integers(500, 5000, 1500))
    submit_s = np.sort(random.integers(0, 3000, 1500))
    jobs = log_of(submit_s.tolist(), run_s.tolist(), random.choice([1, 1, 1, 1, 2, 8], 1500).tolist())

    for gpus in (60, 400, 2000):
        fast = replay(trace_of(jobs), gpus, policy, Fleet(queue=queue))
        general = replay(trace_of(jobs), gpus, policy, Fleet(queue=queue), general=True)

        assert totals(general) == totals(fast)
        assert fates(general) == fates(fast)


@pytest.mark.parametrize("queue", ["fifo", "easy"])
def test_repeated_work_on_spot_machines_is_charged_alike_by_both_kernels(queue: Queue, random_log: LogOf) -> None:
    """Interruptions and checkpoints of the rented part: the fast and the general replay charge the same seconds."""
    random = np.random.default_rng(43)
    cloud = CloudTerms(setup_s=3, interruptions_per_day=5000, checkpoint_s=7)
    for _ in range(50):
        trace = trace_of(random_log(random), cloud=cloud)

        fast = replay(trace, 2, after_wait(3), Fleet(queue=queue))
        general = replay(trace, 2, after_wait(3), Fleet(queue=queue), general=True)

        assert totals(general) == totals(fast)


def totals(found: Replay) -> dict[str, int]:
    return {name: getattr(found, name) for name in found.__slots__ if name != "waits_s"}


@pytest.mark.parametrize("limit_s", [None, 3600])
def test_simpy_agrees_job_for_job(
    limit_s: int | None, log_of: LogOf, by_simpy: Callable[..., tuple[list[int], int]]
) -> None:
    """4,000 jobs with whole-second stamps, thousands of them in the same second as another event: no difference."""
    random = np.random.default_rng(17)
    count = 4000
    submit_s = np.sort(random.integers(0, count * 6, count) * 10)
    run_s = np.maximum(1, (random.lognormal(6.5, 1.6, count) / 10).astype(int) * 10)
    jobs = log_of(submit_s.tolist(), run_s.tolist(), random.choice([1, 1, 1, 2, 4, 8], count).tolist())

    found = replay(trace_of(jobs), 64, NEVER if limit_s is None else after_wait(limit_s))

    waits, rented_gpu_s = by_simpy(jobs, 64, limit_s)
    assert waits == found.waits_s.tolist()
    assert rented_gpu_s == found.burst_unit_s
    assert sum(wait != 0 for wait in waits) > count / 20


def test_a_job_that_can_start_in_the_second_of_its_limit_starts(log_of: LogOf) -> None:
    """The first job ends at 10; the second has waited exactly 10 s then: it starts, it is not rented."""
    trace = trace_of(log_of([0, 0], [10, 5], [1, 1]))

    assert [0, 10] == replay(trace, 1, after_wait(10)).waits_s.tolist()
    assert [0, ~9] == replay(trace, 1, after_wait(9)).waits_s.tolist()


def test_a_job_rented_from_the_head_held_up_those_behind_it_until_then(log_of: LogOf) -> None:
    """4 GPUs, one busy until 100: a job of 4 blocks a job of 1 from 1 to 11, when its patience of 10 s ends."""
    trace = trace_of(log_of([0, 1, 2], [100, 5, 5], [1, 4, 1]))

    assert [0, ~10, 9] == replay(trace, 4, after_wait(10)).waits_s.tolist()
    assert [0, ~10, 0] == replay(trace, 4, after_wait(10), Fleet(queue="easy")).waits_s.tolist()


def test_easy_lets_a_job_overtake_only_if_the_head_is_not_delayed(log_of: LogOf) -> None:
    """4 GPUs, 3 busy until 100, the head needs 4: a job until 100 may overtake, one until 101 may not."""
    jobs = log_of([0, 1, 2], [100, 10, 98], [3, 4, 1])
    longer = log_of([0, 1, 2], [100, 10, 99], [3, 4, 1])

    assert [0, 99, 0] == replay(trace_of(jobs), 4, NEVER, Fleet(queue="easy")).waits_s.tolist()
    assert [0, 99, 108] == replay(trace_of(longer), 4, NEVER, Fleet(queue="easy")).waits_s.tolist()


def test_larger_jobs_than_owned_are_rented_at_once_or_impossible(log_of: LogOf) -> None:
    """8 GPUs asked of 4: rented in the second of submission, or counted as impossible where nothing is rented."""
    trace = trace_of(log_of([0, 1], [10, 10], [8, 1]))

    rented, kept = replay(trace, 4, after_wait(3600)), replay(trace, 4, NEVER)

    assert [~0, 0] == rented.waits_s.tolist()
    assert (1, 80) == (rented.burst_jobs, rented.burst_unit_s)
    assert [IMPOSSIBLE, 0] == kept.waits_s.tolist()
    assert (1, 0) == (kept.impossible_jobs, kept.burst_jobs)


def test_fragmentation_keeps_a_job_waiting_that_a_pool_would_start(log_of: LogOf) -> None:
    """Two nodes of 8 with 4 free each hold no job of 8, though 8 GPUs are free; a pool does."""
    trace = trace_of(log_of([0, 0, 0, 0, 1], [100, 5, 100, 5, 10], [4, 4, 4, 4, 8]))

    assert 4 == replay(trace, 16, NEVER).waits_s[4]
    assert 99 == replay(trace, 16, NEVER, Fleet(node_gpus=8)).waits_s[4]


def test_an_outage_stops_jobs_and_they_start_over_or_from_a_checkpoint(random_log: LogOf) -> None:
    """With failures, work done twice is counted as lost, and owned = work + lost to the second."""
    random = np.random.default_rng(19)
    jobs = random_log(random)
    failing = {
        checkpoint_s: Failures(mean_between_h=0.01, mean_repair_h=0.002, checkpoint_s=checkpoint_s, seed=3)
        for checkpoint_s in (0, 2)
    }

    found = {
        key: replay(trace_of(jobs), 8, NEVER, Fleet(node_gpus=8, failures=value)) for key, value in failing.items()
    }

    work = trace_of(jobs).work_unit_s
    assert all(result.owned_unit_s == work + result.lost_unit_s for result in found.values())
    assert found[0].lost_unit_s > found[2].lost_unit_s > 0


@pytest.mark.parametrize("queue", ["fifo", "easy"])
@pytest.mark.parametrize("policy", [NEVER, after_wait(600), on_queue_length(5)], ids=lambda policy: policy.kind)
def test_gpu_time_is_conserved_and_capacity_never_exceeded(queue: Queue, policy: BurstPolicy, log_of: LogOf) -> None:
    """Owned and rented GPU-seconds add up to the log's, and at no second are more GPUs held than owned; in integers."""
    jobs, gpus = _bursty(log_of, np.random.default_rng(23), 5000), 48
    trace = trace_of(jobs)

    found = replay(trace, gpus, policy, Fleet(queue=queue))

    on_owned = found.waits_s >= 0
    start = jobs.submit_s[on_owned] + found.waits_s[on_owned]
    held, run = jobs.milli_gpus[on_owned] // 1000, jobs.run_s[on_owned]
    assert trace.work_unit_s == found.owned_unit_s + found.burst_unit_s
    assert int((held * run).sum()) == found.owned_unit_s
    assert gpus >= _peak(start, start + run, held)


def _peak(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64], held: npt.NDArray[np.int64]) -> int:
    moments = np.concatenate([end, start])
    return int(np.cumsum(np.concatenate([-held, held])[np.argsort(moments, kind="stable")]).max())


@pytest.mark.parametrize("queue", ["fifo", "easy"])
def test_littles_law_holds_to_the_second(queue: Queue, log_of: LogOf) -> None:
    """The number of waiting jobs, summed over every second, is the sum of the waits: ∫L dt = ΣW, in integers."""
    jobs = _bursty(log_of, np.random.default_rng(29), 3000)

    waits = replay(trace_of(jobs), 32, NEVER, Fleet(queue=queue)).waits_s

    submit = jobs.submit_s - jobs.submit_s[0]
    change = np.zeros(int((submit + waits).max()) + 1, np.int64)
    np.add.at(change, submit, 1)
    np.add.at(change, submit + waits, -1)
    assert int(np.cumsum(change).sum()) == int(waits.sum()) > 0


def _bursty(log_of: LogOf, random: np.random.Generator, count: int) -> JobLog:
    submit = np.sort(np.repeat(random.integers(0, count * 40, count // 10), 10))
    run = np.maximum(1, random.lognormal(6, 1.5, count).astype(int))
    return log_of(submit.tolist(), run.tolist(), random.choice([1, 1, 2, 4, 8, 16], count).tolist())


def test_shares_of_a_gpu_are_exact(log_of: LogOf) -> None:
    """Three jobs of a third (0.333) fit one GPU, a fourth does not; rounded up to whole GPUs only one fits."""
    jobs = log_of([0, 0, 0, 0], [10, 10, 10, 10], [0.333, 0.333, 0.333, 0.333])

    packed, whole = trace_of(jobs), trace_of(jobs, fractions="whole")

    assert 1000 == packed.units_per_gpu
    assert [0, 0, 0, 10] == replay(packed, 1, NEVER).waits_s.tolist()
    assert [0, 10, 20, 30] == replay(whole, 1, NEVER).waits_s.tolist()


def test_a_log_without_jobs_says_so(log_of: LogOf) -> None:
    """Zero jobs: an error that names the log, not a division by zero."""
    with pytest.raises(BadQuestionError, match="no job that held a GPU"):
        trace_of(log_of([], [], []))


def test_times_too_long_for_a_key_are_refused(log_of: LogOf) -> None:
    """Four jobs of 68 years on 1,000,000.001 GPUs need 33 + 30 bits: an error, not a wrong order."""
    jobs = log_of([0] * 4, [2**31 - 3] * 4, [1_000_000.001] * 4)

    with pytest.raises(BadQuestionError, match="a limit to waiting"):
        replay(trace_of(jobs), 1_000_001, NEVER)
