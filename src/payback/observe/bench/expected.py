"""What a part like this one usually does: published figures, looked up for the parts a result names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from payback.catalogue.identity import GpuNames
from payback.catalogue.schema import Gpu, GpuAlias, Row
from payback.catalogue.tables import data_folder, read_table
from payback.observe.bench.schema import BenchResult
from payback.observe.bench.schema import Gpu as MeasuredGpu

COPY_SHARE: Final = 0.87
"""Assumed: share of the data sheet's memory bandwidth that a copy reaches; 75 % to 100 % counts as usual."""
LOWEST_COPY_SHARE: Final = 0.75
TRAIN_LOW: Final = 0.75
TRAIN_HIGH: Final = 1.35
"""Other software, other batch: published speeds of one GPU model lie within this band of each other."""
PUBLISHED_TASKS: Final = {
    ("resnet50", "AMP"): "train.resnet50.synthetic",
    ("bert_base_squad", "FP16"): "train.bert-base.synthetic",
}
DRIVER_NAMES: Final = {
    "nvidia h200": "H200 SXM 141GB",
    "tesla k80": "K80 half",
    "nvidia titan v": "Titan V",
    "titan v": "Titan V",
    "nvidia rtx pro 6000 blackwell max-q workstation edition": "RTX PRO 6000 Blackwell Max-Q",
    "nvidia rtx pro 6000 blackwell server edition": "RTX PRO 6000 Blackwell Server",
}
"""Drivers' names that neither the catalogue's spellings nor its rules resolve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRow(Row):
    """One row of `bench_expected.csv`: what a subject (a GPU, a link, a kind of disk) was seen to do."""

    subject: str
    metric: str
    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a metric usually is, with the range within which nothing needs explaining."""

    value: float
    low: float
    high: float
    unit: str
    source: str = ""
    note: str = ""


def expected_for(result: BenchResult) -> dict[str, Expected]:
    """Published figures for the parts of this machine, by metric.

    Args:
        result: A result file; its first GPU, its link and its kind of disk are looked up.

    Returns:
        Nothing for parts nobody has published figures of.
    """
    found: dict[str, Expected] = {}
    subjects = [result.hardware.disk.kind] if result.hardware.disk.kind else []
    if result.hardware.gpus:
        gpu = result.hardware.gpus[0]
        found |= _of_link(gpu)
        known = catalogue_gpu(gpu)
        if known is not None:
            subjects.append(known.gpu)
            found |= _of_memory(known)
            found |= dict(_published_speeds(known.gpu))
    return found | {row.metric: _as_expected(row) for row in expected_rows() if row.subject in subjects}


def expected_rows() -> list[ExpectedRow]:
    """The shipped table of measured figures."""
    return read_table(data_folder() / "bench_expected.csv", ExpectedRow)


def catalogue_gpu(gpu: MeasuredGpu) -> Gpu | None:
    """The catalogue's GPU that a driver calls by this name; None if no or several ones fit.

    Variants of one name that differ in memory are told apart by it.
    """
    names = _names()
    canonical = DRIVER_NAMES.get(gpu.name.casefold())
    members = (canonical,) if canonical else names.members(gpu.name)
    found = [names.gpus[member] for member in members if member in names.gpus]
    if len(found) > 1 and gpu.memory_gib is not None:
        found = [candidate for candidate in found if abs(candidate.memory_gib - gpu.memory_gib) < 1.5]
    return found[0] if len(found) == 1 else None


def link_reference(gpu: MeasuredGpu) -> tuple[int, int] | None:
    """Generation and width that the card could have: what the slot offers, and never fewer than 8 lanes.

    A driver asked for the greatest width answers for card and slot together, so
    that a card for 16 lanes in a slot with 4 would seem to be well placed.
    """
    if gpu.pcie_gen_max is None or gpu.pcie_width_max is None:
        return None
    return gpu.pcie_gen_max, max(8, gpu.pcie_width_max)


def _of_link(gpu: MeasuredGpu) -> dict[str, Expected]:
    reference = link_reference(gpu)
    if reference is None:
        return {}
    generation, width = reference
    rows = [row for row in expected_rows() if row.subject == f"PCIe {generation} x16"]
    return {row.metric: _as_expected(row, width / 16) for row in rows}


def _of_memory(gpu: Gpu) -> Mapping[str, Expected]:
    if gpu.bandwidth_gb_s is None:
        return {}
    sheet = gpu.bandwidth_gb_s
    note = f"{COPY_SHARE:.0%} of the data sheet's {sheet:g} GB/s, assumed"
    low, high = LOWEST_COPY_SHARE * sheet, sheet
    return {
        "memory.copy": Expected(value=COPY_SHARE * sheet, low=low, high=high, unit="GB/s", source=gpu.source, note=note)
    }


def _published_speeds(gpu: str) -> Iterator[tuple[str, Expected]]:
    """The newest published training speed of one such GPU, for the tasks that both measure."""
    newest: dict[str, dict[str, str]] = {}
    for cells in _throughput_rows():
        metric = PUBLISHED_TASKS.get((cells["task"], cells["precision"]))
        if metric is None or cells["gpu"] != gpu or cells["gpu_count"] != "1" or cells["quality"] != "ok":
            continue
        if metric not in newest or cells["observed_on"] > newest[metric]["observed_on"]:
            newest[metric] = cells
    for metric, cells in newest.items():
        value = float(cells["throughput"])
        note = f"{cells['era']}, batch {cells['batch_per_gpu'] or 'not stated'}"
        low, high, source = TRAIN_LOW * value, TRAIN_HIGH * value, cells["source"]
        yield metric, Expected(value=value, low=low, high=high, unit=cells["unit"], source=source, note=note)


def _throughput_rows() -> Iterator[dict[str, str]]:
    file = data_folder() / "throughput" / "lambda_pytorch.csv"
    if not file.is_file():
        return
    with file.open("r", encoding="utf-8") as handle:
        yield from csv.DictReader(handle)


def _as_expected(row: ExpectedRow, scale: float = 1.0) -> Expected:
    return Expected(
        value=row.value * scale,
        low=row.low * scale,
        high=row.high * scale,
        unit=row.unit,
        source=row.source,
        note=row.note,
    )


def _names() -> GpuNames:
    folder = data_folder()
    return GpuNames.from_tables(read_table(folder / "gpus.csv", Gpu), read_table(folder / "gpu_aliases.csv", GpuAlias))
