"""Telling people that a machine is about to be stopped: on its terminals, and to a webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from payback.errors import BadQuestionError
from payback.operate.idle.clouds.conversation import Command, Reply, Request, Step
from payback.operate.idle.transport import send


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Where a notice goes."""

    terminals: bool = True
    """``wall``: every terminal of this machine."""
    webhook: str | None = None
    """An address that takes ``{"text": ...}``, as Slack, Mattermost and many others do."""

    def __post_init__(self) -> None:
        if self.webhook is not None and not self.webhook.startswith(("https://", "http://")):
            raise BadQuestionError("--webhook", repr(self.webhook), "an address that begins with https://")


def steps(notice: Notice, text: str) -> list[Step]:
    """What to send for a notice.

    Args:
        notice: Where it goes.
        text: What it says.

    Example:
        >>> [str(step) for step in steps(Notice(webhook="https://example.org/hook"), "hi")]
        ['wall hi', 'POST https://example.org/hook']
    """
    found: list[Step] = [Command(argv=("wall", text))] if notice.terminals else []
    if notice.webhook is not None:
        body = json.dumps({"text": text}).encode()
        found.append(
            Request(method="POST", url=notice.webhook, headers={"Content-Type": "application/json"}, body=body)
        )
    return found


def tell(notice: Notice, text: str, sender: Callable[[Step], Reply] = send) -> list[str]:
    """Send a notice; returns what went wrong, in words. A notice that fails stops nothing: idling costs money.

    Args:
        notice: Where it goes.
        text: What it says.
        sender: Sends one step.
    """
    troubles = []
    for step in steps(notice, text):
        reply = sender(step)
        ok = reply.status == 0 if isinstance(step, Command) else reply.status is not None and 200 <= reply.status < 300
        if not ok:
            name = step.argv[0] if isinstance(step, Command) else "webhook"
            troubles.append(f"{name}: {' '.join(reply.text.split())[:120] or reply.status}")
    return troubles
