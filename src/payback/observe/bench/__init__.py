"""Measure this machine: ten measurements, one result file, and what in it is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payback.observe.bench.document import record_wall_power
    from payback.observe.bench.expected import Expected, expected_for
    from payback.observe.bench.findings import Cause, Finding, Status, compare
    from payback.observe.bench.resultfile import read_result, write_result
    from payback.observe.bench.run import Progress, run_bench
    from payback.observe.bench.schema import BenchResult, Metric, Missing
    from payback.observe.bench.tiers import Tier

__all__ = [
    "BenchResult",
    "Cause",
    "Expected",
    "Finding",
    "Metric",
    "Missing",
    "Progress",
    "Status",
    "Tier",
    "compare",
    "expected_for",
    "read_result",
    "record_wall_power",
    "run_bench",
    "write_result",
]
_HOMES = {
    "findings": ("Cause", "Finding", "Status", "compare"),
    "expected": ("Expected", "expected_for"),
    "resultfile": ("read_result", "write_result"),
    "document": ("record_wall_power",),
    "run": ("Progress", "run_bench"),
    "schema": ("BenchResult", "Metric", "Missing"),
    "tiers": ("Tier",),
}


def __getattr__(name: str) -> Any:
    """Public names, imported when first used: worker processes start without them."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"payback.observe.bench.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
