"""What every job log becomes: plain columns, and an account of the rows that did not make it.

Times are whole seconds; GPUs are whole thousandths, so that shares of a GPU stay exact. Nothing here can name a
user: a reader drops names, or keeps a salted hash where the caller asked for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from payback.observe.tables.arrays import Int32Array, Int64Array, UInt64Array
from payback.observe.tables.ledger import Tally
from payback.units import SECONDS_PER_HOUR

MILLI: Final = 1000
"""Thousandths of a GPU in a GPU."""
UNKNOWN: Final = -1
"""In a column of durations: the log does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """Every job that held GPUs, in order of submission; one job is one uninterrupted run."""

    format: str
    submit_s: Int64Array
    """Submission, seconds after 1970-01-01 UTC, or after the log's own origin. [s]"""
    run_s: Int64Array
    """From start to end, always 1 or more. [s]"""
    milli_gpus: Int64Array
    """Thousandths of a GPU held throughout, always 1 or more."""
    estimate_s: Int32Array | None = None
    """Time limit asked for; -1 where the row names none, None where no row does. [s]"""
    observed_wait_s: Int32Array | None = None
    """From submission to start as it happened; -1 where not known. [s]"""
    pool: npt.NDArray[np.int16] | None = None
    """Index into ``pools``; None where the log names none."""
    pools: tuple[str, ...] = ()
    """Kinds of GPU, partitions or virtual clusters, as the log calls them."""
    priority: Int32Array | None = None
    """Higher goes first; None where the log has no classes."""
    user_hash: UInt64Array | None = None
    """Salted hash of the user's name, only where the caller asked for it."""
    rows_read: int
    rejected: tuple[Tally, ...] = ()
    """Rows that are not jobs, or cannot be used, each with its reason."""
    treated: tuple[Tally, ...] = ()
    """Rows kept after a decision the reader of the result should know of."""
    clock: str = "UTC"
    """How times without a zone were read."""

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.submit_s)

    @property
    def rows_rejected(self) -> int:
        """Rows that did not become jobs."""
        return sum(tally.rows for tally in self.rejected)

    @property
    def gpu_h(self) -> float:
        """Work in the log. [GPU h]"""
        return float(np.dot(self.run_s.astype(np.float64), self.milli_gpus)) / MILLI / SECONDS_PER_HOUR

    @property
    def period_s(self) -> int:
        """From the first submission to the last, but no shorter than the longest job. [s]"""
        if not self.jobs:
            return 0
        return max(int(self.submit_s[-1] - self.submit_s[0]), int(self.run_s.max()))

    def take(self, keep: npt.NDArray[np.bool_] | Int64Array) -> JobLog:
        """The log of some of its jobs, the account of rows unchanged."""

        def part(column: npt.NDArray[Any] | None) -> Any:
            return None if column is None else column[keep]

        return replace(
            self,
            submit_s=self.submit_s[keep],
            run_s=self.run_s[keep],
            milli_gpus=self.milli_gpus[keep],
            estimate_s=part(self.estimate_s),
            observed_wait_s=part(self.observed_wait_s),
            pool=part(self.pool),
            priority=part(self.priority),
            user_hash=part(self.user_hash),
        )
