"""Tasks measured on few GPUs: the law of a like task, set to the level of their own measurements (P10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from payback.performance.cells import Cell, Floats, cell_of
from payback.performance.device import GpuSpecs, Rate, unknown_for_speed
from payback.performance.measurements import FP32, Era, Measurement, era_for
from payback.performance.parameters import OTHER_VENDOR
from payback.performance.posterior import Estimates, Posterior
from payback.performance.scaling import Observed, efficiency, observe
from payback.performance.tasks import is_core, proxy_of

SUITES: Final = ("tv_", "mlperf_", "mpt_", "bert_", "gpt", "opt_", "switch")
CANDIDATES: Final = np.geomspace(0.03, 1.0, 36)
"""Standard deviations tried for the error of standing for another task."""
FITTED_VENDOR: Final = "NVIDIA"
TRUE_FP32_ERA: Final = "pytorch-2.1-eager"
"""Software under which FP32 was run without TF32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One GPU on which the task was measured: its own speed beside the law of the proxy."""

    law: Cell
    vendor: str
    log_speed: float
    """Of one GPU; measured with several, less what they lose together."""
    row: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """Logarithm of the speed of one GPU on the task, and its standard deviation."""

    log_speed: float
    deviation: float


def suite_of(task: str) -> str:
    """The suite whose strays a task shares; "" if it stands alone."""
    return next((suite for suite in SUITES if task.startswith(suite)), "")


def law_cell(specs: GpuSpecs, task: str, *, mixed: bool, true_fp32: bool, model: Posterior, era: Era) -> Cell:
    """The question to the common fit that stands for `task` on a GPU."""
    proxy = proxy_of(task) or "resnet50"
    wanted = [column for column in sorted(model.columns) if column.startswith(f"{proxy}/")]
    precision = next((c.partition("/")[2] for c in wanted if c.endswith(f"/{FP32}") != mixed), FP32)
    rate = Rate.TENSOR16 if mixed else Rate.FP32 if true_fp32 else Rate.TF32
    return cell_of(specs, task=proxy, precision=precision, era=era.era, year=era.year, rate=rate)


def anchors(
    task: str,
    rows: Iterable[Measurement],
    *,
    mixed: bool,
    specs: Mapping[str, GpuSpecs],
    eras: Mapping[str, Era],
    model: Posterior,
    observed: Sequence[Observed],
) -> tuple[Anchor, ...]:
    """The GPUs a task was measured on: for each the fewest GPUs in one machine, and of those the fastest run."""
    chosen: dict[str, Measurement] = {}
    for row in rows:
        fits = row.task == task and row.is_mixed == mixed and row.gpu in specs and "fp8" not in row.precision
        if not fits or unknown_for_speed(specs[row.gpu]):
            continue
        best = chosen.get(row.gpu)
        if best is None or (row.gpu_count, -row.throughput) < (best.gpu_count, -best.throughput):
            chosen[row.gpu] = row
    return tuple(_anchor(row, specs[row.gpu], eras, model, observed) for row in chosen.values())


def _anchor(
    row: Measurement, specs: GpuSpecs, eras: Mapping[str, Era], model: Posterior, observed: Sequence[Observed]
) -> Anchor:
    share = efficiency(specs, row.task, row.gpu_count, observed=observed).value if row.gpu_count > 1 else 1.0
    era = proxy_era(row.task, eras, model)
    true_fp32 = row.era == TRUE_FP32_ERA
    law = law_cell(specs, row.task, mixed=row.is_mixed, true_fp32=true_fp32, model=model, era=era)
    return Anchor(law=law, vendor=specs.vendor, log_speed=log(row.throughput / row.gpu_count / share), row=row)


def proxy_era(task: str, eras: Mapping[str, Era], model: Posterior) -> Era:
    """The newest software with which the proxy of a task was measured."""
    return eras[era_for(model.eras_of(proxy_of(task) or "resnet50"), None, eras)]


def transfer(
    target: Cell, vendor: str, known: Sequence[Anchor], *, model: Posterior, suite: str, deviations: Mapping[str, float]
) -> Transferred:
    """Speed of a GPU on a task from the law of its proxy and the GPUs it was measured on (P10).

    Args:
        target: The question to the common fit.
        vendor: Maker of the GPU.
        known: At least one anchor.
        model: The common fit.
        suite: Suite of the task.
        deviations: How far tasks stray from their proxies, by suite.
    """
    cells = [one.law for one in known] + [target]
    vendors = [one.vendor for one in known] + [vendor]
    estimates = model.estimate(cells)
    matrix = estimates.covariance + np.diag(_stray(vendors, suite, deviations))
    for index, one in enumerate(known):
        if one.law.gpu == target.gpu:
            matrix[index, -1] += matrix[index, index] - estimates.covariance[index, index]
            matrix[-1, index] = matrix[index, -1]
    away = np.array([one.log_speed for one in known]) - estimates.mean[:-1]
    return _generalised_least_squares(matrix, away, float(estimates.mean[-1]))


def _stray(vendors: Sequence[str], suite: str, deviations: Mapping[str, float]) -> Floats:
    common = deviations.get(suite, deviations[""]) ** 2
    return np.array([common + (0 if v == FITTED_VENDOR else deviations[OTHER_VENDOR] ** 2) for v in vendors])


def _generalised_least_squares(matrix: Floats, away: Floats, mean: float) -> Transferred:
    inverse = np.linalg.inv(matrix[:-1, :-1])
    across, ones = matrix[-1, :-1], np.ones(len(away))
    information = float(ones @ inverse @ ones)
    level = float(ones @ inverse @ away) / information
    log_speed = mean + level + float(across @ inverse @ (away - level))
    left = 1 - float(ones @ inverse @ across)
    spread = float(matrix[-1, -1] - across @ inverse @ across) + left**2 / information
    return Transferred(log_speed=log_speed, deviation=max(spread, 1e-4) ** 0.5)


def transfer_deviations(
    model: Posterior, rows: Sequence[Measurement], specs: Mapping[str, GpuSpecs], eras: Mapping[str, Era]
) -> dict[str, float]:
    """How far tasks stray from their proxies: the deviation under which their measurements are most probable.

    For each suite, for all others together, and what GPUs of other makers add.
    """
    observed = observe(rows, specs)
    usable = [row for row in rows if not is_core(row.task) and proxy_of(row.task)]
    groups: dict[str, list[tuple[Anchor, ...]]] = {suite: [] for suite in ("", *SUITES)}
    for task in sorted({row.task for row in usable}):
        for mixed in (True, False):
            found = anchors(task, usable, mixed=mixed, specs=specs, eras=eras, model=model, observed=observed)
            if len(found) > 1:
                groups[suite_of(task)].append(found)
    home = {suite: [_of_vendor(known) for known in sets] for suite, sets in groups.items()}
    everything = [known for sets in home.values() for known in sets]
    common = _most_probable(everything, model, lambda deviation: {"": deviation, OTHER_VENDOR: 0.0})
    out = {"": common}
    for suite, sets in home.items():
        if suite and sum(len(known) - 1 for known in sets) >= 3:
            out[suite] = _most_probable(sets, model, lambda deviation: {"": deviation, OTHER_VENDOR: 0.0})
    mixed_sets = [known for sets in groups.values() for known in sets if len({one.vendor for one in known}) > 1]
    out[OTHER_VENDOR] = _most_probable(mixed_sets, model, lambda deviation: out | {OTHER_VENDOR: deviation})
    return out


def _of_vendor(known: Sequence[Anchor]) -> tuple[Anchor, ...]:
    return tuple(one for one in known if one.vendor == FITTED_VENDOR)


def _most_probable(
    sets: Iterable[Sequence[Anchor]], model: Posterior, deviations: Callable[[float], Mapping[str, float]]
) -> float:
    compared = [(known, model.estimate([one.law for one in known])) for known in sets if len(known) > 1]

    def surprise(deviation: float) -> float:
        return sum(_surprise(known, estimates, deviations(deviation)) for known, estimates in compared)

    return min((float(candidate) for candidate in CANDIDATES), key=surprise)


def _surprise(known: Sequence[Anchor], estimates: Estimates, deviations: Mapping[str, float]) -> float:
    """Negative logarithm of the probability of the anchors' differences, their common level unknown."""
    suite = suite_of(known[0].row.task)
    matrix = estimates.covariance + np.diag(_stray([one.vendor for one in known], suite, deviations))
    away = np.array([one.log_speed for one in known]) - estimates.mean
    inverse, ones = np.linalg.inv(matrix), np.ones(len(away))
    information = float(ones @ inverse @ ones)
    centred = away - float(ones @ inverse @ away) / information
    _, log_determinant = np.linalg.slogdet(matrix)
    return 0.5 * float(centred @ inverse @ centred + log_determinant + log(information))
