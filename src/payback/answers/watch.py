"""Questions about use: what the GPUs do now, what they did, what it cost, what renting would have cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.merged import catalogue_on
from payback.question import Question

if TYPE_CHECKING:
    from payback.decision.watch_prices import WatchPrices
    from payback.observe.watch.clocks import Clocks
    from payback.observe.watch.log.reader import Event
    from payback.observe.watch.sample import Sample
    from payback.observe.watch.sources import Source
    from payback.observe.watch.tally import Tally
    from payback.observe.watch.usage import Usage

DETAILS_EVERY_S = 60.0
"""The whole log is added up anew at most so often. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One sample, with everything known up to it."""

    sample: Sample
    tally: Tally
    """Since this watcher began, or since the beginning of the recording."""
    usage: Usage | None
    """The whole log; None where none is written."""
    prices: WatchPrices | None
    cpu_share: float | None
    """Processor share of the watcher itself; one core is 1. None for a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSummary:
    """A log, and what it cost."""

    usage: Usage
    prices: WatchPrices
    events: tuple[Event, ...]


def watch(
    question: Question,
    *,
    source: str = "auto",
    period_s: float = 10.0,
    log: Path | None = None,
    rest_power_w: float | None = None,
    money: bool = True,
    stopping: Callable[[], bool] = lambda: False,
    sensors: Source | None = None,
    clocks: Clocks | None = None,
    catalogue: Catalogue | None = None,
) -> Iterator[Watched]:
    """Sample the GPUs of this machine until told to stop, and log them.

    Args:
        question: Site and preferences, for the money.
        source: ``auto``, ``nvml``, ``amd``, ``amd-smi``, or the address of a DCGM or nvitop exporter.
        period_s: Time between samples. [s]
        log: Where to write; nowhere if None.
        rest_power_w: Power at the wall of everything but the GPUs, if metered. [W]
        money: Whether to look prices up; without a display nobody needs them.
        stopping: Asked before each sample.
        sensors: Sensors to use instead of opening `source`.
        clocks: What tells the time; this machine's clocks if None.
        catalogue: Facts for the prices.

    Raises:
        BadQuestionError: No GPU can be watched, or the log cannot be written.
    """
    from payback.observe.watch import between
    from payback.observe.watch.clocks import system_clocks
    from payback.observe.watch.log import LogWriter
    from payback.observe.watch.sources import open_source
    from payback.observe.watch.tally import Tally
    from payback.observe.watch.usage import read_usage
    from payback.observe.watch.watcher import Watcher

    opened = sensors or open_source(source)
    watcher = Watcher(opened, period_s, clocks or system_clocks())
    tally, usage, prices, last, added_s = Tally(), None, None, None, 0.0
    with ExitStack() as stack:
        stack.callback(opened.close)
        writer = stack.enter_context(LogWriter(log)) if log is not None else None
        for sample in watcher.run(stopping):
            if writer is not None:
                writer.append(sample)
            if last is not None:
                tally.add(between(last, sample))
            if money and prices is None and sample.gpus:
                prices = _prices(question, catalogue, sample, rest_power_w)
            if money and log is not None and sample.at.unix_s - added_s >= DETAILS_EVERY_S:
                usage, added_s = read_usage(log), sample.at.unix_s
            last = sample
            yield Watched(sample=sample, tally=tally, usage=usage, prices=prices, cpu_share=watcher.cpu_share)


def watch_replay(
    recording: Path,
    question: Question,
    *,
    log: Path | None = None,
    rest_power_w: float | None = None,
    catalogue: Catalogue | None = None,
) -> Iterator[Watched]:
    """The samples of a recording, as if they were taken now.

    Args:
        recording: JSON lines of samples, or CSV of ``nvidia-smi --query-gpu``.
        question: Site and preferences, for the money.
        log: Where to write a log of it; nowhere if None.
        rest_power_w: Power of everything but the GPUs, if metered. [W]
        catalogue: Facts for the prices.

    Raises:
        BadQuestionError: The recording cannot be read.
    """
    from payback.observe.watch import between
    from payback.observe.watch.log import LogWriter
    from payback.observe.watch.sources import read_recording
    from payback.observe.watch.tally import Tally

    tally, last, prices = Tally(), None, None
    with ExitStack() as stack:
        writer = stack.enter_context(LogWriter(log)) if log is not None else None
        for sample in read_recording(recording):
            if writer is not None:
                writer.append(sample)
            if last is not None:
                tally.add(between(last, sample))
            if prices is None and sample.gpus:
                prices = _prices(question, catalogue, sample, rest_power_w)
            last = sample
            yield Watched(sample=sample, tally=tally, usage=None, prices=prices, cpu_share=None)


def watch_summary(
    log: Path, question: Question, *, rest_power_w: float | None = None, catalogue: Catalogue | None = None
) -> WatchSummary:
    """What a log says: use by GPU and day, electricity, the same hours rented, what the idle rule did.

    Args:
        log: A log of `watch`.
        question: Site and preferences, for the money.
        rest_power_w: Power of everything but the GPUs, if metered. [W]
        catalogue: Facts for the prices.

    Raises:
        BadQuestionError: There is no log there.
    """
    from payback.observe.watch.log import WatchReader
    from payback.observe.watch.usage import read_usage

    usage = read_usage(log)
    with WatchReader(log) as reader:
        events = tuple(reader.events())
        newest = reader.samples(newest=1)
    sample = newest[-1] if newest else None
    return WatchSummary(usage=usage, prices=_prices(question, catalogue, sample, rest_power_w), events=events)


def _prices(
    question: Question, catalogue: Catalogue | None, sample: Sample | None, rest_power_w: float | None
) -> WatchPrices:
    from payback.decision.measured_use import driver_gpu
    from payback.decision.watch_prices import watch_prices
    from payback.observe.watch.log.reader import Card

    kinds = {(gpu.name, gpu.memory_total_gib) for gpu in sample.gpus} if sample is not None else set()
    names = {driver_gpu(Card(key="", name=name, memory_gib=memory)) for name, memory in kinds}
    one = next(iter(names)) if len(names) == 1 else None
    return watch_prices(question, catalogue or catalogue_on(question.as_of), gpu=one, rest_power_w=rest_power_w)
