"""The rules in their order: registered by a decorator, applied by `findings`, weighed by a policy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from functools import cache

from payback.assembly.model import (
    Demand,
    Finding,
    Machine,
    Policy,
    Rule,
    RuleFunction,
    Severity,
    Status,
)

_REGISTERED: dict[str, Rule] = {}
MODULES = (
    "rules_platform", "rules_memory", "rules_cooling", "rules_case", "rules_gpu_fit", "rules_lanes", "rules_power",
    "rules_site", "rules_completeness",
)  # fmt: skip


def rule(
    number: int, name: str, severity: Severity, source: str, *, also_called: str = ""
) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as the rule of that number and name.

    Args:
        number: Place in docs/method/assembly.md.
        name: Upper-case name, as findings print it.
        severity: What breaking it does to the machine.
        source: Who says so.
        also_called: Another name in use for it.

    Raises:
        ValueError: Two rules share a name or a number.
    """

    def register(judge: RuleFunction) -> RuleFunction:
        taken = {known.number: known.name for known in _REGISTERED.values()}
        if name in _REGISTERED or number in taken:
            raise ValueError(f"rule {number} {name} is registered twice")
        _REGISTERED[name] = Rule(
            number=number, name=name, severity=severity, source=source, judge=judge, also_called=also_called
        )
        return judge

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by number.

    Example:
        >>> [rule.name for rule in rules()[:3]]
        ['SOCKET', 'CPU_CHIPSET_SUPPORT', 'BIOS']
    """
    for module in MODULES:
        importlib.import_module(f"payback.assembly.{module}")
    return tuple(sorted(_REGISTERED.values(), key=lambda known: known.number))


def rule_named(name: str) -> Rule:
    """The rule called `name`, by either of its names."""
    return next(known for known in rules() if name in (known.name, known.also_called))


def findings(machine: Machine, demand: Demand, chosen: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """What every rule says of one machine, in the order of the rules."""
    return tuple(_finding(known, machine, demand) for known in (rules() if chosen is None else chosen))


def _finding(known: Rule, machine: Machine, demand: Demand) -> Finding:
    verdict = known(machine, demand)
    return Finding(
        rule=known.name,
        status=verdict.status,
        severity=verdict.severity or known.severity,
        why=verdict.why,
        missing=verdict.missing,
        rule_source=known.source,
    )


def compatible(found: Iterable[Finding], policy: Policy = Policy.WARN) -> bool | None:
    """Whether the hard rules hold: False if one is broken, None if one is undecided, else True (A1).

    Under `Policy.STRICT` undecided counts as broken, under `Policy.OPTIMISTIC` as holding.
    """
    hard = [finding.status for finding in found if finding.severity is Severity.ERROR]
    if Status.VIOLATED in hard:
        return False
    if Status.UNKNOWN not in hard:
        return True
    return {Policy.STRICT: False, Policy.WARN: None, Policy.OPTIMISTIC: True}[policy]
