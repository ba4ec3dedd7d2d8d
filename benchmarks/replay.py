"""How fast job logs are replayed, beside SimPy, a plain Python loop and the bare heap; all in one run.

    python benchmarks/replay.py [--rounds 7] [--json]

The log is synthetic: 82,000 jobs over 108.9 days with the published quantiles of Microsoft's Philly trace (93 % one
GPU, at most 128; run time p50 0.32 h, p90 3.1 h, p99 71 h), which gives nearly its GPU-hours. Machines differ and
are shared, so rates mean little from one run to the next: compare the ratios, which come from rounds taken in turn.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import Any

import numba
import numpy as np
import simpy

from payback.decision.sizing.arrays import Int64Array
from payback.decision.sizing.batch import run_batches
from payback.decision.sizing.fleet import Fleet, Queue
from payback.decision.sizing.heap import EMPTY, ROOT, SPARE_SLOTS, pop, push
from payback.decision.sizing.jit import kernel
from payback.decision.sizing.policies import NEVER, BurstPolicy, after_wait
from payback.decision.sizing.replay import replay
from payback.decision.sizing.trace import Trace, trace_of
from payback.observe.joblog.jobs import JobLog

HOUR_S = 3600
ROUND_S = 0.1
JOBS = 82_000
DAYS = 108.9
OVERLOAD_GPUS = 340
"""Fewer than the 370 the log keeps busy: the queue grows to thousands of jobs."""


def philly_like(jobs: int = JOBS, seed: int = 1) -> JobLog:
    """A log with the quantiles of the Philly trace, a daily and a weekly rhythm, and busy and quiet hours."""
    random = np.random.default_rng(seed)
    gpus = random.choice(
        [1, 2, 4, 8, 16, 32, 64, 128], jobs, p=[0.93, 0.018, 0.016, 0.02, 0.009, 0.0045, 0.0018, 0.0007]
    )
    rank = random.random(jobs)
    rank = np.where(gpus > 1, rank**0.53, rank)
    shares, hours = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1], [0.003, 0.03, 0.32, 3.0, 68.0, 500.0, 1200.0]
    run_s = np.maximum(1, np.exp(np.interp(rank, shares, np.log(hours))) * HOUR_S).astype(np.int64)
    hour = np.arange(int(DAYS * 24))
    rate = (1 + 0.6 * np.sin(2 * np.pi * (hour - 9) / 24)) * np.where(hour // 24 % 7 < 5, 1.15, 0.6)
    rate *= random.gamma(1.5, 1 / 1.5, len(hour))
    arrivals = random.multinomial(jobs, rate / rate.sum())
    submit_s = np.sort(np.repeat(hour * HOUR_S, arrivals) + random.integers(0, HOUR_S, jobs))
    return JobLog(format="synthetic", submit_s=submit_s, run_s=run_s, milli_gpus=gpus * 1000, rows_read=jobs)


def by_simpy(jobs: JobLog, owned: int, limit_s: int | None) -> float:
    """What one would write in SimPy: a process a job, a container of GPUs; returns the mean wait. [s]"""
    environment = simpy.Environment()
    gpus = simpy.Container(environment, owned, init=owned)
    waits: list[float] = []

    def one(run_s: int, held: int) -> Generator[simpy.Event, Any, None]:
        submitted = environment.now
        request = gpus.get(held)
        if not request.triggered:
            if limit_s is None:
                yield request
            else:
                yield request | environment.timeout(limit_s)
                if not request.triggered:
                    request.cancel()
                    gpus._trigger_get(None)  # noqa: SLF001 - SimPy offers no other way to wake the next in line
                    waits.append(limit_s)
                    return
        waits.append(environment.now - submitted)
        yield environment.timeout(run_s)
        yield gpus.put(held)

    def submissions() -> Generator[simpy.Event, Any, None]:
        for submit_s, run_s, held in _plain(jobs):
            if submit_s > environment.now:
                yield environment.timeout(submit_s - environment.now)
            environment.process(one(run_s, held))

    environment.process(submissions())
    environment.run()
    return statistics.fmean(waits)


def by_heapq(jobs: JobLog, owned: int, limit_s: int | None) -> float:
    """The same one pass as the FIFO kernel, in plain Python with the standard heap; returns the mean wait. [s]"""
    limit = 1 << 60 if limit_s is None else limit_s
    ends: list[tuple[int, int]] = []
    free, now, total = owned, 0, 0
    for submit_s, run_s, held in _plain(jobs):
        start, latest = max(now, submit_s), submit_s + limit
        while ends and (ends[0][0] <= start or (free < held and ends[0][0] <= latest)):
            end, units = heapq.heappop(ends)
            start, free = max(start, end), free + units
        if free < held:
            now, total = max(now, latest), total + limit
            continue
        now, free, total = start, free - held, total + start - submit_s
        heapq.heappush(ends, (start + run_s, held))
    return total / jobs.jobs


def _plain(jobs: JobLog) -> Iterable[tuple[int, int, int]]:
    submit_s = (jobs.submit_s - jobs.submit_s[0]).tolist()
    return zip(submit_s, jobs.run_s.tolist(), (jobs.milli_gpus // 1000).tolist(), strict=True)


@kernel
def four_way_only(keys: Int64Array, pops: Int64Array, heap: Int64Array) -> int:
    """The pushes and pops of a FIFO replay and nothing else, on our heap."""
    size, seen = 0, 0
    for job in range(len(keys)):
        for _ in range(pops[job]):
            seen ^= heap[ROOT]
            pop(heap, size)
            size -= 1
        if keys[job] != EMPTY:
            push(heap, size, keys[job])
            size += 1
    return seen


@kernel
def two_way_only(keys: Int64Array, pops: Int64Array, heap: Int64Array) -> int:
    """The same pushes and pops on a textbook binary heap."""
    size, seen = 0, 0
    for job in range(len(keys)):
        for _ in range(pops[job]):
            seen ^= heap[0]
            size -= 1
            last = heap[size]
            hole, child = 0, 1
            while child < size:
                if child + 1 < size and heap[child + 1] < heap[child]:
                    child += 1
                if last <= heap[child]:
                    break
                heap[hole] = heap[child]
                hole, child = child, 2 * child + 1
            heap[hole] = last
        if keys[job] != EMPTY:
            hole = size
            while hole > 0 and heap[(hole - 1) >> 1] > keys[job]:
                heap[hole] = heap[(hole - 1) >> 1]
                hole = (hole - 1) >> 1
            heap[hole] = keys[job]
            size += 1
    return seen


def heap_work(jobs: JobLog, trace: Trace, owned: int, policy: BurstPolicy) -> tuple[Int64Array, Int64Array]:
    """Key each job of a FIFO replay pushes (EMPTY if rented), and the ends popped before it."""
    waits = replay(trace, owned, policy).waits_s
    submit_s = jobs.submit_s - jobs.submit_s[0]
    start = submit_s + np.where(waits >= 0, waits, ~waits)
    bits = int(trace.sizes[-1]).bit_length()
    keys = np.where(waits >= 0, ((start + jobs.run_s) << bits) | (jobs.milli_gpus // 1000), EMPTY)
    reached = np.maximum.accumulate(start)
    ends = np.sort((start + jobs.run_s)[waits >= 0])
    pops = np.diff(np.searchsorted(ends, reached, side="right"), prepend=0)
    pushed: Int64Array = np.cumsum(waits >= 0) - (waits >= 0)
    return keys, np.diff(np.minimum(np.cumsum(pops), pushed), prepend=0)


def timed(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of one call of each; a round gives each a tenth of a second in turn, at least one call.

    Seconds of this thread on its processor: what others do on a shared machine does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        call()
    for _ in range(rounds):
        for name, call in work.items():
            calls, start = 0, time.thread_time()
            while calls == 0 or time.thread_time() - start < ROUND_S:
                call()
                calls += 1
            seconds[name].append((time.thread_time() - start) / calls)
    return {name: statistics.median(values) for name, values in seconds.items()}


def fifo_ratios(jobs: JobLog, trace: Trace, rounds: int) -> dict[str, float]:
    """FIFO that rents after an hour, on 512 GPUs."""
    waits = np.empty(trace.jobs, np.int64)
    policy = after_wait(HOUR_S)
    keys, pops = heap_work(jobs, trace, 512, policy)
    heap, flat = np.full(len(keys) + SPARE_SLOTS, EMPTY), np.empty(len(keys) + 1, np.int64)
    found = timed(
        {
            "fifo": lambda: replay(trace, 512, policy, waits=waits),
            "four-way": lambda: four_way_only(keys, pops, _emptied(heap)),
            "two-way": lambda: two_way_only(keys, pops, flat),
            "heapq": lambda: by_heapq(jobs, 512, HOUR_S),
            "simpy": lambda: by_simpy(jobs, 512, HOUR_S),
            "simpy unlimited": lambda: by_simpy(jobs, 512, None),
            "easy": lambda: replay(trace, 512, policy, Fleet(queue="easy"), waits=waits),
        },
        rounds,
    )
    return {
        "FIFO, 1 h, 512 GPUs: million jobs/s": JOBS / found["fifo"] / 1e6,
        "SimPy, same work: thousand jobs/s": JOBS / found["simpy"] / 1e3,
        "FIFO / SimPy (goal 450)": found["simpy"] / found["fifo"],
        "FIFO / heapq loop in Python": found["heapq"] / found["fifo"],
        "FIFO, share of our bare four-way heap (goal 0.85)": found["four-way"] / found["fifo"],
        "FIFO, share of a bare binary heap": found["two-way"] / found["fifo"],
        "EASY, 1 h, 512 GPUs: million jobs/s": JOBS / found["easy"] / 1e6,
        "EASY, 1 h / SimPy's FIFO, 1 h (goal 150)": found["simpy"] / found["easy"],
        "EASY, 1 h / SimPy's FIFO, unlimited": found["simpy unlimited"] / found["easy"],
    }


def _emptied(heap: Int64Array) -> Int64Array:
    heap[:1024] = EMPTY
    return heap


def overload_ratios(jobs: JobLog, trace: Trace, rounds: int) -> dict[str, float]:
    """EASY with an unlimited queue on fewer GPUs than the log keeps busy."""
    waits = np.empty(trace.jobs, np.int64)
    found = timed(
        {
            "easy": lambda: replay(trace, OVERLOAD_GPUS, NEVER, Fleet(queue="easy"), waits=waits),
            "simpy": lambda: by_simpy(jobs, OVERLOAD_GPUS, None),
        },
        rounds,
    )
    return {
        f"EASY, unlimited, {OVERLOAD_GPUS} GPUs: million jobs/s": JOBS / found["easy"] / 1e6,
        "mean wait then, h": float(waits.mean()) / HOUR_S,
        "EASY, unlimited / SimPy's FIFO, unlimited (goal 60)": found["simpy"] / found["easy"],
    }


def thread_ratios(trace: Trace, rounds: int) -> dict[str, float]:
    """112 replays on one thread and on two: by the clock, and by what they cost in processor time.

    The clock needs two idle processors; processor time tells on a busy machine whether threads get in each other's way.
    """
    hands = [tuple(range(start, 704, 64)) for start in range(256, 288, 2)]
    found: dict[str, float] = {}
    for queue in ("fifo", "easy"):
        batch = partial(_rented, queue)
        seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for _ in range(rounds):
            for threads, spent in seconds.items():
                clock, used = time.perf_counter(), time.process_time()
                run_batches(batch, hands, shared=trace, threads=threads)
                spent.append((time.perf_counter() - clock, time.process_time() - used))
        (clock_one, used_one), (clock_two, used_two) = (
            [statistics.median(column) for column in zip(*spent, strict=True)] for spent in seconds.values()
        )
        found[f"{queue.upper()}, two threads / one by the clock (goal 1.9)"] = clock_one / clock_two
        found[f"{queue.upper()}, processor time of one thread / two"] = used_one / used_two
    return found


def _rented(queue: Queue, trace: Trace, numbers: tuple[int, ...]) -> int:
    """One batch of replays; returns the jobs rented, to have something to return."""
    waits = np.empty(trace.jobs, np.int64)
    fleet = Fleet(queue=queue)
    return sum(replay(trace, number, after_wait(HOUR_S), fleet, waits=waits).burst_jobs for number in numbers)


def memory(trace: Trace) -> dict[str, float]:
    """Growth of peak memory from 20 replays to 220."""
    waits = np.empty(trace.jobs, np.int64)

    def peak_mb(replays: int) -> float:
        for number in range(replays):
            replay(trace, 300 + number % 200, after_wait(HOUR_S), waits=waits)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    before = peak_mb(20)
    return {"growth of peak memory over 200 more replays, MB": peak_mb(200) - before}


def main() -> None:
    """Print every ratio."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    jobs = philly_like()
    trace = trace_of(jobs)
    found = {"log: GPU-hours": jobs.gpu_h, "log: GPUs busy on average": trace.offered_gpus}
    found |= fifo_ratios(jobs, trace, asked.rounds)
    found |= overload_ratios(jobs, trace, asked.rounds)
    found |= thread_ratios(trace, asked.rounds)
    found |= memory(trace)
    versions = f"Python {platform.python_version()}, numba {numba.__version__}, simpy {simpy.__version__}"
    about = f"{versions}, {os.cpu_count()} CPUs"
    if asked.json:
        json.dump({"about": about, "rounds": asked.rounds} | found, sys.stdout, indent=1)
        return
    print(f"{about}; medians of {asked.rounds} rounds taken in turn")
    for name, value in found.items():
        print(f"{value:12,.2f}  {name}")


if __name__ == "__main__":
    main()
