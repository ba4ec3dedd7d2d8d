"""Result files of machines that do not exist."""

from __future__ import annotations

import datetime as dt
from typing import Any


def document(**changes: Any) -> dict[str, Any]:
    """A small result with a made-up machine."""
    return {
        "schema": "payback.bench/1",
        "protocol": 1,
        "payback_version": "0.1.0",
        "created": dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC),
        "tier": "quick",
        "elapsed_s": 170.0,
        "complete": True,
        "disturbed": [],
        "missing": [],
        "hardware": {
            "gpus": [],
            "cpu": {"model": "A CPU", "physical_cores": 4, "logical_cores": 8},
            "memory_gib": 64.0,
            "disk": {"kind": "NVMe SSD", "filesystem": "ext4"},
            "virtualised": False,
        },
        "software": {"python": "3.11.7"},
        "settings": {"iterations": 50.0, "cudnn_benchmark": True},
        "metrics": [metric("train.resnet50.synthetic", 905.0), metric("train.resnet50.real", 700.0)],
        "derived": [],
        "traces": [],
        **changes,
    }


def metric(name: str, median: float, device: str = "gpu0", unit: str = "images/s", **detail: Any) -> dict[str, Any]:
    """A metric of three samples around its median."""
    samples = [median * 0.99, median, median * 1.01]
    return {
        "name": name, "device": device, "unit": unit, "n": 3, "median": median, "iqr": median * 0.01,
        "lowest": samples[0], "highest": samples[2], "samples": samples, "detail": detail,
    }  # fmt: skip
