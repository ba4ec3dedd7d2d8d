"""Sends requests and runs programs for real; every failure is a reply without a status."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Final

from payback.operate.idle.clouds.conversation import Command, Reply, Request, Step

TIMEOUT_S: Final = 30.0
COMMAND_TIMEOUT_S: Final = 120.0
MOST_BYTES: Final = 1_000_000


def send(step: Step) -> Reply:
    """Send one step and wait for what comes back."""
    return _run(step) if isinstance(step, Command) else _request(step)


def _request(step: Request) -> Reply:
    try:
        request = urllib.request.Request(step.url, step.body, step.headers, method=step.method)  # noqa: S310
        with _opener(step.url).open(request, timeout=TIMEOUT_S) as answer:
            return Reply(status=answer.status, text=answer.read(MOST_BYTES).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        return Reply(status=error.code, text=error.read(MOST_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError, HTTPException) as error:
        return Reply(status=None, text=str(error))


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Metadata services are on this machine's own link: a proxy would answer for another machine, or for none."""
    if url.startswith(("http://169.254.169.254/", "http://metadata.google.internal/")):
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener()


def _run(step: Command) -> Reply:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, or the user's own; no shell
            step.argv, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Reply(status=None, text=str(error))
    return Reply(status=done.returncode, text=done.stdout if done.returncode == 0 else done.stderr or done.stdout)
