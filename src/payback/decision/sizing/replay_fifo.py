"""First in, first out, in one pass over the log: no event queue, only a heap of the ends of running jobs.

Under FIFO no job overtakes another, so starts never go back in time and one look at each job, in order of
submission, settles it: the job starts at the first moment, not before its submission nor before the start of the job
ahead, at which enough GPUs are free. While there are free GPUs nobody asks when the running jobs end, so their ends
go to an unsorted nursery; most have passed by the time it is emptied, and only the rest ever enter the heap.
docs/method/sizing.md states the order of simultaneous events.
"""

from __future__ import annotations

from typing import Final

from payback.decision.sizing.arrays import BILLED, RUN, SUBMIT, UNITS, Int32Array, Int64Array
from payback.decision.sizing.heap import ROOT, pop, push
from payback.decision.sizing.jit import kernel, part

OWNED_UNIT_S: Final = 0
"""GPU-time run on owned GPUs. [units · s]"""
BUSY_UNIT_S: Final = 1
"""The part of it that falls inside the window. [units · s]"""
BURST_JOBS: Final = 2
BURST_UNIT_S: Final = 3
"""GPU-time run on rented GPUs. [units · s]"""
BILLED_UNIT_S: Final = 4
"""GPU-time charged for it. [units · s]"""
IMPOSSIBLE_JOBS: Final = 5
LOST_UNIT_S: Final = 6
"""GPU-time on owned GPUs thrown away by outages; only the general replay has any. [units · s]"""
TOTALS: Final = 7
NURSERY: Final = 256
"""Ends kept unsorted before they are moved to the heap."""
IMPOSSIBLE: Final = -(1 << 62)
"""In the column of waits: the job needs more GPUs than there are and may not leave."""


@kernel
def count_owned(totals: Int64Array, rows: Int32Array, job: int, start: int, window: int) -> None:
    """Book a job that runs on owned GPUs."""
    units, run = rows[job, UNITS], rows[job, RUN]
    totals[OWNED_UNIT_S] += units * run
    totals[BUSY_UNIT_S] += units * (min(start + run, window) - min(start, window))


@kernel
def count_burst(totals: Int64Array, rows: Int32Array, job: int) -> None:
    """Book a job that is sent to rented GPUs."""
    units = rows[job, UNITS]
    totals[BURST_JOBS] += 1
    totals[BURST_UNIT_S] += units * rows[job, RUN]
    totals[BILLED_UNIT_S] += units * rows[job, BILLED]


@part
def turned_away(
    rows: Int32Array, job: int, owned: int, may_burst: bool, queue_is_full: bool, waits: Int64Array, totals: Int64Array
) -> bool:
    """Whether a job that just arrived can only be rented, or cannot run at all; if so it is booked."""
    too_large = rows[job, UNITS] > owned
    if too_large and not may_burst:
        totals[IMPOSSIBLE_JOBS] += 1
        waits[job] = IMPOSSIBLE
        return True
    if too_large or queue_is_full:
        count_burst(totals, rows, job)
        waits[job] = ~0
        return True
    return False


@kernel
def _clear(nursery: Int64Array, young: int, turn: int, unit_bits: int) -> tuple[int, int]:
    """Drop the ends up to ``turn``; what is left closes up, without a branch that could be mispredicted.

    Returns:
        Ends left; units freed.
    """
    unit_mask = (1 << unit_bits) - 1
    kept, freed = 0, 0
    for index in range(young):
        key = nursery[index]
        later = key >> unit_bits > turn
        nursery[kept] = key
        kept += later
        freed += 0 if later else key & unit_mask
    return kept, freed


@kernel
def _drain(heap: Int64Array, running: int, turn: int, unit_bits: int) -> tuple[int, int]:
    """Drop the ends up to ``turn`` from the heap.

    Returns:
        Ends left; units freed.
    """
    freed = 0
    while heap[ROOT] >> unit_bits <= turn:
        freed += heap[ROOT] & ((1 << unit_bits) - 1)
        pop(heap, running)
        running -= 1
    return running, freed


@kernel
def _promote(nursery: Int64Array, young: int, heap: Int64Array, running: int) -> int:
    """Move the nursery to the heap; returns the jobs there."""
    for index in range(young):
        push(heap, running, nursery[index])
        running += 1
    return running


@part
def _make_room(
    heap: Int64Array, running: int, nursery: Int64Array, young: int, turn: int, unit_bits: int, lacking: int
) -> tuple[int, int, int]:
    """Give back what jobs held that have ended by ``turn``: those of the nursery, then, if short, those of the heap.

    If it is still short, the order of the ends to come matters, and all go to the heap.

    Returns:
        Ends in the heap; ends in the nursery; units freed.
    """
    young, freed = _clear(nursery, young, turn, unit_bits)
    if freed < lacking:
        running, more = _drain(heap, running, turn, unit_bits)
        freed += more
    if freed < lacking or young > NURSERY >> 1:
        running, young = _promote(nursery, young, heap, running), 0
    return running, young, freed


@part
def _put_back(heap: Int64Array, running: int, aside: Int64Array, kept: int, unit_mask: int) -> int:
    """Return ends that were looked at but not reached; returns the units they hold."""
    held = 0
    for index in range(kept):
        held += aside[index] & unit_mask
        push(heap, running + index, aside[index])
    return held


@part
def _note_start(starts: Int64Array, joined: int, start: int, counts_queue: bool) -> int:
    """Remember a start where queues are counted; returns how many are remembered."""
    if not counts_queue:
        return 0
    starts[joined] = start
    return joined + 1


@kernel
def replay_fifo(
    rows: Int32Array,
    owned: int,
    limit: int,
    queue_limit: int,
    may_burst: bool,
    decides_at_once: bool,
    window: int,
    unit_bits: int,
    heap: Int64Array,
    nursery: Int64Array,
    aside: Int64Array,
    starts: Int64Array,
    waits: Int64Array,
    totals: Int64Array,
) -> None:
    """Replay a trace on ``owned`` units under FIFO.

    Args:
        rows: The trace.
        owned: GPUs owned. [units]
        limit: Longest wait. [s]
        queue_limit: Longest queue. [jobs]
        may_burst: Whether a job larger than ``owned`` may be rented; otherwise it is impossible.
        decides_at_once: Whether a job that would wait too long leaves at submission, not at the limit.
        window: End of the period paid for. [s]
        unit_bits: Bits that hold the size of any job.
        heap: Room for the ends of running jobs, all ``EMPTY``.
        nursery: Room for the ends of ``NURSERY`` jobs.
        aside: Room for ends that are put back.
        starts: Room for the starts of all jobs where queues are counted, to tell those still waiting.
        waits: Receives, a job, its wait in the queue; ``~wait`` if it was rented; or ``IMPOSSIBLE``. [s]
        totals: Receives the sums named above.
    """
    unit_mask = (1 << unit_bits) - 1
    free, running, now = owned, 0, 0
    joined, begun = 0, 0
    counts_queue = queue_limit < len(rows)
    young = 0
    for job in range(len(rows)):
        submit, units = rows[job, SUBMIT], rows[job, UNITS]
        while begun < joined and starts[begun] < submit:
            begun += 1
        if turned_away(rows, job, owned, may_burst, joined - begun >= queue_limit, waits, totals):
            continue
        turn, latest = max(now, submit), submit + limit
        start, kept = turn, 0
        if free < units or young == NURSERY:
            running, young, freed = _make_room(heap, running, nursery, young, turn, unit_bits, units - free)
            free += freed
        while free < units:
            key = heap[ROOT]
            end = key >> unit_bits
            if end > latest:
                break
            start = end
            if decides_at_once:
                aside[kept] = key
                kept += 1
            free += key & unit_mask
            pop(heap, running)
            running -= 1
        if free >= units:
            now = start
            free -= units
            waits[job] = start - submit
            count_owned(totals, rows, job, start, window)
            nursery[young] = ((start + rows[job, RUN]) << unit_bits) | units
            young += 1
            joined = _note_start(starts, joined, start, counts_queue)
            continue
        count_burst(totals, rows, job)
        waits[job] = ~0 if decides_at_once else ~limit
        now = now if decides_at_once else max(now, latest)
        free -= _put_back(heap, running, aside, kept, unit_mask)
        running += kept


@kernel
def late_waits(waits: Int64Array, cloud_wait: int, late: Int64Array) -> int:
    """Gather the waits that are not zero, a rented job's wait for the cloud included; returns how many."""
    count = 0
    for job in range(len(waits)):
        wait = waits[job]
        if wait < 0:
            if wait == IMPOSSIBLE:
                continue
            wait = ~wait + cloud_wait
        late[count] = wait
        count += wait > 0
    return count
