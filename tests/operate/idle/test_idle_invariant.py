"""Never stop a busy machine: the invariant of the idle rule, checked from the outside on generated sequences.

`PAYBACK_SEQUENCES=100000` runs more of them than the 300 of the suite.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from payback.observe.watch.sample import GpuReading, Moment, Sample
from payback.operate.idle.rule import Condition, Rule
from payback.operate.idle.state import Decision, State, reported, step

SEQUENCES = int(os.environ.get("PAYBACK_SEQUENCES", "300"))
IDLE = 0.01


@dataclass(frozen=True)
class Seen:
    """One sample as the world was, with what was decided: all that the oracle looks at."""

    moment: Moment
    idle: bool
    """Every GPU and condition is known and idle, and no GPU of before is missing."""
    cards: frozenset[str]
    decision: Decision


utilisations = st.sampled_from([0.0, IDLE, IDLE, IDLE, 0.04, 0.049999, 0.05, 0.3, 1.0, None])
peaks = st.sampled_from([None, None, None, 0.0, 0.02, 0.6])
steps_s = st.sampled_from([10.0, 10.0, 10.0, 20.0, 59.0, 60.0, 60.1, 61.0, 300.0, 0.0, -10.0, 4000.0])
wall_offsets_s = st.sampled_from([0.0] * 8 + [1.9, -1.9, 2.1, -3600.0, 3600.0, 1e7])
suspends_s = st.sampled_from([0.0] * 8 + [0.5, 1.5, 30.0])
conditions = st.sampled_from([True] * 9 + [False, None])
outcomes = st.sampled_from(["accepted", "failed", "dry"])


@st.composite
def a_step(draw: st.DrawFn) -> dict[str, object]:
    """One step of an adversary: mostly calm, sometimes anything."""
    calm = draw(st.integers(0, 9)) < 8
    return {
        "repeat": draw(st.integers(1, 12)) if calm else 1,
        "seconds": 10.0 if calm else draw(steps_s),
        "wall": 0.0 if calm else draw(wall_offsets_s),
        "suspend": 0.0 if calm else draw(suspends_s),
        "first": IDLE if calm else draw(utilisations),
        "second": IDLE if calm else draw(utilisations),
        "peak": None if calm else draw(peaks),
        "missing": not calm and draw(st.integers(0, 5)) == 0,
        "lost": not calm and draw(st.integers(0, 5)) == 0,
        "third": not calm and draw(st.integers(0, 5)) == 0,
        "reboot": not calm and draw(st.integers(0, 9)) == 0,
        "asleep": not calm and draw(st.integers(0, 5)) == 0,
        "condition": True if calm else draw(conditions),
        "outcome": draw(outcomes),
    }


rules = st.builds(
    Rule,
    window_s=st.sampled_from([10.0, 60.0, 120.0, 300.0]),
    grace_s=st.sampled_from([0.0, 10.0, 35.0, 60.0]),
    longest_gap_s=st.sampled_from([15.0, 60.0]),
    first_retry_s=st.sampled_from([10.0, 30.0]),
    confirm_s=st.sampled_from([30.0, 100.0]),
)


def played(rule: Rule, script: list[dict[str, object]], *, wall_only: bool) -> list[Seen]:
    """Run a script through the machine; the oracle's notes are taken from the script, not from the machine."""
    state, wall, elapsed, awake, boot = State(), 1e9, 500.0, 500.0, "b0"
    known: frozenset[str] = frozenset()
    seen: list[Seen] = []
    for part in script:
        for _ in range(int(part["repeat"])):  # type: ignore[call-overload]
            seconds, suspend = float(part["seconds"]), float(part["suspend"])  # type: ignore[arg-type]
            elapsed += seconds
            awake += seconds - suspend
            wall += seconds + float(part["wall"])  # type: ignore[arg-type]
            if part["reboot"]:
                elapsed, awake, boot = 20.0, 20.0, boot + "x"
            moment = (
                Moment(unix_s=wall) if wall_only else Moment(unix_s=wall, elapsed_s=elapsed, awake_s=awake, boot=boot)
            )
            cards = () if part["lost"] else tuple(gpus_of(part))
            condition = Condition(name="jobs", idle=part["condition"])  # type: ignore[arg-type]
            lost = "driver" if part["lost"] else None
            state, decision = step(rule, state, Sample(at=moment, gpus=cards, lost=lost), (condition,))
            if decision.kind == "act":
                state = reported(state, part["outcome"], moment)  # type: ignore[arg-type]
            idle = bool(cards) and part["condition"] is True and all(is_idle(rule, card) for card in cards)
            now = frozenset(card.key for card in cards)
            seen.append(Seen(moment=moment, idle=idle and known <= now, cards=now, decision=decision))
            known |= now
    return seen


def gpus_of(part: dict[str, object]) -> list[GpuReading]:
    first = GpuReading(key="a", name="x", utilisation=part["first"], peak_utilisation=part["peak"])  # type: ignore[arg-type]
    second = GpuReading(key="b", name="x", utilisation=part["second"], asleep=bool(part["asleep"]))  # type: ignore[arg-type]
    third = [GpuReading(key="c", name="x", utilisation=IDLE)] if part["third"] else []
    return [first, *third] if part["missing"] else [first, second, *third]


def is_idle(rule: Rule, card: GpuReading) -> bool:
    """Below the threshold by every figure there is; a card that is powered down computes nothing."""
    if card.asleep:
        return True
    used = [value for value in (card.utilisation, card.peak_utilisation) if value is not None]
    return card.utilisation is not None and max(used) < rule.below_utilisation


def neighbours(rule: Rule, before: Moment, after: Moment) -> bool:
    """Whether nothing can have hidden between two samples."""
    if before.boot != after.boot:
        return False
    first = before.unix_s if before.elapsed_s is None else before.elapsed_s
    last = after.unix_s if after.elapsed_s is None else after.elapsed_s
    if not 0 < last - first <= rule.longest_gap_s:
        return False
    if (
        before.awake_s is not None
        and after.awake_s is not None
        and last - first - (after.awake_s - before.awake_s) > 1.0
    ):
        return False
    return abs((after.unix_s - before.unix_s) - (last - first)) <= 2.0


def calm_since(rule: Rule, seen: list[Seen], index: int) -> int:
    """The first sample of the unbroken idle stretch that ends at `index`."""
    begin = index
    while begin > 0:
        before, here = seen[begin - 1], seen[begin]
        if not (before.idle and neighbours(rule, before.moment, here.moment) and before.cards == here.cards):
            break
        begin -= 1
    return begin


def seconds(moment: Moment) -> float:
    return moment.unix_s if moment.elapsed_s is None else moment.elapsed_s


def assert_invariant(rule: Rule, seen: list[Seen]) -> int:
    """Points 1 to 3 of the rule's docstring at every action; returns the number of actions."""
    acts = [index for index, each in enumerate(seen) if each.decision.kind == "act"]
    for index in acts:
        assert seen[index].idle, "acted at a sample that was busy or unknown"
        begin = calm_since(rule, seen, index)
        lasted_s = seconds(seen[index].moment) - seconds(seen[begin].moment)
        assert lasted_s >= rule.window_s + rule.grace_s - 1e-6, f"acted after {lasted_s} s"
        notices = [at for at in range(begin, index) if seen[at].decision.kind == "notice"]
        assert len(notices) == 1, "exactly one notice in the stretch that leads to the action"
        given = seconds(seen[notices[0]].moment)
        assert seconds(seen[index].moment) - given >= rule.grace_s - 1e-6
        assert given - seconds(seen[begin].moment) >= rule.window_s - 1e-6
        assert not [at for at in range(notices[0], index) if seen[at].decision.kind in ("cancel", "busy")]
    return len(acts)


@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules, st.lists(a_step(), min_size=1, max_size=25), st.booleans())
def test_an_action_is_only_taken_after_an_unbroken_idle_stretch(
    rule: Rule, script: list[dict[str, object]], wall_only: bool
) -> None:
    """Gaps, clock jumps, suspends, restarts, lost sensors, missing and new cards, flapping, failed actions."""
    acts = assert_invariant(rule, played(rule, script, wall_only=wall_only))
    event("acted" if acts else "did not act")


def test_the_sequences_are_no_empty_show() -> None:
    """The same generator does lead to actions: an hour of calm acts, and the oracle looks at it."""
    calm = {"repeat": 12, "seconds": 10.0, "wall": 0.0, "suspend": 0.0, "first": IDLE, "second": IDLE, "peak": None,
            "missing": False, "lost": False, "third": False, "reboot": False, "asleep": False, "condition": True,
            "outcome": "failed"}  # fmt: skip
    rule = Rule(window_s=120.0, grace_s=60.0)
    seen = played(rule, [dict(calm) for _ in range(10)], wall_only=False)

    assert assert_invariant(rule, seen) >= 3, "a failed action is tried again"


@pytest.mark.parametrize("broken", ["gap", "suspend", "threshold", "notice"])
def test_the_oracle_finds_a_broken_rule(broken: str) -> None:
    """A test that cannot fail is worse than none: four rules that break the invariant are caught."""
    rule = Rule(window_s=100.0, grace_s=20.0, longest_gap_s=15.0)
    moments = [Moment(unix_s=1e9 + 10 * n, elapsed_s=10.0 * n, awake_s=10.0 * n, boot="b") for n in range(13)]
    if broken == "gap":
        moments[6:] = [Moment(unix_s=m.unix_s + 60, elapsed_s=10.0 * n + 60, awake_s=10.0 * n + 60, boot="b")
                       for n, m in enumerate(moments[6:], 6)]  # fmt: skip
    if broken == "suspend":
        moments[6:] = [Moment(unix_s=m.unix_s, elapsed_s=10.0 * n, awake_s=10.0 * n - 4, boot="b")
                       for n, m in enumerate(moments[6:], 6)]  # fmt: skip
    kinds = ["idle"] * 10 + ["notice" if broken != "notice" else "idle", "grace", "act"]
    seen = [
        Seen(moment=moment, idle=not (broken == "threshold" and n == 5), cards=frozenset("a"),
             decision=Decision(kind=kind, why=""))  # type: ignore[arg-type]
        for n, (moment, kind) in enumerate(zip(moments, kinds, strict=True))
    ]  # fmt: skip

    with pytest.raises(AssertionError):
        assert_invariant(rule, seen)
