"""How sure the number is: the log's weeks drawn again with replacement, and each draw sized anew.

Weeks, not jobs, are drawn, because demand is bursty and a week holds its bursts together (block bootstrap,
Künsch 1989). What a log of few weeks cannot show, such as the deadline that comes once a year, no draw shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from payback.decision.sizing.asked import Asked
from payback.decision.sizing.batch import run_batches
from payback.decision.sizing.curve import CurvePoint
from payback.decision.sizing.demand import DAY_S, resampled, whole_blocks, with_demand
from payback.decision.sizing.search import SizingResult, answer, best_or_quickest, measure_all
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog

FEWEST_BLOCKS: Final = 4
"""Below this a resample says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The best number of GPUs, owned and reserved, over resampled logs."""

    owned_gpus_p10: int
    owned_gpus_p50: int
    owned_gpus_p90: int
    regret_usd_p90: float
    """What owning the number found for the whole log costs above the best of a draw, 90th percentile. [USD]"""
    owned_gpus: tuple[int, ...]
    """The best number of every draw, in the order drawn."""
    blocks: int
    """Weeks drawn from."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """What all draws share."""

    jobs: JobLog
    asked: Asked
    gpus: tuple[int, ...]
    block_s: int
    blocks: int
    seed: int
    chosen_gpus: int


def spread(
    jobs: JobLog,
    result: SizingResult,
    *,
    draws: int = 200,
    block_days: int = 7,
    seed: int = 0,
    threads: int | None = None,
    cluster: str | None = None,
) -> Spread:
    """Size resampled logs on the numbers of GPUs the result has tried.

    Args:
        jobs: The log the result is about.
        result: The answer for the log as it is.
        draws: Resampled logs.
        block_days: Length of a block; 7 keeps the weekly rhythm. [d]
        seed: Draw k uses the stream (seed, k), so that more draws never change the earlier ones.
        threads: Threads on this machine; None: one a processor.
        cluster: Address of a Dask scheduler to run on instead.

    Raises:
        BadQuestionError: The log covers fewer than four blocks.
    """
    if draws < 1 or block_days < 1:
        raise BadQuestionError("resampling", f"{draws} draws of blocks of {block_days} days", "1 or more of both")
    block_s = block_days * DAY_S
    blocks = whole_blocks(jobs, block_s)
    if blocks < FEWEST_BLOCKS:
        raise BadQuestionError(
            "job log",
            f"{blocks} whole blocks of {block_days} days",
            f"at least {FEWEST_BLOCKS}, or shorter ones (--block-days)",
        )
    shared = Resampling(
        jobs=jobs,
        asked=replace(result.asked, classes=tuple(limit.job_class for limit in result.asked.limits.by_class)),
        gpus=tuple(point.steady_gpus for point in result.curve),
        block_s=block_s,
        blocks=blocks,
        seed=seed,
        chosen_gpus=result.best.steady_gpus,
    )
    found = run_batches(_draw, range(draws), shared=shared, cluster=cluster, threads=threads)
    numbers = [number for number, _ in found]
    p10, p50, p90 = np.quantile(numbers, (0.1, 0.5, 0.9), method="inverted_cdf")
    return Spread(
        owned_gpus_p10=int(p10),
        owned_gpus_p50=int(p50),
        owned_gpus_p90=int(p90),
        regret_usd_p90=float(np.quantile([regret for _, regret in found], 0.9, method="inverted_cdf")),
        owned_gpus=tuple(numbers),
        blocks=blocks,
        seed=seed,
    )


def _draw(shared: Resampling, number: int) -> tuple[int, float]:
    """The best number of GPUs for one resampled log, and what the number chosen for the whole log costs above it."""
    random = np.random.default_rng([shared.seed, number])
    log = resampled(shared.jobs, shared.block_s, random.integers(0, shared.blocks, shared.blocks))
    curve: Sequence[CurvePoint] = measure_all(
        shared.asked.of(log, window_s=shared.blocks * shared.block_s), shared.gpus
    )
    best = best_or_quickest(curve, shared.asked.limits)
    chosen = next(point for point in curve if point.steady_gpus == shared.chosen_gpus)
    return best.steady_gpus, chosen.total_usd - best.total_usd


def over_years(
    jobs: JobLog,
    result: SizingResult,
    *,
    growth_per_year: float,
    years: int,
    owned: Sequence[int] | None = None,
    seed: int = 0,
    threads: int | None = None,
    cluster: str | None = None,
) -> tuple[SizingResult, ...]:
    """The answer if demand grows: one result a year, the first for the log as it is.

    Args:
        jobs: The log the result is about.
        result: The answer for the log as it is.
        growth_per_year: 0.2 is 20 % more jobs every year.
        years: Years to look ahead.
        owned: Numbers of GPUs to replay, no others; None to search.
        seed: For drawing the additional jobs.
        threads: Threads on this machine; None: one a processor.
        cluster: Address of a Dask scheduler to run on instead.
    """
    if not -1 < growth_per_year < 100 or not 1 <= years <= 30:
        found = f"{growth_per_year:+.0%} a year for {years} years"
        raise BadQuestionError("growth", found, "a share above -1 a year (0.2 is 20 % more jobs), for 1 to 30 years")
    grown = (with_demand(jobs, (1 + growth_per_year) ** year, seed=seed) for year in range(1, years + 1))
    return (result, *(answer(log, result.asked, owned=owned, threads=threads, cluster=cluster) for log in grown))
