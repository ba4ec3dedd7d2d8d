"""Usage types of AWS: what ``USE1-BoxUsage:p3.2xlarge`` and its like say. Cost reports and FOCUS carry the same words.

A usage type is an optional code of the region, a kind, and often a machine type after a colon.
"""

from __future__ import annotations

import re
from typing import Final

from payback.observe.bill import lines
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import AWS, Machines
from payback.observe.bill.rules import NOTHING, Rule, gpu_key, space_factor

_BOX = re.compile(
    r"(?:[A-Z0-9]+-)*"
    r"(?P<kind>BoxUsage|SpotUsage|DedicatedUsage|HeavyUsage|UnusedBox|UnusedDed|Reservation|DedicatedRes|HostUsage"
    r"|Host|Notebk|Train|Hosting|Tsform|Processing|Studio)(?:[A-Za-z_-]*):(?P<item>[\w.-]+)"
)
"""Kinds of EC2 and SageMaker that name a machine whose hours are billed; a capacity reservation unused is UnusedBox."""
COMPUTE: Final = frozenset({"", "AmazonEC2", "AmazonSageMaker"})
"""Services that bill the hours of a machine; others, such as EMR, bill a surcharge on the same hours."""
_IDLE: Final = frozenset({"UnusedBox", "UnusedDed"})
_ADDED: Final = frozenset({"Reservation", "DedicatedRes"})
_STORED: Final = (
    (re.compile(r"EBS:SnapshotUsage"), "snapshot"),
    (re.compile(r"EBS:(Volume|directAPI)"), "volume"),
    (re.compile(r"TimedStorage|EarlyDelete"), "object"),
    (re.compile(r"(ThroughputCapacity|Storage(_|-|:)(SSD|HDD|Multi|Single))|StorageUsage"), "file"),
)
_SENT: Final = (
    (re.compile(r"(DataTransfer-Out-Bytes|DataXfer-Out)"), "internet"),
    (re.compile(r"(-AWS-(Out|In)-Bytes|InterRegion)"), "between regions"),
    (re.compile(r"DataTransfer-Regional-Bytes"), "between zones"),
    (re.compile(r"DataTransfer-In-Bytes"), "inwards"),
    (re.compile(r"CloudFront-Out|-DataTransfer-"), "internet"),
)


def machine_of(usage_type: str) -> tuple[str, str] | None:
    """Kind and machine type that a usage type names.

    Example:
        >>> machine_of("USW2-SpotUsage:p4d.24xlarge"), machine_of("USE1-Notebk:ml.g5.xlarge")
        (('SpotUsage', 'p4d.24xlarge'), ('Notebk', 'ml.g5.xlarge'))
        >>> machine_of("EBS:VolumeUsage.gp3") is None
        True
    """
    found = _BOX.fullmatch(usage_type)
    return (found["kind"], found["item"]) if found else None


def machine_rule(
    machines: Machines, usage_type: str, term: str, currency: str, *, hours: float | None, effective: str
) -> Rule | None:
    """The rule of a row that bills a machine with GPUs; None for any other row.

    Args:
        machines: Knows machine types.
        usage_type: The usage type.
        term: How the machine is paid, where the usage type does not say.
        currency: Of the row.
        hours: Hours in one of the row's quantity; None where its quantity does not count.
        effective: Money column with the price after commitments.
    """
    named = machine_of(usage_type)
    if named is None:
        return None
    kind, item = named
    term = lines.SPOT if kind == "SpotUsage" else lines.UNUSED if kind in _IDLE else term
    if kind in _ADDED:
        hours = None
    found = machines.machine(AWS, item)
    if found is not None:
        return Rule(key=gpu_key(AWS, item, term, found, currency), factor=hours, effective=effective)
    if machines.is_gpu_type(AWS, item):
        key = LineKey(category=lines.UNKNOWN, provider=AWS, item=item, term=term, unit="h", currency=currency)
        return Rule(key=key, factor=hours, effective=effective)
    return None


def stored_rule(usage_type: str, product: str, unit: str, currency: str) -> Rule | None:
    """The rule of a row that bills storage or traffic; None for any other row."""
    space = space_factor(unit)
    for patterns, category, counted in ((_STORED, lines.STORAGE, "gb_month"), (_SENT, lines.EGRESS, "gb")):
        item = next((name for pattern, name in patterns if pattern.search(usage_type)), None)
        if item is None:
            continue
        if item == "object" and ("EFS" in product or "FileSystem" in product):
            item = "file"
        factor = space[1] if space and space[0] == counted else None
        key = LineKey(category=category, provider=AWS, item=item, unit=counted, currency=currency)
        return Rule(key=key, factor=factor)
    return None


def fee_item(usage_type: str, product: str) -> str:
    """What a fee of a commitment is for."""
    named = machine_of(usage_type)
    return named[1] if named else product


def without_money(rule: Rule) -> Rule:
    """The rule for rows whose cost was paid by a commitment."""
    return Rule(key=rule.key, factor=rule.factor, effective=NOTHING)
