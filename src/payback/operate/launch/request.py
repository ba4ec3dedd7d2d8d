"""What is launched where: the request, the place it runs, and the files that come out."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from payback.errors import BadQuestionError
from payback.evidence import Fact
from payback.operate.idle.rule import Rule
from payback.operate.launch.names import LaunchGpu, LaunchProvider, Tool

IDLE_RULE = Rule()
DEFAULT_IDLE_MINUTES = round(IDLE_RULE.window_s / 60)
"""The window of `payback watch idle`: longer than a look at the results, short against a forgotten night. [min]"""
LEAST_USE_PERCENT = round(100 * IDLE_RULE.below_utilisation)
"""A GPU below this all the time is doing nothing: the line of `payback watch idle`. [%]"""
DEFAULT_COMMAND = "nvidia-smi"
_HOST = re.compile(r"(?:(?P<user>[A-Za-z_][\w.-]*)@)?(?P<host>[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHost:
    """A machine of one's own, reachable by SSH.

    Example:
        >>> OwnHost.parse("me@10.77.0.1")
        OwnHost(host='10.77.0.1', user='me')
    """

    host: str
    user: str | None = None

    @classmethod
    def parse(cls, text: str) -> OwnHost:
        """A host as `user@host`, or a name of ~/.ssh/config.

        Raises:
            BadQuestionError: It is neither.
        """
        match = _HOST.fullmatch(text)
        if match is None or (":" in match["host"] and not _is_ipv6(match["host"])):
            raise BadQuestionError(
                "--own", repr(text), "user@host, or the name of a host in ~/.ssh/config (a port stands there)"
            )
        return cls(host=match["host"], user=match["user"])


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """What the user asks of a launcher."""

    tool: Tool = "skypilot"
    option: str | None = None
    """Id of a rented option; the cheapest feasible one if None."""
    own: tuple[OwnHost, ...] = ()
    own_gpu: str | None = None
    """The GPU at home; that of the question's own machine if None."""
    identity: str | None = None
    """Private key for the machines at home; dstack needs it named."""
    idle_minutes: int = DEFAULT_IDLE_MINUTES
    command: str = DEFAULT_COMMAND
    file_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rented machine in a launcher's own words."""

    seller: LaunchProvider
    gpu: LaunchGpu
    gpu_count: int
    instance: str | None
    cpus: int | None
    region: str | None
    spot: bool
    price_usd_per_h: float

    @property
    def when_idle(self) -> str:
        """What the launcher does with it when it idles; a spot machine cannot be stopped."""
        return "end" if self.spot and self.seller.when_idle == "stop" else self.seller.when_idle

    @property
    def ceiling_usd_per_h(self) -> float:
        """The price rounded up to the cent, as catalogues round; nothing dearer is taken. [USD/h]"""
        return -(-round(self.price_usd_per_h * 1e6) // 10_000) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The machines at home in a launcher's own words."""

    hosts: tuple[OwnHost, ...]
    gpu: LaunchGpu
    identity: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFile:
    """One file for a launcher."""

    name: str
    what: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A part of the expected bill and the facts behind it."""

    name: str
    usd_per_month: float
    how: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Files for a launcher, the commands that use them, and what it will cost."""

    tool: Tool
    option: str
    label: str
    files: tuple[LaunchFile, ...]
    commands: tuple[str, ...]
    bill: tuple[BillLine, ...]
    months: int
    notes: tuple[str, ...]
    facts: dict[str, Fact]

    @property
    def usd_per_month(self) -> float:
        """The bill of a month. [USD/month]"""
        return sum(line.usd_per_month for line in self.bill)

    def as_dict(self) -> dict[str, Any]:
        """The form in which `payback launch --json` prints it."""
        return {
            "schema": "payback.launch/1",
            "tool": self.tool,
            "option": self.option,
            "label": self.label,
            "files": [{"name": file.name, "what": file.what, "content": file.content} for file in self.files],
            "commands": list(self.commands),
            "bill": {
                "usd_per_month": self.usd_per_month,
                "months": self.months,
                "lines": [
                    {"name": line.name, "usd_per_month": line.usd_per_month, "how": line.how, "facts": list(line.facts)}
                    for line in self.bill
                ],
            },
            "notes": list(self.notes),
            "facts": {name: fact.as_dict() for name, fact in self.facts.items()},
        }
