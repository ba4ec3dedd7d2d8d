"""EASY backfilling: the job at the head has a reservation, and any later job may start if it does not delay it.

Lifka (1995) gave the rule, Mu'alem and Feitelson (2001) its standard form: a job overtakes if it fits now and either
is planned to end by the shadow time, or takes no more than the GPUs left over at that time. A job that arrives needs
one comparison; only an end or a departure makes the queue worth searching, and the index of ``waiting`` then finds
the next job to overtake without walking the queue. docs/method/sizing.md states the order of simultaneous events.
"""

from __future__ import annotations

from typing import Final

from payback.decision.sizing import plan, waiting
from payback.decision.sizing.arrays import (
    ESTIMATE,
    PLACE,
    RUN,
    SIZE_CLASS,
    SUBMIT,
    UNITS,
    ByteArray,
    Int32Array,
    Int64Array,
)
from payback.decision.sizing.heap import EMPTY, ROOT, pop, push
from payback.decision.sizing.jit import kernel, part
from payback.decision.sizing.replay_fifo import NURSERY, count_burst, count_owned, turned_away

OWNED: Final = 0
LIMIT: Final = 1
QUEUE_LIMIT: Final = 2
MAY_BURST: Final = 3
WINDOW: Final = 4
JOB_BITS: Final = 5
TERMS: Final = 6

COUNT: Final = 0
FIRST: Final = 1
LAST: Final = 2
SHORTEST: Final = 3
"""A lower bound of the estimates waiting in a class."""
CLASS_COLUMNS: Final = 4
NOBODY: Final = -1


@part
def _release(
    rows: Int32Array, job_bits: int, ends: Int64Array, alive: ByteArray, running: int, shadow: int, now: int
) -> tuple[int, int, bool]:
    """Free the GPUs of every job that has ended.

    Returns:
        Jobs still running; units freed; whether an end came at another time than the reservation counted on.
    """
    freed, upset = 0, False
    while (ends[ROOT] >> job_bits) <= now:
        job = ends[ROOT] & ((1 << job_bits) - 1)
        pop(ends, running)
        running -= 1
        alive[job] = 0
        freed += rows[job, UNITS]
        if rows[job, ESTIMATE] != rows[job, RUN] or shadow < now:
            upset = True
    return running, freed, upset


@part
def _join(
    rows: Int32Array, job: int, classes: Int64Array, leaves: Int32Array, groups: Int32Array, tops: Int32Array
) -> None:
    """A job begins to wait, behind all others."""
    rank, place, estimate = rows[job, SIZE_CLASS], rows[job, PLACE], rows[job, ESTIMATE]
    if classes[rank, COUNT] == 0:
        classes[rank, FIRST] = place
        classes[rank, SHORTEST] = estimate
    classes[rank, SHORTEST] = min(classes[rank, SHORTEST], estimate)
    classes[rank, LAST] = place
    classes[rank, COUNT] += 1
    waiting.insert(leaves, groups, tops, place, estimate)


@part
def _to_backfill(
    sizes: Int64Array,
    job_at: Int32Array,
    free: int,
    slack: int,
    over: int,
    classes: Int64Array,
    leaves: Int32Array,
    groups: Int32Array,
    tops: Int32Array,
) -> int:
    """The first waiting job, in order of submission, that may overtake the head; ``NOBODY`` if none may."""
    found = NOBODY
    for rank in range(len(sizes)):
        if sizes[rank] > free:
            break
        fits_beside = sizes[rank] <= over
        if classes[rank, COUNT] == 0 or (classes[rank, SHORTEST] > slack and not fits_beside):
            continue
        first, last = classes[rank, FIRST], classes[rank, LAST]
        while tops[first >> 10] == waiting.ABSENT:
            first = ((first >> 10) + 1) << 10
        while groups[first >> 5] == waiting.ABSENT:
            first = ((first >> 5) + 1) << 5
        classes[rank, FIRST] = first
        place = waiting.first_within(leaves, groups, tops, first, last, waiting.ABSENT - 1 if fits_beside else slack)
        if place == waiting.NOT_FOUND:
            classes[rank, SHORTEST] = waiting.least(tops, first, last)
            continue
        if fits_beside:
            classes[rank, FIRST] = place
        if found == NOBODY or job_at[place] < found:
            found = job_at[place]
    return found


@part
def _leave(
    rows: Int32Array, job: int, classes: Int64Array, leaves: Int32Array, groups: Int32Array, tops: Int32Array
) -> None:
    """A job waits no longer."""
    classes[rows[job, SIZE_CLASS], COUNT] -= 1
    waiting.remove(leaves, groups, tops, rows[job, PLACE])


@part
def _next_head(rows: Int32Array, leaves: Int32Array, head: int, queued: int) -> int:
    """The first waiting job after the head, if any waits."""
    head += 1
    if queued > 0:
        while leaves[rows[head, PLACE]] == waiting.ABSENT:
            head += 1
    return head


@part
def _next_to_start(
    rows: Int32Array,
    sizes: Int64Array,
    job_at: Int32Array,
    job_bits: int,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
    classes: Int64Array,
    leaves: Int32Array,
    groups: Int32Array,
    tops: Int32Array,
    now: int,
    free: int,
    head: int,
    shadow: int,
    over: int,
    stale: bool,
) -> tuple[int, int, int]:
    """The job to start now: the head if it fits, else the first that may overtake it, else ``NOBODY``.

    Returns:
        The job; the shadow time; the units left over at that time.
    """
    job = head
    if rows[head, UNITS] > free:
        if stale:
            shadow, over = plan.reserve(rows, near, far, bounds, alive, job_bits, free, rows[head, UNITS])
        job = _to_backfill(sizes, job_at, free, shadow - now, over, classes, leaves, groups, tops)
        if job != NOBODY and now + rows[job, ESTIMATE] > shadow:
            over -= rows[job, UNITS]
    return job, shadow, over


@part
def _start(
    rows: Int32Array,
    job: int,
    terms: Int64Array,
    now: int,
    running: int,
    ends: Int64Array,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
    waits: Int64Array,
    totals: Int64Array,
) -> None:
    """A job starts now on owned GPUs."""
    job_bits = terms[JOB_BITS]
    waits[job] = now - rows[job, SUBMIT]
    count_owned(totals, rows, job, now, terms[WINDOW])
    alive[job] = 1
    push(ends, running, ((now + rows[job, RUN]) << job_bits) | job)
    plan.add(near, far, bounds, ((now + rows[job, ESTIMATE]) << job_bits) | job)
    if bounds[plan.PAST] - bounds[plan.FIRST] + bounds[plan.FAR] > 2 * running + plan.SLACK:
        plan.sweep(near, far, bounds, alive, (1 << job_bits) - 1)


@kernel
def _clear(rows: Int32Array, job_bits: int, nursery: Int64Array, young: int, now: int) -> tuple[int, int]:
    """Drop jobs that have ended from the nursery; what is left closes up, without a branch to be mispredicted.

    Returns:
        Jobs left; units freed.
    """
    kept, freed = 0, 0
    for index in range(young):
        key = nursery[index]
        later = key >> job_bits > now
        nursery[kept] = key
        kept += later
        freed += 0 if later else rows[key & ((1 << job_bits) - 1), UNITS]
    return kept, freed


@kernel
def _promote(
    rows: Int32Array,
    job_bits: int,
    nursery: Int64Array,
    young: int,
    running: int,
    ends: Int64Array,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
) -> int:
    """Move the nursery's jobs to heap and plan; returns the jobs in the heap."""
    plan.unsort(near, far, bounds)
    for index in range(young):
        key = nursery[index]
        job = key & ((1 << job_bits) - 1)
        alive[job] = 1
        push(ends, running, key)
        push(far, bounds[plan.FAR], key + ((rows[job, ESTIMATE] - rows[job, RUN]) << job_bits))
        bounds[plan.FAR] += 1
        running += 1
    if bounds[plan.FAR] > 2 * running + plan.SLACK:
        plan.sweep(near, far, bounds, alive, (1 << job_bits) - 1)
    return running


@kernel
def _run_while_nobody_waits(
    rows: Int32Array,
    arrived: int,
    terms: Int64Array,
    free: int,
    running: int,
    ends: Int64Array,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
    nursery: Int64Array,
    waits: Int64Array,
    totals: Int64Array,
) -> tuple[int, int, int, int]:
    """Start jobs as they arrive until one does not fit.

    Nobody looks at the plan then, so ends go to the nursery, unsorted; most jobs end before anyone asks for theirs.

    Returns:
        Jobs that have arrived, the one that does not fit not among them; units free; jobs running; jobs that started
        in the very second of that arrival.
    """
    job_bits, young, begun, instant = terms[JOB_BITS], 0, 0, -1
    while arrived < len(rows):
        now, units = rows[arrived, SUBMIT], rows[arrived, UNITS]
        begun = begun if now == instant else 0
        instant = now
        full = begun >= terms[QUEUE_LIMIT]
        if turned_away(rows, arrived, terms[OWNED], terms[MAY_BURST] != 0, full, waits, totals):
            arrived += 1
            continue
        if units > free or young == NURSERY:
            young, freed = _clear(rows, job_bits, nursery, young, now)
            free += freed
            if units > free:
                running, freed, _ = _release(rows, job_bits, ends, alive, running, 0, now)
                free += freed
            if units > free or young > NURSERY >> 1:
                running = _promote(rows, job_bits, nursery, young, running, ends, near, far, bounds, alive)
                young = 0
            if units > free:
                break
        waits[arrived] = 0
        count_owned(totals, rows, arrived, now, terms[WINDOW])
        nursery[young] = ((now + rows[arrived, RUN]) << job_bits) | arrived
        young += 1
        free -= units
        begun += 1
        arrived += 1
    return arrived, free, running, begun


@kernel
def replay_easy(  # noqa: C901 - one event loop: cut in two, each half would take all its state as arguments
    rows: Int32Array,
    sizes: Int64Array,
    job_at: Int32Array,
    terms: Int64Array,
    ends: Int64Array,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
    nursery: Int64Array,
    classes: Int64Array,
    leaves: Int32Array,
    groups: Int32Array,
    tops: Int32Array,
    waits: Int64Array,
    totals: Int64Array,
) -> None:
    """Replay a trace under EASY; arguments as for FIFO, ``terms`` holding the numbers, the rest scratch space."""
    bounds[plan.FIRST] = bounds[plan.PAST] = len(near) >> 1
    job_bits, limit = terms[JOB_BITS], terms[LIMIT]
    never = EMPTY >> job_bits
    free, running = terms[OWNED], 0
    arrived, queued, head = 0, 0, 0
    shadow, over, stale = 0, 0, False
    begun = 0
    while arrived < len(rows) or queued > 0:
        if queued == 0:
            arrived, free, running, begun = _run_while_nobody_waits(
                rows, arrived, terms, free, running, ends, near, far, bounds, alive, nursery, waits, totals
            )
            if arrived == len(rows):
                break
            now = rows[arrived, SUBMIT]
        else:
            begun = 0
            now = rows[arrived, SUBMIT] if arrived < len(rows) else never
            now = min(now, ends[ROOT] >> job_bits, rows[head, SUBMIT] + limit)
        ended = (ends[ROOT] >> job_bits) <= now
        if ended:
            running, freed, upset = _release(rows, job_bits, ends, alive, running, shadow, now)
            free += freed
            stale = stale or upset
        searching = ended
        while True:
            if arrived < len(rows) and rows[arrived, SUBMIT] == now:
                job = arrived
                arrived += 1
                full = queued + begun >= terms[QUEUE_LIMIT]
                if turned_away(rows, job, terms[OWNED], terms[MAY_BURST] != 0, full, waits, totals):
                    continue
                units, in_time = rows[job, UNITS], now + rows[job, ESTIMATE] <= shadow
                if units > free or (queued > 0 and (ended or stale or not (in_time or units <= over))):
                    _join(rows, job, classes, leaves, groups, tops)
                    if queued == 0:
                        head, stale = job, True
                    searching = searching or stale
                    queued += 1
                    continue
                if queued > 0 and not in_time:
                    over -= units
                begun += 1
            elif queued == 0:
                break
            else:
                job = NOBODY
                if searching:
                    job, shadow, over = _next_to_start(
                        rows, sizes, job_at, job_bits, near, far, bounds, alive, classes, leaves, groups, tops,
                        now, free, head, shadow, over, stale,
                    )  # fmt: skip
                    stale = stale and job == head
                starts = job != NOBODY
                if not starts:
                    job = head
                    if rows[job, SUBMIT] + limit > now:
                        break
                    count_burst(totals, rows, job)
                    waits[job] = ~(now - rows[job, SUBMIT])
                    searching = True
                _leave(rows, job, classes, leaves, groups, tops)
                queued -= 1
                if job == head:
                    head, stale = _next_head(rows, leaves, head, queued), True
                if not starts:
                    continue
            _start(rows, job, terms, now, running, ends, near, far, bounds, alive, waits, totals)
            running += 1
            free -= rows[job, UNITS]
