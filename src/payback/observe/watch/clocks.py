"""Clocks of this machine: the wall's, one that counts suspended time, one that does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from payback.observe.watch.sample import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What tells the time and lets it pass; tests put their own in."""

    now: Callable[[], Moment]
    sleep: Callable[[float], None] = time.sleep
    cpu_s: Callable[[], float] = field(default=time.process_time)
    """Processor time this process has used. [s]"""


def system_clocks() -> Clocks:
    """The clocks of this machine."""
    boot = _boot_id()
    elapsed_clock = getattr(time, "CLOCK_BOOTTIME", None)

    def now() -> Moment:
        awake_s = time.monotonic()
        elapsed_s = time.clock_gettime(elapsed_clock) if elapsed_clock is not None else awake_s
        return Moment(unix_s=time.time(), elapsed_s=elapsed_s, awake_s=awake_s, boot=boot)

    return Clocks(now=now)


def _boot_id() -> str | None:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()[:8]
    except OSError:
        return None
