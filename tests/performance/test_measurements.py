"""The measured speeds we ship."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from payback.catalogue.catalogue import load
from payback.evidence import Grade
from payback.performance.measurements import (
    NO_MIXED,
    best_per_configuration,
    era_for,
    load_eras,
    load_measurements,
    single_gpu,
)

ROWS = load_measurements()
ERAS = load_eras()
FOLDER = Path(__file__).parents[2] / "src" / "payback" / "data" / "throughput"


def test_every_row_names_a_gpu_of_the_catalogue() -> None:
    """No speed hangs in the air."""
    assert {row.gpu for row in ROWS} <= set(load().gpus)


def test_form_is_that_of_the_gpu() -> None:
    """A PCIe speed under an SXM name would be a wrong fact."""
    wrong = [(row.gpu, row.form) for row in ROWS if row.form != load().gpus[row.gpu].form]

    assert wrong == []


def test_every_row_names_a_known_era() -> None:
    """The software and the day it appeared are known."""
    assert {row.era for row in ROWS} <= set(ERAS)


def test_fact_ids_are_unique() -> None:
    """Two different figures never share an id."""
    doubled = [name for name, count in Counter(row.fact().id for row in ROWS).items() if count > 1]

    assert doubled == []


def test_figures_are_possible() -> None:
    """Throughput above zero, the median between its extremes, links only between several GPUs."""
    for row in ROWS:
        assert row.throughput > 0, row
        assert row.hosts >= 1, row
        assert row.grade is Grade.MEASURED, row
        assert (row.gpu_count == 1) == (row.link == ""), row
        if row.low is not None and row.high is not None:
            assert row.low * 0.999 <= row.throughput <= row.high * 1.001, row


def test_a_task_has_one_unit() -> None:
    """Speeds of one task can be compared."""
    units: dict[str, set[str]] = {}
    for row in ROWS:
        units.setdefault(row.task, set()).add(row.unit)

    assert [task for task, some in units.items() if len(some) > 1] == []


def test_known_artefacts_are_not_shipped() -> None:
    """No log of more than a billion samples a second: upstream's counter overflowed there."""
    assert max(row.throughput for row in ROWS) < 1e9


def test_rows_without_effect_of_mixed_precision_are_marked() -> None:
    """V100, PyTorch 1.13, WaveGlow: FP16 47,254 and FP32 47,395 audio samples/s."""
    row = next(
        row for row in ROWS
        if (row.gpu, row.task, row.precision, row.era, row.gpu_count)
        == ("V100 SXM2 16GB", "waveglow", "FP16", "pytorch-1.13", 1)
    )  # fmt: skip

    assert NO_MIXED == row.quality


def test_scope() -> None:
    """40 GPUs, 150 tasks, consumer cards from the GTX 1070 to the RTX 5090, modules to the GB200."""
    gpus = {row.gpu for row in ROWS}

    assert len(gpus) >= 40
    assert len({row.task for row in ROWS}) >= 150
    assert {"GTX 1070", "GTX 1080 Ti", "RTX 3090", "RTX 4090", "RTX 5090", "K80 half", "B200", "GB200"} <= gpus


def test_tables_stay_small() -> None:
    """All measured speeds together take less than 600 kB."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 600_000


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (None, "pytorch-2.5"),
        (dt.date(2022, 12, 1), "pytorch-1.13"),
        (dt.date(2020, 2, 1), "pytorch-1.4"),
        (dt.date(2016, 1, 1), "pytorch-1.4"),
    ],
)
def test_the_day_decides_the_software(day: dt.date | None, expected: str) -> None:
    """The newest that existed; the oldest measured if none did."""
    assert expected == era_for(["pytorch-2.5", "pytorch-1.4", "pytorch-1.13"], day, ERAS)


def test_the_configuration_of_most_hosts_stands_for_all() -> None:
    """One row remains for each GPU, task, precision and software."""
    rows = best_per_configuration(single_gpu(ROWS))

    assert len(rows) == len({(row.gpu, row.task, row.precision, row.era) for row in rows})
    assert all(row.gpu_count == 1 for row in rows)
