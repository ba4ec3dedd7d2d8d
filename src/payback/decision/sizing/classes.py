"""Kinds of job whose waits are looked at apart: by the GPUs they hold, or by their priority."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from payback.decision.sizing.arrays import PRIORITY, UNITS, Int64Array
from payback.decision.sizing.trace import Trace
from payback.errors import BadQuestionError
from payback.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from payback.decision.sizing.replay import Replay

MOST_PRIORITIES: Final = 10
"""A log with more priorities than this has scores, not classes."""
_SIZE = re.compile(r"(\d+)(?:-(\d+)|(\+))?")
_PRIORITY = re.compile(r"priority[: =]?\s*(-?\d+)", re.IGNORECASE)
FORM: Final = "GPUs a job holds (1, 2-7, 8, 9+), a share counted as one, or priority:5"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobClass:
    """Jobs of one size, or of one priority."""

    name: str
    fewest_gpus: int = 0
    most_gpus: float = math.inf
    priority: int | None = None

    @classmethod
    def parse(cls, text: str) -> JobClass:
        """A class as people write it.

        Raises:
            BadQuestionError: It is none.

        Example:
            >>> JobClass.parse("2-7"), JobClass.parse("9+").fewest_gpus, JobClass.parse("priority:5").priority
            (JobClass(name='2-7', fewest_gpus=2, most_gpus=7, priority=None), 9, 5)
        """
        name = text.strip()
        priority, size = _PRIORITY.fullmatch(name), _SIZE.fullmatch(name)
        if priority:
            return cls(name=f"priority {priority.group(1)}", priority=int(priority.group(1)))
        if size is None:
            raise BadQuestionError("class of jobs", repr(text), FORM)
        fewest = int(size.group(1))
        most = math.inf if size.group(3) else int(size.group(2) or fewest)
        if most < fewest:
            raise BadQuestionError("class of jobs", repr(text), FORM)
        return cls(name=name, fewest_gpus=fewest, most_gpus=most)

    def members(self, trace: Trace) -> Int64Array:
        """Numbers of the jobs in it."""
        if self.priority is not None:
            return np.flatnonzero(trace.rows[:, PRIORITY] == self.priority)
        gpus = -(-trace.rows[:, UNITS] // trace.units_per_gpu)
        return np.flatnonzero((gpus >= self.fewest_gpus) & (gpus <= self.most_gpus))


SIZES: Final = tuple(JobClass.parse(name) for name in ("1", "2-7", "8", "9+"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWait:
    """How long the jobs of a class wait."""

    name: str
    jobs: int
    p50_h: float
    p95_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLimit:
    """What waits the jobs of a class accept; None: any. [h]"""

    job_class: JobClass
    p50_h: float | None = None
    p95_h: float | None = None

    def allows(self, wait: ClassWait) -> bool:
        """Whether a class keeps within it."""
        return (self.p50_h is None or wait.p50_h <= self.p50_h) and (self.p95_h is None or wait.p95_h <= self.p95_h)

    def __str__(self) -> str:
        """For messages.

        Example:
            >>> str(ClassLimit(job_class=JobClass.parse("8"), p95_h=2.0))
            'jobs of class 8: p95 2 h'
        """
        limits = [
            f"{name} {hours:g} h" for name, hours in (("median", self.p50_h), ("p95", self.p95_h)) if hours is not None
        ]
        return f"jobs of class {self.job_class.name}: {', '.join(limits)}"


def usual_classes(trace: Trace) -> tuple[JobClass, ...]:
    """The classes a log has of itself: its sizes of job, and its priorities where it has a few."""
    priorities = np.unique(trace.rows[:, PRIORITY])
    classes = [*SIZES]
    if 1 < len(priorities) <= MOST_PRIORITIES:
        classes += [JobClass.parse(f"priority:{priority}") for priority in priorities[::-1].tolist()]
    return tuple(found for found in classes if len(found.members(trace)))


def waits_by_class(
    found: Replay, classes: Sequence[JobClass], members: Sequence[Int64Array], cloud_wait_s: int
) -> tuple[ClassWait, ...]:
    """Waits of each class, counted as S7 counts those of all jobs; impossible jobs count nowhere."""
    from payback.decision.sizing.replay_fifo import IMPOSSIBLE

    result = []
    for job_class, jobs in zip(classes, members, strict=True):
        waits_s = found.waits_s[jobs]
        waits_s = waits_s[waits_s != IMPOSSIBLE]
        waits_s = np.where(waits_s < 0, ~waits_s + cloud_wait_s, waits_s)
        p50_s, p95_s = (_quantile(waits_s, share) for share in (0.5, 0.95))
        result.append(
            ClassWait(
                name=job_class.name,
                jobs=len(jobs),
                p50_h=p50_s / SECONDS_PER_HOUR,
                p95_h=p95_s / SECONDS_PER_HOUR,
            )
        )
    return tuple(result)


def _quantile(waits_s: Int64Array, share: float) -> int:
    if not len(waits_s):
        return 0
    rank = math.ceil(share * len(waits_s)) - 1
    return int(np.partition(waits_s, rank)[rank])
