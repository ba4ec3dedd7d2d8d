"""What every source of samples does, and how it fails."""

from __future__ import annotations

from typing import Protocol

from payback.observe.watch.sample import GpuReading


class SensorLostError(Exception):
    """The sensors do not answer now; the watcher writes that down and tries again later."""


class Source(Protocol):
    """Sensors of the GPUs of one machine (or of several, behind an exporter)."""

    name: str

    def read(self) -> tuple[GpuReading, ...]:
        """Every GPU now; connects first where it has to.

        Raises:
            SensorLostError: Nothing answers; the message says why.
        """

    def close(self) -> None:
        """Let go of the driver; `read` connects again."""
