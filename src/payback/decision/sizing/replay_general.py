"""The replay that leaves nothing out: nodes, priorities, outages, user estimates, every burst policy, both queues.

It walks the queue and the list of running jobs at every event, which makes it ten to a hundred times slower than the
two fast replays. On a single undivided pool without priorities or outages it gives exactly their results; tests hold
it to that.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from payback.decision.sizing.arrays import ESTIMATE, RUN, SUBMIT, UNITS, Int32Array, Int64Array
from payback.decision.sizing.general_parts import (
    BACKFILLS,
    BEGUN,
    CHECKPOINT,
    EXPECTED,
    JOB_COLUMNS,
    LEFT,
    LIMIT,
    MAY_BURST,
    NEVER,
    NODE_UNITS,
    PLANNED,
    PREDICTS,
    QUEUE_LIMIT,
    SINCE,
    SLOT,
    WINDOW,
    book_owned,
    next_to_start,
    predicted_start,
    queue_up,
    remove,
    rent,
)
from payback.decision.sizing.jit import allocating, kernel
from payback.decision.sizing.nodes import place
from payback.decision.sizing.replay_fifo import IMPOSSIBLE, IMPOSSIBLE_JOBS, LOST_UNIT_S

OUTAGE_START: Final = 0
OUTAGE_END: Final = 1
OUTAGE_NODE: Final = 2
DOWN: Final = 1 << 40
"""Taken from what is free on a node while it is down, so that nothing fits there. [units]"""


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
        remove(running, busy, index)
        busy -= 1
        slots[busy] = slot
        done = now - jobs[job, BEGUN]
        kept = done // terms[CHECKPOINT] * terms[CHECKPOINT] if terms[CHECKPOINT] > 0 else 0
        book_owned(job, now, rows, jobs, terms[WINDOW], totals)
        totals[LOST_UNIT_S] += (done - kept) * rows[job, UNITS]
        jobs[job, LEFT] -= kept
        jobs[job, EXPECTED] = max(jobs[job, EXPECTED] - kept, 1)
        jobs[job, SINCE] = now
        queue_up(rows, queue, queued, job)
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
        book_owned(job, now, rows, jobs, window, totals)
        free += held[jobs[job, SLOT]]
        remove(running, busy, index)
        busy -= 1
        slots[busy] = jobs[job, SLOT]
    return busy


@allocating
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
    start = predicted_start(rows, job, now, idle, jobs, running, busy, queue, queued)
    return bool(start > now + terms[LIMIT])


@allocating
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
        rent(job, rows, jobs, terms, totals)
        waits[job] = ~0
    else:
        queue_up(rows, queue, queued, job)
        queued += 1
    return queued


@allocating
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
        index = next_to_start(
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
            rent(job, rows, jobs, terms, totals)
            waits[job] = ~(waits[job] + now - jobs[job, SINCE])
        remove(queue, queued, index)
        queued -= 1
    return busy, queued


@allocating
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
