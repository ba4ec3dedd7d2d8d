"""How the rows of one kind count: which line they belong to, and what of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import MachineGpus
from payback.units import HOURS_PER_MONTH

COST: Final = "cost"
NOTHING: Final = ""
NET: Final = "net"
EFFECTIVE: Final = "effective"
GIB_IN_GB: Final = 1.073741824


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is to be done with rows whose texts are alike."""

    key: LineKey
    factor: float | None = None
    """Quantity in the line's unit is the row's times this; None: the row's quantity does not count."""
    quantity: str = "unit"
    """Which quantity of the row that is, by the name of the text with its unit."""
    effective: str = COST
    """Which money column says what the use cost after commitments; ``NOTHING`` for fees and their negations."""
    discount: bool = False
    """Whether the rows are discounts on others."""


Texts = Mapping[str, str]
"""The texts a rule is chosen by, by name."""

_TIMES: Final = (
    (re.compile(r"^(hrs?|hours?|h|gpu[ _-]?hours?|(gpu|node|instance)[ _-]?per[ _-]?hour)$"), 1.0),
    (re.compile(r"^(mins?|minutes?)$"), 1 / 60),
    (re.compile(r"^(s|secs?|seconds?)$"), 1 / 3600),
    (re.compile(r"^(ms|milliseconds?)$"), 1 / 3_600_000),
    (re.compile(r"^(days?)$"), 24.0),
)
_SPACE: Final = re.compile(r"^(?P<size>tebibytes?|gibibytes?|gigabytes?|bytes?|tib|gib|mib|tb|gb|mb)(?P<rest>.*)$")
_SIZES: Final = {"tb": 1000.0, "ti": 1024 * GIB_IN_GB, "te": 1024 * GIB_IN_GB, "gb": 1.0, "gi": GIB_IN_GB}
_PER: Final = (
    (re.compile(r"mo|month|mth"), 1.0),
    (re.compile(r"hr|hour"), 1 / HOURS_PER_MONTH),
    (re.compile(r"sec"), 1 / HOURS_PER_MONTH / 3600),
    (re.compile(r"day"), 24 / HOURS_PER_MONTH),
)


def hours_factor(unit: str) -> float | None:
    """Hours in one of a unit of time; None for other units.

    Example:
        >>> hours_factor("Hrs"), hours_factor("1 Hour"), hours_factor("seconds") == 1 / 3600, hours_factor("GB-Mo")
        (1.0, 1.0, True, None)
    """
    many, word = _unit(unit)
    return next((many * factor for pattern, factor in _TIMES if pattern.match(word)), None)


def space_factor(unit: str) -> tuple[str, float] | None:
    """A unit of data as ("gb_month" or "gb", how many of them it is); None for other units.

    Example:
        >>> space_factor("GB-Mo"), space_factor("1 GB/Month"), space_factor("GB"), space_factor("1/Month")
        (('gb_month', 1.0), ('gb_month', 1.0), ('gb', 1.0), None)
        >>> kind, factor = space_factor("gibibyte month")
        >>> kind, round(factor, 4)
        ('gb_month', 1.0737)
    """
    many, word = _unit(unit)
    found = _SPACE.match(word)
    if found is None:
        return None
    size = _size(found["size"])
    rest = found["rest"].strip(" -_/.*")
    if not rest:
        return "gb", many * size
    return next((("gb_month", many * size * factor) for pattern, factor in _PER if pattern.match(rest)), None)


def _size(word: str) -> float:
    if word.startswith("byte"):
        return 1e-9
    if word.startswith("m"):
        return 1e-3 if word == "mb" else GIB_IN_GB / 1024
    if word.startswith("gig"):
        return GIB_IN_GB if word.startswith("gibi") else 1.0
    return _SIZES[word[:2]]


def _unit(text: str) -> tuple[float, str]:
    word = text.strip().casefold()
    counted = re.match(r"(\d+)\s*(?=[a-z])", word)
    return (float(counted[1]), word[counted.end() :]) if counted else (1.0, word)


def gpu_key(provider: str, item: str, term: str, found: MachineGpus, currency: str, *, unit: str = "h") -> LineKey:
    """The line of a machine, or of GPUs billed by themselves."""
    return LineKey(
        category="gpu",
        provider=provider,
        item=item,
        term=term,
        gpu=found.gpu,
        gpu_count=found.count,
        gpu_share=found.share,
        unit=unit,
        currency=currency,
    )
