"""From the name of an action and its setting to a conversation that can be held again and again."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from payback.errors import BadQuestionError, UnknownNameError
from payback.operate.idle.clouds.big import stop_aws, stop_azure, stop_google
from payback.operate.idle.clouds.conversation import Command, Conversation, Outcome, refused
from payback.operate.idle.clouds.small import stop_runpod, stop_vast, terminate_lambda

ACTIONS: Final = ("shutdown", "aws", "google", "azure", "lambda", "runpod", "vast", "command")
SHUTDOWN: Final = ("shutdown", "-h", "now")
PROVIDERS: Final = {
    "aws": "aws",
    "google": "google-cloud",
    "azure": "azure",
    "lambda": "lambda",
    "runpod": "runpod",
    "vast": "vast-ai",
}
"""Names of the clouds in the catalogue, for what their storage costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an action needs besides its name."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: str | None = None
    instance: str | None = None
    destroys_data: bool = False
    """The user has said that the disk may be lost."""


def conversation_for(action: str, setting: Setting) -> Callable[[], Conversation]:
    """A maker of conversations that carry out an action; everything it needs is checked now, not at night.

    Args:
        action: One of `ACTIONS`.
        setting: Environment and flags.

    Raises:
        UnknownNameError: No such action.
        BadQuestionError: Something it needs is missing.
    """
    if action not in ACTIONS:
        raise UnknownNameError("action", action, ACTIONS, f"Known: {', '.join(ACTIONS)}.")
    fixed: dict[str, Callable[[], Conversation]] = {
        "aws": stop_aws,
        "google": stop_google,
        "azure": stop_azure,
        "shutdown": lambda: _program(SHUTDOWN),
    }
    if action in fixed:
        return fixed[action]
    return {"command": _command, "lambda": _lambda, "runpod": _runpod, "vast": _vast}[action](setting)


def _command(setting: Setting) -> Callable[[], Conversation]:
    words = tuple(shlex.split(setting.command or ""))
    if not words:
        raise BadQuestionError("--command", "nothing", "the program to run with --act command, and its arguments")
    return lambda: _program(words)


def _lambda(setting: Setting) -> Callable[[], Conversation]:
    if not setting.destroys_data:
        expected = "--destroys-data: Lambda cannot stop a machine, it ends it and its disk is lost"
        raise BadQuestionError("--act lambda", "no permission to lose the disk", expected)
    instance, key = (
        _needed(setting.instance, "--instance", "its number, from Lambda's page"),
        _secret(setting, "LAMBDA_API_KEY"),
    )
    return lambda: terminate_lambda(instance, key)


def _runpod(setting: Setting) -> Callable[[], Conversation]:
    pod = _needed(setting.instance or setting.environment.get("RUNPOD_POD_ID"), "RUNPOD_POD_ID", "set, as in every pod")
    key = setting.environment.get("RUNPOD_API_KEY")
    return lambda: stop_runpod(pod, key)


def _vast(setting: Setting) -> Callable[[], Conversation]:
    instance = _needed(
        setting.instance or setting.environment.get("CONTAINER_ID"), "CONTAINER_ID", "set, as in every instance"
    )
    key = _secret(setting, "CONTAINER_API_KEY")
    return lambda: stop_vast(instance, key)


def _secret(setting: Setting, name: str) -> str:
    return _needed(setting.environment.get(name), name, "this environment variable to be set")


def _needed(value: str | None, where: str, expected: str) -> str:
    if not value:
        raise BadQuestionError(where, "nothing", expected)
    return value


def _program(words: tuple[str, ...]) -> Conversation:
    done = yield Command(argv=words)
    if done.status != 0:
        return refused(words[0], done)
    return Outcome(accepted=True, text=f"{' '.join(words)}: done")
