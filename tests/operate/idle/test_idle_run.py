"""The rule at work: events, notices, actions, retries; conditions; what it saved."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.observe.watch.watch_fakes import UUIDS, FakeCard, FakeNvml, FakeTime, gpu, sample

from payback.answers.idle import IdleWatch, Worth, idle, idle_report
from payback.catalogue.catalogue import load
from payback.errors import BadQuestionError
from payback.observe.watch.log import LogWriter, WatchReader, add_event
from payback.observe.watch.log.reader import Away, Event
from payback.observe.watch.sample import Moment, Sample
from payback.observe.watch.sources.nvml import NvmlSource
from payback.operate.idle.clouds import Command, Conversation, Outcome, Reply, Request, Setting
from payback.operate.idle.clouds.conversation import Step
from payback.operate.idle.conditions import Asked, Probes, Ran, traffic_bytes
from payback.operate.idle.notice import Notice, steps, tell
from payback.operate.idle.rule import Rule, why_busy
from payback.operate.idle.run import IdleEvent, Plan, run
from payback.operate.idle.savings import stops_of, storage_while_stopped
from payback.operate.idle.words import event_line, saving_lines
from payback.question import Question, Site

RULE = Rule(window_s=60.0, grace_s=30.0, longest_gap_s=30.0, first_retry_s=20.0, confirm_s=100.0)
DAY = dt.date(2026, 11, 23)


def stop_once() -> Conversation:
    reply = yield Command(argv=("stop",))
    return Outcome(accepted=reply.status == 0, text=f"status {reply.status}")


def events_of(samples: list[Sample], statuses: list[int], *, act: bool = True) -> tuple[list[IdleEvent], list[str]]:
    """Events, and what was sent."""
    sent: list[str] = []
    left = list(statuses)

    def send(step: Step) -> Reply:
        sent.append(str(step))
        return Reply(status=left.pop(0) if str(step) == "stop" else 0, text="")

    plan = Plan(rule=RULE, notice=Notice(), action="stop", conversation=stop_once if act else None)
    return list(run(plan, samples, lambda _: (), send)), sent


def idling(seconds: int, begin: int = 0) -> list[Sample]:
    return [sample(at, gpu(utilisation=0.0)) for at in range(begin, begin + seconds, 10)]


def test_a_dry_run_touches_nothing() -> None:
    """The default: it says what it would do; no program is run, no terminal written to."""
    events, sent = events_of(idling(200), [], act=False)

    assert [event.kind for event in events] == ["idle", "notice", "dry-run"]
    assert sent == []
    assert "nothing was done" in events[-1].why


def test_notice_then_action() -> None:
    """Notice after 60 s on every terminal, action after 90 s, once."""
    events, sent = events_of(idling(180), [0])

    assert [event.kind for event in events] == ["idle", "notice", "accepted"]
    assert [event.at.elapsed_s for event in events] == [1000.0, 1060.0, 1090.0]
    assert [each.split()[0] for each in sent] == ["wall", "stop"]


def test_use_in_the_grace_period_cancels_and_people_are_told() -> None:
    """Somebody saw the notice and started a job."""
    samples = [*idling(80), sample(80, gpu(utilisation=0.9)), *idling(60, 90)]
    events, sent = events_of(samples, [])

    assert [event.kind for event in events] == ["idle", "notice", "cancel", "idle"]
    assert "not stopping" in sent[-1]


def test_a_failed_action_is_tried_again_and_never_reported_as_done() -> None:
    """Fails at 90 s, again at 110 s (20 s later), works at 150 s (40 s later)."""
    events, _ = events_of(idling(200), [1, 1, 0])
    tries = [(event.kind, event.at.elapsed_s) for event in events if event.kind in ("failed", "accepted")]

    assert tries == [("failed", 1090.0), ("failed", 1110.0), ("accepted", 1150.0)]


def test_an_accepted_action_that_changes_nothing_is_repeated() -> None:
    """The cloud said yes and the machine still runs 100 s later."""
    events, _ = events_of(idling(220), [0, 0])

    assert [event.at.elapsed_s for event in events if event.kind == "accepted"] == [1090.0, 1190.0]
    assert "still runs" in events[-1].why


def test_a_failed_action_is_not_tried_again_on_a_busy_machine() -> None:
    """Between two attempts a job began: cancelled."""
    events, _ = events_of([*idling(100), sample(100, gpu(utilisation=0.5)), *idling(30, 110)], [1])

    assert [event.kind for event in events] == ["idle", "notice", "failed", "cancel", "idle"]


@pytest.mark.parametrize(("more", "why"), [
    ({"utilisation": None}, "unknown"),
    ({"utilisation": 0.05}, "5%"),
    ({"utilisation": 0.0, "peak_utilisation": 0.4}, "40%"),
    ({"utilisation": 0.0, "memory_used_gib": 12.0, "memory_total_gib": 24.0, "processes": 0}, "12.0 of 24.0 GiB"),
    ({"utilisation": 0.0, "memory_total_gib": 24.0, "processes": 0}, "memory of"),
    ({"utilisation": 0.0, "memory_used_gib": 0.1, "memory_total_gib": 24.0, "processes": 2}, "2 processes"),
    ({"utilisation": 0.0, "memory_used_gib": 0.1, "memory_total_gib": 24.0}, "processes on"),
])  # fmt: skip
def test_each_reason_to_stay(more: dict[str, Any], why: str) -> None:
    """Busy, or unknown, by utilisation, peak, memory or processes."""
    rule = Rule(below_memory_share=0.1, no_processes=True)
    found = why_busy(rule, sample(0, gpu(**more)), (), frozenset())

    assert found is not None
    assert why in found


def test_a_missing_card_is_a_reason_to_stay() -> None:
    """Two were seen, one answers: the other may be computing; and fewer than were promised is a reason too."""
    one = sample(0, gpu("a", utilisation=0.0))

    assert why_busy(Rule(), one, (), frozenset("ab")) == "GPU b no longer answers"
    assert why_busy(Rule(gpus=2), one, (), frozenset()) == "1 of 2 GPUs answer"
    assert why_busy(Rule(), sample(0, lost="gone"), (), frozenset()) == "sensors lost: gone"
    assert why_busy(Rule(), one, (), frozenset("a")) is None


@pytest.mark.parametrize(
    "bad", [{"below_utilisation": 0.0}, {"below_utilisation": 5.0}, {"window_s": 0.0}, {"grace_s": -1.0}]
)
def test_a_rule_that_makes_no_sense_is_refused(bad: dict[str, float]) -> None:
    """5 is a percentage, not a share."""
    with pytest.raises(BadQuestionError):
        Rule(**bad)  # type: ignore[arg-type]


ZEROS = " 0" * 7
NET = f"Inter-|\n face |\n    lo: 999{ZEROS} 999{ZEROS}\n  eth0: {{rx}}{ZEROS} {{tx}}{ZEROS}\n"


def at(seconds: float) -> Moment:
    return Moment(unix_s=seconds, elapsed_s=seconds, awake_s=seconds, boot="b")


def test_network_traffic_is_measured_between_samples(tmp_path: Path) -> None:
    """30 MB in 10 s are 3 MB/s; the first time nothing is known; loopback does not count."""
    counters = tmp_path / "dev"
    probes = Probes(Asked(below_network_mb_s=1.0), net_dev=counters)
    counters.write_text(NET.format(rx=0, tx=0))
    first = probes.test(at(0))[0]
    counters.write_text(NET.format(rx=20_000_000, tx=10_000_000))
    second = probes.test(at(10))[0]
    third = probes.test(at(20))[0]
    counters.unlink()

    assert (first.idle, second.idle, third.idle) == (None, False, True)
    assert second.why == "3.00 MB/s"
    assert probes.test(at(30))[0].idle is None
    assert traffic_bytes(counters) is None


@pytest.mark.parametrize(
    ("ran", "idle_"), [(Ran(0, ""), True), (Ran(0, "ann pts/0"), False), (Ran(1, ""), None), (Ran(None, "x"), None)]
)
def test_logins_and_jobs_are_what_a_program_prints(ran: Ran, idle_: bool | None) -> None:
    """Nothing printed: idle; something: busy; a program that fails or is missing: unknown."""
    asked = Asked(no_logins=True, busy_if="squeue --noheader --nodelist='my host'")
    calls: list[tuple[str, ...]] = []
    found = Probes(asked, run=lambda argv: (calls.append(tuple(argv)), ran)[1]).test(at(0))  # type: ignore[func-returns-value]

    assert [each.idle for each in found] == [idle_, idle_]
    assert calls == [("who",), ("squeue", "--noheader", "--nodelist=my host")]


def test_a_file_keeps_the_machine(tmp_path: Path) -> None:
    """touch it to stay, remove it to go."""
    probes = Probes(Asked(keep_alive=tmp_path / "stay"))
    assert probes.test(at(0))[0].idle is True
    (tmp_path / "stay").touch()

    assert probes.test(at(0))[0].idle is False


def test_a_notice_that_cannot_be_delivered_is_reported() -> None:
    """wall is missing, the webhook answers 500: both are said; 204 and exit 0 are fine."""
    notice = Notice(webhook="https://example.org/hook")
    webhook = steps(notice, "hello")[1]
    assert isinstance(webhook, Request)
    assert webhook.body == b'{"text": "hello"}'

    assert len(tell(notice, "x", lambda step: Reply(status=None if isinstance(step, Command) else 500, text="no"))) == 2
    assert tell(notice, "x", lambda step: Reply(status=0 if isinstance(step, Command) else 204, text="")) == []
    with pytest.raises(BadQuestionError, match="https://"):
        Notice(webhook="example.org")


def test_the_whole_of_it_on_a_fake_machine(tmp_path: Path) -> None:
    """Sensors, log, rule, notice, command: stopped after 90 s of idling, and the log knows of it."""
    time, library = FakeTime(), FakeNvml(FakeCard(utilisation=0), FakeCard(uuid=UUIDS[1], utilisation=0))
    log = tmp_path / "watch.sqlite3"
    sent: list[str] = []
    watch = IdleWatch(
        rule=RULE, notice=Notice(), asked=Asked(), action="shutdown", setting=Setting(), act=True, log=log
    )
    found = idle(
        watch,
        stopping=lambda: time.elapsed_s > 1200,
        sensors=NvmlSource(library, tmp_path / "pci"),
        clocks=time.clocks(),
        sender=lambda step: (sent.append(str(step)), Reply(status=0, text=""))[1],  # type: ignore[func-returns-value]
    )
    kinds = [event.kind for event in found]
    add_event(log, time.unix_s, "noise", {})

    assert kinds == ["idle", "notice", "accepted", "accepted"]
    assert [each.split()[0] for each in sent] == ["wall", "shutdown", "shutdown"]
    report = idle_report(log, Question(as_of=DAY, site=Site(price_usd_per_kwh=0.2)), Worth())
    assert report.stops[-1].power_w == 600.0


def test_hours_saved_are_those_the_machine_was_off() -> None:
    """Stopped at 1000 s, down at 1030, up again 10 h later: 10 h; a repeated attempt is one stop."""
    events = [
        Event(unix_s=900.0, kind="accepted", detail={}),
        Event(unix_s=1000.0, kind="accepted", detail={"power_w": 50.0}),
    ]
    off = Away(begin_s=1030.0, end_s=37_030.0, kind="off")

    (stop,) = stops_of(events, [off], 40_000.0)
    assert (stop.hours, stop.dry, stop.power_w) == (10.0, False, 50.0)
    assert stops_of(events, [], 40_000.0)[0].hours is None


def test_a_stopped_container_was_off_though_its_clocks_do_not_show_it(tmp_path: Path) -> None:
    """A pod stopped for 10 h on a host that ran on: a gap after an accepted stop is that stop, another gap is not."""
    log = tmp_path / "watch.sqlite3"
    with LogWriter(log) as writer:
        writer.append(sample(0, gpu(utilisation=0.0)))
        writer.append(sample(3600, gpu(utilisation=0.0)))
        add_event(log, 1_700_003_605.0, "accepted", {})
        writer.append(sample(3600 + 36_000, gpu(utilisation=0.0)))
    with WatchReader(log) as reader:
        away = reader.away()

    assert [(each.kind, each.end_s - each.begin_s) for each in away] == [("off", 36_000.0)]
    assert idle_report(log, Question(as_of=DAY), Worth(rent_usd_per_h=1.0)).hours(dry=False) == pytest.approx(
        10, abs=0.01
    )


def test_a_supposed_stop_would_have_saved_what_idled_on() -> None:
    """Would have stopped at 0; used again 2 h later."""
    events = [Event(unix_s=0.0, kind="dry-run", detail={}), Event(unix_s=7200.0, kind="cancel", detail={})]

    assert stops_of(events, [], 9999.0)[0].hours == 2.0
    assert stops_of(events[:1], [], 3600.0)[0].hours == 1.0


def test_storage_of_a_stopped_pod_costs_what_it_costs_stopped() -> None:
    """RunPod asks 0.20 USD per GB and month for the disk of a stopped pod, twice that of a running one."""
    facts = load()
    runpod, aws = (storage_while_stopped(facts, name, DAY) for name in ("runpod", "aws"))

    assert runpod is not None
    assert (runpod.storage_class, runpod.price_usd) == ("pod-disk-stopped", 0.20)
    assert aws is not None
    assert aws.price_usd == 0.08
    assert storage_while_stopped(facts, "nobody", DAY) is None


def test_savings_in_words(tmp_path: Path) -> None:
    """10 h at 3.06 USD; 200 GB at 0.08 are 16 USD a month; what is unknown is said."""
    log = tmp_path / "watch.sqlite3"
    with LogWriter(log) as writer:
        writer.append(sample(0, gpu(utilisation=0.0, power_w=20.0)))
        add_event(log, 1_700_000_000.0, "accepted", {"power_w": 20.0})
        start = Moment(unix_s=1_700_036_100.0, elapsed_s=100.0, awake_s=100.0, boot="boot2")
        writer.append(Sample(at=start, gpus=(gpu(utilisation=0.0),)))
    question = Question(as_of=DAY, site=Site(price_usd_per_kwh=0.2))
    rented = list(
        saving_lines(idle_report(log, question, Worth(rent_usd_per_h=3.06, provider="aws", storage_gb=200.0)))
    )
    owned = list(saving_lines(idle_report(log, question, Worth(rest_power_w=80.0))))

    assert rented[0].startswith("Stopping saved 10.0 hours, $31 of rent, while $0.22 of storage went on in 1 stop")
    assert "$16 a month" in rented[1]
    assert owned[0] == "Stopping saved 10.0 hours, $0.20 of electricity in 1 stop."
    assert owned[1] == "Not priced: storage: its size is not stated (--storage-gb)."


def test_an_event_is_a_line() -> None:
    """Time, kind, reason, and what went wrong with the notice."""
    line = event_line(IdleEvent(at=at(0), kind="notice", why="idle", trouble=("wall: not found",)))

    assert line.endswith("notice: idle (wall: not found)")
