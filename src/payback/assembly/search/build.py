"""A machine worth buying: its parts with prices and dates, what it draws, what it leaves open, and its proof."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from payback.assembly.model import Demand, Finding, ListedLine, Machine, PartsList, Severity, Status
from payback.assembly.power import dc_load, wall_power_w
from payback.assembly.priced import PricedPart, price_part
from payback.assembly.rulebook import findings
from payback.assembly.rules_gpu_fit import best_on_board
from payback.assembly.rules_lanes import m2_hits_a_slot
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.certificate import Certificate
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.solve import Found
from payback.assembly.topology import Placement, places_taken
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.machines import ListedPart, MachineList
from payback.evidence import Grade

OLD_PRICE_DAYS: Final = 180
DATA_SHEET: Final = "dense FP16 tensor TFLOPS, data sheet"
LOCKED_FAMILIES: Final = ("Threadripper PRO", "EPYC")
RANK: Final = {Status.OK: 0, Status.UNKNOWN: 1, Status.VIOLATED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A machine that the search returned."""

    id: str
    label: str
    as_of: dt.date
    gpu: str
    gpu_count: int
    grown_gpus: int
    """GPUs that every part but the cards themselves is made for."""
    card: str | None
    """The particular card to buy; None if any card of the chip will do."""
    parts: tuple[PricedPart, ...]
    total_usd: float
    """Price of all parts before tax. [USD]"""
    throughput: float | None
    throughput_unit: str
    load_w: float
    wall_power_w: float
    """Power at the plug with the cards bought. [W]"""
    lanes_per_gpu: tuple[int | None, ...]
    free_slots: int | None
    """x16-size slots that no card stands in or covers; None if nobody gave their positions."""
    findings: tuple[Finding, ...]
    cautions: tuple[str, ...]
    """What no rule says and a buyer should know."""
    certificate: Certificate
    machine: Machine
    demand: BuildDemand

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Soft rules that the machine breaks."""
        return tuple(f for f in self.findings if f.status is Status.VIOLATED and f.severity is not Severity.INFO)

    @property
    def open_questions(self) -> tuple[Finding, ...]:
        """Hard rules that nobody here can decide: to be settled before buying."""
        return tuple(f for f in self.findings if f.status is Status.UNKNOWN and f.severity is Severity.ERROR)

    @property
    def usd_per_gpu(self) -> float:
        """What one GPU of it costs, everything included. [USD]"""
        return self.total_usd / self.gpu_count

    def machine_list(self) -> MachineList:
        """The machine in the form in which `data/machines` lists them."""
        return MachineList(
            id=self.id,
            label=self.label,
            as_of=self.as_of,
            tier="assembled",
            gpu_slots=self.grown_gpus + (self.free_slots or 0),
            parts=tuple(
                ListedPart(
                    category=part.category,
                    component=part.component,
                    quantity=part.quantity,
                    card=self.card if part.category == "gpu" else None,
                )
                for part in self.parts
            ),
            note=f"assembled by payback; rule set {self.certificate.rule_set}",
            wall_power_w=self.wall_power_w,
            grade=Grade.DERIVED,
        )

    def parts_list(self) -> PartsList:
        """The machine in the form that `payback check` reads and the list writers write."""
        lines = tuple(
            ListedLine(
                category=part.category,
                text=self.card if part.category == "gpu" and self.card else part.component,
                quantity=part.quantity,
                price_total=part.price_usd,
            )
            for part in self.parts
        )
        return PartsList(id=self.id, lines=lines, label=self.label, whole=True)

    def as_dict(self) -> dict[str, object]:
        """The form in which ``payback assemble --json`` prints a machine."""
        parts = [part.as_dict() for part in self.parts]
        for line in parts:
            if line["category"] == "gpu":
                line["card"] = self.card
        return {
            "id": self.id,
            "label": self.label,
            "as_of": self.as_of.isoformat(),
            "gpu": self.gpu,
            "gpu_count": self.gpu_count,
            "grown_gpus": self.grown_gpus,
            "parts": parts,
            "total_usd": self.total_usd,
            "usd_per_gpu": self.usd_per_gpu,
            "throughput": self.throughput,
            "throughput_unit": self.throughput_unit,
            "load_w": self.load_w,
            "wall_power_w": self.wall_power_w,
            "lanes_per_gpu": list(self.lanes_per_gpu),
            "free_slots": self.free_slots,
            "warnings": [finding.as_dict() for finding in self.warnings],
            "open_questions": [finding.as_dict() for finding in self.open_questions],
            "cautions": list(self.cautions),
            "certificate": self.certificate.as_dict(),
        }


def build_of(
    found: Found,
    certificate: Certificate,
    demand: BuildDemand,
    as_of: dt.date,
    catalogue: Catalogue | None = None,
    *,
    cards_known: int = 2,
) -> Build:
    """A found machine with its prices, watts, lanes and findings.

    Args:
        found: The machine.
        certificate: Its proof.
        demand: What was asked.
        as_of: The day of the prices.
        catalogue: Gives the facts behind the prices; without it the bare prices are kept.
        cards_known: Cards on record with this chip; with several, the price may be another's.
    """
    machine, asked = found.machine(), found.option.demand
    load_w = dc_load(machine, asked).watts
    placement = placement_of(machine)
    name, chip, number = found.option.offer.name, found.option.chip, found.option.count
    card = None if found.option.offer.readings or name == chip else name
    parts = tuple(_lines(found, demand, as_of, catalogue))
    board: Any = found.board.part
    return Build(
        id=slug(f"build {number}x {chip} {board.socket}"),
        label=f"{number}x {chip} on {board.chipset if board.chipset != 'SoC' else board.board}",
        as_of=as_of,
        gpu=chip,
        gpu_count=number,
        grown_gpus=found.option.grown,
        card=card,
        parts=parts,
        total_usd=found.cost_usd,
        throughput=found.option.throughput,
        throughput_unit=DATA_SHEET if demand.speed is None else "sum of the speeds given",
        load_w=load_w,
        wall_power_w=wall_power_w(load_w, machine.psus),
        lanes_per_gpu=placement.lanes if placement else (),
        free_slots=free_slots(machine, placement),
        findings=all_findings(found, asked),
        cautions=(
            *_software(chip, catalogue),
            *_cautions(found, parts, card if cards_known > 1 else None),
        ),
        certificate=certificate,
        machine=machine,
        demand=demand,
    )


def slug(text: str) -> str:
    """A name for files and identifiers.

    Example:
        >>> slug("build 2x RTX 3090 AM5")
        'build-2x-rtx-3090-am5'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def _lines(found: Found, demand: BuildDemand, as_of: dt.date, catalogue: Catalogue | None) -> Iterable[PricedPart]:
    pieces: list[tuple[Candidate | None, int]] = [
        (found.option.offer, found.option.count), (found.cpu, 1), (found.board, 1),
        (found.memory.offer, found.memory.kits), (found.drive.offer, found.drive.count),
        (found.supply.offer, found.supply.count), (found.case, 1), (found.cooler, 1),
    ]  # fmt: skip
    for offer, quantity in pieces:
        if offer is not None:
            yield _line(offer, quantity, demand, as_of, catalogue)


def _line(
    offer: Candidate, quantity: int, demand: BuildDemand, as_of: dt.date, catalogue: Catalogue | None
) -> PricedPart:
    listed = ListedPart(category=offer.category, component=offer.listed or offer.name, quantity=quantity)
    if catalogue is not None:
        return price_part(catalogue, listed, as_of, condition=offer.condition, market=demand.market)
    return PricedPart(
        category=listed.category,
        component=listed.component,
        quantity=quantity,
        condition=offer.condition,
        unit_price_usd=offer.price_usd,
    )


def placement_of(machine: Machine) -> Placement | None:
    """How the cards stand on the board, None if the slots are not known."""
    if machine.board is None or not machine.board.slots:
        return None
    tower = machine.case is not None and machine.case.kind != "open_frame"
    openings = machine.case.slots if machine.case is not None and tower else None
    hit = bool(m2_hits_a_slot(machine, machine.board))
    return best_on_board(machine, machine.board, case_slots=openings, m2_hit=hit)


def free_slots(machine: Machine, placement: Placement | None) -> int | None:
    """x16-size slots left when the cards stand; None if their positions are not known."""
    board = machine.board
    if board is None or placement is None or any(slot.position is None for slot in board.slots):
        return None
    widths = [card.slot_width for card in machine.gpus]
    if None in widths:
        return None
    covered: set[int] = set()
    for slot, width in zip(placement.slots, widths, strict=True):
        covered |= set(range(slot.position or 0, (slot.position or 0) + places_taken(width or 1.0)))
    return sum(1 for slot in board.slots if slot.position not in covered)


def all_findings(found: Found, asked: Demand) -> tuple[Finding, ...]:
    """What the rulebook says, for each rule what the worst reading of the cards gets, now and grown."""
    machine = found.machine()
    judged: list[Sequence[Finding]] = []
    for count in sorted({found.option.count, found.option.grown}):
        for card in found.option.readings:
            whole = replace(machine, gpus=(card,) * count, listed={**machine.listed, "gpu": count})
            judged.append(findings(whole, asked))
    return tuple(max(alike, key=lambda f: RANK[f.status]) for alike in zip(*judged, strict=True))


SOFTWARE: Final = {"AMD": "ROCm", "Intel": "oneAPI"}
"""What deep-learning code needs where CUDA does not run."""


def _software(chip: str, catalogue: Catalogue | None) -> Iterable[str]:
    vendor = catalogue.gpus[chip].vendor if catalogue is not None and chip in catalogue.gpus else ""
    if vendor in SOFTWARE:
        yield (
            f"{chip} runs {SOFTWARE[vendor]}, not CUDA: code and libraries written for CUDA alone do not run on it. "
            "Check that yours do before you pay."
        )


def _cautions(found: Found, parts: Sequence[PricedPart], card: str | None) -> Iterable[str]:
    for part in parts:
        if (part.age_days or 0) > OLD_PRICE_DAYS:
            yield f"{part.component}: the price was seen {part.age_days} days before the day of the question."
    if card is not None and found.option.offer.listed != card:
        yield f"The price is that of any {found.option.chip}; buy the {card}, which may cost more."
    cpu: Any = found.cpu.part
    if any(family in cpu.family for family in LOCKED_FAMILIES):
        yield f"{found.cpu.name}: ask that it is not locked to another maker's boards before you pay."
    if found.case.part.kind == "open_frame":  # type: ignore[attr-defined]  # an offer of category case holds a Case
        yield "An open frame needs a riser cable a card; they are not in the total."
    if found.supply.count > 1:
        yield "Two supplies need an adapter that starts them together; it is not in the total."
    cap_w = found.option.demand.power_cap_w
    if cap_w is not None and any((reading.board_power_w or cap_w + 1.0) > cap_w for reading in found.option.readings):
        yield f"Every card is to be limited to {cap_w:g} W (nvidia-smi -pl), at some loss of speed."
