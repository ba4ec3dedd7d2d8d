"""Measurements and questions in one form: a GPU's figures, a task at a precision, an era; then as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from payback.performance.device import TYPICAL_BOARD_POWER_W, GpuSpecs, Rate, tflops
from payback.performance.measurements import FP32
from payback.performance.tasks import family_of, scatter_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
LABELS = ("column", "kin", "architecture", "architecture_era", "card", "card_task", "card_family")
"""Categories in which two cells can agree; each is a component of the covariance (P4 to P6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One entry of the table GPU x task x precision x era; a question if `throughput` is None."""

    gpu: str
    architecture: str
    task: str
    precision: str
    era: str
    year: float
    tflops: float
    bandwidth_gb_s: float
    fp32_tflops: float
    memory_gib: float
    board_power_w: float
    throughput: float | None = None
    batch_per_gpu: float | None = None

    @property
    def column(self) -> str:
        """Task and precision as one label."""
        return f"{self.task}/{self.precision}"

    @property
    def is_mixed(self) -> bool:
        """Whether 16-bit arithmetic was meant."""
        return self.precision != FP32

    def labels(self) -> tuple[str, ...]:
        """The categories in which two cells can agree, in the order of `LABELS`."""
        kind = "mixed" if self.is_mixed else "fp32"
        family = f"{family_of(self.task)} {kind}"
        return (
            self.column,
            family,
            f"{self.architecture} {kind}",
            f"{self.architecture} {self.task} {self.era}",
            f"{self.gpu} {kind}",
            f"{self.gpu} {self.task}",
            f"{self.gpu} {family}",
        )


def cell_of(
    specs: GpuSpecs,
    *,
    task: str,
    precision: str,
    era: str,
    year: float,
    rate: Rate,
    throughput: float | None = None,
    batch_per_gpu: float | None = None,
) -> Cell:
    """A cell from the catalogue's figures of a GPU; bandwidth and FP32 rate must be known."""
    return Cell(
        gpu=specs.gpu,
        architecture=specs.architecture,
        task=task,
        precision=precision,
        era=era,
        year=year,
        tflops=tflops(specs, rate),
        bandwidth_gb_s=specs.bandwidth_gb_s or 0.0,
        fp32_tflops=specs.fp32_tflops or 0.0,
        memory_gib=specs.memory_gib,
        board_power_w=specs.board_power_w or TYPICAL_BOARD_POWER_W,
        throughput=throughput,
        batch_per_gpu=batch_per_gpu,
    )


@dataclass(slots=True)
class Vocabulary:
    """Numbers for names, the same for training cells and questions."""

    codes: dict[str, dict[str, int]] = field(default_factory=lambda: {label: {} for label in LABELS})

    def encode(self, cells: Sequence[Cell]) -> dict[str, Codes]:
        """One array of codes for each label."""
        columns = list(zip(*(cell.labels() for cell in cells), strict=True))
        return {label: self._column(label, names) for label, names in zip(LABELS, columns, strict=True)}

    def _column(self, label: str, names: Sequence[str]) -> Codes:
        known = self.codes[label]
        return np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as arrays."""

    codes: dict[str, Codes]
    year: Floats
    scatter: Codes
    figures: Floats
    """TFLOPS, bandwidth, FP32 TFLOPS, memory, board power; one row a cell."""
    columns: tuple[str, ...]
    mixed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.columns)


def tabulate(cells: Sequence[Cell], vocabulary: Vocabulary) -> Table:
    """The arrays of some cells."""
    figures = [[c.tflops, c.bandwidth_gb_s, c.fp32_tflops, c.memory_gib, c.board_power_w] for c in cells]
    return Table(
        codes=vocabulary.encode(cells),
        year=np.array([cell.year for cell in cells]),
        scatter=np.array([int(scatter_of(cell.task)) for cell in cells], dtype=np.int64),
        figures=np.array(figures, dtype=np.float64),
        columns=tuple(cell.column for cell in cells),
        mixed=np.array([cell.is_mixed for cell in cells], dtype=bool),
    )


def log_speed(cells: Sequence[Cell]) -> Floats:
    """Natural logarithms of measured throughputs."""
    return np.array([log(cell.throughput) for cell in cells if cell.throughput is not None])
