"""Several sizings of one log beside each other: other rules and terms for renting, or one a kind of GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payback.decision.sizing.curve import Prices
from payback.decision.sizing.policies import NEVER, BurstPolicy, CloudTerms
from payback.decision.sizing.search import SizingResult, size
from payback.errors import BadQuestionError, NoFeasibleOptionError, UnknownNameError
from payback.observe.joblog.jobs import JobLog


@dataclass(frozen=True, slots=True, kw_only=True)
class RentTerm:
    """A way to rent as jobs need it."""

    name: str
    """``on-demand`` or ``spot``."""
    rent_usd_per_gpu_h: float
    cloud: CloudTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One rule for renting with one term, and what it leads to."""

    policy: BurstPolicy
    term: str
    result: SizingResult | None
    refused: str | None = None
    """Why it is no answer."""


def alternatives(
    jobs: JobLog, policies: Sequence[BurstPolicy], terms: Sequence[RentTerm], **asked: Any
) -> tuple[Alternative, ...]:
    """Size a log once for every rule and every term; the cheapest first, those that are no answer last.

    Args:
        jobs: The log.
        policies: The rules, such as ``after_wait(3600)`` and ``on_queue_length(10)``.
        terms: Ways to rent.
        asked: Everything else as for ``size``. State a longest wait: without one, rules that let people wait win.

    Raises:
        NoFeasibleOptionError: No rule keeps within the wait limits.
    """
    if not policies or not terms:
        raise BadQuestionError("policies", "none", "one rule or more")
    # Who never rents does so on any terms.
    pairs = [(policy, term) for policy in policies for term in (terms[:1] if policy == NEVER else terms)]
    found = tuple(_alternative(jobs, policy, term, asked) for policy, term in pairs)
    answers = [one for one in found if one.result is not None]
    if not answers:
        raise NoFeasibleOptionError("; ".join(dict.fromkeys(one.refused for one in found if one.refused)))
    answers.sort(key=lambda one: one.result.best.total_usd if one.result else 0.0)
    return (*answers, *(one for one in found if one.result is None))


def _alternative(jobs: JobLog, policy: BurstPolicy, term: RentTerm, asked: dict[str, Any]) -> Alternative:
    result, refused = None, None
    try:
        result = size(
            jobs,
            policy=policy,
            rent_usd_per_gpu_h=term.rent_usd_per_gpu_h,
            rent_term=term.name,
            cloud=term.cloud,
            **asked,
        )
    except NoFeasibleOptionError as error:
        refused = str(error)
    return Alternative(policy=policy, term=term.name, result=result, refused=refused)


def compare_policies(
    jobs: JobLog, policies: Sequence[BurstPolicy], *, rent_usd_per_gpu_h: float, **asked: Any
) -> tuple[SizingResult, ...]:
    """Size a log once for every rule for renting; the cheapest first, rules that keep no wait limit left out.

    Raises:
        NoFeasibleOptionError: No rule keeps within the wait limits.
    """
    term = RentTerm(
        name="on-demand",
        rent_usd_per_gpu_h=rent_usd_per_gpu_h,
        cloud=asked.pop("cloud", None) or CloudTerms(),
    )
    found = alternatives(jobs, policies, [term], **asked)
    return tuple(one.result for one in found if one.result is not None)


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
            reserved_usd_per_gpu_h=price.reserved_usd_per_gpu_h,
            most_owned_gpus=price.most_owned_gpus,
            period_s=jobs.period_s,
            **asked,
        )
    return results
