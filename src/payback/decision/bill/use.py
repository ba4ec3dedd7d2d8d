"""When GPUs were billed: how many at the same time, through the day and the week, and what was surely idle.

A bill knows hours, not utilisation: a machine left on looks like a machine at work. What it can show is a pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

from payback.decision.bill.account import Account, PricedLine
from payback.observe.bill.lines import GPU, UNUSED, BillLine
from payback.observe.joblog.jobs import MILLI, JobLog

MOST_HOURS: Final = 24 * 366 * 10
"""Longer series are damage in a date, not a bill."""
AT_ONCE: Final = 95
"""Percentile of the GPUs billed at once, over the hours with any: a single burst does not size a machine."""
THURSDAY: Final = 3
"""1970-01-01, counted from Monday."""
FLAT: Final = 0.9
"""Least share of the mean that was billed in 95 % of all hours for use that has no day and night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How one kind of GPU was used, as far as a bill can tell."""

    gpu: str
    gpu_h: float
    """Billed and used. [GPU h]"""
    unused_gpu_h: float
    """Paid for and not used: capacity reserved and left empty. [GPU h]"""
    gpus_at_once: int
    """GPUs billed at the same time in 95 % of the hours with any; without hourly rows the fewest that fit."""
    always_on_gpus: float | None
    """GPUs billed in 95 % of all hours; None without hourly rows."""
    mean_gpus_by_hour: tuple[float, ...] | None
    """Mean of the GPUs billed in each hour of the day, UTC; None without hourly rows."""
    mean_gpus_by_weekday: tuple[float, ...] | None
    """The same by day of the week, Monday first; None without rows of a day or less."""
    around_the_clock: bool | None
    """Whether nearly all of it was billed in every hour of the period; None without hourly rows."""
    resolution: str
    """hour, day, or none: how finely the rows tell."""
    worked_gpu_h: float | None = None
    """Held by jobs in the same period, where a job log was given. [GPU h]"""

    @property
    def idle_gpu_h(self) -> float | None:
        """Billed and not held by a job; None without a job log. [GPU h]"""
        return None if self.worked_gpu_h is None else max(0.0, self.gpu_h - self.worked_gpu_h)


def main_gpu(account: Account) -> str | None:
    """The GPU on which most was spent; None where the bill has none with hours."""
    spent: dict[str, float] = {}
    for priced in account.lines:
        if priced.line.key.gpu and (priced.line.gpu_h or 0) > 0:
            cost = priced.effective_usd if priced.effective_usd is not None else priced.line.effective
            spent[priced.line.key.gpu] = spent.get(priced.line.key.gpu, 0.0) + float(cost)
    return max(spent, key=lambda gpu: (spent[gpu], gpu), default=None)


def why_no_gpu(account: Account) -> str:
    """Why a bill has no GPU-hours to ask about."""
    if any(priced.line.key.gpu and priced.line.key.gpu_count is None for priced in account.lines):
        return "the bill does not say how many GPUs a machine has; say it with --gpus-per-machine N"
    return "the bill has no GPU-hours of a known GPU"


def use_of(account: Account, gpu: str, jobs: JobLog | None = None) -> Use:
    """When GPUs of one kind were billed.

    Args:
        account: The bill.
        gpu: The kind of GPU.
        jobs: What people ran in the same period, if there is a log.
    """
    lines = lines_of(account, gpu)
    used = [priced.line for priced in lines if priced.line.key.term != UNUSED]
    gpu_h = sum(line.gpu_h or 0.0 for line in used)
    by_hour = _merged([line.gpu_h_by_hour for line in used])
    by_day = _merged([line.gpu_h_by_day for line in used])
    hourly = _series(by_hour, account, 3600) if sum(by_hour.values()) >= 0.5 * gpu_h > 0 else None
    for hour, amount in by_hour.items():
        by_day[hour // 24] = by_day.get(hour // 24, 0.0) + amount
    daily = _series(by_day, account, 86_400) if sum(by_day.values()) >= 0.5 * gpu_h > 0 else None
    always = None if hourly is None else float(np.percentile(hourly[1], 100 - AT_ONCE, method="lower"))
    return Use(
        gpu=gpu,
        gpu_h=gpu_h,
        unused_gpu_h=sum(priced.line.gpu_h or 0.0 for priced in lines if priced.line.key.term == UNUSED),
        gpus_at_once=_at_once(hourly, daily, gpu_h, account, _usual_machine(used)),
        always_on_gpus=always,
        mean_gpus_by_hour=None if hourly is None else _means(hourly[0] % 24, hourly[1], 24),
        mean_gpus_by_weekday=None if daily is None else _means((daily[0] + THURSDAY) % 7, daily[1] / 24, 7),
        around_the_clock=None if hourly is None or always is None else always >= FLAT * float(hourly[1].mean()) > 0,
        resolution="hour" if hourly is not None else "day" if daily is not None else "none",
        worked_gpu_h=None if jobs is None else worked_gpu_h(jobs, account),
    )


def lines_of(account: Account, gpu: str) -> list[PricedLine]:
    """The lines of one kind of GPU."""
    return [priced for priced in account.lines if priced.line.key.category == GPU and priced.line.key.gpu == gpu]


def worked_gpu_h(jobs: JobLog, account: Account) -> float:
    """GPU-hours that jobs held within the period of a bill. [GPU h]"""
    if account.first is None or account.last is None:
        return 0.0
    start_s = jobs.submit_s.astype(np.float64)
    if jobs.observed_wait_s is not None:
        start_s = start_s + np.maximum(jobs.observed_wait_s, 0)
    inside_s = np.minimum(start_s + jobs.run_s, account.last.timestamp()) - np.maximum(
        start_s, account.first.timestamp()
    )
    return float(np.dot(np.maximum(inside_s, 0), jobs.milli_gpus)) / MILLI / 3600


FloatArray = npt.NDArray[np.float64]
Series = tuple[npt.NDArray[np.int64], FloatArray]


def _series(amounts: Mapping[int, float], account: Account, slot_s: int) -> Series | None:
    """Slots of the whole period and their amounts, zeros included."""
    if not amounts or account.first is None or account.last is None:
        return None
    first = min(int(account.first.timestamp()) // slot_s, min(amounts))
    last = max(-(-int(account.last.timestamp()) // slot_s), max(amounts) + 1)
    if last - first > MOST_HOURS:
        return None
    values = np.zeros(last - first)
    for slot, amount in amounts.items():
        values[slot - first] = amount
    return np.arange(first, last), values


def _at_once(hourly: Series | None, daily: Series | None, gpu_h: float, account: Account, machine: int) -> int:
    """By hours; else the fewest GPUs that could have been billed so much, but no fewer than the usual machine has."""
    if hourly is not None:
        return max(1, _usual(hourly[1]))
    fewest = ceil(gpu_h / ((account.days or 1.0) * 24) - 1e-6) if daily is None else _usual(daily[1] / 24)
    return max(1, machine, fewest)


def _usual(per_hour: FloatArray) -> int:
    busy = per_hour[per_hour > 0]
    if not len(busy):
        return 0
    usual = float(np.percentile(busy, AT_ONCE, method="lower"))
    return ceil(max(usual, float(per_hour.mean())) - 1e-6)


def _usual_machine(used: list[BillLine]) -> int:
    """GPUs in the machine with most of the GPU-hours; 1 where GPUs are billed by themselves."""
    most = max(used, key=lambda line: line.gpu_h or 0.0, default=None)
    return 1 if most is None or most.key.unit == "gpu_h" else most.key.gpu_count or 1


def _means(places: npt.NDArray[np.int64], values: FloatArray, many: int) -> tuple[float, ...]:
    totals, counts = np.bincount(places, values, many), np.bincount(places, minlength=many)
    return tuple(float(mean) for mean in totals / np.maximum(counts, 1))


def _merged(parts: list[Mapping[int, float]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for part in parts:
        for slot, amount in part.items():
            found[slot] = found.get(slot, 0.0) + amount
    return found
