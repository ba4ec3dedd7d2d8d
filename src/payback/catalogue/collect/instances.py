"""Which GPUs are inside the machine types of the big clouds.

Price files of the big clouds name the machine and leave its GPUs out, miscount
them, or sell a sixth of one under its full name. The table `instances.csv`
holds what the clouds' own pages say of each type.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceGpu:
    """The GPUs of one machine type."""

    gpu: str
    gpu_count: int
    gpu_share: float | None = None
    """Share of one GPU, for types that rent out a slice; None for whole GPUs."""
    accelerators: tuple[str, ...] = ()
    """Names under which a price list gives the GPUs apart from the machine."""


@cache
def instance_gpus() -> Mapping[tuple[str, str], InstanceGpu]:
    """GPUs by (provider, machine type, case folded).

    Example:
        >>> instance_gpus()["aws", "p3.16xlarge"].gpu_count
        8
    """
    text = (resources.files(__package__) / "instances.csv").read_text(encoding="utf-8")
    return {
        (row["provider"], row["instance"].casefold()): InstanceGpu(
            gpu=row["gpu"],
            gpu_count=int(row["gpu_count"]),
            gpu_share=float(row["gpu_share"]) if row["gpu_share"] else None,
            accelerators=tuple(name for name in row["accelerator"].split("|") if name),
        )
        for row in csv.DictReader(io.StringIO(text))
    }


def gpu_of(provider: str, instance: str) -> InstanceGpu | None:
    """The GPUs of a machine type as its cloud describes it; None for a type not in the table."""
    return instance_gpus().get((provider, instance.casefold().removeprefix("standard_")))
