"""Our answers against every run that was collected."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections import defaultdict
from pathlib import Path

import pytest

from payback.catalogue.catalogue import load
from payback.performance.predict import speed

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "throughput" / "throughput.csv.gz"
FORMS = {
    ("A100 40GB", "PCIe"): "A100 PCIe 40GB",
    ("A100 40GB", "SXM4"): "A100 SXM4 40GB",
    ("A100 80GB", "PCIe"): "A100 PCIe 80GB",
    ("A100 80GB", "SXM4"): "A100 SXM4 80GB",
    ("H100 80GB", "PCIe"): "H100 PCIe 80GB",
    ("H100 80GB", "SXM5"): "H100 SXM5 80GB",
    ("H200 141GB", "SXM5"): "H200 SXM 141GB",
    ("RTX 3080", "PCIe"): "RTX 3080 10GB",
}
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the collected throughput data lie beside the repository")


def _rows() -> list[dict[str, str]]:
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "lambda-pytorch"]
    return [row for row in rows if row["gpu_count"] == "1" and row["quality"] == "ok" and row["form"] != "laptop"]


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    return FORMS.get((row["gpu"], row["form"]), row["gpu"]), row["task"], row["precision"]


def test_answers_lie_among_the_runs() -> None:
    """For each GPU, task and precision the answer lies within 2 % of the range of all collected runs."""
    runs = defaultdict(list)
    for row in _rows():
        if _key(row)[0] in load().gpus:
            runs[_key(row)].append(float(row["throughput"]))
    outside = []
    for (gpu, task, precision), values in runs.items():
        answer = speed(gpu, workload=task, precision=precision)
        if answer.value is None or not 0.98 * min(values) <= answer.value <= 1.02 * max(values):
            outside.append((gpu, task, precision, answer.value, min(values), max(values)))

    assert len(runs) > 400
    assert outside == []


def test_four_of_five_hosts_lie_in_the_interval() -> None:
    """Single hosts with H100 modules, the newest software that many of them ran: at least 75 %."""
    inside = []
    for row in _rows():
        if row["gpu"] == "H100 80GB" and row["form"] == "SXM5" and "2.3.0" in row["framework"]:
            answer = speed(
                "H100 SXM5 80GB", workload=row["task"], precision=row["precision"], as_of=dt.date(2024, 5, 1)
            )
            assert answer.low
            assert answer.high
            inside.append(answer.low <= float(row["throughput"]) <= answer.high)

    assert len(inside) > 500
    assert sum(inside) / len(inside) >= 0.75
