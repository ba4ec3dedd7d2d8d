"""GPUs behind an exporter: NVIDIA's DCGM exporter and nvitop's, read over HTTP.

Names and units: https://github.com/NVIDIA/dcgm-exporter (etc/default-counters.csv) and
https://github.com/XuehaiPan/nvitop (nvitop-exporter). Where a GPU has several lines (a pod each) the busiest counts.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException
from typing import Final

from payback.errors import BadQuestionError
from payback.observe.bench.sensors import MILLI
from payback.observe.watch.sample import GpuReading, card_key, share
from payback.observe.watch.sources.base import SensorLostError
from payback.observe.watch.sources.exposition import Metric, metrics

TIMEOUT_S: Final = 5.0
MOST_BYTES: Final = 20_000_000
FIELDS: Final = {
    "DCGM_FI_DEV_GPU_UTIL": "percent",
    "DCGM_FI_DEV_FB_USED": "used_mib",
    "DCGM_FI_DEV_FB_FREE": "free_mib",
    "DCGM_FI_DEV_FB_TOTAL": "total_mib",
    "DCGM_FI_DEV_POWER_USAGE": "power_w",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": "energy_mj",
    "DCGM_FI_DEV_SM_CLOCK": "sm_clock_mhz",
    "DCGM_FI_DEV_MEM_CLOCK": "memory_clock_mhz",
    "gpu_utilization_Percentage": "percent",
    "gpu_memory_used_MiB": "used_mib",
    "gpu_memory_total_MiB": "total_mib",
    "gpu_power_usage_W": "power_w",
    "gpu_clock_sm_MHz": "sm_clock_mhz",
    "gpu_clock_memory_MHz": "memory_clock_mhz",
}
DCGM_BLANK: Final = 2_147_483_632
"""DCGM writes "blank" as values from this one on (dcgm_structs.h); for a counter of energy, from its 64-bit twin on."""
DCGM_BLANK_64: Final = 9.2233720368547e18


class PrometheusSource:
    """GPUs behind an exporter.

    Args:
        url: Where the exporter serves its page.
        fetch: Gets a page; tests put their own in.
    """

    name = "prometheus"

    def __init__(self, url: str, fetch: Callable[[str], str] | None = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadQuestionError("--source", repr(url), "an address such as http://localhost:9400/metrics")
        self._url = url
        self._fetch = fetch or _fetch

    def read(self) -> tuple[GpuReading, ...]:
        """Every GPU on the page."""
        found = parse_exporter(self._fetch(self._url))
        if not found:
            raise SensorLostError(f"{self._url} shows no GPU of the DCGM or nvitop exporter")
        return found

    def close(self) -> None:
        """Nothing is kept open."""


def parse_exporter(page: str) -> tuple[GpuReading, ...]:
    """GPUs on the page of a DCGM or nvitop exporter."""
    values: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    for metric in _of_gpus(metrics(page)):
        identity, field = _identity(metric.labels), FIELDS[metric.name]
        known = values.setdefault(identity, {})
        known[field] = max(metric.value, known.get(field, metric.value))
        names.setdefault(identity, metric.labels.get("modelName") or metric.labels.get("devicename") or "GPU")
    return tuple(_reading(identity, names[identity], values[identity]) for identity in values)


def _of_gpus(found: Iterable[Metric]) -> Iterable[Metric]:
    """Lines of whole GPUs with a real value: slices (MIG) have a utilisation that is none of the GPU's."""
    for metric in found:
        blank = DCGM_BLANK_64 if FIELDS.get(metric.name) == "energy_mj" else DCGM_BLANK
        if metric.name in FIELDS and 0 <= metric.value < blank and not metric.labels.get("GPU_I_ID"):
            yield metric


def _identity(labels: dict[str, str]) -> str:
    unique = labels.get("UUID") or labels.get("uuid")
    host = labels.get("Hostname") or labels.get("hostname") or ""
    return unique or f"{host} {labels.get('gpu') or labels.get('index')}"


def _reading(identity: str, name: str, known: dict[str, float]) -> GpuReading:
    used, total, free = (known.get(field) for field in ("used_mib", "total_mib", "free_mib"))
    if total is None and used is not None and free is not None:
        total = used + free
    energy_mj = known.get("energy_mj")
    return GpuReading(
        key=card_key(identity),
        name=name,
        utilisation=share(known.get("percent")),
        memory_used_gib=None if used is None else used / 1024,
        memory_total_gib=None if total is None else total / 1024,
        power_w=known.get("power_w"),
        energy_j=None if energy_mj is None else energy_mj / MILLI,
        sm_clock_mhz=known.get("sm_clock_mhz"),
        memory_clock_mhz=known.get("memory_clock_mhz"),
    )


def _fetch(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked to be http(s)
            page: bytes = answer.read(MOST_BYTES)
    except (OSError, ValueError, HTTPException) as error:
        raise SensorLostError(f"{url} does not answer ({error})") from error
    return page.decode("utf-8", "replace")
