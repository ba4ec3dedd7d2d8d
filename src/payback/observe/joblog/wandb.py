"""Runs of Weights & Biases: the table its web page exports (CSV), or JSON lines of runs from its API.

A run starts when it is created: there is no queue, so waits are not known. Its GPUs are those of the machine it ran
on, which may be more than it used. The table must have a "GPU Count" column; the page leaves it out unless shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.mapped import MappedReader, Mapping
from payback.observe.joblog.options import ReadOptions
from payback.observe.tables.header import Header
from payback.observe.tables.jsonstream import objects, table_in
from payback.observe.tables.table import blocks_of

COLUMNS: Final = ("ID", "Created", "Runtime", "GPU Count", "GPU Type", "User", "State")
MAPPING: Final = Mapping(
    submit=("Created", "created_at", "createdAt", "Start Time"),
    duration=("Runtime", "_runtime", "_wandb.runtime", "summary._runtime", "duration"),
    gpus=("GPU Count", "gpu_count", "gpuCount", "metadata.gpu_count", "system.gpu_count"),
    id=("ID", "id", "run_id"),
    user=("User", "username", "user"),
    pool=("GPU Type", "gpu", "gpu_type", "metadata.gpu"),
)


def read_wandb(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read an export of runs.

    Raises:
        UnknownNameError: The table has no column of GPU counts, run times or creation times.
    """
    start = stream.peek(64)[:64] if hasattr(stream, "peek") else b""
    if not start.lstrip().startswith((b"[", b"{")):
        return read_columns(stream, options, MAPPING, "wandb")
    reader = MappedReader(Header(names=COLUMNS, delimiter=b"\x1f"), MAPPING, options)
    return reader.log("wandb", blocks_of(_rows(stream), len(COLUMNS)))


def _rows(stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
    for run in objects(stream):
        summary, machine, user = table_in(run, "summary"), table_in(run, "metadata"), run.get("user")
        yield (
            run.get("id"),
            run.get("created_at") or run.get("createdAt"),
            table_in(summary, "_wandb").get("runtime", summary.get("_runtime")),
            machine.get("gpu_count"),
            machine.get("gpu"),
            user.get("username") if isinstance(user, dict) else user,
            run.get("state"),
        )
