"""What a log itself says of today: how long people waited, how many GPUs were busy at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from payback.observe.joblog.jobs import MILLI, JobLog
from payback.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Waits as they were, and the most GPUs that ran at once; both only of jobs whose wait the log gives."""

    jobs: int
    wait_p50_h: float
    wait_p95_h: float
    busiest_gpus: int
    """So many GPUs were there at least. [GPU]"""


def observed(jobs: JobLog) -> Observed | None:
    """Today as the log has seen it; None where it gives no waits."""
    if jobs.observed_wait_s is None:
        return None
    known = jobs.observed_wait_s >= 0
    waits_s = np.sort(jobs.observed_wait_s[known].astype(np.int64))
    if not len(waits_s):
        return None
    start = jobs.submit_s[known] + jobs.observed_wait_s[known]
    milli = jobs.milli_gpus[known]
    moments = np.concatenate([start + jobs.run_s[known], start])
    held = np.cumsum(np.concatenate([-milli, milli])[np.argsort(moments, kind="stable")])
    p50_s, p95_s = (int(waits_s[math.ceil(share * len(waits_s)) - 1]) for share in (0.5, 0.95))
    return Observed(
        jobs=len(waits_s),
        wait_p50_h=p50_s / SECONDS_PER_HOUR,
        wait_p95_h=p95_s / SECONDS_PER_HOUR,
        busiest_gpus=-(-int(held.max()) // MILLI),
    )
