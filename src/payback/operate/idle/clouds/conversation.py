"""Requests, replies and outcomes; who sends them is somebody else's business."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. Its headers may hold a secret and are never printed."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program and its arguments, run without a shell."""

    argv: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.argv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: HTTP status and body, or exit status and output; status None: nothing did."""

    status: int | None
    text: str

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether the one who was asked agreed to stop this machine. Only its end proves that it did."""

    accepted: bool
    text: str


Step = Request | Command
Conversation = Generator[Step, Reply, Outcome]
Send = Callable[[Step], Reply]


def perform(conversation: Conversation, send: Send) -> Outcome:
    """Hold a conversation.

    Args:
        conversation: Yields steps, is given replies.
        send: Sends one step.
    """
    try:
        step = next(conversation)
        while True:
            step = conversation.send(send(step))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def refused(what: str, reply: Reply) -> Outcome:
    """An outcome that says what was answered instead of yes."""
    answer = " ".join(reply.text.split())[:300]
    status = "no reply" if reply.status is None else f"status {reply.status}"
    return Outcome(accepted=False, text=f"{what}: {status}{': ' if answer else ''}{answer}")


def at(document: Any, *path: str | int) -> Any:
    """A value inside JSON, or None where the way to it ends.

    Example:
        >>> at({"data": [{"id": 7}]}, "data", 0, "id"), at([], 0, "id")
        (7, None)
    """
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document
