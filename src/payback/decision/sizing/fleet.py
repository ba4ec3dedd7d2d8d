"""The owned cluster: how it queues, what its nodes hold, how often they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from payback.decision.sizing.arrays import Int64Array
from payback.errors import BadQuestionError
from payback.units import SECONDS_PER_HOUR

Queue = Literal["fifo", "easy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Nodes fail independently, at any moment alike, and come back; a job on one starts over or from a checkpoint."""

    mean_between_h: float
    """Mean time between failures of one node. [h]"""
    mean_repair_h: float
    """Mean time a node stays away. [h]"""
    checkpoint_s: int = 0
    """Work between two checkpoints; 0: none, a stopped job starts over. [s]"""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What the replay needs to know of the owned GPUs beyond their number."""

    queue: Queue = "fifo"
    node_gpus: int | None = None
    """GPUs a node holds; None: one pool in which any GPUs serve any job."""
    failures: Failures | None = None

    def __post_init__(self) -> None:
        if self.queue not in ("fifo", "easy"):
            raise BadQuestionError("queue", repr(self.queue), "'fifo' or 'easy'")
        if self.node_gpus is not None and self.node_gpus < 1:
            raise BadQuestionError("node_gpus", str(self.node_gpus), "1 or more, or None for one pool")
        if self.failures and self.node_gpus is None:
            raise BadQuestionError(
                "failures", "a cluster without nodes", "nodes (--nodes-of, node_gpus), for it is nodes that fail"
            )

    def capacity(self, owned_units: int, units_per_gpu: int) -> Int64Array:
        """Units each node holds; the last one holds the remainder. [units]"""
        if self.node_gpus is None:
            return np.array([owned_units], np.int64)
        node = self.node_gpus * units_per_gpu
        full, rest = divmod(owned_units, node)
        return np.array([node] * full + [rest] * (rest > 0), np.int64)

    def outages(self, nodes: int, window_s: int) -> Int64Array:
        """Rows of (start, end, node) in order of start.

        Every node draws from its own stream, so that a cluster of 9 nodes sees the outages of the cluster of 8 and
        those of one node more.
        """
        rows: list[tuple[int, int, int]] = []
        if self.failures:
            for node in range(nodes):
                rows += self._outages_of(node, self.failures, window_s)
        return np.array(sorted(rows), np.int64).reshape(-1, 3)

    @staticmethod
    def _outages_of(node: int, failures: Failures, window_s: int) -> list[tuple[int, int, int]]:
        random = np.random.default_rng([failures.seed, node])
        rows: list[tuple[int, int, int]] = []
        now = 0.0
        while True:
            now += random.exponential(failures.mean_between_h) * SECONDS_PER_HOUR
            if now >= window_s:
                return rows
            start = int(now)
            now += random.exponential(failures.mean_repair_h) * SECONDS_PER_HOUR
            rows.append((start, max(int(now), start + 1), node))
