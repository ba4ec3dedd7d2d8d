"""Interim: relative speed by matched measurements, else by memory bandwidth."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from math import exp, log
from statistics import median

from payback.catalogue.catalogue import load
from payback.catalogue.tables import data_folder
from payback.evidence import Fact

TABLES = ("lambda_pytorch", "tensorflow", "torchvision", "pytorch_blogs", "neusight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as fast one GPU is as another."""

    value: float | None
    low: float | None
    high: float | None
    facts: tuple[Fact, ...]
    why: str


@cache
def _cells() -> dict[str, dict[tuple[str, str, str], float]]:
    out: dict[str, dict[tuple[str, str, str], float]] = {}
    for name in TABLES:
        text = (data_folder() / "throughput" / f"{name}.csv").read_text()
        for row in csv.DictReader(text.splitlines()):
            if row["gpu_count"] == "1" and row["quality"] == "ok":
                out.setdefault(row["gpu"], {})[row["task"], row["precision"], row["era"]] = float(row["throughput"])
    return out


def relative_speed(gpu: str, reference_gpu: str, *, workload: str, as_of: dt.date | None = None) -> Ratio:
    """Speed of `gpu` over `reference_gpu`."""
    a, b = _cells().get(gpu, {}), _cells().get(reference_gpu, {})
    both = [log(a[key] / b[key]) for key in a.keys() & b.keys()]
    if both:
        return Ratio(value=exp(median(both)), low=exp(min(both)), high=exp(max(both)), facts=(), why="measured")
    one, two = load().gpus[gpu].bandwidth_gb_s, load().gpus[reference_gpu].bandwidth_gb_s
    if not one or not two:
        return Ratio(value=None, low=None, high=None, facts=(), why="no bandwidth known")
    return Ratio(value=one / two, low=one / two * 0.75, high=one / two * 1.27, facts=(), why="memory bandwidth")
