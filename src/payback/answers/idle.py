"""Questions about idling: stop this machine when it idles, and what that saved or would save."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.merged import catalogue_on
from payback.errors import BadQuestionError
from payback.question import Question

if TYPE_CHECKING:
    from payback.observe.watch.clocks import Clocks
    from payback.observe.watch.log import LogWriter
    from payback.observe.watch.sample import Moment, Sample
    from payback.observe.watch.sources import Source
    from payback.operate.idle.clouds import Reply, Setting
    from payback.operate.idle.clouds.conversation import Step
    from payback.operate.idle.conditions import Asked
    from payback.operate.idle.notice import Notice
    from payback.operate.idle.rule import Rule
    from payback.operate.idle.run import IdleEvent, Plan
    from payback.operate.idle.savings import Saving, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What an hour of this machine is worth, where it is known."""

    rent_usd_per_h: float | None = None
    offer: str | None = None
    """Name in the catalogue, ``aws/p3.2xlarge``: its price on demand, and its provider."""
    provider: str | None = None
    storage_gb: float | None = None
    rest_power_w: float | None = None
    """Power at the wall of everything but the GPUs. [W]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWatch:
    """How to watch for idling."""

    rule: Rule
    notice: Notice
    asked: Asked
    action: str
    setting: Setting = field(repr=False)
    act: bool = False
    """Without it nothing is ever done: a dry run."""
    source: str = "auto"
    period_s: float = 10.0
    log: Path | None = None


def idle(
    watch: IdleWatch,
    *,
    stopping: Callable[[], bool] = lambda: False,
    sensors: Source | None = None,
    clocks: Clocks | None = None,
    sender: Callable[[Step], Reply] | None = None,
) -> Iterator[IdleEvent]:
    """Watch this machine and stop it when it idles; events as they happen. What is missing is said at once.

    Args:
        watch: Rule, notice, action.
        stopping: Asked before each sample.
        sensors: Sensors to use instead of opening the source.
        clocks: What tells the time; this machine's clocks if None.
        sender: Sends requests and runs programs; for real if None.

    Raises:
        BadQuestionError: No GPU can be watched, or the action lacks something.
    """
    from payback.observe.watch.clocks import system_clocks
    from payback.observe.watch.sources import open_source
    from payback.observe.watch.watcher import Watcher
    from payback.operate.idle.clouds import conversation_for
    from payback.operate.idle.run import Plan
    from payback.operate.idle.transport import send

    conversation = conversation_for(watch.action, watch.setting)
    time = clocks or system_clocks()
    opened = sensors or open_source(watch.source)
    plan = Plan(
        rule=watch.rule,
        notice=watch.notice,
        action=watch.action,
        conversation=conversation if watch.act else None,
    )
    return _idle(watch, plan, opened, Watcher(opened, watch.period_s, time).run(stopping), sender or send, time.now)


def _idle(
    watch: IdleWatch,
    plan: Plan,
    opened: Source,
    taken: Iterator[Sample],
    sender: Callable[[Step], Reply],
    now: Callable[[], Moment],
) -> Iterator[IdleEvent]:
    from payback.observe.watch.log import add_event
    from payback.operate.idle.conditions import Probes
    from payback.operate.idle.run import run

    with ExitStack() as stack:
        stack.callback(opened.close)
        writer = _writer(watch.log, stack)
        newest: list[Sample] = []
        samples = _logged(taken, writer, newest)
        for event in run(plan, samples, Probes(watch.asked).test, sender, now=now):
            if watch.log is not None:
                detail = {"why": event.why, "idle_s": event.idle_s, "action": watch.action, "power_w": _power_w(newest)}
                try:
                    add_event(watch.log, event.at.unix_s, event.kind, detail)
                except (BadQuestionError, sqlite3.Error) as error:  # a full disk must not keep a machine running
                    event = replace(event, trouble=(*event.trouble, f"log: {error}"))
            yield event


def idle_replay(
    recording: Path, rule: Rule, question: Question, worth: Worth, catalogue: Catalogue | None = None
) -> tuple[list[IdleEvent], Saving]:
    """What the rule would have done over a recording, and saved. Conditions besides the GPUs are not recorded.

    Args:
        recording: JSON lines of samples, or CSV of ``nvidia-smi --query-gpu``.
        rule: Thresholds and times.
        question: Site, for the tariff.
        worth: What an hour is worth.
        catalogue: Facts for the prices.

    Raises:
        BadQuestionError: The recording cannot be read.
    """
    from payback.observe.watch.log.reader import Event
    from payback.observe.watch.sources import read_recording
    from payback.operate.idle.clouds import Reply
    from payback.operate.idle.notice import Notice
    from payback.operate.idle.run import Plan, run
    from payback.operate.idle.savings import stops_of

    samples = read_recording(recording)
    newest: list[Sample] = []
    plan = Plan(rule=rule, notice=Notice(terminals=False), action="stop the machine")
    nobody = Reply(status=None, text="a recording sends nothing")
    events, kept = [], []
    for event in run(plan, _logged(iter(samples), None, newest), lambda _: (), lambda _: nobody):
        events.append(event)
        kept.append(Event(unix_s=event.at.unix_s, kind=event.kind, detail={"power_w": _power_w(newest)}))
    stops = stops_of(kept, [], samples[-1].at.unix_s)
    return events, _saving(stops, question, worth, catalogue)


def idle_report(log: Path, question: Question, worth: Worth, catalogue: Catalogue | None = None) -> Saving:
    """What the idle rule saved by the log of this machine, and what storage costs meanwhile.

    Args:
        log: A log of `payback watch`.
        question: Site, for the tariff.
        worth: What an hour is worth.
        catalogue: Facts for the prices.

    Raises:
        BadQuestionError: There is no log there.
    """
    from payback.observe.watch.log import WatchReader
    from payback.operate.idle.savings import stops_of

    with WatchReader(log) as reader:
        events, away, newest = reader.events(), reader.away(), reader.samples(newest=1)
    end_s = newest[-1].at.unix_s if newest else max((event.unix_s for event in events), default=0.0)
    return _saving(stops_of(events, away, end_s), question, worth, catalogue)


def _saving(stops: tuple[Stop, ...], question: Question, worth: Worth, catalogue: Catalogue | None) -> Saving:
    from payback.decision.site import site_prices
    from payback.operate.idle.savings import saving_of, storage_while_stopped

    facts = catalogue or catalogue_on(question.as_of)
    rent, provider = worth.rent_usd_per_h, worth.provider
    if worth.offer is not None:
        offer = facts.offer(worth.offer, "on-demand", question.as_of)
        if offer is None:
            raise BadQuestionError("--offer", f"{worth.offer} without a price by {question.as_of}", "--price-usd-per-h")
        rent, provider = offer.price_usd_per_h if rent is None else rent, provider or offer.provider
    rented = rent is not None or provider is not None
    return saving_of(
        stops,
        rent_usd_per_h=rent,
        usd_per_kwh=None if rented else site_prices(question, facts).price_usd_per_kwh,
        rest_power_w=worth.rest_power_w,
        storage=storage_while_stopped(facts, provider, question.as_of) if provider else None,
        storage_gb=worth.storage_gb,
    )


def _writer(log: Path | None, stack: ExitStack) -> LogWriter | None:
    """The log's writer, unless a `payback watch` beside us writes it already."""
    from payback.observe.watch.log import LogWriter

    if log is None:
        return None
    try:
        return stack.enter_context(LogWriter(log))
    except BadQuestionError as error:
        if "another `payback watch`" not in str(error):
            raise
        return None


def _logged(samples: Iterator[Sample], writer: LogWriter | None, newest: list[Sample]) -> Iterator[Sample]:
    for sample in samples:
        if writer is not None:
            with suppress(BadQuestionError):  # a full disk must not keep a machine running
                writer.append(sample)
        newest[:] = [sample]
        yield sample


def _power_w(newest: list[Sample]) -> float | None:
    """What all GPUs draw together now; None if one does not say."""
    powers = [gpu.power_w for sample in newest for gpu in sample.gpus]
    known = [power for power in powers if power is not None]
    return sum(known) if known and len(known) == len(powers) else None
