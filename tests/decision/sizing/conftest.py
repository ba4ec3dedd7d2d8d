"""Slow, plain and independent ways to replay a log, to hold the kernels against; handed out as fixtures.

``replay_by_hand`` keeps lists and looks at everything at every event, as the text of docs/method/sizing.md reads.
``replay_by_simpy`` leaves the bookkeeping of time and GPUs to SimPy.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import simpy

from payback.decision.sizing.policies import BurstPolicy
from payback.observe.joblog.jobs import JobLog


def make_log(
    submit_s: list[int],
    run_s: list[int],
    gpus: list[int] | list[float],
    estimate_s: list[int] | None = None,
    priority: list[int] | None = None,
) -> JobLog:
    """A job log from plain lists."""
    return JobLog(
        format="test",
        submit_s=np.array(submit_s, np.int64),
        run_s=np.array(run_s, np.int64),
        milli_gpus=np.round(np.array(gpus) * 1000).astype(np.int64),
        estimate_s=None if estimate_s is None else np.array(estimate_s, np.int32),
        priority=None if priority is None else np.array(priority, np.int32),
        rows_read=len(submit_s),
    )


def make_random_log(
    random: np.random.Generator, *, with_estimates: bool = False, with_priority: bool = False
) -> JobLog:
    """A few jobs on a short stretch of time, so that many things happen in the same second."""
    count = int(random.integers(1, 26))
    run_s = random.integers(1, 30, count)
    return make_log(
        sorted(random.integers(0, 50, count).tolist()),
        run_s.tolist(),
        random.choice([1, 1, 1, 2, 3, 4, 8], count).tolist(),
        np.maximum(1, run_s + random.integers(-5, 25, count)).tolist() if with_estimates else None,
        random.integers(0, 3, count).tolist() if with_priority else None,
    )


@dataclass
class Job:
    number: int
    submit: int
    run: int
    gpus: int
    estimate: int
    priority: int
    held: list[int] = field(default_factory=list)
    start: int = -1
    fate: int | None = None


def replay_by_hand(jobs: JobLog, nodes: list[int], policy: BurstPolicy, queue_kind: str) -> list[int | None]:
    """The wait of every job, ``~wait`` if rented, None if impossible; ``nodes`` are the GPUs of each node."""
    arriving = jobs_of(jobs)
    everyone = list(arriving)
    running: list[Job] = []
    waiting: list[Job] = []

    while arriving or waiting or running:
        moments = [job.submit for job in arriving[:1]] + [job.start + job.run for job in running]
        moments += [job.submit + policy.limit_s for job in waiting if policy.kind == "wait"]
        now = min(moments)
        running = [job for job in running if job.start + job.run > now]
        while arriving and arriving[0].submit == now:
            job = arriving.pop(0)
            if fit(nodes, job.gpus, max(nodes)) is None:
                job.fate = None if policy.kind == "never" else ~0
            elif len(waiting) >= policy.queue_jobs or (
                policy.kind == "predicted"
                and planned_start(job, now, sum(nodes), running, waiting) > now + policy.limit_s
            ):
                job.fate = ~0
            else:
                waiting.append(job)
        waiting.sort(key=lambda job: (-job.priority, job.number))
        while True:
            # From the head again after every start: on nodes a job that starts may change where an earlier one fits.
            while (found := next_start(waiting, now, running, nodes, queue_kind)) is not None:
                job, held = found
                waiting.remove(job)
                job.held, job.start, job.fate = held, now, now - job.submit
                running.append(job)
            overdue = [job for job in waiting if policy.kind == "wait" and job.submit + policy.limit_s <= now]
            if not overdue:
                break
            gone = min(overdue, key=lambda job: job.number)
            waiting.remove(gone)
            gone.fate = ~(now - gone.submit)
    return [job.fate for job in everyone]


def next_start(
    waiting: list[Job], now: int, running: list[Job], nodes: list[int], queue_kind: str
) -> tuple[Job, list[int]] | None:
    """The first job in the queue that may start now, and the GPUs it takes on each node."""
    for job in waiting[:1] if queue_kind == "fifo" else waiting:
        held = fit(free_by(None, running, nodes), job.gpus, max(nodes))
        if held is not None and (job is waiting[0] or may_overtake(job, held, now, waiting[0], running, nodes)):
            return job, held
    return None


def jobs_of(jobs: JobLog) -> list[Job]:
    return [
        Job(
            number=k,
            submit=int(jobs.submit_s[k] - jobs.submit_s[0]),
            run=int(jobs.run_s[k]),
            gpus=int(jobs.milli_gpus[k]) // 1000,
            estimate=int(jobs.run_s[k] if jobs.estimate_s is None else jobs.estimate_s[k]),
            priority=0 if jobs.priority is None else int(jobs.priority[k]),
        )
        for k in range(jobs.jobs)
    ]


def free_by(moment: int | None, running: list[Job], nodes: list[int]) -> list[int]:
    """Free GPUs of each node by a planned end; now, if no moment is given."""
    holding = [job for job in running if moment is None or job.start + job.estimate > moment]
    return [size - sum(job.held[n] for job in holding) for n, size in enumerate(nodes)]


def fit(free: list[int], gpus: int, node_gpus: int) -> list[int] | None:
    """GPUs taken on each node: empty nodes for whole multiples, the fullest node that still holds the rest."""
    taken = [0] * len(free)
    for n, size in enumerate(free):
        if gpus > node_gpus and size == node_gpus:
            taken[n], gpus = node_gpus, gpus - node_gpus
    able = [(size, n) for n, size in enumerate(free) if taken[n] == 0 and size >= gpus]
    if gpus > node_gpus or not able:
        return None
    taken[min(able)[1]] = gpus
    return taken


def may_overtake(job: Job, held: list[int], now: int, head: Job, running: list[Job], nodes: list[int]) -> bool:
    """EASY: done by the shadow time, or on GPUs the head will not need then."""
    for shadow in sorted({other.start + other.estimate for other in running}):
        left = free_by(shadow, running, nodes)
        place = fit(left, head.gpus, max(nodes))
        if place is not None:
            spare = [size - taken for size, taken in zip(left, place, strict=True)]
            return now + job.estimate <= shadow or all(s >= h for s, h in zip(spare, held, strict=True))
    raise AssertionError("with nobody running the head would have started")


def planned_start(job: Job, now: int, gpus: int, running: list[Job], waiting: list[Job]) -> int:
    """When FIFO would start a job, every estimate true."""
    ends = [(other.start + other.estimate, other.gpus) for other in running]
    ahead = sorted([*waiting, job], key=lambda other: (-other.priority, other.number))
    for other in ahead[: ahead.index(job) + 1]:
        now = min(
            moment
            for moment in {now, *(end for end, _ in ends)}
            if moment >= now and gpus - sum(held for end, held in ends if end > moment) >= other.gpus
        )
        if other is job:
            return now
        ends.append((now + other.estimate, other.gpus))
    raise AssertionError("the job is among those ahead of itself")


def replay_by_simpy(jobs: JobLog, owned_gpus: int, limit_s: int | None) -> tuple[list[int], int]:
    """Wait of every job under FIFO, ``~wait`` if it left after ``limit_s``; and rented GPU-seconds.

    Two traps of the natural code are avoided. A job whose grant and limit fall on one instant must ask whether it
    holds its GPUs, else it keeps them for ever. And taking a job out of the line wakes nobody: the next one must be
    looked at, or it sleeps until some job ends.
    """
    environment = simpy.Environment()
    gpus = simpy.Container(environment, max(owned_gpus, 1), init=owned_gpus)
    waits = [0] * jobs.jobs
    rented = 0

    def one(number: int, run_s: int, held: int) -> Generator[simpy.Event, Any, None]:
        nonlocal rented
        submitted = int(environment.now)
        if held > owned_gpus:
            waits[number] = ~0
            rented += held * run_s
            return
        request = gpus.get(held)
        if not request.triggered:
            # Half a second after the limit: whatever the limit's own second brings comes first.
            yield request if limit_s is None else request | environment.timeout(limit_s + 0.5)
            if limit_s is not None and not request.triggered:
                request.cancel()
                gpus._trigger_get(None)
                waits[number] = ~limit_s
                rented += held * run_s
                return
        started = int(environment.now)
        waits[number] = started - submitted
        yield environment.timeout(started + run_s - environment.now)
        yield gpus.put(held)

    def submissions() -> Generator[simpy.Event, Any, None]:
        for number in range(jobs.jobs):
            submit_s = int(jobs.submit_s[number] - jobs.submit_s[0])
            if submit_s > environment.now:
                yield environment.timeout(submit_s - environment.now)
            environment.process(one(number, int(jobs.run_s[number]), int(jobs.milli_gpus[number]) // 1000))

    environment.process(submissions())
    environment.run()
    return waits, rented


@pytest.fixture
def log_of() -> Callable[..., JobLog]:
    return make_log


@pytest.fixture
def random_log() -> Callable[..., JobLog]:
    return make_random_log


@pytest.fixture
def by_hand() -> Callable[..., list[int | None]]:
    return replay_by_hand


@pytest.fixture
def by_simpy() -> Callable[..., tuple[list[int], int]]:
    return replay_by_simpy
