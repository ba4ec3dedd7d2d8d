"""A plan as a page or an assistant needs it: the options that matter, parts with watts, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from payback.assembly.power import DIMM_W, DISK_W, SSD_W
from payback.catalogue.components import load_components
from payback.catalogue.parts import Cpu, Drive, GpuCard, Memory, PowerSupply
from payback.decision.advise import paybacks
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.evidence import Fact, Source
from payback.report.money import formatter

ROWS = 5
"""Options shown of each side, owning and renting."""
KIND_NAMES = {"build": "build", "used": "build, used GPU", "prebuilt": "ready-made", "rent": "rent", "hybrid": "both"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One option as a row of the table."""

    rank: int
    option: Option
    name: str
    detail: str
    """Which of several alike offers or boards it is; may be empty."""
    kind: str
    total: str
    up_front: str
    per_gpu_h: str
    speed: str
    when: str
    bar_share: float
    """Length of its bar: its total over the dearest shown."""
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One line of a parts list, with its price and its watts; None = not known."""

    quantity: int
    category: str
    name: str
    price: str | None
    seen: str
    watts: float | None
    note: str
    fact: str | None


def shown(plan: Plan, rows: int = ROWS) -> list[Option]:
    """The named options and the cheapest of each side, cheapest first."""
    owned = [option for option in plan.options if option.is_owned][:rows]
    rented = [option for option in plan.options if not option.is_owned][:rows]
    keep = {option.id for option in (*owned, *rented)} | {o.id for o in plan.options if o.candidate.named}
    return [option for option in plan.options if option.id in keep]


def option_rows(plan: Plan, options: Iterable[Option]) -> list[Row]:
    """Options as rows of a table, in the currency of the question."""
    some = list(options)
    dearest = max((option.total_usd for option in some), default=0.0)
    ranks = {option.id: rank for rank, option in enumerate(plan.options, start=1)}
    return [_row(option, ranks[option.id], dearest, plan) for option in some]


def _row(option: Option, rank: int, dearest_usd: float, plan: Plan) -> Row:
    money = formatter(plan.question)
    name, _, detail = option.candidate.label.partition(" (")
    return Row(
        rank=rank,
        option=option,
        name=name,
        detail=detail.removesuffix(")"),
        kind=KIND_NAMES[option.kind],
        total=money(option.total_usd),
        up_front=money(option.statement.cash_usd[0]).removesuffix(".00"),
        per_gpu_h="–" if option.usd_per_gpu_h is None else f"{option.usd_per_gpu_h:.3f}",
        speed=f"{option.speed.value:.2f}×",
        when=_when(option, plan),
        bar_share=max(0.0, option.total_usd / dearest_usd) if dearest_usd > 0 else 0.0,
        chosen=option is plan.advice.choice,
    )


def _when(option: Option, plan: Plan) -> str:
    baseline = plan.advice.baseline
    if option is baseline:
        return "baseline"
    if not option.is_owned or baseline is None:
        return "–"
    cash = paybacks(option, baseline, plan.question).cash
    return f"not in {plan.question.work.months} mo" if cash is None else f"{cash:.1f} mo"


def best_machine(plan: Plan) -> OwnCandidate | None:
    """The cheapest machine to own, if there is one."""
    best = plan.advice.best_owned
    return best.candidate if best and isinstance(best.candidate, OwnCandidate) else None


def best_offer(plan: Plan) -> RentCandidate | None:
    """The cheapest offer to rent, if there is one."""
    best = plan.advice.baseline
    return best.candidate if best and isinstance(best.candidate, RentCandidate) else None


def part_rows(machine: OwnCandidate, plan: Plan) -> list[PartRow]:
    """The parts of a machine with price, day and watts at full work."""
    money = formatter(plan.question)
    rows = []
    for part in machine.parts:
        watts, note = _watts(part.category, part.component, part.quantity, machine)
        rows.append(
            PartRow(
                quantity=part.quantity,
                category=part.category,
                name=part.component,
                price=None if part.price_usd is None else money(part.price_usd),
                seen=f"{part.condition}, {part.observed_on}" if part.observed_on else part.condition,
                watts=watts,
                note=note,
                fact=part.facts[0].id if part.facts else None,
            )
        )
    return rows


def _watts(category: str, name: str, quantity: int, machine: OwnCandidate) -> tuple[float | None, str]:
    """Power of a line at full work, and a remark."""
    known = load_components().of_category(category).get(name)
    watts: float | None = None
    match known:
        case PowerSupply():
            return None, f"supplies {known.watts:g} W"
        case Cpu():
            watts = known.full_power_w * quantity
        case Memory():
            watts = DIMM_W * known.module_count * quantity if known.module_count else None
        case Drive():
            watts = (DISK_W if known.spinning else SSD_W) * quantity
        case GpuCard() if known.board_power_w is not None:
            watts = known.board_power_w * quantity
        case _ if category == "gpu" and machine.gpu.board_power_w is not None:
            watts = machine.gpu.board_power_w * quantity
    return watts, ""


def left_out(plan: Plan) -> list[tuple[int, str]]:
    """Candidates that are no options: how many for each reason, most first."""
    counts: dict[str, int] = {}
    for rejected in plan.rejected:
        reason = rejected.reasons[0] if rejected.reasons else "no reason given"
        key = "price too old" if reason.startswith("price is") else reason
        counts[key] = counts.get(key, 0) + 1
    return sorted(((count, reason) for reason, count in counts.items()), key=lambda item: (-item[0], item[1]))


def gaps(options: Iterable[Option]) -> list[str]:
    """What the shown options leave uncounted."""
    return sorted({gap for option in options for gap in option.not_priced})


def sources_of(fact: Fact, sources: dict[str, Source]) -> list[Source]:
    """The catalogue's entries of a fact's sources; those it does not know are left out."""
    return [sources[name] for name in (part.strip() for part in fact.source.split(";")) if name in sources]


def facts_of(plan: Plan, ids: Iterable[str]) -> list[Fact]:
    """The facts behind `ids`, each followed by those it was computed from, none twice."""
    seen: dict[str, Fact] = {}

    def add(name: str) -> None:
        fact = plan.facts.get(name)
        if fact is not None and name not in seen:
            seen[name] = fact
            for parent in fact.parents:
                add(parent)

    for name in ids:
        add(name)
    return list(seen.values())
