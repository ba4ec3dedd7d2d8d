"""What is asked of a log: prices, rules and limits, apart from the log itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.decision.sizing.classes import ClassLimit, JobClass
from payback.decision.sizing.curve import CurvePoint, Prices
from payback.decision.sizing.fleet import Fleet
from payback.decision.sizing.policies import BurstPolicy, CloudTerms
from payback.decision.sizing.trace import Fractions, Trace, trace_of
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog

Estimates = Literal["log", "exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitLimits:
    """What waits people accept; None: any. [h]"""

    p50_h: float | None = None
    p95_h: float | None = None
    by_class: tuple[ClassLimit, ...] = ()
    """Limits of their own for some kinds of job."""

    def __post_init__(self) -> None:
        stated = [self.p50_h, self.p95_h]
        for limit in self.by_class:
            stated += [limit.p50_h, limit.p95_h]
        if any(hours is not None and not 0 <= hours < np.inf for hours in stated):
            raise BadQuestionError("longest wait", str(self), "hours, zero or more")

    def allow(self, point: CurvePoint) -> bool:
        """Whether a point keeps within them."""
        waits = {wait.name: wait for wait in point.waits_by_class}
        return (
            (self.p50_h is None or point.wait_p50_h <= self.p50_h)
            and (self.p95_h is None or point.wait_p95_h <= self.p95_h)
            and all(limit.allows(waits[limit.job_class.name]) for limit in self.by_class)
        )

    def __str__(self) -> str:
        """For messages.

        Example:
            >>> str(WaitLimits(p95_h=1.5))
            'p95 1.5 h'
        """
        limits = [
            f"{name} {hours:g} h" for name, hours in (("median", self.p50_h), ("p95", self.p95_h)) if hours is not None
        ]
        return "; ".join([*limits, *map(str, self.by_class)]) or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything a sizing needs beside the jobs."""

    prices: Prices
    policy: BurstPolicy
    fleet: Fleet
    limits: WaitLimits
    cloud: CloudTerms
    fractions: Fractions
    estimates: Estimates
    step_gpus: int
    """GPUs are bought in such steps. [GPU]"""
    classes: tuple[JobClass, ...] = ()
    """Kinds of job whose waits are told apart; those with limits of their own among them."""

    def __post_init__(self) -> None:
        for name in ("own_usd_per_gpu_h", "rent_usd_per_gpu_h", "reserved_usd_per_gpu_h"):
            value = getattr(self.prices, name)
            if value is not None and not 0 <= value < np.inf:
                raise BadQuestionError(name, str(value), "a price of zero or more")
        if self.prices.most_owned_gpus is not None and self.prices.most_owned_gpus < 0:
            raise BadQuestionError("most_owned_gpus", str(self.prices.most_owned_gpus), "0 or more")
        if self.step_gpus < 1:
            raise BadQuestionError("step_gpus", str(self.step_gpus), "1 or more")

    def of(self, jobs: JobLog, *, window_s: int | None = None) -> Setting:
        """The question put to a log."""
        trace = trace_of(jobs, cloud=self.cloud, fractions=self.fractions, estimates=self.estimates, window_s=window_s)
        return Setting(trace=trace, asked=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """All that replays of one log share; sent to every worker once."""

    trace: Trace
    asked: Asked

    def members(self) -> tuple[Int64Array, ...]:
        """Numbers of the jobs in each class asked for."""
        return tuple(job_class.members(self.trace) for job_class in self.asked.classes)
