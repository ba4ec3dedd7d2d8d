"""What a careful builder asks beyond the rulebook, and which open questions may be left to a tape measure.

Formulas B7 to B10 of docs/method/search.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from payback.assembly.model import Finding, Policy, Severity, Status
from payback.catalogue.components import Cooler, Cpu, GpuCard, PowerSupply

HARD_WARNINGS: Final = frozenset({"PSU_INLET", "PSU_TRANSIENT", "GPU_AIRFLOW", "COOLER_HEAT", "NOISE", "PCIE_GEN"})
"""Warnings of the rulebook that a careful builder heeds: broken, they reject a machine; notes never do."""
PROVED_WARNINGS: Final = frozenset({"GPU_AIRFLOW"})
"""Of those, the ones that reject a machine also when nobody can decide them."""
TAPE_MEASURE: Final = frozenset({"PSU_FIT"})
"""Hard rules that may stay open under `Policy.WARN`: a tape measure settles them before anything is bought."""
ONE_CARD: Final = frozenset(
    {"GPU_LENGTH", "CASE_SLOTS", "PSU_PLUGS", "PLUG_CAPACITY", "GPU_LANES", "CPU_LANES", "STORAGE"}
)
"""Hard rules that may stay open with a single GPU besides; two or more cards need proof of lanes, slots and plugs."""

LARGE_SOCKETS: Final = frozenset(
    {"sTR4", "sTRX4", "sWRX8", "SP3", "sTR5", "SP6", "SP5", "LGA4677", "LGA4189", "LGA3647"}
)
LIQUID_W: Final = ((420, 400.0), (360, 350.0), (280, 280.0), (240, 250.0), (120, 150.0))
AIR_W: Final = ((160.0, 260.0), (150.0, 230.0), (140.0, 180.0), (120.0, 150.0), (60.0, 95.0), (0.0, 65.0))
AIR_LARGE_W: Final = ((163.0, 350.0), (150.0, 250.0), (140.0, 220.0), (120.0, 180.0), (0.0, 120.0))
"""Heat that coolers carry by radiator length or height, in mm and W. Assumed: makers publish few ratings (rule 12)."""
UNKNOWN_COOLER_W: Final = 150.0
FEWEST_CHANNELS_FILLED: Final = 4
MARKS: Final = ("80 Plus Bronze", "80 Plus Silver", "80 Plus Gold", "80 Plus Platinum", "80 Plus Titanium")
SERVER_CARD: Final = re.compile(r"^(?:[ABHKLMPTV]\d|MI\d|Instinct|RTX PRO .*Server|Quadro RTX .*Passive)")


def open_questions_allowed(policy: Policy, count: int) -> frozenset[str] | None:
    """Hard rules that may stay undecided for a machine of `count` GPUs; None for all of them.

    Example:
        >>> sorted(open_questions_allowed(Policy.WARN, 2))
        ['PSU_FIT']
    """
    if policy is Policy.OPTIMISTIC:
        return None
    if policy is Policy.STRICT:
        return frozenset()
    return TAPE_MEASURE if count > 1 else TAPE_MEASURE | ONE_CARD


def rejects(
    rule: str, status: Status, severity: Severity, allowed: frozenset[str] | None, *, workmanship: bool
) -> bool:
    """Whether what a rule says keeps a machine from being bought.

    Example:
        >>> rejects("PSU_FIT", Status.UNKNOWN, Severity.ERROR, frozenset({"PSU_FIT"}), workmanship=True)
        False
    """
    if status is Status.OK:
        return False
    if status is Status.VIOLATED:
        return severity is Severity.ERROR or (workmanship and rule in HARD_WARNINGS and severity is not Severity.INFO)
    if severity is Severity.ERROR:
        return allowed is not None and rule not in allowed
    return workmanship and allowed is not None and rule in PROVED_WARNINGS


def objection(found: Iterable[Finding], allowed: frozenset[str] | None, *, workmanship: bool) -> Finding | None:
    """The first finding that rejects a machine, None if it may be bought."""
    return next((f for f in found if rejects(f.rule, f.status, f.severity, allowed, workmanship=workmanship)), None)


def cooler_capacity_w(cooler: Cooler) -> float:
    """Heat a cooler carries: its rating, else by type and size (B7). [W]

    Example:
        >>> from payback.catalogue.components import load_components
        >>> coolers = load_components().coolers
        >>> cooler_capacity_w(coolers["Noctua NH-D15"]), cooler_capacity_w(coolers["Noctua NH-U14S TR5-SP6"])
        (260.0, 350.0)
    """
    if cooler.rated_w is not None:
        return cooler.rated_w
    if cooler.kind == "liquid":
        return next((watts for size, watts in LIQUID_W if (cooler.radiator_mm or 0) >= size), UNKNOWN_COOLER_W)
    if cooler.height_mm is None:
        return UNKNOWN_COOLER_W
    table = AIR_LARGE_W if cooler.sockets and set(cooler.sockets) <= LARGE_SOCKETS else AIR_W
    return next(watts for height, watts in table if cooler.height_mm >= height)


def cooler_suffices(cooler: Cooler, cpu: Cpu) -> bool:
    """Whether a cooler carries all that the processor draws by its own limits (B7)."""
    return cooler_capacity_w(cooler) >= cpu.full_power_w


def module_step(channels: int | None) -> int:
    """Memory modules come in multiples of this: one a channel, four on six or eight channels (B8).

    Example:
        >>> module_step(2), module_step(4), module_step(8)
        (2, 4, 4)
    """
    return min(channels or 2, FEWEST_CHANNELS_FILLED)


def supply_is_marked(supply: PowerSupply) -> bool:
    """Whether a supply carries an efficiency mark of bronze or better (B9)."""
    return supply.efficiency in MARKS


def card_brings_its_own_fan(card: GpuCard) -> bool:
    """Whether a card cools itself in a tower; server cards wait for ducted air (B10).

    Example:
        >>> from payback.catalogue.components import load_components
        >>> cards = load_components().generic_cards
        >>> card_brings_its_own_fan(cards["L4"]), card_brings_its_own_fan(cards["RTX 5070"])
        (False, True)
    """
    return card.cooler != "passive" and not (card.cooler is None and SERVER_CARD.match(card.gpu))
