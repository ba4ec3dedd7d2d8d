"""Judge a parts list: every name resolved, every rule asked, every reading of an ambiguous name considered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import TypeVar

from payback.assembly.model import (
    Demand,
    Finding,
    Judgement,
    ListedLine,
    Machine,
    PartsList,
    Policy,
    Severity,
    Status,
)
from payback.assembly.rulebook import compatible, findings
from payback.assembly.rules_lanes import expanded
from payback.catalogue.component_names import Resolution, category_of, resolve
from payback.catalogue.components import (
    Board,
    Case,
    Components,
    Cooler,
    Cpu,
    Drive,
    GpuCard,
    Memory,
    Part,
    PowerSupply,
)

JUDGED = ("cpu", "board", "memory", "gpu", "psu", "case", "cooler", "drive")
MOST_READINGS = 48
"""More readings than this and the ambiguous names count as unknown."""


def check_list(
    parts_list: PartsList,
    components: Components,
    demand: Demand | None = None,
    policy: Policy = Policy.WARN,
) -> Judgement:
    """Whether the parts of a list fit together, and why not.

    Args:
        parts_list: The list as read.
        components: The catalogue of parts.
        demand: What is asked; the list's own query if None.
        policy: What an undecided hard rule means.

    Returns:
        The judgement: true only if every hard rule holds, in every reading of the names; false if one is broken in
        every reading; None otherwise.

    Example:
        >>> from payback.assembly.partslist import read_plain
        >>> from payback.catalogue.components import load_components
        >>> parts = "AMD Ryzen 5 5600G;Crucial Pro DDR5-6000 32GB (2x16GB);MSI MPG B550 GAMING PLUS"
        >>> check_list(read_plain(parts.replace(";", chr(10)), "wrong memory"), load_components()).compatible
        False
    """
    asked = parts_list.demand if demand is None else demand
    machines = read_machines(parts_list, components)
    if asked.expand_to_gpus is not None:
        machines = [expanded(machine, asked.expand_to_gpus) for machine in machines]
    merged = _merge([findings(machine, asked) for machine in machines])
    return Judgement(id=parts_list.id, compatible=compatible(merged, policy), findings=merged, readings=len(machines))


def read_machines(parts_list: PartsList, components: Components) -> list[Machine]:
    """Every machine that the list may mean, one a reading of its ambiguous names."""
    lines = [(line, category_of(line.category)) for line in parts_list.lines]
    judged = [(line, category) for line, category in lines if category in JUDGED]
    found = [resolve(category, line.text, components) for line, category in judged]
    if prod(max(1, len(resolution.candidates)) for resolution in found) > MOST_READINGS:
        found = [_narrowed(resolution) for resolution in found]
    bare = Machine(
        listed=_counts(lines),
        unknown_parts=_unknown(judged, found),
        guesses={resolution.text: resolution.suggestions for resolution in found if resolution.suggestions},
        risers=sum(line.quantity for line, category in lines if category == "riser"),
        whole=parts_list.whole,
        total_stated=parts_list.total_stated,
        line_prices=tuple(line.price_total for line in parts_list.lines),
    )
    readings = product(*[resolution.candidates or (None,) for resolution in found])
    return [_machine(bare, judged, reading) for reading in readings]


def _narrowed(resolution: Resolution) -> Resolution:
    return resolution if len(resolution.candidates) <= 1 else replace(resolution, candidates=(), kind="unknown")


def _counts(lines: Sequence[tuple[ListedLine, str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line, category in lines:
        counts[category] = counts.get(category, 0) + line.quantity
    return counts


def _unknown(judged: Sequence[tuple[ListedLine, str]], found: Sequence[Resolution]) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for (line, category), resolution in zip(judged, found, strict=True):
        if not resolution.candidates:
            names[category] = (*names.get(category, ()), line.text)
    return names


def _machine(bare: Machine, judged: Sequence[tuple[ListedLine, str]], reading: Sequence[Part | None]) -> Machine:
    pieces: dict[str, list[Part]] = {category: [] for category in JUDGED}
    cpu_count = 1
    for (line, category), part in zip(judged, reading, strict=True):
        if part is None:
            continue
        pieces[category] += [_sized(part, line)] * _pieces(part, line)
        cpu_count = line.quantity if category == "cpu" else cpu_count
    return replace(
        bare,
        cpu=_first(pieces["cpu"], Cpu),
        cpu_count=cpu_count,
        board=_first(pieces["board"], Board),
        case=_first(pieces["case"], Case),
        memory=tuple(part for part in pieces["memory"] if isinstance(part, Memory)),
        psus=tuple(part for part in pieces["psu"] if isinstance(part, PowerSupply)),
        gpus=tuple(part for part in pieces["gpu"] if isinstance(part, GpuCard)),
        coolers=tuple(part for part in pieces["cooler"] if isinstance(part, Cooler)),
        drives=tuple(part for part in pieces["drive"] if isinstance(part, Drive)),
    )


PieceType = TypeVar("PieceType", bound=Part)


def _first(pieces: Sequence[Part], kind: type[PieceType]) -> PieceType | None:
    return next((part for part in pieces if isinstance(part, kind)), None)


def _sized(part: Part, line: ListedLine) -> Part:
    """A kit listed several times without a module count is that many single modules."""
    if isinstance(part, Memory) and part.module_count is None and line.quantity > 1 and part.note.endswith("GB in all"):
        return replace(part, module_count=1, module_gb=float(part.note.split(" ")[0]))
    return part


def _pieces(part: Part, line: ListedLine) -> int:
    """How many pieces a line stands for: "4TB NVMe (2x2TB)" is two drives."""
    if isinstance(part, Drive) and part.source == "list":
        pair = re.search(r"\((\d+)\s*x\s*\d+", line.text)
        return line.quantity * int(pair.group(1)) if pair else line.quantity
    return line.quantity


def _merge(readings: Sequence[tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """One finding a rule: what all readings agree on, unknown where they differ (A2)."""
    return tuple(_merged(alike) for alike in zip(*readings, strict=True))


def _merged(alike: Sequence[Finding]) -> Finding:
    worst = next((f for f in alike if f.severity is Severity.ERROR), alike[0])
    statuses = {finding.status for finding in alike}
    if len(statuses) == 1 and len({finding.severity for finding in alike}) == 1:
        return alike[0]
    if len(statuses) == 1:
        return (
            min(alike, key=lambda f: list(Severity).index(f.severity), default=worst)
            if statuses == {Status.OK}
            else worst
        )
    undecided = next((f for f in alike if f.status is not Status.OK), worst)
    return replace(
        worst,
        status=Status.UNKNOWN,
        why=f"It depends on which part is meant: {undecided.why}",
        missing=undecided.missing or ("exact part name",),
    )
