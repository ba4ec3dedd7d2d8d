"""How each cloud stops a machine that asks for it from inside: pure conversations of requests and replies.

A conversation yields what to send and is given what came back; nothing in here opens a connection. So each is tested
against the replies its maker documents.
"""

from __future__ import annotations

from payback.operate.idle.clouds.conversation import Command, Conversation, Outcome, Reply, Request, perform
from payback.operate.idle.clouds.makers import ACTIONS, Setting, conversation_for

__all__ = [
    "ACTIONS",
    "Command",
    "Conversation",
    "Outcome",
    "Reply",
    "Request",
    "Setting",
    "conversation_for",
    "perform",
]
