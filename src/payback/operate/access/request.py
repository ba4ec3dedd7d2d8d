"""What is asked of the access kit, and what comes out: files, shown before anything is changed."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Literal

from payback.decision.line_speed import LineSpeed
from payback.errors import BadQuestionError
from payback.evidence import Fact

Tunnel = Literal["wireguard", "tailscale"]
Ddns = Literal["curl", "ddclient", "none"]
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*")
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Which tunnel, name and extras.

    Raises:
        BadQuestionError: A key or name makes no sense.
    """

    tunnel: Tunnel = "wireguard"
    ddns: Ddns | None = None
    """How the line's address reaches its name; curl with WireGuard and none with Tailscale if None."""
    ddns_host: str | None = None
    """Name of the line, e.g. of a dynamic-DNS provider."""
    peer_key: str | None = None
    """WireGuard public key of the laptop."""
    jupyter: bool = False
    power_cap: str | None = None
    """Watts a GPU, or "auto"."""
    gpu: str | None = None
    """The GPU in the machine; that of the question's own machine if None."""

    def __post_init__(self) -> None:
        """Names and keys end up in configuration files, so only well-formed ones pass."""
        if self.peer_key is not None and not _is_key(self.peer_key):
            raise BadQuestionError("--peer-key", repr(self.peer_key), "what `wg pubkey` prints: 44 characters")
        if self.ddns_host is not None and not _HOST.fullmatch(self.ddns_host):
            raise BadQuestionError("--ddns-host", repr(self.ddns_host), "a host name, e.g. my-box.example.org")

    @property
    def ddns_way(self) -> Ddns:
        """How the address reaches the name; a Tailscale machine needs no name."""
        if self.ddns is not None:
            return self.ddns
        return "curl" if self.tunnel == "wireguard" else "none"


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES and len(text) == 44
    except (binascii.Error, ValueError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class KitFile:
    """One file of the kit: a script, a note, or what apply.sh installs."""

    path: str
    """Inside the kit's folder."""
    content: str
    why: str
    mode: int = 0o644
    installs: str | None = None
    """Where apply.sh puts it; None for what stays in the kit."""
    needs: str | None = None
    """What the machine must have for it: a program, an authorized key..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How long some data take over the line."""

    what: str
    direction: Literal["down", "up"]
    data_gb: float
    hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCap:
    """A power limit and what measurements say it costs."""

    watts: int
    why: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKit:
    """Everything the command shows and writes."""

    request: AccessRequest
    files: tuple[KitFile, ...]
    download: LineSpeed
    upload: LineSpeed
    transfers: tuple[Transfer, ...]
    power_cap: PowerCap | None
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The form in which `payback access --json` prints it."""
        lines = {"download": self.download, "upload": self.upload}
        cap = self.power_cap
        return {
            "schema": "payback.access/1",
            "tunnel": self.request.tunnel,
            "ddns": self.request.ddns_way,
            "files": [_file(file) for file in self.files],
            "line": {name: {"mbit_s": line.mbit_s, "why": line.why} for name, line in lines.items()},
            "transfers": [
                {"what": t.what, "direction": t.direction, "data_gb": t.data_gb, "hours": t.hours}
                for t in self.transfers
            ],
            "power_cap": None if cap is None else {"watts": cap.watts, "why": cap.why},
            "notes": list(self.notes),
            "facts": {fact.id: fact.as_dict() for fact in self.facts},
        }

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts the answer rests on."""
        lines = tuple(line.fact for line in (self.download, self.upload) if line.fact is not None)
        return (*lines, *(self.power_cap.facts if self.power_cap else ()))


def _file(file: KitFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "mode": f"{file.mode:04o}",
        "installs": file.installs,
        "needs": file.needs,
        "why": file.why,
        "content": file.content,
    }
