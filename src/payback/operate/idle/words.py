"""Events and savings of the idle rule, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from payback.operate.idle.rule import Rule, span
from payback.operate.idle.run import IdleEvent
from payback.operate.idle.savings import Saving
from payback.report.money import money


def rule_line(rule: Rule, action: str, *, act: bool) -> str:
    """What will happen and when, in one line.

    Example:
        >>> rule_line(Rule(), "shutdown", act=False)
        'all GPUs below 5% for 30 min, a notice, 5 min more, then shutdown. A dry run: --act shutdown does it.'
    """
    after = "" if act else f" A dry run: --act {action} does it."
    return (
        f"all GPUs below {rule.below_utilisation:.0%} for {span(rule.window_s)}, a notice, "
        f"{span(rule.grace_s)} more, then {action}.{after}"
    )


def event_line(event: IdleEvent) -> str:
    """One event as a line."""
    clock = dt.datetime.fromtimestamp(event.at.unix_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    trouble = f" ({'; '.join(event.trouble)})" if event.trouble else ""
    return f"{clock} {event.kind}: {event.why}{trouble}"


def event_as_dict(event: IdleEvent) -> dict[str, Any]:
    """One event for JSON."""
    return {
        "unix_s": event.at.unix_s,
        "kind": event.kind,
        "why": event.why,
        "idle_s": event.idle_s,
        "trouble": list(event.trouble),
    }


def saving_lines(saving: Saving) -> Iterator[str]:
    """What stopping saved, or would have, and what storage still costs."""
    for dry, verb in ((False, "Stopping saved"), (True, "Stopping would have saved")):
        stops = [stop for stop in saving.stops if stop.dry == dry]
        over = sum(stop.hours is not None for stop in stops)
        if over:
            yield f"{verb} {_amounts(saving, dry=dry)} in {over} stop{'s' if over > 1 else ''}."
        if len(stops) > over:
            yield f"Stops whose end the log does not show yet: {len(stops) - over}."
    if not saving.stops:
        yield "No stop so far."
    if saving.storage_usd_per_month is not None and saving.storage is not None:
        price = f"{saving.storage.price_usd:g} USD per GB and month, seen {saving.storage.observed_on}"
        yield f"Its storage goes on costing {money(saving.storage_usd_per_month)} a month ({price})."
    for gap in saving.not_priced:
        yield f"Not priced: {gap}."


def _amounts(saving: Saving, *, dry: bool) -> str:
    parts = [f"{saving.hours(dry=dry):.1f} hours"]
    rent, electricity, storage = (
        saving.rent_usd(dry=dry),
        saving.electricity_usd(dry=dry),
        saving.storage_usd(dry=dry),
    )
    if rent is not None:
        parts.append(f"{money(rent)} of rent")
    if electricity is not None:
        parts.append(f"{money(electricity)} of electricity")
    if storage is not None:
        parts.append(f"while {money(storage)} of storage went on")
    return ", ".join(parts)


def replay_as_dict(events: Sequence[IdleEvent], saving: Saving) -> dict[str, Any]:
    """A replay for JSON."""
    return {"schema": "payback.idle/1", "events": [event_as_dict(event) for event in events], **saving.as_dict()}
