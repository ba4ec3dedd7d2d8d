"""The same log with more, fewer or other weeks of jobs in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog
from payback.units import HOURS_PER_DAY, SECONDS_PER_HOUR

DAY_S: Final = HOURS_PER_DAY * SECONDS_PER_HOUR
WEEK_S: Final = 7 * DAY_S


def with_demand(jobs: JobLog, factor: float, *, seed: int = 0) -> JobLog:
    """The log with ``factor`` times as many jobs.

    Below 1, jobs drawn at random stay away. Above 1, copies of jobs drawn at random come in addition, each moved by
    a whole number of weeks within the log (of days, if it is shorter than two weeks), so that nights and weekends
    stay what they are. Crowds do not grow: a hundred jobs sent together are copied to a hundred different weeks.

    Example: ``with_demand(jobs, 1.2)`` is "20 % more jobs".

    Raises:
        BadQuestionError: The factor is not positive.
    """
    if not 0 < factor < np.inf:
        raise BadQuestionError("demand", str(factor), "a factor above zero; 1.2 is 20 % more jobs")
    random = np.random.default_rng(seed)
    whole, part = divmod(factor, 1.0)
    if factor < 1:
        return jobs.take(random.random(jobs.jobs) < part)
    chosen = [np.flatnonzero(np.ones(jobs.jobs))] * (int(whole) - 1) + [np.flatnonzero(random.random(jobs.jobs) < part)]
    source = np.concatenate(chosen)
    moved = _moved(jobs, source, random)
    return _in_order(jobs.take(np.concatenate([np.arange(jobs.jobs), source])), np.concatenate([jobs.submit_s, moved]))


def _moved(jobs: JobLog, source: Int64Array, random: np.random.Generator) -> Int64Array:
    """Submission times of copies."""
    origin, span_s = int(jobs.submit_s[0]), int(jobs.submit_s[-1] - jobs.submit_s[0])
    step_s = next((step for step in (WEEK_S, DAY_S) if span_s >= 2 * step), None)
    if step_s is None:
        return origin + random.integers(0, span_s + 1, len(source))
    steps = span_s // step_s
    offset_s = jobs.submit_s[source] - origin + random.integers(1, steps, len(source)) * step_s
    return origin + offset_s % (steps * step_s)


def resampled(jobs: JobLog, block_s: int, blocks: Int64Array) -> JobLog:
    """The log made of the given blocks of itself, one after another; block 0 begins with the first submission."""
    origin = int(jobs.submit_s[0])
    edges = origin + np.arange(int(blocks.max()) + 2) * block_s
    first = np.searchsorted(jobs.submit_s, edges)
    counts = first[blocks + 1] - first[blocks]
    offsets = np.cumsum(counts) - counts
    source = np.repeat(first[blocks] - offsets, counts) + np.arange(counts.sum())
    shift_s = (np.arange(len(blocks)) - blocks) * block_s
    return replace(jobs.take(source), submit_s=jobs.submit_s[source] + np.repeat(shift_s, counts))


def whole_blocks(jobs: JobLog, block_s: int) -> int:
    """Blocks of a length that the submissions cover entirely, give or take an hour at the end."""
    if not jobs.jobs:
        return 0
    return (int(jobs.submit_s[-1] - jobs.submit_s[0]) + SECONDS_PER_HOUR) // block_s


def _in_order(jobs: JobLog, submit_s: Int64Array) -> JobLog:
    order = np.argsort(submit_s, kind="stable")
    return replace(jobs.take(order), submit_s=submit_s[order])
