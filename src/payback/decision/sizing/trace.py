"""A job log made ready for replay: whole seconds, whole units of GPU, one row of 32 bytes a job.

A kernel that backfills jumps about in the log; with all it needs of a job in one row, a jump costs one cache line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from payback.decision.sizing.arrays import (
    BILLED,
    COLUMNS,
    ESTIMATE,
    PLACE,
    PRIORITY,
    RUN,
    SIZE_CLASS,
    SUBMIT,
    UNITS,
    Int32Array,
    Int64Array,
)
from payback.decision.sizing.policies import CloudTerms
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import MILLI, JobLog

Fractions = Literal["share", "whole"]
GROUP: Final = 1024
"""The index of waiting jobs keeps each size of job on its own multiple of this many places."""
LONGEST_S: Final = 2**31 - 2
"""The longest time a row can hold. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The jobs of a log, ready for any number of replays."""

    rows: Int32Array
    """One row a job, in order of submission; columns as named in ``arrays``."""
    units_per_gpu: int
    """1 where every job holds whole GPUs; otherwise what makes every share a whole number."""
    sizes: Int64Array
    """The sizes of job that occur, ascending. [units]"""
    job_at: Int32Array
    """Job standing at each place of the index of waiting jobs; -1 at places never used."""
    window_s: int
    """The period that is paid for. [s]"""
    exact_estimates: bool
    """Whether the scheduler knows every run time, for want of a better column or by request."""
    cloud: CloudTerms
    total_run_s: int
    """All run times one after another. [s]"""
    work_unit_s: int
    """GPU-time of all jobs. [units · s]"""
    longest_s: int
    """The longest run time or estimate. [s]"""

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.rows)

    @property
    def offered_gpus(self) -> float:
        """GPUs that would be busy on average were there enough of them.

        ρ = Σ g·run / window                                                                        (S1)
        """
        return self.work_unit_s / self.units_per_gpu / self.window_s

    @property
    def largest_job_gpus(self) -> int:
        """GPUs the largest job needs, a share counted as one."""
        return -(-int(self.sizes[-1]) // self.units_per_gpu)

    def latest_end_s(self, owned_units: int, limit_s: int) -> int:
        """No job ends, or is planned to, later than this. [s]

        A job waits no longer than its limit; nor longer than all jobs take one after another; nor, where two of the
        largest fit beside each other, than twice what the work takes on all GPUs, for half of them are busy then.
        """
        longest_wait_s = min(limit_s, self.total_run_s)
        if owned_units >= 2 * int(self.sizes[-1]):
            longest_wait_s = min(longest_wait_s, 2 * self.work_unit_s // owned_units + self.longest_s)
        return int(self.rows[-1, SUBMIT]) + longest_wait_s + self.longest_s

    def peak_gpus(self) -> int:
        """GPUs busy at the busiest second had every job started at once; owning more changes nothing."""
        submit, run, units = (self.rows[:, column].astype(np.int64) for column in (SUBMIT, RUN, UNITS))
        moments = np.concatenate([submit + run, submit])
        steps = np.concatenate([-units, units])
        order = np.argsort(moments, kind="stable")
        return -(-int(np.cumsum(steps[order]).max()) // self.units_per_gpu)


def trace_of(
    jobs: JobLog,
    *,
    cloud: CloudTerms | None = None,
    fractions: Fractions = "share",
    estimates: Literal["log", "exact"] = "log",
    window_s: int | None = None,
) -> Trace:
    """Pack a job log for replay.

    Args:
        jobs: The log, in order of submission.
        cloud: How rented time is delayed and charged.
        fractions: ``share`` lets jobs share a GPU as tightly as their shares allow, which no scheduler beats;
            ``whole`` gives every job whole GPUs. The truth lies between.
        estimates: ``log`` plans with the log's time limits where it has them (a job without one counts as long as
            the longest run); ``exact`` plans with the true run times.
        window_s: The period to pay for; by default from the first submission to the last, but no shorter than the
            longest job. [s]

    Raises:
        BadQuestionError: The log is empty, out of order, or too long for the kernel.
    """
    if not jobs.jobs:
        raise BadQuestionError("job log", "no job that held a GPU", "at least one; see the rejected rows for why")
    units, units_per_gpu = _units(jobs.milli_gpus, fractions)
    submit_s = jobs.submit_s - jobs.submit_s[0]
    if (np.diff(submit_s) < 0).any():
        raise BadQuestionError("job log", "jobs out of order", "ascending submission times")
    cloud = cloud or CloudTerms()
    planned_s = _planned_s(jobs, estimates)
    exact = planned_s is jobs.run_s or bool((planned_s == jobs.run_s).all())
    sizes, size_class = np.unique(units, return_inverse=True)
    rows = np.zeros((jobs.jobs, COLUMNS), np.int32)
    _fill(rows, SUBMIT, submit_s)
    _fill(rows, RUN, jobs.run_s)
    _fill(rows, ESTIMATE, planned_s)
    _fill(rows, UNITS, units)
    _fill(rows, SIZE_CLASS, size_class)
    _fill(rows, BILLED, cloud.billed_s(jobs.run_s))
    if jobs.priority is not None:
        rows[:, PRIORITY] = jobs.priority
    place, job_at = _places(size_class)
    _fill(rows, PLACE, place)
    return Trace(
        rows=rows,
        units_per_gpu=units_per_gpu,
        sizes=sizes,
        job_at=job_at,
        window_s=window_s or jobs.period_s,
        exact_estimates=exact,
        cloud=cloud,
        total_run_s=int(jobs.run_s.sum()),
        work_unit_s=int(np.dot(jobs.run_s, units)),
        longest_s=max(int(jobs.run_s.max()), int(planned_s.max())),
    )


def _fill(rows: Int32Array, column: int, values: Int64Array) -> None:
    if int(values.max()) > LONGEST_S:
        raise BadQuestionError("job log", f"a value of {values.max()}", f"no time or size above {LONGEST_S}")
    rows[:, column] = values


def _units(milli_gpus: Int64Array, fractions: Fractions) -> tuple[Int64Array, int]:
    if fractions == "whole":
        return -(-milli_gpus // MILLI), 1
    step = int(np.gcd.reduce(np.append(np.unique(milli_gpus), MILLI)))
    return milli_gpus // step, MILLI // step


def _planned_s(jobs: JobLog, estimates: Literal["log", "exact"]) -> Int64Array:
    if estimates == "exact" or jobs.estimate_s is None:
        return jobs.run_s
    return np.where(jobs.estimate_s > 0, jobs.estimate_s, jobs.run_s.max()).astype(np.int64)


def _places(size_class: Int64Array) -> tuple[Int64Array, Int32Array]:
    """Give every job its place among the jobs of its size, each size starting on a multiple of GROUP."""
    counts = np.bincount(size_class)
    starts = np.concatenate([[0], np.cumsum(-(-counts // GROUP) * GROUP)])
    by_class = np.argsort(size_class, kind="stable")
    rank = np.empty(len(size_class), np.int64)
    rank[by_class] = np.arange(len(size_class)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = starts[size_class] + rank
    job_at = np.full(starts[-1], -1, np.int32)
    job_at[place] = np.arange(len(size_class))
    return place, job_at
