"""What can only be decided with the whole log at hand: open ends, reruns, duplicates, order."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from payback.observe.joblog import reasons
from payback.observe.joblog.jobs import UNKNOWN
from payback.observe.tables.ledger import Ledger

UNFINISHED: Final = -1
"""As a run time: the job had not ended."""

Columns = dict[str, npt.NDArray[Any]]


def settled(parts: list[Columns], last_s: int, rejected: Ledger, treated: Ledger) -> Columns:
    """The columns of a ``JobLog``; ``parts`` is emptied on the way to save memory."""
    columns: Columns = {}
    for name in list(parts[0]) if parts else ("row", "submit_s", "run_s", "milli_gpus"):
        columns[name] = np.concatenate([part.pop(name) for part in parts]) if parts else np.zeros(0, np.int64)
    parts.clear()
    _close(columns, last_s, rejected, treated)
    if "key" in columns:
        _part_runs(columns, rejected, treated)
    order = np.argsort(columns["submit_s"], kind="stable")
    kinds = {"run_s": np.int64, "milli_gpus": np.int64}
    ordered = {
        name: columns.pop(name)[order].astype(kinds[name], copy=False) if name in kinds else columns.pop(name)[order]
        for name in list(columns)
        if name not in ("row", "key", "start_s")
    }
    for name in ("estimate_s", "observed_wait_s"):
        if name in ordered and (ordered[name] == UNKNOWN).all():
            del ordered[name]
    return ordered


def _close(columns: Columns, last_s: int, rejected: Ledger, treated: Ledger) -> None:
    """Let jobs that had not ended run up to the last event of the log."""
    unfinished = columns["run_s"] == UNFINISHED
    if not unfinished.any():
        return
    start_s = columns["start_s"] if "start_s" in columns else columns["submit_s"]
    columns["run_s"] = np.where(unfinished, last_s - start_s, columns["run_s"]).astype(columns["run_s"].dtype)
    too_late = unfinished & (columns["run_s"] <= 0)
    treated.count(reasons.STILL_RUNNING, columns["row"][unfinished & ~too_late])
    _drop(columns, too_late, reasons.OPEN_END, rejected)


def _part_runs(columns: Columns, rejected: Ledger, treated: Ledger) -> None:
    """Drop a run met twice; give further runs of a job a submission of their own."""
    runs = _repeated(columns)
    if not len(runs):
        return
    key, start_s = columns["key"][runs], columns.get("start_s", columns["submit_s"])[runs]
    again = np.zeros(len(columns["key"]), bool)
    again[runs[1:][(key[1:] == key[:-1]) & (start_s[1:] == start_s[:-1])]] = True
    runs = runs[~again[runs]]
    same_job = columns["key"][runs[1:]] == columns["key"][runs[:-1]]
    later, earlier = runs[1:][same_job], runs[:-1][same_job]
    treated.count(reasons.RERUN, columns["row"][later])
    if "start_s" in columns:
        kept = columns["submit_s"][later] <= columns["submit_s"][earlier]
        later, earlier = later[kept], earlier[kept]
        ended_s = columns["start_s"][earlier] + columns["run_s"][earlier]
        columns["submit_s"][later] = np.minimum(ended_s, columns["start_s"][later])
        columns["observed_wait_s"][later] = columns["start_s"][later] - columns["submit_s"][later]
        treated.count(reasons.RERUN_MOVED, columns["row"][later])
    _drop(columns, again, reasons.DUPLICATE, rejected)


def _repeated(columns: Columns) -> npt.NDArray[np.int64]:
    """Rows whose job has more than one, by job, then start, then the longest first."""
    order = np.argsort(columns["key"], kind="stable")
    sorted_key = columns["key"][order]
    same = sorted_key[1:] == sorted_key[:-1]
    rows = order[np.append(same, False) | np.insert(same, 0, False)] if len(order) else order
    start_s = columns.get("start_s", columns["submit_s"])
    return rows[np.lexsort((-columns["run_s"][rows], start_s[rows], columns["key"][rows]))]


def _drop(columns: Columns, where: npt.NDArray[np.bool_], reason: str, rejected: Ledger) -> None:
    if not where.any():
        return
    rejected.count(reason, columns["row"][where])
    for name in columns:
        columns[name] = columns[name][~where]
