"""What the sensors said at one moment; None where a sensor was silent, never 0."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment on three clocks, so that jumps of one are seen by the others."""

    unix_s: float
    """The wall clock, which people and time servers set. [s]"""
    elapsed_s: float | None = None
    """A clock that only runs forward and counts suspended time; None in recordings. [s]"""
    awake_s: float | None = None
    """A clock that only runs forward and stands still while the machine is suspended. [s]"""
    boot: str | None = None
    """Stands for the start of the machine: the two clocks above are comparable within one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU at one moment."""

    key: str
    """Tells this card from others in the log; made of its serial identity but does not reveal it."""
    name: str
    utilisation: float | None = None
    """Share of the driver's last sampling period (1 s or less) in which the GPU computed. [0..1]"""
    peak_utilisation: float | None = None
    """Highest such share since the reading before, where the driver keeps them. [0..1]"""
    memory_used_gib: float | None = None
    memory_total_gib: float | None = None
    power_w: float | None = None
    energy_j: float | None = None
    """The card's own counter, of which only differences mean anything. [J]"""
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    processes: int | None = None
    """Programs that hold a compute context."""
    asleep: bool = False
    """Powered down by the operating system (runtime suspend): it cannot be computing."""

    def as_dict(self) -> dict[str, Any]:
        """What is known, for JSON; numbers to four decimals, finer than any sensor."""
        known = {name: value for name, value in asdict(self).items() if value is not None and value is not False}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in known.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All GPUs at one moment, or the reason why none could be read."""

    at: Moment
    gpus: tuple[GpuReading, ...] = ()
    lost: str | None = None
    """Why the sensors did not answer."""
    next_s: float = 10.0
    """When the next sample was due, from this one. [s]"""

    def as_dict(self) -> dict[str, Any]:
        """The form of one line of a recording."""
        clocks = {name: value for name, value in asdict(self.at).items() if value is not None}
        lost = {"lost": self.lost} if self.lost is not None else {}
        return {**clocks, "next_s": self.next_s, **lost, "gpus": [gpu.as_dict() for gpu in self.gpus]}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Sample:
        """A sample from one line of a recording.

        Raises:
            KeyError: Something that every sample has is missing.
            TypeError: A GPU has a field nobody knows.
        """
        clocks = {name: plain.get(name) for name in ("elapsed_s", "awake_s", "boot")}
        return cls(
            at=Moment(unix_s=float(plain["unix_s"]), **clocks),
            gpus=tuple(GpuReading(**gpu) for gpu in plain.get("gpus", ())),
            lost=plain.get("lost"),
            next_s=float(plain.get("next_s", 10.0)),
        )


def card_key(identity: str) -> str:
    """Eight hex digits that stand for a card: the same in every session, and no way back to its serial number.

    Example:
        >>> card_key("GPU-ef6ef310-1234-5678-9abc-def012345678")
        '90d3ce00'
    """
    return hashlib.blake2b(identity.encode(), digest_size=4, person=b"payback-watch").hexdigest()


def share(percent: float | None) -> float | None:
    """A percentage as a share; None for what cannot be one.

    Example:
        >>> share(42), share(None), share(65535)
        (0.42, None, None)
    """
    return None if percent is None or not 0 <= percent <= 100 else percent / 100
