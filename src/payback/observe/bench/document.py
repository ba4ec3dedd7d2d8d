"""From the sheet of one run to its result file, and the figure that a person adds to it."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from payback.errors import BadQuestionError
from payback.observe.bench.context import Bench
from payback.observe.bench.machine import describe_cpu, describe_disk, is_virtualised, memory_gib, operating_system
from payback.observe.bench.preparation import has_pillow
from payback.observe.bench.resultfile import read_result, sealed, write_result
from payback.observe.bench.schema import PROTOCOL, SCHEMA, Absence, BenchResult, Detail, Hardware, Metric
from payback.observe.bench.tiers import Tier

KEPT_SETTINGS: Final = ("warm_up_s", "iterations", "train_steps", "train_seconds", "sustained_s")
MOST_W: Final = 100_000
"""More than that is a typing error."""


def result_of(bench: Bench, tier: Tier, created: dt.datetime, elapsed_s: float) -> BenchResult:
    """The sealed result of what has been measured so far."""
    sheet = bench.sheet
    return sealed(
        {
            "schema": SCHEMA,
            "protocol": PROTOCOL,
            "payback_version": _version("payback"),
            "created": created,
            "tier": tier.value,
            "elapsed_s": round(elapsed_s, 1),
            "complete": not any(missing.lacking for missing in sheet.missing),
            "disturbed": sheet.disturbed,
            "missing": [entry.model_dump() for entry in sheet.missing],
            "hardware": _hardware(bench).model_dump(),
            "software": _software(bench),
            "settings": _settings(bench),
            "metrics": [metric.model_dump() for metric in sheet.metrics],
            "derived": [derived.model_dump() for derived in sheet.derived],
            "traces": [trace.model_dump() for trace in sheet.traces],
        }
    )


def unfinished(result: BenchResult) -> BenchResult:
    """The same, marked as a run that has not ended."""
    content: dict[str, Any] = result.model_dump(mode="json", by_alias=True, exclude={"sha256"})
    rest = {"what": "the rest", "kind": Absence.STOPPED, "why": "the run had not ended"}
    return sealed(content | {"complete": False, "missing": [*content["missing"], rest]})


def record_wall_power(path: Path | str, wall_power_w: float) -> BenchResult:
    """Write into a result file what a meter at the wall showed under full load [W], and seal it again.

    Raises:
        BadQuestionError: Not a result file, or not a power.
    """
    result = read_result(path)
    if not 0 < wall_power_w < MOST_W:
        raise BadQuestionError("wall power", f"{wall_power_w:g} W", "what the meter showed under load, in watts")
    metric = Metric(
        name="power.wall", device="machine", unit="W", n=1, median=wall_power_w, iqr=0.0, lowest=wall_power_w,
        highest=wall_power_w, samples=[wall_power_w], detail={"how": "typed by the reader of a meter"},
    )  # fmt: skip
    content: dict[str, Any] = result.model_dump(mode="json", by_alias=True, exclude={"sha256"})
    content["metrics"] = [m for m in content["metrics"] if m["name"] != "power.wall"] + [metric.model_dump()]
    content["missing"] = [m for m in content["missing"] if m["what"] != "power at the wall"]
    amended = sealed(content)
    write_result(amended, Path(path))
    return amended


def _hardware(bench: Bench) -> Hardware:
    return Hardware(
        gpus=bench.gpus(),
        cpu=describe_cpu(),
        memory_gib=memory_gib(),
        disk=describe_disk(bench.folder),
        virtualised=is_virtualised(),
    )


def _software(bench: Bench) -> dict[str, str]:
    found: dict[str, str | None] = {
        "system": operating_system(),
        "python": platform.python_version(),
        "pillow": _version("pillow") if has_pillow() else None,
        "driver": None if bench.sensors is None else bench.sensors.driver(),
        "backend": bench.backend.name,
        **bench.backend.versions(),
    }
    return {name: value for name, value in found.items() if value}


def _settings(bench: Bench) -> Mapping[str, Detail]:
    kept = {name: float(getattr(bench.scale, name)) for name in KEPT_SETTINGS}
    return {**kept, "device": bench.backend.kind, **bench.backend.settings()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
