"""The idle rule as a state machine: samples in, decisions out. No clock, no network, no action of its own.

The invariant. An action is decided upon at a sample only if

1. at that sample and at every sample before it, back over at least ``window_s + grace_s``, every GPU answered with a
   utilisation below the threshold, no GPU seen before was missing, and every condition asked for was met;
2. between any two neighbours of these samples some time, at most ``longest_gap_s``, passed on a clock that only runs
   forward; the machine was not restarted or suspended; and the wall clock was not set by more than two seconds;
3. a notice was decided upon at least ``grace_s`` earlier, after at least ``window_s`` of idling, and no cancellation
   since.

What is unknown (a lost sensor, a silent field, a condition that could not be tested) is busy. A failed action is
decided upon again only while all of this still holds. tests/operate/idle/test_invariant.py checks it from the outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from payback.observe.watch.intervals import SUSPEND_S
from payback.observe.watch.sample import Moment, Sample
from payback.operate.idle.rule import Condition, Rule, why_busy

Phase = Literal["start", "busy", "idle", "grace", "acting", "failed", "accepted", "dry"]
Kind = Literal["busy", "idle", "notice", "grace", "cancel", "act", "waiting"]
CLOCK_SET_S: Final = 2.0
"""The wall clock is slewed by milliseconds; more than this between two samples is a set clock or a paused machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the rule remembers."""

    phase: Phase = "start"
    last: Moment | None = None
    known: frozenset[str] = frozenset()
    """GPUs ever seen."""
    idle_since_s: float = 0.0
    """On the clock of `seconds_of`. [s]"""
    noticed_s: float = 0.0
    acted_s: float = 0.0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one sample."""

    kind: Kind
    why: str
    idle_s: float = 0.0
    """How long the machine has idled without a gap. [s]"""
    acts_in_s: float | None = None
    """Time to the action, if all idle on; None where none is near. [s]"""


def step(rule: Rule, state: State, sample: Sample, conditions: tuple[Condition, ...] = ()) -> tuple[State, Decision]:
    """One sample further.

    Args:
        rule: Thresholds and times.
        state: What was remembered; ``State()`` at the start.
        sample: The GPUs now.
        conditions: What else was asked for, tested now.

    Returns:
        What to remember, and what to do: ``act`` is the only decision that touches the machine.

    Example:
        >>> from payback.observe.watch.sample import GpuReading
        >>> rule, state = Rule(window_s=60, grace_s=30), State()
        >>> for second in range(0, 100, 10):
        ...     gpus = (GpuReading(key="a", name="x", utilisation=0.0),)
        ...     state, decision = step(rule, state, Sample(at=Moment(unix_s=float(second)), gpus=gpus))
        >>> decision.kind, decision.idle_s
        ('act', 90.0)
    """
    known = state.known | {gpu.key for gpu in sample.gpus}
    now_s = seconds_of(sample.at)
    pending = state.phase in ("grace", "acting", "failed", "accepted", "dry")
    reason = why_busy(rule, sample, conditions, state.known)
    if reason is not None:
        after = State(phase="busy", last=sample.at, known=known)
        return after, Decision(kind="cancel" if pending else "busy", why=reason)
    broken = "the first sample" if state.last is None else break_between(rule, state.last, sample.at)
    if broken is None and known != state.known:
        broken = "a GPU that was not there before"
    if broken is not None or state.phase in ("start", "busy"):
        after = State(phase="idle", last=sample.at, known=known, idle_since_s=now_s)
        return after, Decision(kind="cancel" if pending else "idle", why=broken or "idling begins")
    return _idling(rule, replace(state, last=sample.at), now_s)


def reported(state: State, outcome: Literal["accepted", "failed", "dry"], at: Moment) -> State:
    """The state after an action was tried; an action that failed is never taken for done.

    Args:
        state: The state that came with the decision to act.
        outcome: accepted by who was asked; failed; or dry, when nothing was asked.
        at: When the outcome was known.
    """
    return replace(state, phase=outcome, acted_s=seconds_of(at))


def seconds_of(at: Moment) -> float:
    """The clock that only runs forward and counts suspended time; the wall's in recordings. [s]"""
    return at.unix_s if at.elapsed_s is None else at.elapsed_s


def break_between(rule: Rule, before: Moment, after: Moment) -> str | None:
    """Why nothing is known about the time between two samples; None if they are close neighbours."""
    if before.boot != after.boot:
        return "the machine was restarted"
    if (before.elapsed_s is None) != (after.elapsed_s is None):
        return "the clock changed"
    passed_s = seconds_of(after) - seconds_of(before)
    if not passed_s > 0:
        return "the clock ran backwards"
    if passed_s > rule.longest_gap_s:
        return f"{passed_s:.0f} s without a sample"
    if abs(after.unix_s - before.unix_s - passed_s) > CLOCK_SET_S:
        return "the wall clock was set"
    if before.awake_s is not None and after.awake_s is not None:
        asleep_s = passed_s - (after.awake_s - before.awake_s)
        if asleep_s > SUSPEND_S:
            return f"the machine was suspended for {asleep_s:.0f} s"
    return None


def _idling(rule: Rule, state: State, now_s: float) -> tuple[State, Decision]:
    idle_s = now_s - state.idle_since_s
    if state.phase == "idle":
        return _window(rule, state, now_s, idle_s)
    if state.phase == "grace":
        left_s = rule.grace_s - (now_s - state.noticed_s)
        if left_s > 0:
            why = f"idle for {idle_s:.0f} s; acts in {left_s:.0f} s"
            return state, Decision(kind="grace", why=why, idle_s=idle_s, acts_in_s=left_s)
        return _act(state, now_s, idle_s, f"idle for {idle_s:.0f} s, notice given {now_s - state.noticed_s:.0f} s ago")
    return _after_action(rule, state, now_s, idle_s)


def _window(rule: Rule, state: State, now_s: float, idle_s: float) -> tuple[State, Decision]:
    left_s = rule.window_s - idle_s
    if left_s > 0:
        why = f"idle for {idle_s:.0f} of {rule.window_s:.0f} s"
        return state, Decision(kind="idle", why=why, idle_s=idle_s, acts_in_s=left_s + rule.grace_s)
    why = f"idle for {idle_s:.0f} s; acts in {rule.grace_s:.0f} s"
    noticed = replace(state, phase="grace", noticed_s=now_s)
    return noticed, Decision(kind="notice", why=why, idle_s=idle_s, acts_in_s=rule.grace_s)


def _after_action(rule: Rule, state: State, now_s: float, idle_s: float) -> tuple[State, Decision]:
    since_s = now_s - state.acted_s
    if state.phase == "failed":
        wait_s = min(rule.most_retry_s, rule.first_retry_s * 2 ** min(state.attempts - 1, 20))
        if since_s >= wait_s:
            return _act(state, now_s, idle_s, f"attempt {state.attempts} failed")
        return state, Decision(kind="waiting", why="the action failed", idle_s=idle_s, acts_in_s=wait_s - since_s)
    if state.phase == "accepted" and since_s >= rule.confirm_s:
        return _act(state, now_s, idle_s, f"accepted {since_s:.0f} s ago, and this machine still runs")
    why = {"accepted": "accepted, waiting for the end", "dry": "dry run: it would have been stopped"}
    return state, Decision(kind="waiting", why=why.get(state.phase, "acting"), idle_s=idle_s)


def _act(state: State, now_s: float, idle_s: float, why: str) -> tuple[State, Decision]:
    acting = replace(state, phase="acting", attempts=state.attempts + 1, acted_s=now_s)
    return acting, Decision(kind="act", why=why, idle_s=idle_s)
