"""The replay that leaves nothing out: nodes, priorities, outages, user estimates, every burst policy, both queues.

It walks the queue and the list of running jobs at every event, which makes it ten to a hundred times slower than the
two fast replays and easy to hold against the text of docs/method/sizing.md. On a single undivided pool without
priorities or outages it gives exactly their results; tests hold it to that.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from payback.decision.sizing.arrays import (
    ESTIMATE,
    PRIORITY,
    RUN,
    SUBMIT,
    UNITS,
    Int32Array,
    Int64Array,
)
from payback.decision.sizing.jit import kernel
from payback.decision.sizing.nodes import place
from payback.decision.sizing.replay_fifo import (
    BILLED_UNIT_S,
    BURST_JOBS,
    BURST_UNIT_S,
    BUSY_UNIT_S,
    IMPOSSIBLE,
    IMPOSSIBLE_JOBS,
    LOST_UNIT_S,
    OWNED_UNIT_S,
)

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
TERMS: Final = 11

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

OUTAGE_START: Final = 0
OUTAGE_END: Final = 1
OUTAGE_NODE: Final = 2
NEVER: Final = 1 << 61
DOWN: Final = 1 << 40
"""Taken from what is free on a node while it is down, so that nothing fits there. [units]"""


@kernel
def _goes_before(rows: Int32Array, job: int, other: int) -> bool:
    """Whether a job stands ahead of another: higher priority first, then order of submission."""
    if rows[job, PRIORITY] != rows[other, PRIORITY]:
        return bool(rows[job, PRIORITY] > rows[other, PRIORITY])
    return job < other


@kernel
def _queue_up(rows: Int32Array, queue: Int64Array, queued: int, job: int) -> None:
    """Insert a job into the queue of ``queued`` jobs."""
    slot = queued
    while slot > 0 and _goes_before(rows, job, queue[slot - 1]):
        queue[slot] = queue[slot - 1]
        slot -= 1
    queue[slot] = job


@kernel
def _remove(items: Int64Array, count: int, index: int) -> None:
    """Close the gap an item leaves in a list of ``count``."""
    for slot in range(index, count - 1):
        items[slot] = items[slot + 1]


@kernel
def _rent(job: int, rows: Int32Array, jobs: Int64Array, terms: Int64Array, totals: Int64Array) -> None:
    """Book what is left of a job on rented GPUs."""
    units, left = rows[job, UNITS], jobs[job, LEFT]
    charged = max(left + terms[SETUP], terms[MINIMUM])
    charged = (charged + terms[STEP] - 1) // terms[STEP] * terms[STEP]
    totals[BURST_JOBS] += 1
    totals[BURST_UNIT_S] += units * left
    totals[BILLED_UNIT_S] += units * charged


@kernel
def _book_owned(job: int, end: int, rows: Int32Array, jobs: Int64Array, window: int, totals: Int64Array) -> None:
    """Book a stretch on owned GPUs that ends now, whether the job is done or was stopped."""
    units, begun = rows[job, UNITS], jobs[job, BEGUN]
    totals[OWNED_UNIT_S] += units * (end - begun)
    totals[BUSY_UNIT_S] += units * (min(end, window) - min(begun, window))


@kernel
def _predicted_start(
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
        elif slot < busy + queued and _goes_before(rows, queue[slot - busy], job):
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


@kernel
def _reserve(
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


@kernel
def _next_to_start(
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
    shadow = _reserve(rows, queue[0], node_units, free, running, busy, jobs, held, later, choice)
    for index in range(1, queued):
        job = queue[index]
        if place(free, node_units, rows[job, UNITS], choice) and (
            now + jobs[job, EXPECTED] <= shadow or (later >= choice).all()
        ):
            return index
    return -1


@kernel
def _stop_node(
    node: int,
    now: int,
    rows: Int32Array,
    terms: Int64Array,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
    held: Int64Array,
    slots: Int64Array,
    totals: Int64Array,
) -> tuple[int, int]:
    """An outage begins: the node's jobs go back to the queue with the work since their last checkpoint lost."""
    index = 0
    while index < busy:
        job = running[index]
        slot = jobs[job, SLOT]
        if held[slot, node] == 0:
            index += 1
            continue
        free += held[slot]
        _remove(running, busy, index)
        busy -= 1
        slots[busy] = slot
        done = now - jobs[job, BEGUN]
        kept = done // terms[CHECKPOINT] * terms[CHECKPOINT] if terms[CHECKPOINT] > 0 else 0
        _book_owned(job, now, rows, jobs, terms[WINDOW], totals)
        totals[LOST_UNIT_S] += (done - kept) * rows[job, UNITS]
        jobs[job, LEFT] -= kept
        jobs[job, EXPECTED] = max(jobs[job, EXPECTED] - kept, 1)
        jobs[job, SINCE] = now
        _queue_up(rows, queue, queued, job)
        queued += 1
    return busy, queued


@kernel
def _next_event(
    rows: Int32Array,
    arrived: int,
    limit: int,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
    outages: Int64Array,
    outage: int,
    down_until: Int64Array,
) -> int:
    """The next moment at which anything can happen."""
    now = NEVER
    if arrived < len(rows):
        now = rows[arrived, SUBMIT]
    for index in range(busy):
        now = min(now, jobs[running[index], BEGUN] + jobs[running[index], LEFT])
    for index in range(queued):
        now = min(now, jobs[queue[index], SINCE] + limit)
    if outage < len(outages):
        now = min(now, outages[outage, OUTAGE_START])
    for node in range(len(down_until)):
        if down_until[node] >= 0:
            now = min(now, down_until[node])
    return now


@kernel
def _oldest_overdue(queue: Int64Array, queued: int, jobs: Int64Array, limit: int, now: int) -> int:
    """Index in the queue of the first job submitted among those whose patience has run out; -1 if none."""
    found = -1
    for index in range(queued):
        if jobs[queue[index], SINCE] + limit <= now and (found < 0 or queue[index] < queue[found]):
            found = index
    return found


@kernel
def _end_jobs(
    now: int,
    rows: Int32Array,
    window: int,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    jobs: Int64Array,
    held: Int64Array,
    slots: Int64Array,
    totals: Int64Array,
) -> int:
    """Jobs that are done give back their GPUs; returns how many still run."""
    index = 0
    while index < busy:
        job = running[index]
        if jobs[job, BEGUN] + jobs[job, LEFT] > now:
            index += 1
            continue
        _book_owned(job, now, rows, jobs, window, totals)
        free += held[jobs[job, SLOT]]
        _remove(running, busy, index)
        busy -= 1
        slots[busy] = jobs[job, SLOT]
    return busy


@kernel
def _leaves_on_arrival(
    rows: Int32Array,
    job: int,
    now: int,
    terms: Int64Array,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
) -> bool:
    """Whether a job that could run on the owned GPUs is rented the moment it arrives."""
    if queued >= terms[QUEUE_LIMIT]:
        return True
    if not terms[PREDICTS]:
        return False
    idle = free[free > 0].sum()
    start = _predicted_start(rows, job, now, idle, jobs, running, busy, queue, queued)
    return bool(start > now + terms[LIMIT])


@kernel
def _arrive(
    rows: Int32Array,
    job: int,
    now: int,
    terms: Int64Array,
    capacity: Int64Array,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
    choice: Int64Array,
    waits: Int64Array,
    totals: Int64Array,
) -> int:
    """A job is submitted; returns how many wait now."""
    waits[job] = 0
    jobs[job, SINCE], jobs[job, LEFT], jobs[job, EXPECTED] = now, rows[job, RUN], rows[job, ESTIMATE]
    fits = place(capacity, terms[NODE_UNITS], rows[job, UNITS], choice)
    if not fits and not terms[MAY_BURST]:
        totals[IMPOSSIBLE_JOBS] += 1
        waits[job] = IMPOSSIBLE
    elif not fits or _leaves_on_arrival(rows, job, now, terms, free, running, busy, queue, queued, jobs):
        _rent(job, rows, jobs, terms, totals)
        waits[job] = ~0
    else:
        _queue_up(rows, queue, queued, job)
        queued += 1
    return queued


@kernel
def _start_or_leave(
    rows: Int32Array,
    now: int,
    patience: int,
    terms: Int64Array,
    free: Int64Array,
    running: Int64Array,
    busy: int,
    queue: Int64Array,
    queued: int,
    jobs: Int64Array,
    held: Int64Array,
    slots: Int64Array,
    choice: Int64Array,
    waits: Int64Array,
    totals: Int64Array,
) -> tuple[int, int]:
    """Start all jobs that may start; then let one leave whose patience has run out, look again, and so on.

    Returns:
        Jobs running; jobs waiting.
    """
    while queued > 0:
        index = _next_to_start(
            rows, terms[NODE_UNITS], now, terms[BACKFILLS] != 0, free, running, busy, queue, queued, jobs, held, choice
        )
        if index >= 0:
            job, slot = queue[index], slots[busy]
            waits[job] += now - jobs[job, SINCE]
            jobs[job, BEGUN], jobs[job, PLANNED], jobs[job, SLOT] = now, now + jobs[job, EXPECTED], slot
            held[slot] = choice
            free -= choice
            running[busy] = job
            busy += 1
        else:
            index = _oldest_overdue(queue, queued, jobs, patience, now)
            if index < 0:
                break
            job = queue[index]
            _rent(job, rows, jobs, terms, totals)
            waits[job] = ~(waits[job] + now - jobs[job, SINCE])
        _remove(queue, queued, index)
        queued -= 1
    return busy, queued


@kernel
def replay_general(
    rows: Int32Array,
    terms: Int64Array,
    capacity: Int64Array,
    outages: Int64Array,
    held: Int64Array,
    waits: Int64Array,
    totals: Int64Array,
) -> None:
    """Replay a trace on nodes of the given ``capacity``, with ``outages`` (start, end, node) in order of start."""
    patience = NEVER if terms[PREDICTS] else terms[LIMIT]
    jobs = np.zeros((len(rows), JOB_COLUMNS), np.int64)
    free, choice = capacity.copy(), np.zeros_like(capacity)
    down_until = np.full(len(capacity), -1, np.int64)
    queue, running, slots = np.empty(len(rows), np.int64), np.empty(len(held), np.int64), np.arange(len(held))
    arrived, queued, busy, outage = 0, 0, 0, 0
    while arrived < len(rows) or queued > 0 or busy > 0:
        now = _next_event(rows, arrived, patience, running, busy, queue, queued, jobs, outages, outage, down_until)
        busy = _end_jobs(now, rows, terms[WINDOW], free, running, busy, jobs, held, slots, totals)
        for node in range(len(capacity)):
            if 0 <= down_until[node] <= now:
                down_until[node] = -1
                free[node] += DOWN
        while outage < len(outages) and outages[outage, OUTAGE_START] <= now:
            node = outages[outage, OUTAGE_NODE]
            if down_until[node] < 0:
                busy, queued = _stop_node(
                    node, now, rows, terms, free, running, busy, queue, queued, jobs, held, slots, totals
                )
                free[node] -= DOWN
            down_until[node] = max(down_until[node], outages[outage, OUTAGE_END])
            outage += 1
        while arrived < len(rows) and rows[arrived, SUBMIT] == now:
            queued = _arrive(
                rows, arrived, now, terms, capacity, free, running, busy, queue, queued, jobs, choice, waits, totals
            )
            arrived += 1
        busy, queued = _start_or_leave(
            rows, now, patience, terms, free, running, busy, queue, queued, jobs, held, slots, choice, waits, totals
        )
