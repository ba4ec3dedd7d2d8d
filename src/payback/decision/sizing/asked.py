"""What is asked of a log: prices, rules and limits, apart from the log itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

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

    def allow(self, point: CurvePoint) -> bool:
        """Whether a point keeps within them."""
        return (self.p50_h is None or point.wait_p50_h <= self.p50_h) and (
            self.p95_h is None or point.wait_p95_h <= self.p95_h
        )


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

    def __post_init__(self) -> None:
        for name in ("own_usd_per_gpu_h", "rent_usd_per_gpu_h"):
            value = getattr(self.prices, name)
            if not 0 <= value < np.inf:
                raise BadQuestionError(name, str(value), "a price of zero or more")
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
