"""Why an option cannot do the work, each reason a sentence; no reason means it can."""

from __future__ import annotations

from collections.abc import Iterator

from payback.catalogue.schema import Gpu
from payback.decision.costing import busy_hours
from payback.decision.own_candidates import OwnCandidate
from payback.decision.reference import SpeedRatio
from payback.decision.rent_candidates import RentCandidate
from payback.question import Question
from payback.units import HOURS_PER_MONTH

CONTINUOUS_SHARE_OF_CIRCUIT = 0.8
"""Share of a breaker's rating that may be drawn for hours (US National Electrical Code)."""
MEMORY_TOLERANCE_GIB = 0.5


def own_obstacles(candidate: OwnCandidate, question: Question, ratio: SpeedRatio | None) -> Iterator[str]:
    """What stops an owned machine from being an answer."""
    yield from _gpu_obstacles(candidate.gpu, question, ratio)
    if candidate.gpu_count < question.work.gpus:
        yield f"has {candidate.gpu_count} of the {question.work.gpus} GPUs asked"
    if ratio is not None and busy_hours(question, ratio) > HOURS_PER_MONTH + 1e-6:
        yield f"too slow: the work would take {busy_hours(question, ratio):.0f} h of a month's {HOURS_PER_MONTH:.0f}"
    if question.site.kind == "datacentre" and candidate.gpu.geforce_licence:
        yield "the licence of GeForce drivers forbids data centres"
    yield from _site_obstacles(candidate, question)
    storage_gb = storage_of_parts_gb(candidate)
    if not candidate.named and storage_gb is not None and storage_gb < question.work.data_gb:
        yield f"its drives hold {storage_gb:,.0f} GB of the {question.work.data_gb:,.0f} GB asked"
    if candidate.capital_usd is None and not candidate.not_priced:
        yield "no price"
    if candidate.wall_power_w is None:
        yield f"board power of {candidate.gpu.gpu} is unknown"


def storage_of_parts_gb(candidate: OwnCandidate) -> float | None:
    """What the drives on a machine's parts list hold; None without a list, or with a drive nobody knows. [GB]"""
    from payback.catalogue.components import drive_capacities_gb

    drives = [part for part in candidate.parts if part.category == "drive"]
    sizes = [drive_capacities_gb().get(part.component) for part in drives]
    if not drives or None in sizes:
        return None
    return sum(part.quantity * (size or 0.0) for part, size in zip(drives, sizes, strict=True))


def _site_obstacles(candidate: OwnCandidate, question: Question) -> Iterator[str]:
    outlet, power = question.site.outlet, candidate.wall_power_w
    if outlet is not None and power is not None:
        power /= candidate.machines
        limit_w = CONTINUOUS_SHARE_OF_CIRCUIT * outlet.volts * outlet.amps
        if power > limit_w:
            yield f"draws {power:.0f} W; the outlet allows {limit_w:.0f} W for hours"
    budget, capital = question.finance.budget_usd, candidate.capital_usd
    if budget is not None and capital is not None and capital > budget:
        yield f"costs ${capital:,.0f}, over the budget of ${budget:,.0f}"
    slots = candidate.gpu_slots
    if question.work.expand_to_gpus and slots is not None and slots < question.work.expand_to_gpus:
        yield f"takes {slots} GPUs, not {question.work.expand_to_gpus}"


def rent_obstacles(candidate: RentCandidate, question: Question, ratio: SpeedRatio | None) -> Iterator[str]:
    """What stops a rented offer from being an answer."""
    yield from _gpu_obstacles(candidate.gpu, question, ratio)
    if candidate.term == "capacity-block":
        yield "capacity blocks are sold for days or weeks, not for months"


def is_stale(candidate: RentCandidate, question: Question) -> bool:
    """Whether the price of an offer that nobody named is too old to act on."""
    return not candidate.named and (candidate.age_days or 0) > question.options.max_price_age_days


def _gpu_obstacles(gpu: Gpu, question: Question, ratio: SpeedRatio | None) -> Iterator[str]:
    asked = question.work.vram_gib
    if asked is not None and gpu.memory_gib + MEMORY_TOLERANCE_GIB < asked:
        yield f"{gpu.gpu} has {gpu.memory_gib:g} GiB, {asked:g} asked"
    if ratio is None:
        yield f"nobody knows how fast {gpu.gpu} runs {question.work.workload}"


def kind_of(reason: str) -> str:
    """A reason without what differs from candidate to candidate, so that equal ones can be counted.

    Example:
        >>> kind_of("price is 500 days old (options.max_price_age_days)"), kind_of("T4 has 16 GiB, 24 asked")
        ('price too old', 'GPU with less memory than asked')
    """
    if reason.startswith("price is"):
        return "price too old"
    if reason.startswith("its drives hold"):
        return "drives too small for the data"
    return "GPU with less memory than asked" if " GiB, " in reason else reason


def own_doubts(candidate: OwnCandidate, question: Question) -> Iterator[str]:
    """What was asked of an owned machine and nobody knows, and what one must know before buying several."""
    if candidate.machines > 1:
        circuit = ", each on a circuit of its own" if question.site.outlet else ""
        yield f"{candidate.machines} separate machines{circuit}: fine for separate jobs, not for one job across GPUs"
    if question.work.data_gb and not candidate.named and storage_of_parts_gb(candidate) is None:
        yield f"whether its drives hold {question.work.data_gb:,.0f} GB is not known"
    if question.site.noise_dba is not None:
        yield f"noise unknown; {question.site.noise_dba:g} dB(A) asked"
    if question.site.kind == "datacentre" and not candidate.named:
        yield "whether a tower case may stand in the data centre is not checked"
