"""Bookkeeping and planning of the general replay: who stands where in the queue, who may start, what it costs.

Everything is a plain walk over lists, so that it can be read beside the text of docs/method/sizing.md.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from payback.decision.sizing.arrays import BILLED, PRIORITY, RUN, UNITS, Int32Array, Int64Array
from payback.decision.sizing.jit import allocating, kernel
from payback.decision.sizing.nodes import place
from payback.decision.sizing.replay_fifo import BILLED_UNIT_S, BURST_JOBS, BURST_UNIT_S, BUSY_UNIT_S, OWNED_UNIT_S

LIMIT: Final = 0
QUEUE_LIMIT: Final = 1
MAY_BURST: Final = 2
PREDICTS: Final = 3
BACKFILLS: Final = 4
WINDOW: Final = 5
NODE_UNITS: Final = 6
CHECKPOINT: Final = 7
"""Seconds of work between two checkpoints; 0: a job that is stopped starts over."""
SETUP: Final = 8
MINIMUM: Final = 9
STEP: Final = 10
HAZARD: Final = 11
"""Interruptions of a rented machine a second, times ``HAZARD_ONE``."""
RENTED_CHECKPOINT: Final = 12
TERMS: Final = 13
HAZARD_ONE: Final = 1e15

SINCE: Final = 0
"""When the job joined the queue, for the last time."""
LEFT: Final = 1
"""Seconds of work still to do."""
BEGUN: Final = 2
"""When it last started."""
PLANNED: Final = 3
"""When it is planned to end."""
SLOT: Final = 4
"""Row of ``held`` that says which GPUs it holds."""
EXPECTED: Final = 5
"""Seconds the scheduler believes are left. [s]"""
JOB_COLUMNS: Final = 6

NEVER: Final = 1 << 61


@kernel
def goes_before(rows: Int32Array, job: int, other: int) -> bool:
    """Whether a job stands ahead of another: higher priority first, then order of submission."""
    if rows[job, PRIORITY] != rows[other, PRIORITY]:
        return bool(rows[job, PRIORITY] > rows[other, PRIORITY])
    return job < other


@kernel
def queue_up(rows: Int32Array, queue: Int64Array, queued: int, job: int) -> None:
    """Insert a job into the queue of ``queued`` jobs."""
    slot = queued
    while slot > 0 and goes_before(rows, job, queue[slot - 1]):
        queue[slot] = queue[slot - 1]
        slot -= 1
    queue[slot] = job


@kernel
def remove(items: Int64Array, count: int, index: int) -> None:
    """Close the gap an item leaves in a list of ``count``."""
    for slot in range(index, count - 1):
        items[slot] = items[slot + 1]


@kernel
def _expected(left: int, terms: Int64Array) -> int:
    """Seconds a rest of a job takes on average where machines are taken away; ``CloudTerms.expected_run_s``."""
    if terms[HAZARD] == 0:
        return left
    rate = terms[HAZARD] / HAZARD_ONE
    piece = min(left, terms[RENTED_CHECKPOINT]) if terms[RENTED_CHECKPOINT] > 0 else left
    pieces = left // piece
    expected = (pieces * math.expm1(rate * piece) + math.expm1(rate * (left - pieces * piece))) / rate
    rounded: int = math.ceil(expected - 1e-6)
    return rounded


@kernel
def rent(job: int, rows: Int32Array, jobs: Int64Array, terms: Int64Array, totals: Int64Array) -> None:
    """Book what is left of a job on rented GPUs."""
    units, left = rows[job, UNITS], jobs[job, LEFT]
    charged = rows[job, BILLED]
    if left < rows[job, RUN]:
        charged = max(_expected(left, terms) + terms[SETUP], terms[MINIMUM])
        charged = (charged + terms[STEP] - 1) // terms[STEP] * terms[STEP]
    totals[BURST_JOBS] += 1
    totals[BURST_UNIT_S] += units * left
    totals[BILLED_UNIT_S] += units * charged


@kernel
def book_owned(job: int, end: int, rows: Int32Array, jobs: Int64Array, window: int, totals: Int64Array) -> None:
    """Book a stretch on owned GPUs that ends now, whether the job is done or was stopped."""
    units, begun = rows[job, UNITS], jobs[job, BEGUN]
    totals[OWNED_UNIT_S] += units * (end - begun)
    totals[BUSY_UNIT_S] += units * (min(end, window) - min(begun, window))


@allocating
def predicted_start(
    rows: Int32Array,
    job: int,
    now: int,
    free: int,
    jobs: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
) -> int:
    """When FIFO would start a job that arrives now, were every estimate true and nobody to arrive after it."""
    ends = np.empty(busy + queued, np.int64)
    sizes = np.empty(busy + queued, np.int64)
    count = 0
    for slot in range(busy + queued + 1):
        start = now
        if slot < busy:
            other, start = running[slot], jobs[running[slot], PLANNED]
        elif slot < busy + queued and goes_before(rows, queue[slot - busy], job):
            other = queue[slot - busy]
        else:
            other = job
        if slot >= busy:
            while free < rows[other, UNITS]:
                now = max(now, ends[0])
                free += sizes[0]
                count -= 1
                ends[:count] = ends[1 : count + 1].copy()
                sizes[:count] = sizes[1 : count + 1].copy()
            if other == job:
                return now
            free -= rows[other, UNITS]
            start = now + jobs[other, EXPECTED]
        place_at = count
        while place_at > 0 and ends[place_at - 1] > start:
            ends[place_at], sizes[place_at] = ends[place_at - 1], sizes[place_at - 1]
            place_at -= 1
        ends[place_at], sizes[place_at] = start, rows[other, UNITS]
        count += 1
    return now


@allocating
def reserve(
    rows: Int32Array,
    head: int,
    node_units: int,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    jobs: Int64Array,
    held: Int64Array,
    later: Int64Array,
    choice: Int64Array,
) -> int:
    """The shadow time of the head, ``NEVER`` if ends alone will not make room for it.

    ``later`` receives what is free on each node at that time, the head's own GPUs taken.
    """
    planned = np.empty(busy, np.int64)
    for index in range(busy):
        planned[index] = jobs[running[index], PLANNED]
    later[:] = free
    shadow, fits = -1, False
    for index in np.argsort(planned):
        if fits and planned[index] > shadow:
            break
        later += held[jobs[running[index], SLOT]]
        if not fits:
            shadow = planned[index]
            fits = place(later, node_units, rows[head, UNITS], choice)
    if not fits:
        return NEVER
    place(later, node_units, rows[head, UNITS], choice)
    later -= choice
    return shadow


@allocating
def next_to_start(
    rows: Int32Array,
    node_units: int,
    now: int,
    backfills: bool,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
    held: Int64Array,
    choice: Int64Array,
) -> int:
    """Index in the queue of the job that starts now, its GPUs in ``choice``; -1 if none does."""
    if place(free, node_units, rows[queue[0], UNITS], choice):
        return 0
    if not backfills:
        return -1
    later = np.empty_like(free)
    shadow = reserve(rows, queue[0], node_units, free, running, busy, jobs, held, later, choice)
    for index in range(1, queued):
        job = queue[index]
        if place(free, node_units, rows[job, UNITS], choice) and (
            now + jobs[job, EXPECTED] <= shadow or (later >= choice).all()
        ):
            return index
    return -1
