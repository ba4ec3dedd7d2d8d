"""An index of waiting jobs that finds the first one short enough, in order of submission, without walking the queue.

Every job has a fixed place, jobs of one size side by side. A place holds the job's estimate while it waits and
``ABSENT`` otherwise; two levels above hold the minimum of each 32 places and of each 32 such groups.
"""

from __future__ import annotations

from typing import Final

from payback.decision.sizing.arrays import Int32Array
from payback.decision.sizing.jit import kernel

ABSENT: Final = 2**31 - 1
NOT_FOUND: Final = -1


@kernel
def insert(leaves: Int32Array, groups: Int32Array, tops: Int32Array, place: int, estimate: int) -> None:
    """A job begins to wait."""
    leaves[place] = estimate
    if estimate < groups[place >> 5]:
        groups[place >> 5] = estimate
        if estimate < tops[place >> 10]:
            tops[place >> 10] = estimate


@kernel
def remove(leaves: Int32Array, groups: Int32Array, tops: Int32Array, place: int) -> None:
    """A job waits no longer; minima are renewed only where it was the minimum."""
    estimate = leaves[place]
    leaves[place] = ABSENT
    if groups[place >> 5] != estimate:
        return
    groups[place >> 5] = _least_of_32(leaves, (place >> 5) << 5)
    if tops[place >> 10] == estimate:
        tops[place >> 10] = _least_of_32(groups, (place >> 10) << 5)


@kernel
def first_within(leaves: Int32Array, groups: Int32Array, tops: Int32Array, first: int, last: int, longest: int) -> int:
    """The first place from ``first`` on whose estimate is at most ``longest``; no place before ``first`` is taken."""
    for top in range(first >> 10, (last >> 10) + 1):
        if tops[top] <= longest:
            group = max(top << 5, first >> 5)
            while groups[group] > longest:
                group += 1
            place = max(group << 5, first)
            while leaves[place] > longest:
                place += 1
            return place
    return NOT_FOUND


@kernel
def least(tops: Int32Array, first: int, last: int) -> int:
    """The smallest estimate from ``first`` to ``last``."""
    smallest: int = tops[first >> 10]
    for top in range((first >> 10) + 1, (last >> 10) + 1):
        smallest = min(smallest, tops[top])
    return smallest


@kernel
def _least_of_32(values: Int32Array, start: int) -> int:
    smallest: int = values[start]
    for index in range(start + 1, start + 32):
        smallest = min(smallest, values[index])
    return smallest
