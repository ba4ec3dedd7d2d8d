"""One replay: picks the fastest kernel that can answer, lends it working space, reads its sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payback.decision.sizing import general_parts, plan, replay_easy, replay_fifo, replay_general, waiting
from payback.decision.sizing.arrays import PRIORITY, Int64Array
from payback.decision.sizing.fleet import Fleet
from payback.decision.sizing.heap import EMPTY, SPARE_SLOTS
from payback.decision.sizing.policies import DAY_S, BurstPolicy
from payback.decision.sizing.trace import Trace
from payback.errors import BadQuestionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What one replay found; GPU-times in the trace's units times seconds, all of them whole numbers."""

    waits_s: Int64Array
    """A job: its wait in the queue; ``~wait`` if it was rented; ``IMPOSSIBLE``. [s]"""
    owned_unit_s: int
    """Work on owned GPUs, work lost to outages included. [units · s]"""
    busy_unit_s: int
    """The part of it inside the window. [units · s]"""
    burst_jobs: int
    burst_unit_s: int
    """Work on rented GPUs. [units · s]"""
    billed_unit_s: int
    """What the seller charges for it. [units · s]"""
    impossible_jobs: int
    lost_unit_s: int
    """Work on owned GPUs thrown away by outages. [units · s]"""


def replay(
    trace: Trace,
    owned_gpus: int,
    policy: BurstPolicy,
    fleet: Fleet | None = None,
    *,
    waits: Int64Array | None = None,
    general: bool = False,
) -> Replay:
    """Replay a trace on a number of owned GPUs.

    Args:
        trace: The jobs.
        owned_gpus: GPUs owned.
        policy: When a job is rented instead.
        fleet: Queue, nodes, failures; FIFO on one pool if not given.
        waits: Array to write the waits to; sweeps reuse one, so that memory does not grow with their length.
        general: Use the general kernel even where a fast one gives the same.
    """
    fleet = fleet or Fleet()
    waits = np.empty(trace.jobs, np.int64) if waits is None else waits
    totals = np.zeros(replay_fifo.TOTALS, np.int64)
    owned_units = owned_gpus * trace.units_per_gpu
    _check_span(trace, owned_units, policy)
    if general or _needs_general(trace, policy, fleet):
        _general(trace, owned_units, policy, fleet, waits, totals)
    elif fleet.queue == "fifo":
        _fifo(trace, owned_units, policy, waits, totals)
    else:
        _easy(trace, owned_units, policy, waits, totals)
    names = ("owned_unit_s", "busy_unit_s", "burst_jobs", "burst_unit_s", "billed_unit_s", "impossible_jobs")
    return Replay(
        waits_s=waits,
        lost_unit_s=int(totals[replay_fifo.LOST_UNIT_S]),
        **{name: int(total) for name, total in zip(names, totals, strict=False)},
    )


def _check_span(trace: Trace, owned_units: int, policy: BurstPolicy) -> None:
    """Keys pack a time beside a job's number or size; both must fit."""
    latest_s = trace.latest_end_s(owned_units, policy.limit_s)
    beside = max(trace.jobs.bit_length(), int(trace.sizes[-1]).bit_length())
    if latest_s.bit_length() + beside >= EMPTY.bit_length() - 1:
        found = f"{trace.jobs} jobs that may take {latest_s} s on {owned_units // trace.units_per_gpu} GPUs"
        raise BadQuestionError("job log", found, "more GPUs, a limit to waiting, or a part of the log at a time")


def _needs_general(trace: Trace, policy: BurstPolicy, fleet: Fleet) -> bool:
    foresees = policy.kind == "predicted" and (fleet.queue == "easy" or not trace.exact_estimates)
    return foresees or fleet.node_gpus is not None or bool(np.ptp(trace.rows[:, PRIORITY]))


def _most_running(trace: Trace, owned_units: int) -> int:
    return min(owned_units // int(trace.sizes[0]), trace.jobs)


def _fifo(trace: Trace, owned_units: int, policy: BurstPolicy, waits: Int64Array, totals: Int64Array) -> None:
    running = _most_running(trace, owned_units)
    replay_fifo.replay_fifo(
        trace.rows,
        owned_units,
        policy.limit_s,
        policy.queue_jobs,
        policy.kind != "never",
        policy.kind == "predicted",
        trace.window_s,
        int(trace.sizes[-1]).bit_length(),
        np.full(running + SPARE_SLOTS, EMPTY),
        np.empty(replay_fifo.NURSERY, np.int64),
        np.empty(running + 1, np.int64),
        np.empty(trace.jobs if policy.kind == "queue" else 0, np.int64),
        waits,
        totals,
    )


def _easy(trace: Trace, owned_units: int, policy: BurstPolicy, waits: Int64Array, totals: Int64Array) -> None:
    running = _most_running(trace, owned_units)
    planned = 2 * running + plan.SLACK + replay_fifo.NURSERY + SPARE_SLOTS
    places = len(trace.job_at)
    terms = np.zeros(replay_easy.TERMS, np.int64)
    terms[replay_easy.OWNED] = owned_units
    terms[replay_easy.LIMIT] = policy.limit_s
    terms[replay_easy.QUEUE_LIMIT] = policy.queue_jobs
    terms[replay_easy.MAY_BURST] = policy.kind != "never"
    terms[replay_easy.WINDOW] = trace.window_s
    terms[replay_easy.JOB_BITS] = trace.jobs.bit_length()
    replay_easy.replay_easy(
        trace.rows,
        trace.sizes,
        trace.job_at,
        terms,
        np.full(running + SPARE_SLOTS, EMPTY),
        np.empty(2 * planned, np.int64),
        np.full(planned + SPARE_SLOTS, EMPTY),
        np.zeros(plan.BOUNDS, np.int64),
        np.zeros(trace.jobs, np.uint8),
        np.empty(replay_fifo.NURSERY, np.int64),
        np.zeros((len(trace.sizes), replay_easy.CLASS_COLUMNS), np.int64),
        np.full(places, waiting.ABSENT, np.int32),
        np.full(places // 32, waiting.ABSENT, np.int32),
        np.full(places // 1024, waiting.ABSENT, np.int32),
        waits,
        totals,
    )


def _general(
    trace: Trace, owned_units: int, policy: BurstPolicy, fleet: Fleet, waits: Int64Array, totals: Int64Array
) -> None:
    capacity = fleet.capacity(owned_units, trace.units_per_gpu)
    terms = np.zeros(general_parts.TERMS, np.int64)
    terms[general_parts.LIMIT] = policy.limit_s
    terms[general_parts.QUEUE_LIMIT] = policy.queue_jobs
    terms[general_parts.MAY_BURST] = policy.kind != "never"
    terms[general_parts.PREDICTS] = policy.kind == "predicted"
    terms[general_parts.BACKFILLS] = fleet.queue == "easy"
    terms[general_parts.WINDOW] = trace.window_s
    terms[general_parts.NODE_UNITS] = capacity.max(initial=0)
    terms[general_parts.CHECKPOINT] = fleet.failures.checkpoint_s if fleet.failures else 0
    terms[general_parts.SETUP] = trace.cloud.setup_s
    terms[general_parts.MINIMUM] = trace.cloud.minimum_billing_s
    terms[general_parts.STEP] = trace.cloud.billing_step_s
    terms[general_parts.HAZARD] = round(trace.cloud.interruptions_per_day / DAY_S * general_parts.HAZARD_ONE)
    terms[general_parts.RENTED_CHECKPOINT] = trace.cloud.checkpoint_s
    held = np.zeros((_most_running(trace, owned_units) + 1, len(capacity)), np.int64)
    outages = fleet.outages(len(capacity), trace.window_s)
    replay_general.replay_general(trace.rows, terms, capacity, outages, held, waits, totals)
