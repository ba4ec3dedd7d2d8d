"""Several sizings of one log beside each other: other rules for renting, or one a kind of GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payback.decision.sizing.curve import Prices
from payback.decision.sizing.policies import BurstPolicy
from payback.decision.sizing.search import SizingResult, size
from payback.errors import BadQuestionError, NoFeasibleOptionError, UnknownNameError
from payback.observe.joblog.jobs import JobLog


def compare_policies(jobs: JobLog, policies: Sequence[BurstPolicy], **asked: Any) -> tuple[SizingResult, ...]:
    """Size a log once for every rule for renting; the cheapest first.

    Args:
        jobs: The log.
        policies: The rules, such as ``after_wait(3600)`` and ``on_queue_length(10)``.
        asked: Everything else as for ``size``. State a longest wait: without one, rules that let people wait win.

    Raises:
        NoFeasibleOptionError: No rule keeps within the wait limits.
    """
    results = []
    for policy in policies:
        try:
            results.append(size(jobs, policy=policy, **asked))
        except NoFeasibleOptionError as error:
            refused = error
    if not results:
        raise refused if policies else BadQuestionError("policies", "none", "one rule or more")
    return tuple(sorted(results, key=lambda result: result.best.total_usd))


def size_pools(jobs: JobLog, prices: Mapping[str, Prices], **asked: Any) -> dict[str, SizingResult]:
    """Size every pool of a log by itself: kinds of GPU, or partitions, that cannot stand in for each other.

    Args:
        jobs: The log; its reader has filled ``pool``.
        prices: What an hour costs in each pool; pools not named are left out.
        asked: Everything else as for ``size``. The period is that of the whole log in all pools.

    Raises:
        UnknownNameError: The log has no pool of a name.
    """
    results = {}
    for name, price in prices.items():
        if jobs.pool is None or name not in jobs.pools:
            raise UnknownNameError("pool", name, jobs.pools, f"The log has: {', '.join(jobs.pools) or 'none'}.")
        results[name] = size(
            jobs.take(jobs.pool == jobs.pools.index(name)),
            own_usd_per_gpu_h=price.own_usd_per_gpu_h,
            rent_usd_per_gpu_h=price.rent_usd_per_gpu_h,
            period_s=jobs.period_s,
            **asked,
        )
    return results
