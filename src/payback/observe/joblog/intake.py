"""From rows as a reader understood them to usable ones: one set of rules for all formats, every refusal counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from payback.observe.joblog import reasons
from payback.observe.joblog.jobs import MILLI, UNKNOWN, JobLog
from payback.observe.joblog.settle import UNFINISHED, settled
from payback.observe.tables.arrays import Int64Array, UInt64Array
from payback.observe.tables.fields import ABSENT, UNREADABLE, known
from payback.observe.tables.ledger import Ledger

LONGEST_RUN_S: Final = 10 * 365 * 86_400
MOST_GPUS: Final = 1_000_000
BACKWARDS_S: Final = -2

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Consecutive rows; a column the format does not have is None."""

    row_numbers: Int64Array
    submit_s: Int64Array
    milli_gpus: Int64Array
    start_s: Int64Array | None = None
    end_s: Int64Array | None = None
    run_s: Int64Array | None = None
    """Where known it outranks end minus start: it does not count suspended time and survives clock changes."""
    estimate_s: Int64Array | None = None
    priority: Int64Array | None = None
    pool: Int64Array | None = None
    key: UInt64Array | None = None
    """Stands for the job's name, so that its further runs are known as such."""
    user: UInt64Array | None = None
    never_started: BoolArray | None = None
    """Rows that say so of themselves."""
    still_running: BoolArray | None = None
    """Rows that say so of themselves."""
    start_later_s: Int64Array | None = None
    """How much later the start may have been, by a clock change; likewise the end. [s]"""
    end_later_s: Int64Array | None = None
    refused: tuple[tuple[str, BoolArray], ...] = ()
    """Reasons of the format's own, such as a step of a job, each with its rows."""
    noted: tuple[tuple[str, BoolArray], ...] = ()
    """Decisions of the format's own about rows that are kept."""


class Intake:
    """Collects rows block by block and turns them into a log."""

    def __init__(self, format_name: str) -> None:
        self.format = format_name
        self.rows_read = 0
        self.rejected, self.treated = Ledger(), Ledger()
        self._parts: list[dict[str, npt.NDArray[Any]]] = []
        self._last_s = ABSENT

    def ragged(self, row_numbers: Int64Array) -> None:
        """Count rows whose fields cannot be told apart."""
        self.rows_read += len(row_numbers)
        self.rejected.count(reasons.RAGGED, row_numbers)

    def add(self, rows: Rows) -> None:
        """Take a block."""
        self.rows_read += len(rows.row_numbers)
        alive = self._with_gpus_and_submission(rows)
        absent = np.full(len(rows.row_numbers), ABSENT)
        start_s = absent if rows.start_s is None else _not_before(rows.start_s, rows.submit_s, rows.start_later_s)
        end_s = absent if rows.end_s is None else _not_before(rows.end_s, start_s, rows.end_later_s)
        if rows.start_s is not None:
            alive = self._drop(rows, alive, [(reasons.NEVER_STARTED, start_s == ABSENT)])
        run_s = _run_s(rows, start_s, end_s)
        alive = self._drop(
            rows,
            alive,
            [
                (reasons.NO_DURATION, ~known(run_s)),
                (reasons.BACKWARDS, run_s == BACKWARDS_S),
                (reasons.NO_TIME, run_s == 0),
                (reasons.TOO_LONG, run_s > LONGEST_RUN_S),
            ],
        )
        self._keep(rows, alive, start_s, end_s, run_s)

    def finish(self, *, pools: Iterable[str] = (), clock: str = "UTC") -> JobLog:
        """The log, in order of submission."""
        columns = settled(self._parts, self._last_s, self.rejected, self.treated)
        return JobLog(
            format=self.format,
            rows_read=self.rows_read,
            rejected=self.rejected.tallies(),
            treated=self.treated.tallies(),
            pools=tuple(pools),
            clock=clock,
            **columns,
        )

    def _with_gpus_and_submission(self, rows: Rows) -> BoolArray:
        milli, stamps = rows.milli_gpus, [rows.submit_s, rows.start_s, rows.end_s]
        rules = [*rows.refused]
        if rows.never_started is not None:
            rules.append((reasons.NEVER_STARTED, rows.never_started))
        rules += [
            (reasons.NO_GPU_COUNT, milli == ABSENT),
            (reasons.BAD_GPU_COUNT, (milli == UNREADABLE) | (known(milli) & (milli < 0)) | (milli > MOST_GPUS * MILLI)),
            (reasons.NO_GPU, milli == 0),
            *((reasons.BAD_STAMP, stamp == UNREADABLE) for stamp in stamps if stamp is not None),
            (reasons.NO_SUBMISSION, rows.submit_s == ABSENT),
        ]
        return self._drop(rows, np.ones(len(rows.row_numbers), bool), rules)

    def _drop(self, rows: Rows, alive: BoolArray, rules: list[tuple[str, BoolArray]]) -> BoolArray:
        """The rows left once every rule has taken its own; a row falls to the first rule it breaks."""
        for reason, broken in rules:
            self.rejected.count(reason, rows.row_numbers[alive & broken])
            alive = alive & ~broken
        return alive

    def _keep(self, rows: Rows, alive: BoolArray, start_s: Int64Array, end_s: Int64Array, run_s: Int64Array) -> None:
        early = known(start_s) & (start_s < rows.submit_s)
        later = [later_s > 0 for later_s in (rows.start_later_s, rows.end_later_s) if later_s is not None]
        treated = [
            *rows.noted,
            (reasons.EARLY_START, early),
            (reasons.SHARED_GPU, rows.milli_gpus % MILLI != 0),
            (reasons.TWICE_LIVED, np.logical_or.reduce(later) if later else np.zeros_like(alive)),
        ]
        if rows.still_running is not None:
            treated.append((reasons.STATED_RUNNING, rows.still_running & (run_s != UNFINISHED)))
        for reason, where in treated:
            self.treated.count(reason, rows.row_numbers[alive & where])
        seen = (rows.submit_s, start_s, end_s, np.where(known(start_s) & known(run_s), start_s + run_s, ABSENT))
        self._last_s = max(self._last_s, *(int(column[alive].max(initial=ABSENT)) for column in seen))
        columns: dict[str, npt.NDArray[Any] | None] = {
            "row": rows.row_numbers,
            "submit_s": rows.submit_s,
            "start_s": None if rows.start_s is None else start_s,
            "run_s": run_s,
            "milli_gpus": rows.milli_gpus,
            "observed_wait_s": None if rows.start_s is None else np.where(early, UNKNOWN, start_s - rows.submit_s),
            "estimate_s": None if rows.estimate_s is None else np.where(rows.estimate_s > 0, rows.estimate_s, UNKNOWN),
            "priority": None if rows.priority is None else np.where(known(rows.priority), rows.priority, 0),
            "pool": rows.pool,
            "key": rows.key,
            "user_hash": rows.user,
        }
        narrow: dict[str, npt.DTypeLike] = {
            "pool": np.int16,
            "priority": np.int32,
            "milli_gpus": np.int32,
            "run_s": np.int32,
        }
        narrow |= {"estimate_s": np.int32, "observed_wait_s": np.int32}
        self._parts.append(
            {
                name: _clipped(column[alive], narrow[name]) if name in narrow else column[alive]
                for name, column in columns.items()
                if column is not None
            }
        )


def _clipped(column: npt.NDArray[Any], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    limits = np.iinfo(np.dtype(kind))
    clipped: npt.NDArray[Any] = np.clip(column, limits.min, limits.max).astype(kind)
    return clipped


def _not_before(moment_s: Int64Array, earliest_s: Int64Array, later_s: Int64Array | None) -> Int64Array:
    """In an hour lived through twice, take the second where the first would be too early."""
    if later_s is None:
        return moment_s
    return np.where(known(moment_s) & (moment_s < earliest_s), moment_s + later_s, moment_s)


def _run_s(rows: Rows, start_s: Int64Array, end_s: Int64Array) -> Int64Array:
    """How long each job ran; UNFINISHED where it had not ended, BACKWARDS_S where time runs backwards."""
    run_s = np.full(len(start_s), ABSENT)
    if rows.end_s is not None:
        started = known(start_s)
        run_s = np.where(started & known(end_s), end_s - start_s, run_s)
        run_s = np.where(
            started & (end_s == ABSENT), UNFINISHED, np.where(known(run_s) & (run_s < 0), BACKWARDS_S, run_s)
        )
    if rows.still_running is not None:
        run_s = np.where(rows.still_running & ~known(run_s), UNFINISHED, run_s)
    if rows.run_s is not None:
        stated = np.where(rows.run_s < 0, BACKWARDS_S, rows.run_s)
        run_s = np.where(known(rows.run_s), stated, run_s)
    return run_s
