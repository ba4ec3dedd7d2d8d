"""Which measurements the speed model is fitted to, as cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from payback.performance.cells import Cell, cell_of
from payback.performance.device import GpuSpecs, Rate, unknown_for_speed
from payback.performance.measurements import NO_MIXED, Era, Measurement, best_per_configuration, single_gpu
from payback.performance.tasks import is_core


def rate_of(row: Measurement) -> Rate:
    """The units a run really used (P1): mixed precision that had no effect ran as FP32."""
    return Rate.TENSOR16 if row.is_mixed and row.quality != NO_MIXED else Rate.TF32


def column_rates(rows: Iterable[Measurement]) -> dict[tuple[str, str, str], Rate]:
    """The units that a task at a precision uses with each software: those of most of its rows."""
    votes: dict[tuple[str, str, str], list[Rate]] = {}
    for row in rows:
        votes.setdefault((row.task, row.precision, row.era), []).append(rate_of(row))
    return {key: max(sorted(set(rates)), key=rates.count) for key, rates in votes.items()}


def training_rows(rows: Sequence[Measurement], specs: Mapping[str, GpuSpecs]) -> tuple[Measurement, ...]:
    """Rows of one GPU on tasks of the common fit, of GPUs whose figures are known; in a fixed order."""
    core = [row for row in single_gpu(rows) if is_core(row.task) and row.gpu in specs]
    known = [row for row in core if not unknown_for_speed(specs[row.gpu])]
    chosen = best_per_configuration(known)
    return tuple(sorted(chosen, key=lambda row: (row.task, row.precision, row.era, row.gpu)))


def training_cells(
    rows: Sequence[Measurement], specs: Mapping[str, GpuSpecs], eras: Mapping[str, Era]
) -> tuple[Cell, ...]:
    """The cells the model learns from.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.performance.measurements import load_eras, load_measurements
        >>> len(training_cells(load_measurements(), load().gpus, load_eras())) > 900
        True
    """
    return tuple(
        cell_of(
            specs[row.gpu],
            task=row.task,
            precision=row.precision,
            era=row.era,
            year=eras[row.era].year,
            rate=rate_of(row),
            throughput=row.throughput,
            batch_per_gpu=row.batch_per_gpu,
        )
        for row in training_rows(rows, specs)
    )
