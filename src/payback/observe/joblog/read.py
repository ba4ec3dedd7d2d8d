"""Reading a job log of any kind: the one function the rest of payback calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.joblog.alibaba import read_alibaba
from payback.observe.joblog.columns import parse_mapping, read_columns
from payback.observe.joblog.detect import FORMATS, detect
from payback.observe.joblog.helios import read_helios
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.kubernetes import read_kubernetes
from payback.observe.joblog.options import ReadOptions
from payback.observe.joblog.philly import read_philly
from payback.observe.joblog.sacct import read_sacct
from payback.observe.joblog.swf import read_swf
from payback.observe.joblog.wandb import read_wandb
from payback.observe.joblog.watch import read_watch
from payback.observe.tables.clock import Clock
from payback.observe.tables.source import opened

READERS: Final[dict[str, Callable[[BinaryIO, ReadOptions], JobLog]]] = {
    "sacct": read_sacct,
    "philly": read_philly,
    "helios": read_helios,
    "alibaba": read_alibaba,
    "swf": read_swf,
    "kubernetes": read_kubernetes,
    "wandb": read_wandb,
}


def read_joblog(
    path: Path | str,
    *,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    timezone: str | None = None,
    user_salt: bytes | None = None,
    pool_column: str | None = None,
    priority_column: str | None = None,
) -> JobLog:
    """Read a job log; compressed files (gzip, bzip2, xz) are read as they are.

    Args:
        path: The log.
        format: One of ``FORMATS``; None: told from the file's beginning, or ``csv`` where columns are given.
        columns: For ``csv``: which column holds what, ``submit=NAME,duration=NAME,gpus=NAME``; see ``parse_mapping``.
        timezone: IANA name of the zone in which stamps without one are meant; None: they are read as UTC, and a
            job that ran through a clock change comes out an hour too long or too short unless the log states its
            duration. (Philly's are Pacific.)
        pool_column: Column that tells pools apart, in place of the format's own; not for SWF.
        priority_column: Column of priorities as numbers, higher ones first, likewise.
        user_salt: Keep a hash of each user, keyed with this; None: keep nothing of users.

    Returns:
        The jobs that held GPUs, and an account of every row that is not among them.

    Raises:
        BadQuestionError: The file cannot be read, or is like no known format.
        UnknownNameError: A format, time zone or column nobody has heard of.
    """
    path = Path(path)
    options = ReadOptions(
        clock=Clock(zone=timezone), user_salt=user_salt, pool_column=pool_column, priority_column=priority_column
    )
    if format is not None and format not in FORMATS:
        raise UnknownNameError("log format", format, FORMATS, f"Known: {', '.join(FORMATS)}.")
    if format == "csv" or (format is None and columns is not None):
        if columns is None:
            raise BadQuestionError("columns", "nothing", "submit=NAME,duration=NAME,gpus=NAME for a log of format csv")
        mapping = parse_mapping(columns)
        with opened(path) as stream:
            return read_columns(stream, options, mapping)
    if columns is not None:
        raise BadQuestionError("columns", repr(columns), f"no columns with format {format}, or format csv")
    kind = format or detect(path)
    if kind in ("swf", "watch") and (pool_column or priority_column):
        raise BadQuestionError(
            "pool and priority columns", f"a log without named columns ({kind})", "a table with named columns"
        )
    if kind == "watch":
        return read_watch(path)
    reader = READERS[kind]
    with opened(path) as stream:
        return reader(stream, options)


def account(log: JobLog) -> str:
    """What became of the rows that are no jobs, in a sentence.

    Example:
        >>> import numpy as np
        >>> none = np.zeros(0, np.int64)
        >>> account(JobLog(format="csv", submit_s=none, run_s=none, milli_gpus=none, rows_read=0))
        'no row was read'
    """
    if not log.rows_read:
        return "no row was read"
    tallies = "; ".join(f"{tally.rows:,} {tally.reason} (first: row {tally.first_row})" for tally in log.rejected)
    return f"{log.rows_read:,} rows read, {tallies or 'none rejected'}"
