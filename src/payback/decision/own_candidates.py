"""Machines one could own, priced as of the day of the question but not yet costed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payback.assembly import priced
from payback.assembly.priced import PricedPart
from payback.catalogue.asof import quote
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.machines import ListedPart, MachineList
from payback.catalogue.schema import Gpu, Prebuilt
from payback.decision.naming import slug, stated
from payback.decision.searched import searched
from payback.decision.several import several, split
from payback.evidence import Fact, Grade

if TYPE_CHECKING:
    from payback.observe.bench import BenchResult
from payback.question import NamedPart, Own, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCandidate:
    """A machine one could own. A capital of None means somebody would have to guess, so it is not costed."""

    id: str
    kind: str
    label: str
    gpu: Gpu
    gpu_count: int
    """GPUs of all its machines together."""
    machines: int = 1
    """How many machines of this kind stand side by side."""
    capital_usd: float | None
    tax_included: bool
    """Whether the capital already holds the tax of the place."""
    capital_facts: tuple[Fact, ...]
    parts: tuple[PricedPart, ...] = ()
    wall_power_w: float | None
    """None where the GPU's board power is unknown, and nobody measured the machine."""
    power_facts: tuple[Fact, ...] = ()
    idle_power_w: float | None = None
    repair_share_per_year: float | None = None
    setup_hours: float | None = None
    gpu_slots: int | None = None
    measured: BenchResult | None = None
    """What `payback bench` measured on it."""
    named: bool = False
    not_priced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


FAST_MOVING = frozenset({"gpu", "memory", "drive"})
"""Parts whose price can double within a year; an old price of them is no price, of a case it still is."""
REPAIR_SHARE_PER_YEAR = 0.02
"""Share of the price that repairs cost a year: parts of tested machines failed at 0.3 to 2.5 % (Puget Systems)."""
SETUP_HOURS = 6.0
"""The article: under 6 hours for a novice, under 1 for a professional."""


def owned(question: Question, catalogue: Catalogue) -> Iterator[OwnCandidate]:
    """Every machine to look at: those the user named, then those of the catalogue."""
    for index, own in enumerate(question.own):
        yield _named_machine(own, index, question, catalogue)
    kinds = question.options.kinds
    if kinds is None or "build" in kinds or "used" in kinds:
        for machine in catalogue.machines:
            yield from _listed_machine(machine, question, catalogue)
        yield from _searched_machines(question, catalogue)
    if kinds is None or "prebuilt" in kinds:
        yield from _prebuilts(question, catalogue)


def _named_machine(own: Own, index: int, question: Question, catalogue: Catalogue) -> OwnCandidate:
    machine = catalogue.machine(own.machine) if own.machine else None
    gpu = catalogue.gpu_names.resolve(own.gpu or _gpu_of(own, machine))
    count = own.gpus or (machine.gpu_count if machine else _parts_gpu_count(own)) or 1
    capital, facts, parts = _named_capital(own, machine, count, index, question, catalogue)
    measured = _bench(own)
    watts = own.wall_power_w if own.wall_power_w is not None or measured is None else measured.wall_power_w
    power, power_facts = _power(watts, f"own.{index}.wall_power_w", gpu, count)
    label = own.label if own.label != "your machine" or machine is None else machine.label
    return OwnCandidate(
        id=f"own:{slug(label)}",
        kind="build",
        label=label,
        gpu=gpu,
        gpu_count=count,
        capital_usd=capital,
        tax_included=own.parts is None,
        capital_facts=facts,
        parts=parts,
        wall_power_w=power,
        power_facts=power_facts,
        idle_power_w=own.idle_power_w,
        repair_share_per_year=own.repair_share_per_year,
        setup_hours=own.setup_hours,
        gpu_slots=machine.gpu_slots if machine else None,
        measured=measured,
        named=True,
        not_priced=priced.unpriced(parts) if capital is None else (),
    )


def _bench(own: Own) -> BenchResult | None:
    if own.bench is None:
        return None
    from payback.observe.bench import read_result

    return read_result(Path(own.bench))


def _gpu_of(own: Own, machine: MachineList | None) -> str:
    if machine is not None and machine.gpu:
        return machine.gpu
    return next(part.component for part in own.parts or () if part.category == "gpu")


def _parts_gpu_count(own: Own) -> int:
    return sum(part.quantity for part in own.parts or () if part.category == "gpu")


def _named_capital(
    own: Own, machine: MachineList | None, count: int, index: int, question: Question, catalogue: Catalogue
) -> tuple[float | None, tuple[Fact, ...], tuple[PricedPart, ...]]:
    if own.capital_usd is not None:
        fact = stated(f"own.{index}.capital_usd", own.capital_usd, "USD", currency="USD")
        return own.capital_usd, (fact,), ()
    if own.parts is not None:
        parts = tuple(_named_part(part, index, question, catalogue) for part in own.parts)
        return priced.total_usd(parts), _heads(parts), parts
    assert machine is not None
    parts = priced.price_machine(catalogue, machine, question.as_of, gpu_count=count)
    if machine.stated_total_usd is not None and machine.as_of <= question.as_of and count == machine.gpu_count:
        return machine.stated_total_usd, (priced.stated_total_fact(machine),), parts
    return priced.total_usd(parts), _heads(parts), parts


def _named_part(part: NamedPart, index: int, question: Question, catalogue: Catalogue) -> PricedPart:
    line = ListedPart(category=part.category or "other", component=part.component, quantity=part.quantity)
    if part.price_usd is None:
        return priced.price_part(
            catalogue, line, question.as_of, condition=part.condition, market=question.site.country
        )
    fact = stated(f"own.{index}.parts.{part.component}", part.price_usd, "USD", currency="USD")
    return PricedPart(
        category=line.category,
        component=line.component,
        quantity=line.quantity,
        condition=part.condition,
        unit_price_usd=part.price_usd,
        facts=(fact,),
    )


def _listed_machine(machine: MachineList, question: Question, catalogue: Catalogue) -> Iterator[OwnCandidate]:
    if machine.gpu is None or machine.gpu not in catalogue.gpus or machine.as_of > question.as_of:
        return
    if machine.gpu_slots < (question.work.expand_to_gpus or 0):
        return
    machines, each = split(question.work.gpus, machine.gpu_slots)
    kinds = question.options.kinds
    for used in (False, True):
        kind = "used" if used else "build"
        if (kinds is not None and kind not in kinds) or (used and not question.options.used):
            continue
        parts = priced.price_machine(
            catalogue, machine, question.as_of, gpu_count=each, used_gpu=used, market=question.site.country
        )
        yield several(_build(machine, parts, kind, each, question, catalogue.gpus[machine.gpu]), machines)


def _build(
    machine: MachineList, parts: tuple[PricedPart, ...], kind: str, count: int, question: Question, gpu: Gpu
) -> OwnCandidate:
    limit = question.options.max_price_age_days
    stale = tuple(f"{p.component}: price is {p.age_days} days old" for p in parts if (p.age_days or 0) > limit)
    power, power_facts = _power(machine.wall_power_w, f"machine.{machine.id}.wall_power_w", gpu, count)
    too_old = [part for part in parts if part.category in FAST_MOVING and (part.age_days or 0) > limit]
    return OwnCandidate(
        id=f"{kind}:{machine.id}:{count}x",
        kind=kind,
        label=_label(machine, count, kind),
        gpu=gpu,
        gpu_count=count,
        capital_usd=priced.total_usd(parts),
        tax_included=False,
        capital_facts=_heads(parts),
        parts=parts,
        wall_power_w=power,
        power_facts=power_facts,
        idle_power_w=priced.idle_wall_power_w(count),
        repair_share_per_year=REPAIR_SHARE_PER_YEAR,
        setup_hours=SETUP_HOURS,
        gpu_slots=machine.gpu_slots,
        not_priced=(*priced.unpriced(parts), *(f"{p.component}: last seen {p.age_days} days ago" for p in too_old)),
        warnings=stale,
    )


def _searched_machines(question: Question, catalogue: Catalogue) -> Iterator[OwnCandidate]:
    """What the search puts together for the question; it never finds a list that is shipped dearer than need be."""
    for found, parts in searched(question, catalogue):
        kind = "used" if any(part.condition == "used" for part in parts) else "build"
        if question.options.kinds is None or kind in question.options.kinds:
            yield _searched_machine(found, parts, kind, question, catalogue)


def _searched_machine(
    found: dict[str, Any], parts: tuple[PricedPart, ...], kind: str, question: Question, catalogue: Catalogue
) -> OwnCandidate:
    limit = question.options.max_price_age_days
    gpu, count = catalogue.gpus[found["gpu"]], found["gpu_count"]
    watts = Fact(
        id=f"wall_power:{found['id']}",
        value=found["wall_power_w"],
        unit="W",
        source="payback",
        observed_on=question.as_of,
        grade=Grade.DERIVED,
        note="formulas A10 to A12: the load of all parts behind the losses of the supply",
    )
    stale = tuple(f"{p.component}: price is {p.age_days} days old" for p in parts if (p.age_days or 0) > limit)
    return OwnCandidate(
        id=f"{kind}:{found['id']}:{count}x",
        kind=kind,
        label=f"{found['label']}, {'with used parts, ' if kind == 'used' else ''}found by the search",
        gpu=gpu,
        gpu_count=count,
        capital_usd=priced.total_usd(parts),
        tax_included=False,
        capital_facts=_heads(parts),
        parts=parts,
        wall_power_w=found["wall_power_w"],
        power_facts=(watts,),
        idle_power_w=priced.idle_wall_power_w(count),
        repair_share_per_year=REPAIR_SHARE_PER_YEAR,
        setup_hours=SETUP_HOURS,
        gpu_slots=found["gpu_slots"],
        not_priced=priced.unpriced(parts),
        warnings=(*stale, *(told for told in found["warnings"] if "the price was seen" not in told)),
    )


def _label(machine: MachineList, count: int, kind: str) -> str:
    """The list's own name, and what differs from it."""
    changes = [] if count == machine.gpu_count else [f"with {count}x {machine.gpu}"]
    if "used" not in machine.label:
        changes += ["used GPU"] if kind == "used" else []
    return ", ".join([machine.label, *changes])


def _prebuilts(question: Question, catalogue: Catalogue) -> Iterator[OwnCandidate]:
    by_machine: dict[str, list[Prebuilt]] = {}
    for row in catalogue.prebuilts:
        if row.gpu_count and row.gpu:
            by_machine.setdefault(row.machine, []).append(row)
    for name, rows in by_machine.items():
        seen = quote(rows, question.as_of, price_usd=lambda row: row.price_usd, market=question.site.country)
        gpu = catalogue.gpus.get(seen.newest.gpu or "") if seen else None
        if seen is not None and gpu is not None:
            one = _prebuilt(name, seen.newest, seen.age_days, gpu, question.options.max_price_age_days)
            yield several(one, split(question.work.gpus, one.gpu_count)[0])


def _prebuilt(name: str, row: Prebuilt, age_days: int, gpu: Gpu, limit_days: int) -> OwnCandidate:
    power, power_facts = _power(row.wall_power_w, f"prebuilt.{name}.wall_power_w", gpu, row.gpu_count)
    return OwnCandidate(
        id=f"prebuilt:{slug(name)}",
        kind="prebuilt",
        label=name,
        gpu=gpu,
        gpu_count=row.gpu_count,
        capital_usd=row.price_usd,
        tax_included=False,
        capital_facts=row.facts(),
        wall_power_w=power,
        power_facts=power_facts,
        idle_power_w=priced.idle_wall_power_w(row.gpu_count),
        repair_share_per_year=REPAIR_SHARE_PER_YEAR,
        not_priced=(f"last seen {age_days} days ago",) if age_days > limit_days else (),
        warnings=(f"price seen {age_days} days before the day of the question",) if age_days > 92 else (),
    )


def _power(measured_w: float | None, name: str, gpu: Gpu, count: int) -> tuple[float | None, tuple[Fact, ...]]:
    if measured_w is not None:
        return measured_w, (stated(name, measured_w, "W"),)
    if gpu.board_power_w is None:
        return None, ()
    board = gpu.fact("board_power_w", "W")
    estimate = priced.wall_power_w(gpu.board_power_w, count)
    fact = Fact(
        id=f"wall_power:{gpu.gpu}x{count}",
        value=estimate,
        unit="W",
        source=board.source,
        observed_on=board.observed_on,
        grade=Grade.DERIVED,
        note="formula A0: GPUs at their board power, host and power supply losses as Puget Systems measured",
        parents=(board.id,),
    )
    return estimate, (fact, board)


def _heads(parts: tuple[PricedPart, ...]) -> tuple[Fact, ...]:
    return tuple(fact for part in parts for fact in part.facts)
