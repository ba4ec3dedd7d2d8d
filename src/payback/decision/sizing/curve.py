"""One point of the curve: what owning so many GPUs costs, and how long people wait."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.decision.sizing.classes import ClassWait, waits_by_class
from payback.decision.sizing.trace import Trace
from payback.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from payback.decision.sizing.asked import Setting
    from payback.decision.sizing.replay import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What an hour of a GPU costs, both for equal work."""

    own_usd_per_gpu_h: float
    """Cost of owning a GPU for an hour, busy or not. [USD/GPU h]"""
    rent_usd_per_gpu_h: float
    """Price of a rented GPU for an hour charged. [USD/GPU h]"""
    reserved_usd_per_gpu_h: float | None = None
    """Price of a GPU rented around the clock for a term, busy or not; None: none is. [USD/GPU h]"""
    rent_term: str = "on-demand"
    """How the rented part is paid: ``on-demand`` or ``spot``."""
    most_owned_gpus: int | None = None
    """GPUs there is room for; beyond them GPUs are reserved. None: any number."""

    def split(self, gpus: int) -> tuple[int, int]:
        """How a number of GPUs that are there around the clock divides into owned and reserved ones, at least cost.

        Both cost the same whether busy or not, so the cheaper kind does all it may and the other the rest.

        Example:
            >>> Prices(own_usd_per_gpu_h=1, rent_usd_per_gpu_h=3, reserved_usd_per_gpu_h=2, most_owned_gpus=8).split(10)
            (8, 2)
        """
        reserved = self.reserved_usd_per_gpu_h
        if reserved is None:
            return gpus, 0
        if reserved < self.own_usd_per_gpu_h:
            return 0, gpus
        owned = gpus if self.most_owned_gpus is None else min(gpus, self.most_owned_gpus)
        return owned, gpus - owned


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """The log replayed on one number of owned GPUs."""

    owned_gpus: int
    total_usd: float
    """Owning and renting over the log's period. [USD]"""
    own_usd: float
    reserved_gpus: int
    """GPUs rented around the clock beside the owned ones."""
    reserved_usd: float
    rent_usd: float
    """GPUs rented as jobs need them."""
    wait_mean_h: float
    """From submission to the first step, on owned or rented GPUs; likewise below. [h]"""
    wait_p50_h: float
    wait_p95_h: float
    waits_by_class: tuple[ClassWait, ...]
    burst_gpu_h: float
    """Work done on rented GPUs. [GPU h]"""
    billed_gpu_h: float
    """What the seller charges for it, setup and minimum billing included. [GPU h]"""
    burst_jobs: int
    utilisation: float
    """GPU-hours in use over GPU-hours owned or reserved, within the log's period. [-]"""
    impossible_jobs: int
    """Jobs that need more GPUs than are owned and may not be rented; left out of everything else."""
    unfinished_gpu_h: float
    """Work on owned GPUs that falls after the log's period: the tails of the last jobs, and the queue left. [GPU h]"""
    lost_gpu_h: float
    """Work thrown away by outages. [GPU h]"""
    keeps_up: bool
    """Whether the owned GPUs can do in the period the work they are given; if not, the queue only grows."""

    @property
    def steady_gpus(self) -> int:
        """GPUs that are there around the clock: owned and reserved."""
        return self.owned_gpus + self.reserved_gpus


def measure(
    setting: Setting, gpus: int, members: Sequence[Int64Array] = (), waits: Int64Array | None = None
) -> CurvePoint:
    """Replay on a number of GPUs that are there around the clock, and account for it.

    total = own · N · T + reserved · R · T + rent · Σ g·billed + transfer · jobs                    (S8)

    Args:
        setting: The log and what is asked of it.
        gpus: GPUs owned and reserved together, N + R.
        members: Jobs of each class asked for.
        waits: Array to write waits to; sweeps reuse one.
    """
    from payback.decision.sizing.replay import replay

    trace, asked = setting.trace, setting.asked
    prices = asked.prices
    found = replay(trace, gpus, asked.policy, asked.fleet, waits=waits)
    period_h = trace.window_s / SECONDS_PER_HOUR
    owned, reserved = prices.split(gpus)
    own_usd = prices.own_usd_per_gpu_h * owned * period_h
    reserved_usd = (prices.reserved_usd_per_gpu_h or 0.0) * reserved * period_h
    billed_gpu_h = _gpu_h(trace, found.billed_unit_s)
    rent_usd = prices.rent_usd_per_gpu_h * billed_gpu_h + trace.cloud.transfer_usd_per_job * found.burst_jobs
    mean_s, (p50_s, p95_s) = wait_statistics(found, trace.cloud.wait_s, (0.5, 0.95))
    capacity_unit_s = gpus * trace.units_per_gpu * trace.window_s
    return CurvePoint(
        owned_gpus=owned,
        total_usd=own_usd + reserved_usd + rent_usd,
        own_usd=own_usd,
        reserved_gpus=reserved,
        reserved_usd=reserved_usd,
        rent_usd=rent_usd,
        wait_mean_h=mean_s / SECONDS_PER_HOUR,
        wait_p50_h=p50_s / SECONDS_PER_HOUR,
        wait_p95_h=p95_s / SECONDS_PER_HOUR,
        waits_by_class=waits_by_class(found, asked.classes, members, trace.cloud.wait_s),
        burst_gpu_h=_gpu_h(trace, found.burst_unit_s),
        billed_gpu_h=billed_gpu_h,
        burst_jobs=found.burst_jobs,
        utilisation=found.busy_unit_s / capacity_unit_s if capacity_unit_s else 0.0,
        impossible_jobs=found.impossible_jobs,
        unfinished_gpu_h=_gpu_h(trace, found.owned_unit_s - found.busy_unit_s),
        lost_gpu_h=_gpu_h(trace, found.lost_unit_s),
        keeps_up=found.owned_unit_s <= capacity_unit_s,
    )


def wait_statistics(found: Replay, cloud_wait_s: int, shares: tuple[float, ...]) -> tuple[float, tuple[int, ...]]:
    """Mean wait, and the smallest wait that covers each share of the jobs.

    q(p) = the ⌈p·n⌉-th smallest wait                                                               (S7)

    A rented job has waited in the queue and then ``cloud_wait_s`` more; impossible jobs count nowhere.
    """
    from payback.decision.sizing.replay_fifo import late_waits

    jobs = len(found.waits_s) - found.impossible_jobs
    if not jobs:
        return 0.0, tuple(0 for _ in shares)
    late = np.empty(len(found.waits_s), np.int64)
    late = late[: late_waits(found.waits_s, cloud_wait_s, late)]
    on_time = jobs - len(late)
    ranks = [math.ceil(share * jobs) - 1 - on_time for share in shares]
    wanted = sorted({rank for rank in ranks if rank >= 0})
    if wanted:
        late.partition(wanted)
    return float(late.sum()) / jobs, tuple(int(late[rank]) if rank >= 0 else 0 for rank in ranks)


def knee(points: tuple[CurvePoint, ...]) -> CurvePoint | None:
    """The point after which another dollar buys little less waiting.

    Among points that no other beats in both, scaled to the unit square, the one farthest below the
    straight line from the cheapest to the one with the shortest waits (Satopää et al. 2011, Kneedle).  (S10)
    """
    frontier: list[CurvePoint] = []
    for point in sorted(points, key=lambda point: (point.total_usd, point.wait_p95_h)):
        if not frontier or point.wait_p95_h < frontier[-1].wait_p95_h:
            frontier.append(point)
    if len(frontier) < 3:
        return None
    cheapest, quickest = frontier[0], frontier[-1]
    usd, hours = quickest.total_usd - cheapest.total_usd, cheapest.wait_p95_h - quickest.wait_p95_h
    return min(
        frontier,
        key=lambda point: (
            (point.total_usd - cheapest.total_usd) / usd + (point.wait_p95_h - quickest.wait_p95_h) / hours
        ),
    )


def _gpu_h(trace: Trace, unit_s: int) -> float:
    return unit_s / trace.units_per_gpu / SECONDS_PER_HOUR
