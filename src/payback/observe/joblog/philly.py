"""Microsoft's Philly trace (2017): ``cluster_job_log`` as published, or one of the tables made of it.

Every attempt of a job is a run of its own; it held the GPUs its ``detail`` lists and was submitted when the attempt
before it ended. The job log names no zone; the trace's monitoring files carry Pacific time, so that is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Final

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.helios import MAPPING
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.mapped import MappedReader
from payback.observe.joblog.options import ReadOptions
from payback.observe.tables.clock import Clock
from payback.observe.tables.header import Header
from payback.observe.tables.jsonstream import objects, tables_in
from payback.observe.tables.table import blocks_of

ZONE: Final = "America/Los_Angeles"
COLUMNS: Final = ("job_id", "submit_time", "start_time", "end_time", "gpu_num", "vc", "user", "state")


def read_philly(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read ``cluster_job_log`` (JSON), or a table with a row for every job or attempt."""
    if options.clock.zone is None:
        options = replace(options, clock=Clock(zone=ZONE))
    start = stream.peek(64)[:64] if hasattr(stream, "peek") else b""
    if not start.lstrip().startswith((b"[", b"{")):
        return read_columns(stream, options, MAPPING, "philly")
    reader = MappedReader(Header(names=COLUMNS, delimiter=b"\x1f"), MAPPING, options)
    return reader.log("philly", blocks_of(_runs(stream), len(COLUMNS)))


def _runs(stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
    """One row for every attempt, and one for a job that had none."""
    for job in objects(stream):
        common = job.get("vc"), job.get("user")
        attempts = tables_in(job, "attempts")
        if not attempts:
            yield job.get("jobid"), job.get("submitted_time"), None, None, None, *common, "pending"
        for attempt in attempts:
            gpus = sum(
                len(gpus) for server in tables_in(attempt, "detail") if isinstance(gpus := server.get("gpus"), list)
            )
            yield (
                job.get("jobid"),
                job.get("submitted_time"),
                attempt.get("start_time"),
                attempt.get("end_time"),
                gpus,
                *common,
                job.get("status"),
            )
