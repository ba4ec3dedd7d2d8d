"""The flags of ``payback size``, grouped as its help shows them, and what they mean in the library's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.answers import StatedPrices
    from payback.decision.sizing import BurstPolicy, CloudTerms, Failures
    from payback.decision.sizing.asked import WaitLimits
    from payback.decision.sizing.classes import ClassLimit
    from payback.decision.sizing.curve import Prices
    from payback.decision.sizing.study import StudyRequest

SECONDS_PER_HOUR = 3600


def _group(name: str, order: int) -> Group:
    return Group(name, sort_key=order)


@Parameter(name="*", group=_group("Reading the log", 1))
@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the log is read."""

    format: str | None = None
    """Its format: sacct, philly, helios, alibaba, swf, kubernetes, wandb, watch, csv; told from its beginning if
    absent."""
    columns: str | None = None
    """For csv: submit=NAME,duration=NAME,gpus=NAME, and start, end, wait, estimate, id, pool, state, priority; lengths
    of time in seconds, or duration_h=NAME, wait_min=NAME."""
    time_zone: str | None = None
    """Zone of stamps that carry none, such as Europe/Berlin; clock changes are undone. Default: UTC (Philly:
    Pacific)."""
    pool_column: str | None = None
    """Column that tells pools apart for --pools, such as Partition; else the kinds of GPU the log names."""
    priority_column: str | None = None
    """Column of priorities as numbers: higher ones go first."""
    fractions: Literal["share", "whole"] = "share"
    """Jobs with a share of a GPU are packed as tightly as they add up (share), or get whole GPUs (whole)."""


@Parameter(name="*", group=_group("The owned GPUs", 2))
@dataclass(frozen=True, slots=True, kw_only=True)
class Owning:
    """The owned part."""

    owned: str | None = None
    """Numbers of GPUs to replay, e.g. 64,128,256; a search if absent."""
    steps_of: int = 1
    """Search multiples of this many GPUs only, such as those of one machine."""
    max_owned: int | None = None
    """GPUs there is room for."""
    queue: Literal["fifo", "easy"] = "fifo"
    """First come first served, or easy: backfilling by the log's time limits."""
    estimates: Literal["log", "exact"] = "log"
    """What backfilling plans with: the log's time limits, or the true run times."""
    nodes_of: int | None = None
    """GPUs a node holds: jobs then need room on a node, not just anywhere. Much slower."""
    node_mtbf: str | None = None
    """Mean time between failures of a node, e.g. 90d; needs --nodes-of."""
    node_repair: str = "1d"
    """Mean time a failed node stays away."""
    checkpoint: str | None = None
    """Work between two checkpoints, e.g. 1h; without it a stopped job starts over."""


@Parameter(name="*", group=_group("The rented GPUs", 3))
@dataclass(frozen=True, slots=True, kw_only=True)
class Renting:
    """The rented part."""

    burst_after: str = "1h"
    """A job that has waited so long is rented: 90s, 30m, 1h, 2d; or never."""
    burst_policy: str | None = None
    """Other rules, of which the cheapest wins: wait:1h (as --burst-after), predicted:1h (at submission, if it would
    wait longer), queue:20 (at submission, if 20 jobs wait), never; several joined by commas."""
    start_delay: str = "0s"
    """From asking for a rented machine to having it; waited for, not charged."""
    setup: str = "0s"
    """Charged before the job runs: boot, image, copying data in and out."""
    min_billing: str = "0s"
    """The shortest time charged."""
    billing_step: str = "1s"
    """Time is charged in whole steps of this length."""
    transfer_usd_per_job: float = 0.0
    """Traffic and requests of one rented job."""
    interruptions_per_day: float = 0.0
    """Also look at spot machines, taken away so often a day on average; work done again is paid for again."""
    reserve: bool = False
    """Also look at GPUs rented around the clock for a term."""


@Parameter(name="*", group=_group("Waits accepted", 4))
@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits people accept."""

    max_wait_p50: str | None = None
    """Longest median wait, e.g. 10m."""
    max_wait_p95: str | None = None
    """Longest wait of 19 jobs in 20, e.g. 4h."""
    max_wait_of: str | None = None
    """The same by class of job: 1=30m,8=4h,9+=1d (GPUs held), priority:5=10m; p95, or median/p95 as in 1=5m/1h."""


@Parameter(name="*", group=_group("Prices", 5))
@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What an hour of a GPU costs, if you know it better than the catalogue."""

    own_usd_per_gpu_h: float | None = None
    """Owning one, busy or not."""
    rent_usd_per_gpu_h: float | None = None
    """Renting one on demand."""
    reserved_usd_per_gpu_h: float | None = None
    """Renting one around the clock for a term."""
    spot_usd_per_gpu_h: float | None = None
    """Renting one on spot terms; needs --interruptions-per-day."""


@Parameter(name="*", group=_group("Around the answer", 6))
@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What else is asked."""

    now: int | None = None
    """GPUs owned today: what they cost and how long people wait, nothing rented."""
    bootstrap: int = 0
    """How sure the number is: size so many logs made of the log's weeks drawn at random, e.g. 200."""
    block_days: int = 7
    """Length of the pieces drawn."""
    growth: float | None = None
    """Growth of demand a year: 0.2 is 20 % more jobs."""
    years: int = 3
    """Years to look ahead with --growth."""
    what_if: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    """Another world: jobs=1.2 (20 % more), speed=2 (next generation), own=USD, rent=USD, joined by commas; may be
    repeated."""
    pools: str | None = None
    """Size kinds of GPU apart: all, or names with prices of an hour owned and rented: a100=1.1/2.4,v100=0.5/1.2."""
    seed: int = 0
    """For everything drawn at random."""


@Parameter(name="*", group=_group("Machines to compute on", 7))
@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """Where replays run."""

    threads: int | None = None
    """Threads on this machine; one a processor if absent."""
    cluster: str | None = None
    """Address of a Dask scheduler to replay on instead: tcp://10.0.0.5:8786."""


def request_of(
    owning: Owning, renting: Renting, waiting: Waiting, around: Around, computing: Computing, reading: Reading
) -> StudyRequest:
    """The flags as a request.

    Raises:
        BadQuestionError: One of them makes no sense.
    """
    from payback.decision.sizing.study import StudyRequest
    from payback.decision.sizing.what_if import WhatIf

    return StudyRequest(
        owned=_numbers(owning.owned),
        policies=_policies(renting),
        cloud=_cloud(renting, owning),
        queue=owning.queue,
        node_gpus=owning.nodes_of,
        failures=_failures(owning, around.seed),
        limits=_limits(waiting),
        most_owned_gpus=owning.max_owned,
        step_gpus=owning.steps_of,
        fractions=reading.fractions,
        estimates=owning.estimates,
        now_gpus=around.now,
        draws=around.bootstrap,
        block_days=around.block_days,
        growth_per_year=around.growth,
        years=around.years,
        what_if=tuple(WhatIf.parse(text) for text in around.what_if),
        pools=_pools(around.pools),
        seed=around.seed,
        threads=computing.threads,
        cluster=computing.cluster,
    )


def stated_of(pricing: Pricing) -> StatedPrices:
    """The prices stated."""
    from payback.answers import StatedPrices

    return StatedPrices(
        own_usd_per_gpu_h=pricing.own_usd_per_gpu_h,
        rent_usd_per_gpu_h=pricing.rent_usd_per_gpu_h,
        reserved_usd_per_gpu_h=pricing.reserved_usd_per_gpu_h,
        spot_usd_per_gpu_h=pricing.spot_usd_per_gpu_h,
    )


def _numbers(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        raise BadQuestionError("--owned", repr(text), "numbers of GPUs joined by commas, e.g. 64,128,256") from error


def _seconds(text: str, flag: str) -> int:
    """A length of time that must be one."""
    from payback.question_file import parse_duration_s

    try:
        seconds = parse_duration_s(text)
    except BadQuestionError:
        seconds = None
    if seconds is None:
        raise BadQuestionError(flag, repr(text), "a length of time such as 90s, 30m, 1h, 2d")
    return seconds


def _hours(text: str | None, flag: str) -> float | None:
    return None if text is None else _seconds(text, flag) / SECONDS_PER_HOUR


def _policies(renting: Renting) -> tuple[BurstPolicy, ...]:
    from payback.decision.sizing import NEVER, after_wait
    from payback.question_file import parse_duration_s

    if renting.burst_policy is None:
        limit_s = parse_duration_s(renting.burst_after)
        return (NEVER if limit_s is None else after_wait(limit_s),)
    return tuple(dict.fromkeys(_policy(word.strip()) for word in renting.burst_policy.split(",")))


def _policy(text: str) -> BurstPolicy:
    from payback.decision.sizing import NEVER, after_wait, on_predicted_wait, on_queue_length

    kind, _, limit = (part.strip() for part in text.partition(":"))
    if text == "never":
        return NEVER
    if kind == "queue" and limit.isdecimal():
        return on_queue_length(int(limit))
    if kind in ("wait", "predicted") and limit:
        seconds = _seconds(limit, "--burst-policy")
        return after_wait(seconds) if kind == "wait" else on_predicted_wait(seconds)
    raise BadQuestionError("--burst-policy", repr(text), "wait:1h, predicted:1h, queue:20 or never, joined by commas")


def _cloud(renting: Renting, owning: Owning) -> CloudTerms:
    from payback.decision.sizing import CloudTerms

    return CloudTerms(
        start_delay_s=_seconds(renting.start_delay, "--start-delay"),
        setup_s=_seconds(renting.setup, "--setup"),
        minimum_billing_s=_seconds(renting.min_billing, "--min-billing"),
        billing_step_s=_seconds(renting.billing_step, "--billing-step"),
        transfer_usd_per_job=renting.transfer_usd_per_job,
        interruptions_per_day=renting.interruptions_per_day,
        checkpoint_s=_seconds(owning.checkpoint, "--checkpoint") if owning.checkpoint else 0,
    )


def _failures(owning: Owning, seed: int) -> Failures | None:
    from payback.decision.sizing import Failures

    if owning.node_mtbf is None:
        return None
    return Failures(
        mean_between_h=_seconds(owning.node_mtbf, "--node-mtbf") / SECONDS_PER_HOUR,
        mean_repair_h=_seconds(owning.node_repair, "--node-repair") / SECONDS_PER_HOUR,
        checkpoint_s=_seconds(owning.checkpoint, "--checkpoint") if owning.checkpoint else 0,
        seed=seed,
    )


def _limits(waiting: Waiting) -> WaitLimits:
    from payback.decision.sizing.asked import WaitLimits

    words = waiting.max_wait_of.split(",") if waiting.max_wait_of else []
    return WaitLimits(
        p50_h=_hours(waiting.max_wait_p50, "--max-wait-p50"),
        p95_h=_hours(waiting.max_wait_p95, "--max-wait-p95"),
        by_class=tuple(_class_limit(word) for word in words),
    )


def _class_limit(text: str) -> ClassLimit:
    from payback.decision.sizing.classes import ClassLimit, JobClass

    name, equals, limit = text.rpartition("=")
    if not equals or not limit.strip():
        raise BadQuestionError("--max-wait-of", repr(text), "CLASS=WAIT pairs such as 1=30m,9+=1d,priority:5=10m")
    p50, _, p95 = limit.rpartition("/")
    return ClassLimit(
        job_class=JobClass.parse(name),
        p50_h=_hours(p50 or None, "--max-wait-of"),
        p95_h=_hours(p95, "--max-wait-of"),
    )


def _pools(text: str | None) -> dict[str, Prices | None]:
    from payback.decision.sizing import Prices

    pools: dict[str, Prices | None] = {}
    for word in text.split(",") if text else []:
        name, equals, both = word.partition("=")
        own, slash, rent = both.partition("/")
        if not equals:
            pools[name.strip()] = None
            continue
        try:
            pools[name.strip()] = Prices(own_usd_per_gpu_h=float(own), rent_usd_per_gpu_h=float(rent if slash else "x"))
        except ValueError as error:
            raise BadQuestionError("--pools", repr(word), "NAME=OWN/RENT in USD an hour, e.g. a100=1.1/2.4") from error
    return pools
