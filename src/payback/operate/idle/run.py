"""The rule at work: samples through the state machine, notices and actions out of it, every step told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from payback.observe.watch.sample import Moment, Sample
from payback.operate.idle.clouds.conversation import Conversation, Outcome, Reply, Step, perform
from payback.operate.idle.notice import Notice, tell
from payback.operate.idle.rule import Condition, Rule, span
from payback.operate.idle.state import Decision, State, reported, step

Kind = Literal["busy", "idle", "notice", "cancel", "dry-run", "accepted", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleEvent:
    """Something worth telling: the machine began to idle, was given notice, was asked to stop..."""

    at: Moment
    kind: Kind
    why: str
    idle_s: float = 0.0
    trouble: tuple[str, ...] = ()
    """Notices that could not be delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do when the rule says so."""

    rule: Rule
    notice: Notice
    action: str
    """Its name, for people."""
    conversation: Callable[[], Conversation] | None = None
    """Carries it out; None for a dry run."""


def run(
    plan: Plan,
    samples: Iterable[Sample],
    probe: Callable[[Moment], tuple[Condition, ...]],
    sender: Callable[[Step], Reply],
    *,
    now: Callable[[], Moment] | None = None,
) -> Iterator[IdleEvent]:
    """Apply the rule to samples as they come.

    Args:
        plan: Rule, notice, action.
        samples: One after another, live or recorded.
        probe: Tests the conditions besides the GPUs.
        sender: Sends requests and runs programs.
        now: The time after an action; that of its sample if None.

    Yields:
        An event whenever something changes; none while all stays as it is.
    """
    state, told = State(), ""
    for sample in samples:
        state, decision = step(plan.rule, state, sample, probe(sample.at))
        if decision.kind == "act":
            outcome = _act(plan, sender)
            when = sample.at if now is None else now()
            kind: Literal["dry", "accepted", "failed"] = "failed"
            if outcome is None:
                kind = "dry"
            elif outcome.accepted:
                kind = "accepted"
            state = reported(state, kind, when)
            yield _acted(sample.at, kind, plan, outcome, decision)
        elif decision.kind == "notice":
            yield _noticed(sample.at, plan, decision, sender)
        elif decision.kind in ("busy", "idle", "cancel") and decision.kind != told:
            yield _changed(sample.at, plan, decision, sender)
        told = decision.kind if decision.kind != "cancel" else "busy"


def _act(plan: Plan, sender: Callable[[Step], Reply]) -> Outcome | None:
    return None if plan.conversation is None else perform(plan.conversation(), sender)


def _acted(
    at: Moment, kind: Literal["dry", "accepted", "failed"], plan: Plan, outcome: Outcome | None, decision: Decision
) -> IdleEvent:
    if outcome is None:
        why = f"{decision.why}; would {plan.action} now (dry run: nothing was done)"
        return IdleEvent(at=at, kind="dry-run", why=why, idle_s=decision.idle_s)
    assert kind != "dry"
    return IdleEvent(at=at, kind=kind, why=f"{decision.why}; {plan.action}: {outcome.text}", idle_s=decision.idle_s)


def _noticed(at: Moment, plan: Plan, decision: Decision, sender: Callable[[Step], Reply]) -> IdleEvent:
    grace_s = decision.acts_in_s or 0.0
    text = (
        f"payback: all GPUs have idled for {span(decision.idle_s)}. "
        f"{plan.action} in {span(grace_s)} unless they are used."
    )
    event = IdleEvent(at=at, kind="notice", why=text, idle_s=decision.idle_s)
    if plan.conversation is None:
        return event
    return replace(event, trouble=tuple(tell(plan.notice, text, sender)))


def _changed(at: Moment, plan: Plan, decision: Decision, sender: Callable[[Step], Reply]) -> IdleEvent:
    kind: Kind = "cancel" if decision.kind == "cancel" else "busy" if decision.kind == "busy" else "idle"
    event = IdleEvent(at=at, kind=kind, why=decision.why, idle_s=decision.idle_s)
    if kind != "cancel" or plan.conversation is None:
        return event
    return replace(event, trouble=tuple(tell(plan.notice, f"payback: not stopping: {decision.why}.", sender)))
