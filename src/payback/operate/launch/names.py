"""What SkyPilot and dstack call a GPU and a seller: two shipped tables, asked by exact name, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table

Tool = Literal["skypilot", "dstack"]
TITLES: dict[str, str] = {"skypilot": "SkyPilot", "dstack": "dstack"}
HOME = "ssh"
"""Seller under which SkyPilot's names of one's own machine stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchGpu(Row):
    """What a launcher calls a GPU: at one seller, or everywhere."""

    launcher: Tool
    provider: str | None = None
    """None where the launcher uses one name at all sellers."""
    gpu: str
    name: str
    memory_gb: int | None = None
    """Memory the launcher tells variants apart by. [GB]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProvider(Row):
    """What a launcher calls a seller, and what it can do there."""

    launcher: Tool
    provider: str
    name: str
    when_idle: Literal["stop", "end", "run", "never"]
    """Stops an idle machine, ends it, ends it with its run, or does nothing."""
    spot: bool
    regions: bool
    """Whether our names of regions are the launcher's."""
    cpus: bool
    """Whether the number of virtual processors picks the machine among those with the same GPUs."""
    instance: str | None = None
    """How the launcher writes a machine, from {instance}; None where it chooses one otherwise.

    Not for SkyPilot: where a task names a machine, version 0.14.1 does not look at its price ceiling.
    """
    refused_instance: str | None = None
    """Machines it does not rent: a pattern."""
    refused_why: str = ""

    def instance_type(self, instance: str) -> str | None:
        """The launcher's name of a machine; None where it needs none."""
        return None if self.instance is None else self.instance.format(instance=instance)

    def refuses(self, instance: str | None) -> bool:
        """Whether the launcher does not rent this machine of the seller."""
        return bool(self.refused_instance and instance and re.search(self.refused_instance, instance))


@cache
def gpu_names() -> tuple[LaunchGpu, ...]:
    """The names of GPUs."""
    return tuple(read_table(data_folder() / "launch_gpus.csv", LaunchGpu))


@cache
def providers() -> tuple[LaunchProvider, ...]:
    """The names of sellers."""
    return tuple(read_table(data_folder() / "launch_providers.csv", LaunchProvider))


def provider_of(tool: Tool, provider: str) -> LaunchProvider | None:
    """A seller as the launcher knows it; None if it does not.

    Example:
        >>> found = provider_of("skypilot", "google-cloud")
        >>> found.name if found else None
        'gcp'
        >>> provider_of("skypilot", "hyperstack") is None
        True
    """
    return next((row for row in providers() if (row.launcher, row.provider) == (tool, provider)), None)


def gpu_of(tool: Tool, provider: str, gpu: str) -> LaunchGpu | None:
    """A GPU as the launcher knows it at a seller; None if it does not.

    Example:
        >>> found = gpu_of("skypilot", "runpod", "A100 SXM4 80GB")
        >>> found.name if found else None
        'A100-80GB-SXM'
    """
    return next(
        (row for row in gpu_names() if row.launcher == tool and row.gpu == gpu and row.provider in (None, provider)),
        None,
    )


def also_called(found: LaunchGpu) -> tuple[str, ...]:
    """Other GPUs that the launcher calls by the same name there.

    Example:
        >>> names = gpu_of("skypilot", "lambda", "H100 SXM5 80GB")
        >>> also_called(names) if names else None
        ('H100 PCIe 80GB',)
    """
    same = (found.launcher, found.provider, found.name, found.memory_gb)
    return tuple(
        row.gpu
        for row in gpu_names()
        if (row.launcher, row.provider, row.name, row.memory_gb) == same and row.gpu != found.gpu
    )
