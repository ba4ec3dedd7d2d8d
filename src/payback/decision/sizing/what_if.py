"""The same question put to another world: more jobs, faster GPUs, other prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from payback.decision.sizing.demand import with_demand
from payback.decision.sizing.search import SizingResult, answer
from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import UNKNOWN, JobLog
from payback.units import SECONDS_PER_HOUR

KEYS = ("jobs", "speed", "own", "rent")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What is different."""

    jobs: float = 1.0
    """Factor on the number of jobs; 1.2 is 20 % more."""
    speed: float = 1.0
    """Factor on the speed of the owned GPUs, such as the next generation's over today's."""
    own_usd_per_gpu_h: float | None = None
    """Cost of owning one for an hour; None: as now. [USD/GPU h]"""
    rent_usd_per_gpu_h: float | None = None
    """Price of a rented GPU of today's speed; None: as now. [USD/GPU h]"""

    @classmethod
    def parse(cls, text: str) -> WhatIf:
        """A what-if as people write it.

        Raises:
            BadQuestionError: It is none.

        Example:
            >>> WhatIf.parse("speed=2,own=0.4")
            WhatIf(jobs=1.0, speed=2.0, own_usd_per_gpu_h=0.4, rent_usd_per_gpu_h=None)
        """
        stated: dict[str, float] = {}
        for pair in text.split(","):
            key, _, number = (part.strip() for part in pair.partition("="))
            try:
                value = float(number)
            except ValueError:
                value = -1.0
            if key not in KEYS or key in stated or not 0 <= value < np.inf or (key in KEYS[:2] and not value):
                raise BadQuestionError(
                    "what-if", repr(text), "jobs=1.2 (20 % more), speed=2 (the next generation), own=USD/h, rent=USD/h"
                )
            stated[key] = value
        return cls(
            jobs=stated.get("jobs", 1.0),
            speed=stated.get("speed", 1.0),
            own_usd_per_gpu_h=stated.get("own"),
            rent_usd_per_gpu_h=stated.get("rent"),
        )

    def __str__(self) -> str:
        """For headings.

        Example:
            >>> str(WhatIf(jobs=1.2)), str(WhatIf(speed=2.0, own_usd_per_gpu_h=0.4))
            ('20% more jobs', 'GPUs 2x as fast, owning 0.400 USD/h')
        """
        parts = []
        if self.jobs != 1:
            parts.append(f"{abs(self.jobs - 1):.0%} {'more' if self.jobs > 1 else 'fewer'} jobs")
        if self.speed != 1:
            parts.append(f"GPUs {self.speed:g}x as fast")
        for name, usd in (("owning", self.own_usd_per_gpu_h), ("renting", self.rent_usd_per_gpu_h)):
            if usd is not None:
                parts.append(f"{name} {usd:.3f} USD/h")
        return ", ".join(parts) or "nothing else"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfResult:
    """What the answer would be."""

    what_if: WhatIf
    result: SizingResult
    worth_up_to_usd_per_gpu_h: float | None
    """Owning an hour of such a GPU may cost so much before the whole costs more than without the change, at a number
    of GPUs tried. [USD/GPU h]"""


def what_if(
    jobs: JobLog,
    result: SizingResult,
    change: WhatIf,
    *,
    owned: Sequence[int] | None = None,
    seed: int = 0,
    threads: int | None = None,
    cluster: str | None = None,
) -> WhatIfResult:
    """Put the question of a result to another world, over the same period.

    Rented GPUs stay those of today. An hour of a GPU ``s`` times as fast does the work of ``s`` hours of them, so
    for equal work it is compared with ``s`` times their price.
    """
    log = jobs if change.jobs == 1 else with_demand(jobs, change.jobs, seed=seed)
    prices = result.asked.prices
    stated_rent = change.rent_usd_per_gpu_h
    rent = prices.rent_usd_per_gpu_h if stated_rent is None else stated_rent
    own = prices.own_usd_per_gpu_h if change.own_usd_per_gpu_h is None else change.own_usd_per_gpu_h
    reserved = prices.reserved_usd_per_gpu_h
    asked = replace(
        result.asked,
        prices=replace(
            prices,
            own_usd_per_gpu_h=own,
            rent_usd_per_gpu_h=rent * change.speed,
            reserved_usd_per_gpu_h=None if reserved is None else reserved * change.speed,
        ),
    )
    changed = answer(
        faster(log, change.speed),
        asked,
        owned=owned,
        period_s=round(result.period_h * SECONDS_PER_HOUR),
        threads=threads,
        cluster=cluster,
    )
    return WhatIfResult(what_if=change, result=changed, worth_up_to_usd_per_gpu_h=_worth_up_to(changed, result))


def faster(jobs: JobLog, speed: float) -> JobLog:
    """The log were every GPU ``speed`` times as fast; submissions stay where they are.

    Example: at speed 2 a run of 3,601 s takes 1,801 s.
    """
    if speed == 1:
        return jobs
    estimate_s = jobs.estimate_s
    if estimate_s is not None:
        shorter = np.maximum(1, np.ceil(estimate_s / speed))
        estimate_s = np.where(estimate_s == UNKNOWN, UNKNOWN, shorter).astype(np.int32)
    run_s = np.maximum(1, np.ceil(jobs.run_s / speed)).astype(np.int64)
    return replace(jobs, run_s=run_s, estimate_s=estimate_s)


def _worth_up_to(changed: SizingResult, result: SizingResult) -> float | None:
    """The highest cost of owning at which some number tried costs no more than the unchanged answer."""
    hours = [
        (result.best.total_usd - point.total_usd + point.own_usd) / (point.owned_gpus * changed.period_h)
        for point in changed.curve
        if point.owned_gpus and point.keeps_up and not point.impossible_jobs and changed.asked.limits.allow(point)
    ]
    highest = max(hours, default=-1.0)
    return highest if highest > 0 else None
