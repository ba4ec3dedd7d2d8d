"""When a job leaves the queue for the cloud, and what the cloud then charges.

A policy is two numbers a kernel can test: the longest wait and the longest queue. de Assuncao, di Costanzo and
Buyya (HPDC 2009) compare such rules; that a threshold is the right shape is due to Shifrin, Atar and Cidon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.errors import BadQuestionError

NO_LIMIT: Final = 1 << 60
"""A wait, in seconds, or a queue, in jobs, that no log reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstPolicy:
    """The rule by which a job that could run on owned GPUs is sent to rented ones.

    A job that needs more GPUs than are owned is rented the moment it is submitted, whatever the rule; under
    ``never`` it is impossible instead.
    """

    kind: Literal["never", "wait", "predicted", "queue"]
    limit_s: int = NO_LIMIT
    """``wait``: leave after this wait; ``predicted``: leave at once if the wait would exceed this. [s]"""
    queue_jobs: int = NO_LIMIT
    """``queue``: leave at once if this many jobs wait already."""


NEVER: Final = BurstPolicy(kind="never")


def after_wait(limit_s: int) -> BurstPolicy:
    """A job leaves when it has waited ``limit_s`` seconds and cannot start in that very second.

    Example:
        >>> after_wait(3600)
        BurstPolicy(kind='wait', limit_s=3600, queue_jobs=1152921504606846976)
    """
    return BurstPolicy(kind="wait", limit_s=_non_negative(limit_s, "limit_s"))


def on_predicted_wait(limit_s: int) -> BurstPolicy:
    """A job leaves at submission if the queue, as planned from the run times known then, keeps it longer."""
    return BurstPolicy(kind="predicted", limit_s=_non_negative(limit_s, "limit_s"))


def on_queue_length(queue_jobs: int) -> BurstPolicy:
    """A job leaves at submission if ``queue_jobs`` or more jobs wait already."""
    return BurstPolicy(kind="queue", queue_jobs=_non_negative(queue_jobs, "queue_jobs"))


def _non_negative(value: int, name: str) -> int:
    if value < 0:
        raise BadQuestionError(name, str(value), "zero or more")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTerms:
    """What stands between sending a job away and its first step, and how the seller counts time.

    Every term is zero unless the user states one: none of them is ours to guess.
    """

    start_delay_s: int = 0
    """From asking for a machine to having it; the job waits, the seller does not charge yet. [s]"""
    setup_s: int = 0
    """Charged before the job runs: boot, image, copying data in and out. [s]"""
    minimum_billing_s: int = 0
    """The shortest time charged. [s]"""
    billing_step_s: int = 1
    """Time is charged in steps of this length, the last one in full. [s]"""
    transfer_usd_per_job: float = 0.0
    """Traffic and requests of one job. [USD]"""

    @property
    def wait_s(self) -> int:
        """What a rented job waits beyond its wait in the queue. [s]"""
        return self.start_delay_s + self.setup_s

    def billed_s(self, run_s: Int64Array) -> Int64Array:
        """Seconds charged for each run time.

        billed = step · ⌈max(minimum, setup + run) / step⌉                                          (S9)

        Example:
            >>> CloudTerms(setup_s=60, minimum_billing_s=600, billing_step_s=60).billed_s(np.array([30, 541, 3600]))
            array([ 600,  660, 3660])
        """
        charged = np.maximum(run_s + self.setup_s, self.minimum_billing_s)
        return -(-charged // self.billing_step_s) * self.billing_step_s
