"""A four-way heap of packed 64-bit keys: the only priority queue of the replay.

Four children share one cache line and the smallest of them is found without a branch, so a pop costs half as many
levels as in a binary heap and no mispredicted jumps on the way down. Slots beyond the last element hold ``EMPTY``,
which spares every test for the end of the array. The root sits at index 3, so that brothers start at multiples of 4.
"""

from __future__ import annotations

from typing import Final

from payback.decision.sizing.arrays import Int64Array
from payback.decision.sizing.jit import kernel

EMPTY: Final = 1 << 62
"""Larger than every key; also what the root shows when the heap is empty."""
ROOT: Final = 3
SPARE_SLOTS: Final = 8
"""Slots a heap array needs beyond its largest number of elements."""


@kernel
def push(heap: Int64Array, size: int, key: int) -> None:
    """Add a key to a heap that holds ``size`` keys."""
    hole = size + ROOT
    while hole > ROOT:
        parent = (hole >> 2) + 2
        if heap[parent] <= key:
            break
        heap[hole] = heap[parent]
        hole = parent
    heap[hole] = key


@kernel
def pop(heap: Int64Array, size: int) -> None:
    """Drop the smallest key, ``heap[ROOT]``, of a heap that holds ``size`` keys.

    The hole walks down along the smallest children and the last key then climbs from there: it came from the
    bottom and rarely climbs far.
    """
    last_slot = size + ROOT - 1
    last = heap[last_slot]
    heap[last_slot] = EMPTY
    if size == 1:
        return
    hole = ROOT
    child = ROOT + 1
    while child < last_slot:
        left, left_key = child + (heap[child + 1] < heap[child]), min(heap[child], heap[child + 1])
        right, right_key = child + 2 + (heap[child + 3] < heap[child + 2]), min(heap[child + 2], heap[child + 3])
        if right_key < left_key:
            left, left_key = right, right_key
        heap[hole] = left_key
        hole = left
        child = (hole - 2) << 2
    while hole > ROOT:
        parent = (hole >> 2) + 2
        if heap[parent] <= last:
            break
        heap[hole] = heap[parent]
        hole = parent
    heap[hole] = last
