"""Pick-freeze sums of every option's total in one pass (the compiled form of `indices.sums_of`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from payback.decision.uncertainty.jit import entry, source_stamp, summing
from payback.decision.uncertainty.kernel import owned_rows
from payback.decision.uncertainty.kernel_costs import Pad, rented_totals
from payback.decision.uncertainty.kernel_features import Workspace, block_features
from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.pack import Packed

Array = Any


@summing
def _add(sample_a: Array, sample_b: Array, base: float, lanes: int, sums: Array, option: int) -> None:
    total, square, other, other_square = 0.0, 0.0, 0.0, 0.0
    for lane in range(lanes):
        a, b = sample_a[lane] - base, sample_b[lane] - base
        total += a
        square += a * a
        other += b
        other_square += b * b
    sums[0, option] += total
    sums[1, option] += square
    sums[2, option] += other
    sums[3, option] += other_square


@summing
def _add_swapped(
    sample_a: Array, sample_b: Array, swapped: Array, base: float, lanes: int, sums: Array, row: int, option: int
) -> None:
    total, moved, square = 0.0, 0.0, 0.0
    for lane in range(lanes):
        step = swapped[lane] - sample_a[lane]
        total += swapped[lane] - base
        moved += (sample_b[lane] - base) * step
        square += step * step
    sums[row, option] += total
    sums[row + 1, option] += moved
    sums[row + 2, option] += square


def _compiled(stamp: str) -> Any:
    """The kernel of this source (see `source_stamp`)."""

    @entry
    def sobol_chunk(
        packed: Packed,
        streams: Array,
        first: int,
        scenarios: int,
        w: Workspace,
        scratch: Pad,
        samples: Array,
        sums: Array,
    ) -> None:
        """Add the sums of scenarios `first` to `first + scenarios`; costs count from the statements' totals.

        Args:
            packed: The model.
            streams: Samples x groups: the streams of A, of B, then of A with one group after the other from B.
            first: Number of the first scenario.
            scenarios: How many.
            w: Scratch for features.
            scratch: Scratch for costs.
            samples: Scratch, samples x options x lanes.
            sums: Receives the sums, sums x options.
        """
        if len(stamp) == 0:
            return
        for start in range(0, scenarios, LANES):
            lanes = min(LANES, scenarios - start)
            for sample in range(streams.shape[0]):
                block_features(packed, streams[sample], first + start, w)
                rented_totals(packed, w, samples[sample])
                owned_rows(packed, w, scratch, samples[sample])
            for option in range(packed.base_usd.size):
                base, a, b = packed.base_usd[option], samples[0, option], samples[1, option]
                _add(a, b, base, lanes, sums, option)
                for one in range(streams.shape[0] - 2):
                    _add_swapped(a, b, samples[2 + one, option], base, lanes, sums, 4 + 3 * one, option)

    return sobol_chunk


sobol_chunk = _compiled(source_stamp())


def sample_space(samples: int, options: int) -> Array:
    """Scratch for the totals of every sample."""
    return np.zeros((samples, options, LANES))
