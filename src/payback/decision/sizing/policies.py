"""When a job leaves the queue for the cloud, and what the cloud then charges.

A policy is two numbers a kernel can test: the longest wait and the longest queue. de Assuncao, di Costanzo and
Buyya (HPDC 2009) compare such rules; that a threshold is the right shape is due to Shifrin, Atar and Cidon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.errors import BadQuestionError, NoFeasibleOptionError

DAY_S: Final = 86_400
HOPELESS: Final = 12.0
"""Interruptions expected within one uninterrupted stretch, beyond which waiting for luck is no plan."""
_UNITS: Final = (("d", DAY_S), ("h", 3600), ("m", 60), ("s", 1))
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

    def __str__(self) -> str:
        """As the command line writes it.

        Example:
            >>> str(after_wait(5400)), str(on_queue_length(20)), str(NEVER)
            ('wait:90m', 'queue:20', 'never')
        """
        if self.kind == "never":
            return self.kind
        if self.kind == "queue":
            return f"queue:{self.queue_jobs}"
        unit, length = next((unit, length) for unit, length in _UNITS if self.limit_s % length == 0)
        return f"{self.kind}:{self.limit_s // length}{unit}"


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
    interruptions_per_day: float = 0.0
    """How often the seller takes a machine away (spot), on average; the job then starts again elsewhere. [1/d]"""
    checkpoint_s: int = 0
    """Work between two checkpoints of a rented job; 0: none, an interrupted job starts over. [s]"""

    def __post_init__(self) -> None:
        if self.billing_step_s < 1:
            raise BadQuestionError("billing_step_s", str(self.billing_step_s), "1 or more")
        for name in (
            "start_delay_s", "setup_s", "minimum_billing_s", "transfer_usd_per_job", "interruptions_per_day",
            "checkpoint_s",
        ):  # fmt: skip
            if not 0 <= getattr(self, name) < np.inf:
                raise BadQuestionError(name, str(getattr(self, name)), "zero or more")

    @property
    def wait_s(self) -> int:
        """What a rented job waits beyond its wait in the queue. [s]"""
        return self.start_delay_s + self.setup_s

    def expected_run_s(self, run_s: Int64Array) -> Int64Array:
        """Seconds a job of each run time takes on average, work done again after interruptions included.

        E(t) = (e^λt − 1) / λ without checkpoints; with one every c seconds of work
        ⌊t/c⌋·E(c) + E(t − c·⌊t/c⌋)                                                                (S13)

        Raises:
            NoFeasibleOptionError: Some job would hardly ever come to its end.

        Example:
            >>> CloudTerms(interruptions_per_day=1).expected_run_s(np.array([3600, 86_400]))
            array([  3677, 148460])
            >>> CloudTerms(interruptions_per_day=1, checkpoint_s=3600).expected_run_s(np.array([86_400]))
            array([88226])
        """
        if not self.interruptions_per_day:
            return run_s
        rate = self.interruptions_per_day / DAY_S
        piece_s = np.minimum(run_s, self.checkpoint_s or run_s)
        pieces = run_s // np.maximum(piece_s, 1)
        if rate * float(piece_s.max(initial=0)) > HOPELESS:
            raise NoFeasibleOptionError(
                f"with {self.interruptions_per_day:g} interruptions a day a job that runs {piece_s.max() / 3600:.0f} h "
                "at a stretch would hardly ever come to its end: let jobs write checkpoints (--checkpoint)"
            )
        left_s = run_s - pieces * piece_s
        expected = (pieces * np.expm1(rate * piece_s) + np.expm1(rate * left_s)) / rate
        whole: Int64Array = np.ceil(expected - 1e-6).astype(np.int64)
        return whole

    def billed_s(self, run_s: Int64Array) -> Int64Array:
        """Seconds charged for each run time.

        billed = step · ⌈max(minimum, setup + E(run)) / step⌉                                       (S9)

        Example:
            >>> CloudTerms(setup_s=60, minimum_billing_s=600, billing_step_s=60).billed_s(np.array([30, 541, 3600]))
            array([ 600,  660, 3660])
        """
        charged = np.maximum(self.expected_run_s(run_s) + self.setup_s, self.minimum_billing_s)
        return -(-charged // self.billing_step_s) * self.billing_step_s
