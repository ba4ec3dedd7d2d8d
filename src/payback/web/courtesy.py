"""Children compute behind the server: a page that only has to be sent never waits for a processor."""

from __future__ import annotations

import os

BEHIND = 10
"""Steps of niceness: enough that the scheduler gives the server its turn at once."""


def step_back() -> None:
    """Lower this process's priority, where the system knows of such a thing."""
    if hasattr(os, "nice"):
        os.nice(BEHIND)
