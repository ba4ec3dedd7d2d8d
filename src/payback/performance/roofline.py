"""The additive roofline: a step takes the sum of its tensor, memory, arithmetic, constant and small-batch times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from payback.performance.cells import Cell, Floats, Table
from payback.performance.nnls import nnls
from payback.performance.tasks import BACKBONE

TERMS: Final = ("tensor", "bandwidth", "fp32", "constant", "batch")
REFERENCE: Final = np.array([100.0, 900.0, 20.0])
"""TFLOPS, GB/s and FP32 TFLOPS at which every term counts as its share (P2)."""
REFERENCE_MEMORY_GIB: Final = 24.0
SMALLEST_SHARE: Final = 0.02
"""Keeps every term in reach of the correction, also where the pooled fit gave it nothing."""
GPUS_FOR_A_FIT: Final = 7
FLOORS: Final = np.arange(0.0, 7.6, 0.5)
"""Candidates for the memory a task needs before the first sample fits. [GiB]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """Shares of the terms at the reference GPU, for mixed precision and for FP32."""

    mixed: Floats
    fp32: Floats
    floors: Mapping[str, float]
    """Memory taken before the first sample, by column. [GiB]"""

    def terms(self, table: Table) -> Floats:
        """Time of each term relative to the reference, weighted by its share (P2); one row a cell."""
        shares = np.where(table.mixed[:, None], self.mixed, self.fp32)
        return relative_times(table, self.floors) * shares


def relative_times(table: Table, floors: Mapping[str, float]) -> Floats:
    """The five basis functions of the roofline, each 1 at the reference GPU (P2)."""
    floor = np.array([floors.get(column, 0.0) for column in table.columns])
    room = np.maximum(table.figures[:, 3] - floor, 0.5)
    batch = (REFERENCE_MEMORY_GIB - floor) / room
    return np.column_stack([REFERENCE / table.figures[:, :3], np.ones(len(table)), batch])


def fit_roofline(cells: Sequence[Cell], table: Table) -> Roofline:
    """Shares and memory floors from measured cells alone.

    The shares of a column are fitted wherever at least seven GPUs ran it with
    one software; they are averaged over columns, for each precision apart.
    """
    floors = memory_floors(cells)
    basis = relative_times(table, floors)
    by_group: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, cell in enumerate(cells):
        if cell.task in BACKBONE:
            by_group[cell.column, cell.era].append(index)
    by_column: dict[str, list[Floats]] = defaultdict(list)
    for (column, _), rows in by_group.items():
        if len({cells[row].gpu for row in rows}) >= GPUS_FOR_A_FIT:
            by_column[column].append(_shares(basis[rows], [cells[row].throughput or 0.0 for row in rows]))
    return Roofline(
        mixed=_pooled(shares for column, shares in by_column.items() if not column.endswith("/FP32")),
        fp32=_pooled(shares for column, shares in by_column.items() if column.endswith("/FP32")),
        floors=floors,
    )


def memory_floors(cells: Iterable[Cell]) -> dict[str, float]:
    """Memory each column takes before the first sample, where the batches that were run tell it. [GiB]

    Batches grow in proportion to the memory above the floor; the floor is the
    one for which the measured batches are closest to such a proportion.
    """
    by_column: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for cell in cells:
        if cell.batch_per_gpu and cell.task in BACKBONE:
            by_column[cell.column].append((cell.memory_gib, cell.batch_per_gpu))
    return {column: _floor(pairs) for column, pairs in by_column.items() if len({size for size, _ in pairs}) >= 4}


def _floor(pairs: Sequence[tuple[float, float]]) -> float:
    memory, batch = np.array(pairs, dtype=np.float64).T
    candidates = [float(floor) for floor in FLOORS if memory.min() - floor > 0.3]
    return min(candidates, key=lambda floor: float(np.var(np.log(batch) - np.log(memory - floor))))


def _shares(basis: Floats, throughput: Sequence[float]) -> Floats:
    relative = basis * np.array(throughput)[:, None]
    coefficients = nnls(relative, np.ones(len(throughput)))
    return np.asarray(coefficients / coefficients.sum(), dtype=np.float64)


def _pooled(columns: Iterable[Sequence[Floats]]) -> Floats:
    means = [np.mean(shares, axis=0) for shares in columns]
    if not means:
        raise ValueError("no column was measured on enough GPUs to fit a roofline")
    shares = np.maximum(np.mean(means, axis=0), SMALLEST_SHARE)
    return np.asarray(shares / shares.sum(), dtype=np.float64)
