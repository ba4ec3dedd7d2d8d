"""The proof that comes with a machine: its lower bound, what was pruned, which rules bound it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from payback.assembly.rulebook import rules
from payback.assembly.search.candidates import Candidate, Candidates
from payback.assembly.search.solve import Effort, Found
from payback.assembly.search.world import World

PENNY: Final = 0.005
MOST_SWAPS: Final = 12
"""Cheaper parts tried in each category to find what stands in their way."""
SWAPPED: Final = ("cpu", "board", "psu", "case", "cooler")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Why no machine that passes is cheaper (or, for most throughput, faster)."""

    objective: str
    cost_usd: float
    lower_bound_usd: float
    """No machine that the search has not seen costs less. [USD]"""
    parts_known: Mapping[str, int]
    parts_priced: Mapping[str, int]
    """Parts with a price that the demand allows."""
    parts_kept: Mapping[str, int]
    """Parts that no other part dominates."""
    left_out: Mapping[str, Mapping[str, int]]
    """Priced parts left out, by category and reason."""
    binding: Mapping[str, int]
    """Rules that stopped a cheaper part from taking a place in this machine, with how many parts each stopped."""
    discarded: Mapping[str, int]
    """Machines that the bounds let through and the rulebook did not, by rule."""
    machines_judged: int
    rule_set: str
    """Hash of the rules and of the code that applies them."""

    @property
    def proved(self) -> bool:
        """Whether the bound meets the cost."""
        return self.cost_usd <= self.lower_bound_usd + PENNY

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a certificate."""
        return {
            "objective": self.objective,
            "cost_usd": self.cost_usd,
            "lower_bound_usd": self.lower_bound_usd,
            "proved": self.proved,
            "parts_known": dict(self.parts_known),
            "parts_priced": dict(self.parts_priced),
            "parts_kept": dict(self.parts_kept),
            "left_out": {category: dict(reasons) for category, reasons in self.left_out.items()},
            "binding": dict(self.binding),
            "discarded": dict(self.discarded),
            "machines_judged": self.machines_judged,
            "rule_set": self.rule_set,
        }


def certify(
    world: World,
    candidates: Candidates,
    effort: Effort,
    found: Found,
    bound_usd: float,
    objective: str,
    *,
    binding: bool = True,
) -> Certificate:
    """The certificate of a machine that the search returned."""
    return Certificate(
        objective=objective,
        cost_usd=found.cost_usd,
        lower_bound_usd=bound_usd,
        parts_known=dict(candidates.known),
        parts_priced={category: len(offers) for category, offers in candidates.of.items()},
        parts_kept=world.sizes(),
        left_out={category: reasons for category in candidates.of if (reasons := candidates.reasons(category))},
        binding=binding_rules(world, found) if binding else {},
        discarded=dict(effort.discarded),
        machines_judged=effort.machines,
        rule_set=rule_set(),
    )


def binding_rules(world: World, found: Found) -> dict[str, int]:
    """Rules that a cheaper part would break in this machine, one part exchanged at a time."""
    counts: dict[str, int] = {}
    for category in SWAPPED:
        chosen = offer_in(found, category)
        limit = 0.0 if chosen is None else chosen.price_usd
        cheaper = [offer for offer in world.left[category] if offer.price_usd < limit - PENNY]
        for offer in cheaper[:MOST_SWAPS]:
            rule = stopped_by(world, found, offer)
            counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def offer_in(found: Found, category: str) -> Candidate | None:
    """The part of a machine in a category; None for a cooler that comes in the processor's box."""
    return {
        "gpu": found.option.offer,
        "cpu": found.cpu,
        "board": found.board,
        "memory": found.memory.offer,
        "drive": found.drive.offer,
        "psu": found.supply.offer,
        "case": found.case,
        "cooler": found.cooler,
    }[category]


def stopped_by(world: World, found: Found, offer: Candidate) -> str:
    """The first rule that a machine breaks when one part is exchanged; "workmanship" if only that objects."""
    part: Any = offer.part
    machine = found.machine()
    if offer.category == "psu":
        changed = replace(machine, psus=(part,) * found.supply.count)
    elif offer.category == "cooler":
        changed = replace(machine, coolers=(part,), listed={**machine.listed, "cooler": 1})
    else:
        changed = replace(machine, **{offer.category: part})
    findings = world.court.judge(found.option, changed)
    objection = world.court.objects(found.option, findings)
    return "workmanship" if objection is None else objection.rule


@cache
def rule_set() -> str:
    """A short hash of every rule and of the code that applies it."""
    digest = hashlib.blake2b(digest_size=8)
    for rule in rules():
        digest.update(f"{rule.number} {rule.name} {rule.severity}\n".encode())
    folder = resources.files("payback.assembly")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".py") and file.name.startswith(("rules_", "topology", "power", "model")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
