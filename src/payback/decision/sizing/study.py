"""Everything a lab asks of its log in one go: the answer, today beside it, how sure it is, what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from payback.decision.sizing.asked import Estimates, WaitLimits
from payback.decision.sizing.bootstrap import Spread, over_years, spread
from payback.decision.sizing.compare import Alternative, RentTerm, alternatives, size_pools
from payback.decision.sizing.curve import CurvePoint, Prices, measure
from payback.decision.sizing.fleet import Failures, Queue
from payback.decision.sizing.observed import Observed, observed
from payback.decision.sizing.policies import NEVER, BurstPolicy, CloudTerms, after_wait
from payback.decision.sizing.search import SizingResult
from payback.decision.sizing.trace import Fractions
from payback.decision.sizing.what_if import WhatIf, WhatIfResult, what_if
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog
from payback.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """What is asked of a log, prices aside."""

    owned: tuple[int, ...] | None = None
    """Numbers of GPUs to replay, no others; None: a search."""
    policies: tuple[BurstPolicy, ...] = (after_wait(SECONDS_PER_HOUR),)
    """Rules for renting; of several the cheapest wins."""
    cloud: CloudTerms = field(default_factory=CloudTerms)
    """How rented time is delayed and charged; interruptions count on spot terms alone."""
    queue: Queue = "fifo"
    node_gpus: int | None = None
    failures: Failures | None = None
    limits: WaitLimits = field(default_factory=WaitLimits)
    most_owned_gpus: int | None = None
    step_gpus: int = 1
    fractions: Fractions = "share"
    estimates: Estimates = "log"
    now_gpus: int | None = None
    """GPUs owned today."""
    draws: int = 0
    """Resampled logs for the spread of the number; 0: none."""
    block_days: int = 7
    growth_per_year: float | None = None
    years: int = 3
    what_if: tuple[WhatIf, ...] = ()
    pools: Mapping[str, Prices | None] = field(default_factory=dict)
    """Kinds of GPU to size apart, with their prices; None: the same as for the whole log. ``all``: every kind."""
    seed: int = 0
    threads: int | None = None
    cluster: str | None = None

    def asked(self) -> dict[str, Any]:
        """What ``size`` takes of it."""
        return {
            "owned": self.owned,
            "queue": self.queue,
            "node_gpus": self.node_gpus,
            "failures": self.failures,
            "max_wait_p50_h": self.limits.p50_h,
            "max_wait_p95_h": self.limits.p95_h,
            "class_limits": self.limits.by_class,
            "step_gpus": self.step_gpus,
            "fractions": self.fractions,
            "estimates": self.estimates,
            "threads": self.threads,
            "cluster": self.cluster,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The answer and all that was asked around it."""

    result: SizingResult
    alternatives: tuple[Alternative, ...]
    """All rules and terms tried, the cheapest first; the answer is that of the first."""
    observed: Observed | None
    now: CurvePoint | None
    """Today's number of GPUs replayed, nothing rented."""
    spread: Spread | None
    years: tuple[SizingResult, ...]
    what_if: tuple[WhatIfResult, ...]
    pools: Mapping[str, SizingResult]


def study(jobs: JobLog, request: StudyRequest, prices: Prices, *, spot_usd_per_gpu_h: float | None = None) -> Study:
    """Answer a request.

    Args:
        jobs: The log.
        request: What is asked.
        prices: What an hour costs: owned, on demand, reserved.
        spot_usd_per_gpu_h: The same on spot terms; None: not looked at. [USD/GPU h]

    Raises:
        BadQuestionError: The log holds no job, or the request makes no sense.
        NoFeasibleOptionError: Nothing keeps within the wait limits.
    """
    found = alternatives(
        jobs,
        request.policies,
        _terms(request, prices, spot_usd_per_gpu_h),
        own_usd_per_gpu_h=prices.own_usd_per_gpu_h,
        reserved_usd_per_gpu_h=prices.reserved_usd_per_gpu_h,
        most_owned_gpus=request.most_owned_gpus,
        **request.asked(),
    )
    result = found[0].result
    assert result is not None
    return Study(
        result=result,
        alternatives=found,
        observed=observed(jobs),
        now=_now(jobs, result, request.now_gpus),
        spread=_spread(jobs, result, request),
        years=_years(jobs, result, request),
        what_if=tuple(
            what_if(
                jobs,
                result,
                change,
                owned=request.owned,
                seed=request.seed,
                threads=request.threads,
                cluster=request.cluster,
            )
            for change in request.what_if
        ),
        pools=size_pools(
            jobs,
            {name: price or prices for name, price in _pools(jobs, request.pools).items()},
            policy=result.asked.policy,
            cloud=result.asked.cloud,
            rent_term=result.asked.prices.rent_term,
            **request.asked(),
        ),
    )


def _terms(request: StudyRequest, prices: Prices, spot_usd_per_gpu_h: float | None) -> list[RentTerm]:
    steady = replace(request.cloud, interruptions_per_day=0.0, checkpoint_s=0)
    terms = [RentTerm(name="on-demand", rent_usd_per_gpu_h=prices.rent_usd_per_gpu_h, cloud=steady)]
    if spot_usd_per_gpu_h is not None:
        if not request.cloud.interruptions_per_day:
            raise BadQuestionError(
                "spot terms",
                "no rate of interruptions",
                "interruptions a day (--interruptions-per-day): without them a price would flatter spot",
            )
        terms.append(RentTerm(name="spot", rent_usd_per_gpu_h=spot_usd_per_gpu_h, cloud=request.cloud))
    return terms


def _pools(jobs: JobLog, wanted: Mapping[str, Prices | None]) -> Mapping[str, Prices | None]:
    """The pools asked for; ``all`` stands for every one that has jobs."""
    if "all" not in wanted or "all" in jobs.pools:
        return wanted
    if jobs.pool is None:
        raise BadQuestionError("pools", "a log that names none", "a column of pools (csv: pool=NAME), or no pools")
    counts = np.bincount(jobs.pool, minlength=len(jobs.pools))
    every = dict.fromkeys(name for name, count in zip(jobs.pools, counts.tolist(), strict=True) if count)
    return every | {name: price for name, price in wanted.items() if name != "all"}


def _now(jobs: JobLog, result: SizingResult, gpus: int | None) -> CurvePoint | None:
    if gpus is None:
        return None
    if gpus < 0:
        raise BadQuestionError("now", str(gpus), "the number of GPUs owned today")
    asked = replace(
        result.asked,
        policy=NEVER,
        prices=replace(result.asked.prices, reserved_usd_per_gpu_h=None, most_owned_gpus=None),
    )
    setting = asked.of(jobs, window_s=round(result.period_h * SECONDS_PER_HOUR))
    return measure(setting, gpus, setting.members())


def _spread(jobs: JobLog, result: SizingResult, request: StudyRequest) -> Spread | None:
    if not request.draws:
        return None
    return spread(
        jobs,
        result,
        draws=request.draws,
        block_days=request.block_days,
        seed=request.seed,
        threads=request.threads,
        cluster=request.cluster,
    )


def _years(jobs: JobLog, result: SizingResult, request: StudyRequest) -> tuple[SizingResult, ...]:
    if request.growth_per_year is None:
        return ()
    return over_years(
        jobs,
        result,
        growth_per_year=request.growth_per_year,
        years=request.years,
        owned=request.owned,
        seed=request.seed,
        threads=request.threads,
        cluster=request.cluster,
    )
