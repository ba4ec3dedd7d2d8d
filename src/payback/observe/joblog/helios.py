"""SenseTime's Helios (2020) and Shanghai AI Lab's Acme (2023): one header serves both.

End minus start is believed rather than ``duration``: in Acme's Kalos the latter counts from submission. Helios's
stamps carry no zone and China keeps one clock all year; Acme's carry an offset.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.mapped import Mapping
from payback.observe.joblog.options import ReadOptions

MAPPING: Final = Mapping(
    submit=("submit_time", "submitted_time"),
    start=("start_time",),
    end=("end_time",),
    duration=("duration", "run_time"),
    duration_outranks_end=False,
    gpus=("gpu_num", "num_gpus", "gpus"),
    id=("job_id", "jobid"),
    user=("user",),
    pool=("vc",),
    state=("state", "status"),
)


def read_helios(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read ``cluster_log.csv`` (Helios) or ``trace_seren.csv`` and ``trace_kalos.csv`` (Acme)."""
    return read_columns(stream, options, MAPPING, "helios")
