"""The planned ends of running jobs, and the moment at which enough GPUs will be free for the job at the head.

Planned ends come from estimates, so a job may end long before or after its own. Ends the last reservation looked at
lie sorted in ``near``; all later ones lie in the heap ``far`` and move over one by one when a reservation needs them.
Jobs that ended early stay behind as dead entries and are swept out when they outnumber the living.
"""

from __future__ import annotations

from typing import Final

from payback.decision.sizing.arrays import UNITS, ByteArray, Int32Array, Int64Array
from payback.decision.sizing.heap import EMPTY, ROOT, pop, push
from payback.decision.sizing.jit import kernel, part

FIRST: Final = 0
"""Where ``near`` begins."""
PAST: Final = 1
"""One past its last entry."""
FAR: Final = 2
"""Entries in ``far``."""
BOUNDS: Final = 3
SLACK: Final = 120
"""Entries beyond twice the living that are worth a sweep."""


@part
def add(near: Int64Array, far: Int64Array, bounds: Int64Array, key: int) -> None:
    """A job starts; ``key`` packs its planned end with its number."""
    first, past = bounds[FIRST], bounds[PAST]
    if first == past or key >= near[past - 1]:
        push(far, bounds[FAR], key)
        bounds[FAR] += 1
        return
    if first == 0 or past == len(near):
        _centre(near, bounds)
        first, past = bounds[FIRST], bounds[PAST]
    if key < near[(first + past) >> 1]:
        slot = first - 1
        bounds[FIRST] = slot
        while near[slot + 1] < key:
            near[slot] = near[slot + 1]
            slot += 1
    else:
        slot = past
        bounds[PAST] = past + 1
        while near[slot - 1] > key:
            near[slot] = near[slot - 1]
            slot -= 1
    near[slot] = key


@kernel
def sweep(near: Int64Array, far: Int64Array, bounds: Int64Array, alive: ByteArray, job_mask: int) -> None:
    """Forget the jobs that have ended."""
    kept = bounds[FIRST]
    for slot in range(bounds[FIRST], bounds[PAST]):
        if alive[near[slot] & job_mask]:
            near[kept] = near[slot]
            kept += 1
    bounds[PAST] = kept
    kept = 0
    for slot in range(ROOT, ROOT + bounds[FAR]):
        key = far[slot]
        far[slot] = EMPTY
        if alive[key & job_mask]:
            push(far, kept, key)
            kept += 1
    bounds[FAR] = kept


@kernel
def unsort(near: Int64Array, far: Int64Array, bounds: Int64Array) -> None:
    """Move everything to ``far``, for nobody has a reservation any more."""
    for slot in range(bounds[FIRST], bounds[PAST]):
        push(far, bounds[FAR], near[slot])
        bounds[FAR] += 1
    bounds[FIRST] = bounds[PAST] = len(near) >> 1


@part
def reserve(
    rows: Int32Array,
    near: Int64Array,
    far: Int64Array,
    bounds: Int64Array,
    alive: ByteArray,
    job_bits: int,
    free: int,
    needed: int,
) -> tuple[int, int]:
    """When the head can start if every estimate holds, and how many units that leaves over.

    Returns:
        The shadow time: the earliest planned end by which ``needed`` units are free; and the units free then beyond
        those needed, every job planned to end by that time counted. [s], [units]
    """
    job_mask = (1 << job_bits) - 1
    while bounds[FIRST] < bounds[PAST] and alive[near[bounds[FIRST]] & job_mask] == 0:
        bounds[FIRST] += 1
    shadow = 0
    slot = bounds[FIRST]
    while True:
        if slot == bounds[PAST]:
            if free >= needed and (far[ROOT] >> job_bits) > shadow:
                break
            if slot == len(near):
                _centre(near, bounds)
                slot = bounds[PAST]
            key = far[ROOT]
            pop(far, bounds[FAR])
            bounds[FAR] -= 1
            if alive[key & job_mask] == 0:
                continue
            near[slot] = key
            bounds[PAST] = slot + 1
        end = near[slot] >> job_bits
        if free >= needed and end > shadow:
            break
        job = near[slot] & job_mask
        slot += 1
        if alive[job]:
            free += rows[job, UNITS]
            shadow = end
    return shadow, free - needed


@kernel
def _centre(near: Int64Array, bounds: Int64Array) -> None:
    """Move ``near`` to the middle of its array, so that both ends have room again."""
    first, length = bounds[FIRST], bounds[PAST] - bounds[FIRST]
    target = (len(near) - length) >> 1
    if target > first:
        for slot in range(length - 1, -1, -1):
            near[target + slot] = near[first + slot]
    else:
        for slot in range(length):
            near[target + slot] = near[first + slot]
    bounds[FIRST], bounds[PAST] = target, target + length
