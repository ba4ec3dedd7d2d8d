"""Reprint the error tables of the speed model: GPUs and architectures it has never seen.

    python benchmarks/prediction_error.py            parameters chosen anew from each training set (about 5 minutes)
    python benchmarks/prediction_error.py --quick    the shipped parameters (half a minute; they have seen every GPU)

Errors are of the throughput of one GPU. Everything about the held-out GPU or
architecture is removed: all its rows with any software, its share in the
roofline, in the memory floors, in the parameters, and in the interval widths.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np

from payback.catalogue.catalogue import load
from payback.performance.cells import Cell
from payback.performance.covariance import START, Hyper
from payback.performance.crossvalidation import Prediction, by_architecture, by_gpu, honest_coverage, leave_one_out
from payback.performance.measurements import load_eras, load_measurements
from payback.performance.nnls import nnls
from payback.performance.parameters import load_parameters
from payback.performance.tasks import BACKBONE
from payback.performance.training import training_cells
from payback.performance.tune import tune

ROUNDS = 14
RECENT = {"pytorch-1.13", "pytorch-2.1", "pytorch-2.3", "pytorch-2.5"}
PROCESSOR_TASKS = {"tacotron2", "waveglow", "ncf"}
COLUMNS = f"{'':34}{'n':>5}{'mean':>8}{'median':>8}{'bias':>7}{'80 % interval holds':>21}"


def chip(cell: Cell) -> str:
    """Cards of one chip: what is left when no sibling may help."""
    name = cell.gpu
    for family in ("A100", "V100", "Titan V"):
        if name.startswith(family):
            return "V100" if family == "Titan V" else family
    return "H100" if name.startswith(("H100", "H200", "GH200")) else name


def subset(cell: Cell) -> str:
    """The three groups of the table."""
    if cell.task not in BACKBONE:
        return "other suites"
    return "PyTorch 1.13 to 2.5" if cell.era in RECENT else "PyTorch 1.4 to 1.10"


def roofline_alone(cells: Sequence[Cell], group: Callable[[Cell], str]) -> list[tuple[Cell, float]]:
    """The anchor: t = a/TFLOPS + b/bandwidth + c/FP32 + d, fitted by NNLS to each task, precision and suite."""
    out = []
    for name in sorted({group(cell) for cell in cells}):
        for cell in (cell for cell in cells if group(cell) == name):
            same = [c for c in cells if (c.column, subset(c)) == (cell.column, subset(cell)) and group(c) != name]
            if len({c.gpu for c in same}) >= 4:
                out.append((cell, _roofline(same, cell)))
    return out


def _roofline(train: Sequence[Cell], cell: Cell) -> float:
    basis = np.array([_terms(c) for c in train])
    scale = basis.mean(axis=0)
    speeds = np.array([c.throughput or 0.0 for c in train])
    coefficients = nnls(basis / scale * speeds[:, None], np.ones(len(train)))
    return float(1 / (np.array(_terms(cell)) / scale @ coefficients))


def _terms(cell: Cell) -> list[float]:
    return [1 / cell.tflops, 1 / cell.bandwidth_gb_s, 1 / cell.fp32_tflops, 1.0]


def line(name: str, errors: Sequence[float], inside: Sequence[bool] = ()) -> str:
    """One row of the table."""
    sizes = np.abs(errors)
    coverage = f"{100 * np.mean(inside):20.1f} %" if inside else ""
    figures = f"{100 * sizes.mean():7.1f} %{100 * np.median(sizes):7.1f} %{100 * np.median(errors):+6.1f} %"
    return f"{name:34}{len(errors):5d}{figures}{coverage}"


def table(title: str, predictions: Sequence[Prediction], group: Callable[[Cell], str]) -> None:
    """Errors and coverage by group of the measurements."""
    print(f"\n{title}\n{COLUMNS}")
    ordered = sorted(predictions, key=lambda one: group(one.cell))
    inside = honest_coverage(predictions, group)
    pairs = list(zip(ordered, inside, strict=True))
    for name in ("PyTorch 1.13 to 2.5", "PyTorch 1.4 to 1.10", "other suites", "all"):
        some = [(one, held) for one, held in pairs if name in ("all", subset(one.cell))]
        print(line(name, [one.relative_error for one, _ in some], [held for _, held in some]))
    plain = [(one, h) for one, h in pairs if one.cell.task in BACKBONE and one.cell.task not in PROCESSOR_TASKS]
    print(line("backbone, no processor-bound tasks", [o.relative_error for o, _ in plain], [h for _, h in plain]))


def baseline(title: str, cells: Sequence[Cell], group: Callable[[Cell], str]) -> None:
    """The same table for the additive roofline alone."""
    print(f"\n{title}\n{COLUMNS}")
    found = roofline_alone(cells, group)
    for name in ("PyTorch 1.13 to 2.5", "PyTorch 1.4 to 1.10"):
        errors = [speed / (cell.throughput or 1.0) - 1 for cell, speed in found if subset(cell) == name]
        print(line(name, errors))


def main() -> None:
    """Print every table."""
    cells = training_cells(load_measurements(), load().gpus, load_eras())
    quick = "--quick" in sys.argv
    shipped = load_parameters().hyper

    def chosen(train: Sequence[Cell]) -> Hyper:
        return shipped if quick else tune(train, START, ROUNDS)

    gpus, columns = len({c.gpu for c in cells}), len({c.column for c in cells})
    print(f"{len(cells)} cells, {gpus} GPUs, {columns} task-precision columns")
    print(
        "parameters: " + ("shipped" if quick else f"chosen from each training set, {ROUNDS} rounds from the same start")
    )
    for what, group in (
        ("GPU variant", by_gpu),
        ("chip with all its variants", chip),
        ("architecture", by_architecture),
    ):
        baseline(f"additive roofline alone, leave out one {what}", [c for c in cells if c.task in BACKBONE], group)
        table(f"this model, leave out one {what}", leave_one_out(cells, group, chosen), group)


if __name__ == "__main__":
    main()
