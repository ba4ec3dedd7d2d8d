"""Pods of a Kubernetes cluster: ``kubectl get pods -A -o json``, JSON lines of pods, or a table made of either.

A pod holds its GPUs from the moment it is scheduled to the end of its last container. Kubernetes forgets pods: only
an export made before they were collected, or a recording of the watch, tells of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.header import Header
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.jsonstream import objects
from payback.observe.joblog.mapped import MappedReader, Mapping
from payback.observe.joblog.options import ReadOptions
from payback.observe.joblog.table import blocks_of

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
        about, spec, status = (pod.get(part) or {} for part in ("metadata", "spec", "status"))
        chosen = spec.get("nodeSelector") or {}
        yield (
            about.get("uid") or about.get("name"),
            about.get("creationTimestamp"),
            _scheduled(status),
            _finished(status),
            gpus_of(spec),
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
        resources = container.get("resources") or {}
        asked = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        return sum(int(count) for name, count in asked.items() if _GPU_RESOURCE.fullmatch(name))

    together = sum(of(container) for container in spec.get("containers") or ())
    return max([together, *(of(container) for container in spec.get("initContainers") or ())])


def _slice(spec: dict[str, Any]) -> str:
    """The kind of slice (MIG) a pod asks for, if it does."""
    for container in spec.get("containers") or ():
        for name in (container.get("resources") or {}).get("limits") or ():
            if name.startswith("nvidia.com/mig-"):
                return str(name.removeprefix("nvidia.com/"))
    return ""


def _scheduled(status: dict[str, Any]) -> str | None:
    for condition in status.get("conditions") or ():
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
        (container.get("state") or {}).get("terminated", {}).get("finishedAt")
        for container in status.get("containerStatuses") or ()
    ]
    changes = [condition.get("lastTransitionTime") for condition in status.get("conditions") or ()]
    return max((end for end in ends if end), default=max((change for change in changes if change), default=None))
