"""The right source for a machine, or the one that was named."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.watch.sources.amd import AmdSource
from payback.observe.watch.sources.amd_smi import AmdSmiSource
from payback.observe.watch.sources.base import Source
from payback.observe.watch.sources.nvml import open_nvml
from payback.observe.watch.sources.power_state import AMD, PCI, cards
from payback.observe.watch.sources.prometheus import PrometheusSource

SOURCES: Final = ("auto", "nvml", "amd", "amd-smi")


def open_source(name: str = "auto", *, pci: Path = PCI) -> Source:
    """Sensors to sample.

    Args:
        name: ``auto``, ``nvml``, ``amd`` (kernel files), ``amd-smi``, or the address of a DCGM or nvitop exporter.
        pci: Where the kernel lists PCI devices.

    Raises:
        BadQuestionError: No GPU of this machine can be watched; the message says why for each vendor.
        UnknownNameError: No such source.
    """
    if "://" in name:
        return PrometheusSource(name)
    if name not in SOURCES:
        raise UnknownNameError("source", name, SOURCES, "Or give an exporter's address, http://host:9400/metrics.")
    nvml = partial(open_nvml, probe=name == "auto")
    makers: dict[str, Callable[[Path], Source | str]] = {"nvml": nvml, "amd": _amd, "amd-smi": _amd_smi}
    tried = ("nvml", "amd") if name == "auto" else (name,)
    reasons = []
    for each in tried:
        found = makers[each](pci)
        if not isinstance(found, str):
            return found
        reasons.append(f"{each}: {found}")
    raise BadQuestionError(
        "sensors", "; ".join(reasons), "a GPU with its driver, an exporter (--source http://...), or --replay FILE"
    )


def _amd(pci: Path) -> Source | str:
    return AmdSource(pci) if cards(AMD, pci) else "the kernel lists no AMD GPU"


def _amd_smi(_: Path) -> Source | str:
    return AmdSmiSource()
