"""How many GPUs to own: the cost-versus-wait curve, its cheapest point that satisfies, its knee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from payback.decision.sizing.asked import Asked, Estimates, Setting, WaitLimits
from payback.decision.sizing.batch import dealt, run_batches
from payback.decision.sizing.bounds import newsvendor_gpus
from payback.decision.sizing.classes import FORM, ClassLimit, usual_classes
from payback.decision.sizing.curve import CurvePoint, Prices, knee, measure
from payback.decision.sizing.demand import with_demand
from payback.decision.sizing.fleet import Failures, Fleet, Queue
from payback.decision.sizing.policies import NEVER, BurstPolicy, CloudTerms, after_wait
from payback.decision.sizing.trace import Fractions
from payback.errors import BadQuestionError, NoFeasibleOptionError
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.tables.ledger import Tally
from payback.units import SECONDS_PER_HOUR

COARSE_POINTS: Final = 17
"""Points of the first pass, evenly spread from nothing to the busiest second."""
FINE_POINTS: Final = 8
"""Points between the two neighbours of the best, a pass."""
HANDS: Final = 8
"""Batches a pass is dealt into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingResult:
    """How many GPUs to own for a log."""

    curve: tuple[CurvePoint, ...]
    """In ascending order of owned GPUs, or in the order asked for."""
    best: CurvePoint
    """The cheapest that keeps up, leaves no job impossible and keeps within the wait limits."""
    knee: CurvePoint | None
    """Where shorter waits begin to cost much more; None if the curve has no bend."""
    asked: Asked
    jobs: int
    period_h: float
    """What is paid for: from the first submission to the last, but no shorter than the longest job. [h]"""
    offered_gpus: float
    """GPUs busy on average, were there enough of them."""
    peak_gpus: int
    """GPUs busy at the busiest second, were there enough of them."""
    newsvendor_gpus: int
    """What to own were every job rented that cannot start at once: a first guess."""
    rejected: tuple[Tally, ...]
    treated: tuple[Tally, ...]
    notes: tuple[str, ...]


def size(
    jobs: JobLog,
    *,
    own_usd_per_gpu_h: float,
    rent_usd_per_gpu_h: float,
    owned: Sequence[int] | None = None,
    queue: Queue = "fifo",
    burst_after_s: int | None = None,
    policy: BurstPolicy | None = None,
    cloud: CloudTerms | None = None,
    max_wait_p50_h: float | None = None,
    max_wait_p95_h: float | None = None,
    class_limits: Sequence[ClassLimit] = (),
    reserved_usd_per_gpu_h: float | None = None,
    most_owned_gpus: int | None = None,
    rent_term: str = "on-demand",
    node_gpus: int | None = None,
    failures: Failures | None = None,
    fractions: Fractions = "share",
    estimates: Estimates = "log",
    demand: float = 1.0,
    step_gpus: int = 1,
    seed: int = 0,
    period_s: int | None = None,
    threads: int | None = None,
    cluster: str | None = None,
) -> SizingResult:
    """Replay a log on many numbers of owned GPUs and find the cheapest that satisfies.

    Args:
        jobs: The log.
        own_usd_per_gpu_h: Cost of owning a GPU for an hour, busy or not. [USD/GPU h]
        rent_usd_per_gpu_h: Price of a rented GPU for an hour of the same work. [USD/GPU h]
        owned: Numbers of GPUs to replay, reserved ones included, no others; None to search.
        queue: ``fifo``, or ``easy`` backfilling.
        burst_after_s: A job that has waited so long is rented; None: never. [s]
        policy: Another rule for renting, in place of ``burst_after_s``.
        cloud: How rented time is delayed and charged.
        max_wait_p50_h: Longest acceptable median wait. [h]
        max_wait_p95_h: Longest wait acceptable for all but one in twenty. [h]
        class_limits: The same for some kinds of job.
        reserved_usd_per_gpu_h: Price of GPUs rented around the clock for a term; None: none are. [USD/GPU h]
        most_owned_gpus: GPUs there is room for. [GPU]
        rent_term: What to call the way the rented part is paid.
        node_gpus: GPUs a node holds; None: one pool. [GPU]
        failures: How nodes fail.
        fractions: Whether shares of a GPU are packed (``share``) or rounded up (``whole``).
        estimates: Plan with the log's time limits, or with the true run times.
        demand: Factor on the number of jobs.
        step_gpus: GPUs are bought in such steps; the search keeps to multiples. [GPU]
        seed: For drawing the jobs ``demand`` adds or drops.
        period_s: What is paid for, if not the log's own period. [s]
        threads: Threads on this machine; None: one a processor.
        cluster: Address of a Dask scheduler to replay on instead.

    Raises:
        BadQuestionError: The log holds no job, or a number makes no sense.
        NoFeasibleOptionError: No number of owned GPUs keeps within the wait limits.
        MissingExtraError: numba, or distributed for a cluster, is not installed.
    """
    asked = Asked(
        prices=Prices(
            own_usd_per_gpu_h=own_usd_per_gpu_h,
            rent_usd_per_gpu_h=rent_usd_per_gpu_h,
            reserved_usd_per_gpu_h=reserved_usd_per_gpu_h,
            rent_term=rent_term,
            most_owned_gpus=most_owned_gpus,
        ),
        policy=policy or (NEVER if burst_after_s is None else after_wait(burst_after_s)),
        fleet=Fleet(queue=queue, node_gpus=node_gpus, failures=failures),
        limits=WaitLimits(p50_h=max_wait_p50_h, p95_h=max_wait_p95_h, by_class=tuple(class_limits)),
        cloud=cloud or CloudTerms(),
        fractions=fractions,
        estimates=estimates,
        step_gpus=step_gpus,
    )
    log = jobs if demand == 1.0 else with_demand(jobs, demand, seed=seed)
    return answer(log, asked, owned=owned, period_s=period_s, threads=threads, cluster=cluster)


def answer(
    jobs: JobLog,
    asked: Asked,
    *,
    owned: Sequence[int] | None = None,
    period_s: int | None = None,
    threads: int | None = None,
    cluster: str | None = None,
) -> SizingResult:
    """Put a question to a log; what ``size`` does once it has gathered the question."""
    if owned is not None and (not owned or min(owned) < 0):
        raise BadQuestionError("owned", str(list(owned)), "one or more numbers of GPUs, none below zero")
    setting = _with_classes(asked.of(jobs, window_s=period_s))
    asked, trace = setting.asked, setting.trace
    if owned is None:
        curve = _searched(setting, threads, cluster)
    else:
        curve = sweep(setting, owned, threads=threads, cluster=cluster)
    best = _best(curve, asked.limits)
    return SizingResult(
        curve=curve,
        best=best,
        knee=knee(tuple(point for point in curve if point.keeps_up and not point.impossible_jobs)),
        asked=asked,
        jobs=trace.jobs,
        period_h=trace.window_s / SECONDS_PER_HOUR,
        offered_gpus=trace.offered_gpus,
        peak_gpus=trace.peak_gpus(),
        newsvendor_gpus=newsvendor_gpus(trace, asked.prices.own_usd_per_gpu_h, asked.prices.rent_usd_per_gpu_h),
        rejected=jobs.rejected,
        treated=jobs.treated,
        notes=_notes(jobs, setting, best),
    )


def sweep(
    setting: Setting, owned: Sequence[int], *, threads: int | None = None, cluster: str | None = None
) -> tuple[CurvePoint, ...]:
    """Replay several numbers of owned GPUs, in the order asked for."""
    hands = dealt(tuple(owned), HANDS)
    found = run_batches(measure_all, hands, shared=setting, cluster=cluster, threads=threads)
    by_number = {point.steady_gpus: point for hand in found for point in hand}
    return tuple(by_number[number] for number in owned)


def measure_all(setting: Setting, owned: Sequence[int]) -> list[CurvePoint]:
    """One batch: the same array of waits serves every replay in it."""
    waits, members = np.empty(setting.trace.jobs, np.int64), setting.members()
    return [measure(setting, number, members, waits) for number in owned]


def _with_classes(setting: Setting) -> Setting:
    """Tell apart the classes the log has of itself, and those with limits of their own."""
    limited = tuple(limit.job_class for limit in setting.asked.limits.by_class)
    for job_class in limited:
        if not len(job_class.members(setting.trace)):
            raise BadQuestionError("class of jobs", f"no job of class {job_class.name} in the log", FORM)
    names = {job_class.name for job_class in limited}
    usual = (job_class for job_class in usual_classes(setting.trace) if job_class.name not in names)
    return replace(setting, asked=replace(setting.asked, classes=(*limited, *usual)))


def _searched(setting: Setting, threads: int | None, cluster: str | None) -> tuple[CurvePoint, ...]:
    """A coarse pass over all numbers that can matter, then ever finer ones around the best so far.

    Owning fewer than none or more than the busiest second needs is never better. Between them cost is not convex,
    which is why the first pass is spread over the whole range and the curve is returned with the answer.
    """
    trace, asked = setting.trace, setting.asked
    step, limits = asked.step_gpus, asked.limits
    lowest = trace.largest_job_gpus if asked.policy.kind == "never" else 0
    highest = max(trace.peak_gpus(), lowest)
    prices = asked.prices
    if prices.most_owned_gpus is not None and prices.reserved_usd_per_gpu_h is None:
        highest = min(highest, prices.most_owned_gpus // step * step)
        lowest = min(lowest, highest)
    guess = newsvendor_gpus(trace, prices.own_usd_per_gpu_h, prices.rent_usd_per_gpu_h)
    numbers = {*np.linspace(lowest, highest, COARSE_POINTS).round(), np.ceil(trace.offered_gpus), guess}
    wanted = _on_steps(numbers, lowest, highest, step)
    curve: dict[int, CurvePoint] = {}
    while wanted:
        for point in sweep(setting, wanted, threads=threads, cluster=cluster):
            curve[point.steady_gpus] = point
        tried = sorted(curve)
        at = tried.index(best_or_quickest(tuple(curve.values()), limits).steady_gpus)
        around = np.linspace(tried[max(at - 1, 0)], tried[min(at + 1, len(tried) - 1)], FINE_POINTS + 2)
        wanted = [number for number in _on_steps({*around.round()}, lowest, highest, step) if number not in curve]
    return tuple(curve[number] for number in sorted(curve))


def _on_steps(numbers: set[float], lowest: int, highest: int, step: int) -> list[int]:
    """Multiples of the step nearest to the numbers; the range is widened to whole steps."""
    low, high = -(-lowest // step), -(-highest // step)
    return [step * count for count in sorted({min(max(round(number / step), low), high) for number in numbers})]


def _valid(curve: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Points that do the whole work; if there is none, those that come nearest."""
    fewest = min(point.impossible_jobs for point in curve)
    possible = [point for point in curve if point.impossible_jobs == fewest]
    return [point for point in possible if point.keeps_up] or possible


def best_or_quickest(curve: Sequence[CurvePoint], limits: WaitLimits) -> CurvePoint:
    """The cheapest point within the limits; if there is none, the one with the shortest waits."""
    valid = _valid(curve)
    allowed = [point for point in valid if limits.allow(point)]
    if allowed:
        return min(allowed, key=lambda point: (point.total_usd, point.wait_p95_h, point.steady_gpus))
    return min(valid, key=lambda point: (point.wait_p95_h, point.wait_p50_h, point.total_usd))


def _best(curve: Sequence[CurvePoint], limits: WaitLimits) -> CurvePoint:
    best = best_or_quickest(curve, limits)
    if not limits.allow(best):
        raise NoFeasibleOptionError(
            f"no number of GPUs tried keeps the wait within the limits ({limits}): the shortest p95 is "
            f"{best.wait_p95_h:.2f} h (median {best.wait_p50_h:.2f} h), with {best.steady_gpus} GPUs. Allow longer "
            "waits, or rent sooner (--burst-after)"
        )
    return best


def _notes(jobs: JobLog, setting: Setting, best: CurvePoint) -> tuple[str, ...]:
    """What the reader of the answer should know and could not see from the numbers."""
    asked, trace = setting.asked, setting.trace
    notes = {
        f"Jobs that cannot run need more GPUs than there are, and nothing is rented: they are left out of costs and "
        f"waits. The largest holds {trace.largest_job_gpus} GPUs.": best.impossible_jobs > 0,
        "The owned GPUs cannot do the work in the log's period: the queue grows to its end and waits say little.": (
            not best.keeps_up
        ),
        "Some jobs hold a share of a GPU. Shares are packed without loss, which no scheduler beats; compare with "
        "--fractions whole, which gives each job whole GPUs.": trace.units_per_gpu > 1,
        "Jobs that held a share of a GPU are given a whole one.": asked.fractions == "whole"
        and bool((jobs.milli_gpus % MILLI).any()),
        "The scheduler is taken to know every run time: the log has no time limits, or they were not used.": (
            asked.fleet.queue == "easy" and trace.exact_estimates
        ),
        "Nothing is rented and no longest wait was given, so the cheapest number is the smallest that keeps up. See "
        "the knee, or state a longest wait.": asked.policy.kind == "never" and asked.limits == WaitLimits(),
    }
    return tuple(note for note, applies in notes.items() if applies)
