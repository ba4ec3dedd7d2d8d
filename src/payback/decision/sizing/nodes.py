"""Where GPUs are held: whole pools, or nodes that cannot lend each other a GPU.

A job that fits one node takes the fullest node that still holds it (best fit, lowest number first). A larger job
takes empty nodes for its whole multiples of a node and the best fit for the rest. A pool is one node.
"""

from __future__ import annotations

from payback.decision.sizing.arrays import Int64Array
from payback.decision.sizing.jit import kernel


@kernel
def place(free: Int64Array, node_units: int, units: int, held: Int64Array) -> bool:
    """Choose GPUs for a job and write them to ``held``, leaving ``free`` as it is; False if they do not fit."""
    held[:] = 0
    rest = units
    for node in range(len(free)):
        if rest <= node_units:
            break
        if free[node] == node_units:
            held[node] = node_units
            rest -= node_units
    if rest > node_units:
        return False
    best = -1
    for node in range(len(free)):
        if held[node] == 0 and free[node] >= rest and (best < 0 or free[node] < free[best]):
            best = node
    if best < 0:
        return False
    held[best] = rest
    return True
