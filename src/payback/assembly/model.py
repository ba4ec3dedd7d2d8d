"""What assembly talks about: a demand, a machine made of parts, a rule's finding, a judgement."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from payback.catalogue.components import Board, Case, Cooler, Cpu, Drive, GpuCard, Memory, PowerSupply
from payback.errors import BadQuestionError


class Status(StrEnum):
    """Three-valued: what is not known is neither fitting nor failing."""

    OK = "ok"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """What a violated rule does to the machine."""

    ERROR = "error"
    """It does not work, does not fit, or breaks what was asked."""
    WARNING = "warning"
    """It works, worse than the builder may think."""
    INFO = "info"


class Policy(StrEnum):
    """How much ignorance a judgement tolerates."""

    STRICT = "strict"
    """Unknown means rejected."""
    WARN = "warn"
    """Unknown means unproved: neither compatible nor incompatible."""
    OPTIMISTIC = "optimistic"
    """Unknown means allowed."""


NORTH_AMERICAN_VOLTS: Final = (110, 115, 120, 125, 127, 208, 240)
CONTINUOUS_SHARE: Final = 0.8
"""Share of a circuit's rating that may be drawn for hours (US National Electrical Code, 210.19 and 210.20)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A wall socket and its breaker."""

    volts: float
    amps: float

    @property
    def continuous_w(self) -> float:
        """What the outlet gives for hours: V · A, in North America 80 % of it. [W]

        Example:
            >>> Outlet(volts=120, amps=15).continuous_w, Outlet(volts=100, amps=15).continuous_w
            (1440.0, 1500.0)
        """
        share = CONTINUOUS_SHARE if round(self.volts) in NORTH_AMERICAN_VOLTS else 1.0
        return share * self.volts * self.amps

    @classmethod
    def parse(cls, text: str) -> Outlet:
        """An outlet from ``100V15A``, ``120 V / 20 A``.

        Raises:
            BadQuestionError: Volts or amperes cannot be read.
        """
        found = re.search(r"(\d+(?:\.\d+)?)\s*V\D*?(\d+(?:\.\d+)?)\s*A", text, re.IGNORECASE)
        if not found:
            raise BadQuestionError("query.outlet", text, "volts and amperes such as 120V15A or 230V10A")
        return cls(volts=float(found.group(1)), amps=float(found.group(2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the builder asks of the machine beyond fitting together. None = not asked."""

    outlet: Outlet | None = None
    power_cap_w: float | None = None
    """Power limit set on each GPU."""
    lanes_per_gpu: int | None = None
    expand_to_gpus: int | None = None
    noise_dba: float | None = None
    rack_units: int | None = None
    nvlink: bool = False
    min_ram_gb: float | None = None
    min_cores: int | None = None
    psu_headroom_share: float | None = None
    """Share above the load that the supply must have; unasked, 15 % is advised and its absence only a warning."""
    looks: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    """Keys of a query that nobody here knows; such a list cannot be called compatible."""

    @classmethod
    def article_four_gpu(cls) -> Demand:
        """What Chen asks of a machine that is to take four GPUs (2018): x8 each, 8 cores, 10 % reserve in the supply.

        4 · 8 + 4 lanes for the drive are his 36. 4 · 250 W, 180 W for the processor and 92 W for the rest are 1,272 W,
        and a tenth more is his 1,400 W.
        """
        return cls(expand_to_gpus=4, lanes_per_gpu=8, min_cores=8, psu_headroom_share=0.10)


_QUERY_KEYS: Final[Mapping[str, str]] = {
    "outlet": "outlet",
    "power_cap_w": "power_cap_w",
    "power_cap": "power_cap_w",
    "gpu_power_cap_w": "power_cap_w",
    "lanes_per_gpu": "lanes_per_gpu",
    "min_lanes_per_gpu": "lanes_per_gpu",
    "min_lanes": "lanes_per_gpu",
    "lanes": "lanes_per_gpu",
    "lane_min": "lanes_per_gpu",
    "expand_to_gpus": "expand_to_gpus",
    "expand_to": "expand_to_gpus",
    "expand_to_n": "expand_to_gpus",
    "noise_dba": "noise_dba",
    "max_noise_dba": "noise_dba",
    "rack_units": "rack_units",
    "nvlink": "nvlink",
    "min_ram_gb": "min_ram_gb",
    "ram_gb": "min_ram_gb",
    "min_cores": "min_cores",
    "psu_headroom_share": "psu_headroom_share",
    "looks": "looks",
}


def demand_from_query(query: Mapping[str, object]) -> Demand:
    """The demand written in a list's ``query`` object.

    A key nobody knows is kept in `Demand.not_understood`, so that the list is
    judged and yet never called compatible.

    Raises:
        BadQuestionError: A known key holds something that cannot be read.

    Example:
        >>> demand_from_query({"power_cap_w": 280, "outlet": "100V15A"}).outlet
        Outlet(volts=100.0, amps=15.0)
    """
    known: dict[str, Any] = {}
    strange = []
    for key, value in query.items():
        name = _QUERY_KEYS.get(key.casefold())
        if name is None:
            strange.append(key)
        elif value is not None:
            known[name] = _query_value(name, value)
    return replace(Demand(not_understood=tuple(strange)), **known)


def _query_value(name: str, value: object) -> object:
    if name == "outlet":
        return _outlet(value)
    if name == "nvlink":
        return bool(value)
    if name == "looks":
        return tuple(str(word) for word in value) if isinstance(value, list | tuple) else (str(value),)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadQuestionError(f"query.{name}", repr(value), "a number")
    return int(value) if name in ("lanes_per_gpu", "expand_to_gpus", "rack_units", "min_cores") else float(value)


def _outlet(value: object) -> Outlet:
    if isinstance(value, Mapping) and {"volts", "amps"} <= value.keys():
        return Outlet(volts=float(value["volts"]), amps=float(value["amps"]))
    return Outlet.parse(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLine:
    """One line of a parts list as its writer put it."""

    category: str
    text: str
    quantity: int = 1
    price_total: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsList:
    """A parts list as read, before its names are looked up."""

    id: str
    lines: tuple[ListedLine, ...]
    demand: Demand = field(default_factory=Demand)
    whole: bool | None = None
    """True if the writer says that every part is named, False if some are missing, None if nothing is said."""
    total_stated: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine as the rules see it: known parts one by one, None or a gap where a part is not known."""

    cpu: Cpu | None = None
    cpu_count: int = 1
    board: Board | None = None
    memory: tuple[Memory, ...] = ()
    """One entry a kit."""
    psus: tuple[PowerSupply, ...] = ()
    gpus: tuple[GpuCard, ...] = ()
    case: Case | None = None
    coolers: tuple[Cooler, ...] = ()
    drives: tuple[Drive, ...] = ()
    risers: int = 0
    listed: Mapping[str, int] = field(default_factory=dict)
    """How many pieces of each category the list names, known or not."""
    unknown_parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names that the catalogue does not know, by category."""
    guesses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Known names near to those, nearest first."""
    whole: bool | None = None
    total_stated: float | None = None
    line_prices: tuple[float | None, ...] = ()

    @property
    def gpu_count(self) -> int:
        """GPUs on the list, known or not."""
        return max(self.listed.get("gpu", 0), len(self.gpus))

    @property
    def multi_gpu(self) -> bool:
        """Whether facts must be trusted: two GPUs or more."""
        return self.gpu_count > 1

    def gap(self, category: str) -> str:
        """How to name the missing part of a category in a finding."""
        names = self.unknown_parts.get(category, ())
        if names:
            return f"{category}: {names[0]!r} is not in the catalogue"
        return f"{category}: not on the list"

    def known(self, category: str) -> bool:
        """Whether every listed part of a category is known, and there is one."""
        return self.listed.get(category, 0) > 0 and not self.unknown_parts.get(category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says of one machine."""

    status: Status
    why: str
    missing: tuple[str, ...] = ()
    severity: Severity | None = None
    """Given where it differs from the rule's own."""


RuleFunction = Callable[[Machine, Demand], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named rule with its number, its weight and where it comes from."""

    number: int
    name: str
    severity: Severity
    source: str
    judge: RuleFunction
    also_called: str = ""

    def __call__(self, machine: Machine, demand: Demand) -> Verdict:
        """What the rule says of `machine` under `demand`."""
        return self.judge(machine, demand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict with the rule that gave it."""

    rule: str
    status: Status
    severity: Severity
    why: str
    missing: tuple[str, ...] = ()
    rule_source: str = ""

    def as_dict(self) -> dict[str, object]:
        """The form in which ``payback check --json`` prints a finding."""
        return {
            "rule": self.rule,
            "status": self.status.value,
            "severity": self.severity.value,
            "why": self.why,
            "missing": list(self.missing),
            "rule_source": self.rule_source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Does the list fit together: true (proved), false (a hard rule is broken), None (nobody can tell)."""

    id: str
    compatible: bool | None
    findings: tuple[Finding, ...]
    readings: int = 1
    """How many ways the names on the list can be read; the judgement holds for all of them."""

    def of_status(self, status: Status, severity: Severity | None = None) -> tuple[Finding, ...]:
        """The findings with a status, and a severity if given."""
        return tuple(f for f in self.findings if f.status is status and severity in (None, f.severity))

    def as_dict(self) -> dict[str, object]:
        """The form in which ``payback check --json`` prints a judgement."""
        return {
            "id": self.id,
            "compatible": self.compatible,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def ok(why: str) -> Verdict:
    """The rule holds."""
    return Verdict(status=Status.OK, why=why)


def violated(why: str, severity: Severity | None = None) -> Verdict:
    """The rule is broken."""
    return Verdict(status=Status.VIOLATED, why=why, severity=severity)


def unknown(why: str, *missing: str) -> Verdict:
    """Nobody can tell; `missing` names the facts that would decide."""
    return Verdict(status=Status.UNKNOWN, why=why, missing=missing)
