"""When a machine is idle: thresholds, and the test of one sample. What is not known counts as busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from payback.errors import BadQuestionError
from payback.observe.watch.intervals import utilisation_of
from payback.observe.watch.sample import GpuReading, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something besides the GPUs that keeps a machine, tested at one moment."""

    name: str
    idle: bool | None
    """True: nothing speaks against stopping. False: busy. None: unknown, which counts as busy."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """All GPUs under a threshold for a window, then a grace period, then the action."""

    below_utilisation: float = 0.05
    """A GPU idles below this utilisation. [0..1]"""
    window_s: float = 1800.0
    """So long all must have idled before notice is given. [s]"""
    grace_s: float = 300.0
    """From notice to action, idling on. [s]"""
    longest_gap_s: float = 60.0
    """Two samples further apart than this leave a gap; a gap starts the window anew. [s]"""
    below_memory_share: float | None = None
    """Also: memory in use below this share on every GPU. [0..1]"""
    no_processes: bool = False
    """Also: no program holds a compute context on any GPU."""
    gpus: int | None = None
    """Also: so many GPUs answer; else those ever seen since the start must."""
    first_retry_s: float = 30.0
    most_retry_s: float = 600.0
    """A failed action is tried again after 30, 60, 120... and at most so many seconds, idling on. [s]"""
    confirm_s: float = 600.0
    """An accepted action that has not ended this machine by then has failed. [s]"""

    def __post_init__(self) -> None:
        if not 0 < self.below_utilisation <= 1:
            raise BadQuestionError("--below", f"{self.below_utilisation:g}", "a share above 0, at most 1, e.g. 0.05")
        if self.window_s <= 0 or self.grace_s < 0 or self.longest_gap_s <= 0:
            found = f"for {self.window_s:g} s, grace {self.grace_s:g} s, gap {self.longest_gap_s:g} s"
            raise BadQuestionError("idle rule", found, "a window above 0, a grace of 0 or more, a gap above 0")


def span(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> span(5), span(300), span(5400), span(7200)
        ('5 s', '5 min', '90 min', '2 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds % 3600 or seconds < 7200 else f"{seconds / 3600:.0f} h"


def why_busy(rule: Rule, sample: Sample, conditions: tuple[Condition, ...], known: frozenset[str]) -> str | None:
    """Why a machine may not be stopped now; None if every sensor and every condition says that it idles.

    Args:
        rule: Thresholds.
        sample: The GPUs now.
        conditions: Everything else that was asked for.
        known: GPUs that were ever seen: one that is missing may be computing.
    """
    return next(_reasons(rule, sample, conditions, known), None)


def _reasons(rule: Rule, sample: Sample, conditions: tuple[Condition, ...], known: frozenset[str]) -> Iterator[str]:
    if sample.lost is not None:
        yield f"sensors lost: {sample.lost}"
    if not sample.gpus:
        yield "no GPU answers"
    missing = known - {gpu.key for gpu in sample.gpus}
    if missing:
        yield f"GPU {min(missing)} no longer answers"
    if rule.gpus is not None and len(sample.gpus) < rule.gpus:
        yield f"{len(sample.gpus)} of {rule.gpus} GPUs answer"
    for gpu in sample.gpus:
        yield from _gpu_reasons(rule, gpu)
    for condition in conditions:
        if condition.idle is None:
            yield f"{condition.name} unknown: {condition.why}"
        elif not condition.idle:
            yield f"{condition.name}: {condition.why}"


def _gpu_reasons(rule: Rule, gpu: GpuReading) -> Iterator[str]:
    used = utilisation_of(gpu)
    if used is None:
        yield f"utilisation of {gpu.name} {gpu.key} unknown"
    elif max(used, gpu.peak_utilisation or 0.0) >= rule.below_utilisation:
        yield f"{gpu.name} {gpu.key} at {max(used, gpu.peak_utilisation or 0.0):.0%}"
    if gpu.asleep:
        return
    if rule.below_memory_share is not None:
        yield from _memory_reasons(rule.below_memory_share, gpu)
    if rule.no_processes and gpu.processes is None:
        yield f"processes on {gpu.name} {gpu.key} unknown"
    elif rule.no_processes and gpu.processes:
        yield f"{gpu.processes} processes on {gpu.name} {gpu.key}"


def _memory_reasons(below: float, gpu: GpuReading) -> Iterator[str]:
    used, total = gpu.memory_used_gib, gpu.memory_total_gib
    if used is None or not total:
        yield f"memory of {gpu.name} {gpu.key} unknown"
    elif used / total >= below:
        yield f"{used:.1f} of {total:.1f} GiB in use on {gpu.name} {gpu.key}"
