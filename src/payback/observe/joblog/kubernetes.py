"""Pods of a Kubernetes cluster: ``kubectl get pods -A -o json``, JSON lines of pods, or a table made of either.

A pod holds its GPUs from the moment it is scheduled to the end of its last container. Kubernetes forgets pods: only
an export made before they were collected, or a recording of the watch, tells of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.mapped import MappedReader, Mapping
from payback.observe.joblog.options import ReadOptions
from payback.observe.tables.header import Header
from payback.observe.tables.jsonstream import objects, table_in, tables_in
from payback.observe.tables.table import blocks_of

_GPU_RESOURCE = re.compile(r"(?:nvidia|amd)\.com/(?:gpu|mig-[\w.]+)|gpu\.intel\.com/(?:i915|xe)")
KIND_LABELS: Final = ("nvidia.com/gpu.product", "amd.com/gpu.product-name", "cloud.google.com/gke-accelerator")
COLUMNS: Final = (
    "uid",
    "creationTimestamp",
    "scheduledTime",
    "finishedTime",
    "gpus",
    "kind",
    "namespace",
    "phase",
    "priority",
)
MAPPING: Final = Mapping(
    submit=("creationTimestamp", "creation_timestamp", "created"),
    start=("scheduledTime", "scheduled_time", "startTime", "start_time"),
    end=("finishedTime", "finishedAt", "finished_at", "completionTime", "endTime", "end_time"),
    gpus=("gpus", "nvidia.com/gpu", "gpu", "gpu_count"),
    id=("uid", "name", "pod"),
    user=("namespace",),
    pool=("kind", "gpu_product", "node_pool"),
    state=("phase", "status"),
    priority=("priority",),
)


def read_kubernetes(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read an export of pods."""
    start = stream.peek(64)[:64] if hasattr(stream, "peek") else b""
    if not start.lstrip().startswith((b"[", b"{")):
        return read_columns(stream, options, MAPPING, "kubernetes")
    reader = MappedReader(Header(names=COLUMNS, delimiter=b"\x1f"), MAPPING, options)
    return reader.log("kubernetes", blocks_of(_rows(stream), len(COLUMNS)))


def _rows(stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
    for pod in objects(stream):
        if pod.get("kind", "Pod") != "Pod":
            continue
        about, spec, status = (table_in(pod, part) for part in ("metadata", "spec", "status"))
        chosen = table_in(spec, "nodeSelector")
        yield (
            about.get("uid") or about.get("name"),
            about.get("creationTimestamp"),
            _scheduled(status),
            _finished(status),
            _gpus_or_text(spec),
            _slice(spec) or next((chosen[label] for label in KIND_LABELS if label in chosen), ""),
            about.get("namespace"),
            status.get("phase"),
            spec.get("priority"),
        )


def gpus_of(spec: dict[str, Any]) -> int:
    """GPUs a pod holds: those of its containers together, or of its greediest initial container if that needs more.

    Example:
        >>> gpus_of({"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}, {"resources": {}}]})
        2
    """

    def of(container: dict[str, Any]) -> int:
        resources = table_in(container, "resources")
        asked = {**table_in(resources, "requests"), **table_in(resources, "limits")}
        return sum(int(count) for name, count in asked.items() if _GPU_RESOURCE.fullmatch(name))

    together = sum(of(container) for container in tables_in(spec, "containers"))
    return max([together, *(of(container) for container in tables_in(spec, "initContainers"))])


def _gpus_or_text(spec: dict[str, Any]) -> int | str:
    """The GPUs of a pod; a text that counts as unreadable where they are no whole number."""
    try:
        return gpus_of(spec)
    except (TypeError, ValueError):
        return "unreadable"


def _slice(spec: dict[str, Any]) -> str:
    """The kind of slice (MIG) a pod asks for, if it does."""
    for container in tables_in(spec, "containers"):
        for name in table_in(table_in(container, "resources"), "limits"):
            if name.startswith("nvidia.com/mig-"):
                return str(name.removeprefix("nvidia.com/"))
    return ""


def _scheduled(status: dict[str, Any]) -> str | None:
    for condition in tables_in(status, "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "True":
            moment: str | None = condition.get("lastTransitionTime")
            return moment
    started: str | None = status.get("startTime")
    return started


def _finished(status: dict[str, Any]) -> str | None:
    """End of the last container; for a pod evicted before it had any, its last change of condition."""
    if status.get("phase") not in ("Succeeded", "Failed"):
        return None
    ends = [
        table_in(table_in(container, "state"), "terminated").get("finishedAt")
        for container in tables_in(status, "containerStatuses")
    ]
    changes = [condition.get("lastTransitionTime") for condition in tables_in(status, "conditions")]
    return max(filter(None, map(_text, ends)), default=max(filter(None, map(_text, changes)), default=None))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
