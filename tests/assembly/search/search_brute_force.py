"""All machines of a small catalogue, one by one, judged by the rulebook: what the search must agree with.

Rules are asked as soon as the parts they speak of are chosen, which only saves time: a machine is kept if every rule
lets it pass. `judge_whole` asks the whole rulebook about a finished machine and checks that this is so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payback.assembly.model import Demand, Machine, Policy, Severity, Status
from payback.assembly.rulebook import findings, rules
from payback.assembly.rules_platform import canonical_socket
from payback.assembly.search.candidates import Candidate, Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.workmanship import (
    HARD_WARNINGS,
    MARKS,
    ONE_CARD,
    SERVER_CARD,
    TAPE_MEASURE,
    cooler_capacity_w,
)

STEPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gpu": (("PLUG_CAPACITY", "P2P_NVLINK"), ()),
    "board": (("SOCKET", "CPU_CHIPSET_SUPPORT", "CPU_CORES"), ("cpu", "board")),
    "memory": (("RAM_TYPE", "RAM_REGISTERED", "RAM_COUNT", "RAM_SIZE"), ("cpu", "board", "memory")),
    "drive": (("STORAGE", "CPU_LANES"), ("cpu", "board", "drives")),
    "case": (("FORM_FACTOR", "GPU_LENGTH", "RACK"), ("board", "case")),
    "stand": (
        ("CASE_SLOTS", "GPU_SLOT_WIDTH", "GPU_AIRFLOW", "GPU_LANES", "M2_SHARES_SLOT"),
        ("cpu", "board", "drives", "case"),
    ),
    "cooler": (("COOLER_SOCKET", "COOLER_HEAT", "COOLER_HEIGHT", "RADIATOR", "NOISE"), ("cpu", "coolers", "case")),
    "supply": (
        ("PSU_POWER", "PSU_TRANSIENT", "PSU_PLUGS", "EPS", "PSU_INLET", "OUTLET"), ("cpu", "memory", "drives", "psus"),
    ),
    "room": (("PSU_FIT",), ("case", "psus")),
}  # fmt: skip
"""Rules asked early, and the parts (with the cards) that they speak of."""
Kind = tuple[str, int, str]
ASKED_EARLY = {name for names, _ in STEPS.values() for name in names}
RULES = {rule.name: rule for rule in rules()}


@dataclass(frozen=True, slots=True)
class Cards:
    """So many of one card, with all it may be."""

    offer: Candidate
    count: int
    grown: int
    throughput: float

    @property
    def readings(self) -> tuple[Any, ...]:
        return self.offer.readings or (self.offer.part,)


@dataclass(slots=True)
class BruteForce:
    """The cheapest machine of every kind, found by looking at all machines."""

    candidates: Candidates
    demand: BuildDemand
    speed: Mapping[str, float]
    memory: dict[object, bool] = field(default_factory=dict)
    least: dict[Kind, tuple[float, float, Machine, Cards]] = field(default_factory=dict)
    """By kind: cost, throughput, the machine and its cards."""

    def run(self, *, exact_cards: bool = False) -> BruteForce:
        """Look at every machine; one that costs no less than a known one of its kind need not be judged."""
        for cards in self._cards(exact_cards):
            asked = self.demand.rules_demand(cards.count, cards.offer.part.memory_gib)  # type: ignore[attr-defined]
            bare = Machine(whole=True)
            if self._pass("gpu", bare, cards, asked):
                self._platforms(cards.count * cards.offer.price_usd, bare, cards, asked)
        return self

    def costs(self, top: int) -> list[float]:
        """The costs of the `top` cheapest kinds."""
        return sorted(cost for cost, _, _, _ in self.least.values())[:top]

    def points(self) -> list[tuple[float, float]]:
        """Cost and throughput of the machines that no other beats in both, cheapest first."""
        return undominated_points([(cost, throughput) for cost, throughput, _, _ in self.least.values()])

    def _hopeless(self, usd: float, machine: Machine, cards: Cards) -> bool:
        known = self.least.get(_kind(machine, cards))
        return known is not None and usd >= known[0]

    def _cards(self, exact_cards: bool) -> Iterator[Cards]:
        demand = self.demand
        counts = [demand.gpus] if demand.gpus is not None else list(range(1, demand.max_gpus + 1))
        any_card = {(o.part.gpu, o.condition) for o in self.candidates["gpu"] if len(o.readings) > 1}  # type: ignore[attr-defined]
        for count in counts:
            grown = max(count, demand.expand_to_gpus or 0)
            for offer in self.candidates["gpu"]:
                part: Any = offer.part
                if (
                    grown == 1
                    and not exact_cards
                    and (part.gpu, offer.condition) in any_card
                    and len(offer.readings) < 2
                ):
                    continue
                if part.board_power_w is None or part.memory_gib is None or part.gpu not in self.speed:
                    continue
                readings = offer.readings or (part,)
                fanless = [
                    c for c in readings if c.cooler == "passive" or (c.cooler is None and SERVER_CARD.match(c.gpu))
                ]
                liquid = grown > 1 and any(card.cooler == "liquid" for card in readings)
                if demand.workmanship and (fanless or liquid):
                    continue
                yield Cards(offer, count, grown, self.speed[part.gpu] * count)

    def _platforms(self, usd: float, bare: Machine, cards: Cards, asked: Demand) -> None:
        for cpu in self.candidates["cpu"]:
            for board in self.candidates["board"]:
                machine = replace(bare, cpu=cpu.part, board=board.part, listed={"cpu": 1, "board": 1})  # type: ignore[arg-type]
                if self._pass("board", machine, cards, asked):
                    self._memory(usd + cpu.price_usd + board.price_usd, machine, cards, asked)

    def _memory(self, usd: float, machine: Machine, cards: Cards, asked: Demand) -> None:
        for offer in self.candidates["memory"]:
            part: Any = offer.part
            for kits in range(1, 9):
                if not part.module_count or not part.module_gb or kits * part.module_count % self._step(machine):
                    continue
                more = replace(machine, memory=(part,) * kits, listed={**machine.listed, "memory": kits})
                cost = usd + kits * offer.price_usd
                if not self._hopeless(cost, more, cards) and self._pass("memory", more, cards, asked):
                    self._drive(cost, more, cards, asked)

    def _step(self, machine: Machine) -> int:
        cpu: Any = machine.cpu
        board: Any = machine.board
        channels = [number for number in (board.memory_channels, cpu.memory_channels) if number]
        return min(min(channels, default=2), 4) if self.demand.workmanship else 1

    def _drive(self, usd: float, machine: Machine, cards: Cards, asked: Demand) -> None:
        for offer in self.candidates["drive"]:
            part: Any = offer.part
            for count in range(1, 5):
                if part.kind is None or part.spinning or count * (part.capacity_gb or 0.0) < self.demand.min_storage_gb:
                    continue
                more = replace(machine, drives=(part,) * count, listed={**machine.listed, "drive": count})
                cost = usd + count * offer.price_usd
                if not self._hopeless(cost, more, cards) and self._pass("drive", more, cards, asked):
                    self._case(cost, more, cards, asked)

    def _case(self, usd: float, machine: Machine, cards: Cards, asked: Demand) -> None:
        for offer in self.candidates["case"]:
            more = replace(machine, case=offer.part, listed={**machine.listed, "case": 1})  # type: ignore[arg-type]
            cost = usd + offer.price_usd
            fits = not self._hopeless(cost, more, cards) and self._pass("case", more, cards, asked)
            if fits and self._pass("stand", more, cards, asked):
                self._cooler(cost, more, cards, asked)

    def _cooler(self, usd: float, machine: Machine, cards: Cards, asked: Demand) -> None:
        cpu: Any = machine.cpu
        for offer in self.candidates["cooler"]:
            cooler: Any = offer.part
            more = replace(machine, coolers=(cooler,), listed={**machine.listed, "cooler": 1})
            if self.demand.workmanship and cooler_capacity_w(cooler) < cpu.full_power_w:
                continue
            if not self._hopeless(usd, more, cards) and self._pass("cooler", more, cards, asked):
                self._supply(usd + offer.price_usd, more, cards, asked)
        if cpu.boxed_cooler or (cpu.boxed_cooler is None and self.demand.policy is Policy.OPTIMISTIC):
            self._supply(usd, machine, cards, asked)

    def _supply(self, usd: float, machine: Machine, cards: Cards, asked: Demand) -> None:
        for offer in self.candidates["psu"]:
            part: Any = offer.part
            if self.demand.workmanship and part.efficiency not in MARKS:
                continue
            for count in range(1, self.demand.max_psus + 1):
                more = replace(machine, psus=(part,) * count, listed={**machine.listed, "psu": count})
                cost = usd + count * offer.price_usd
                if not self._hopeless(cost, more, cards) and self._pass_rest(more, cards, asked):
                    self.least[_kind(more, cards)] = (cost, cards.throughput, more, cards)

    def _pass(self, step: str, machine: Machine, cards: Cards, asked: Demand) -> bool:
        names, parts = STEPS[step]
        key = (
            step,
            *(_label(getattr(machine, part)) for part in parts),
            cards.offer.name,
            len(cards.readings),
            cards.count,
        )
        if key not in self.memory:
            self.memory[key] = self._hold(names, machine, cards, asked)
        return self.memory[key]

    def _pass_rest(self, machine: Machine, cards: Cards, asked: Demand) -> bool:
        if not self._pass("supply", machine, cards, asked) or not self._pass("room", machine, cards, asked):
            return False
        return self._hold(tuple(name for name in RULES if name not in ASKED_EARLY), machine, cards, asked)

    def _hold(self, names: tuple[str, ...], machine: Machine, cards: Cards, asked: Demand) -> bool:
        return all(
            not self.refuses(name, RULES[name](hand, asked), RULES[name].severity, cards.grown)
            for hand in self._hands(machine, cards)
            for name in names
        )

    def judge_whole(self, machine: Machine, cards: Cards) -> bool:
        """What the whole rulebook says of a finished machine."""
        asked = self.demand.rules_demand(cards.count, cards.offer.part.memory_gib)  # type: ignore[attr-defined]
        return all(
            not self.refuses(found.rule, found, found.severity, cards.grown)
            for hand in self._hands(machine, cards)
            for found in findings(hand, asked)
        )

    def _hands(self, machine: Machine, cards: Cards) -> list[Machine]:
        return [
            replace(machine, gpus=(card,) * count, listed={**machine.listed, "gpu": count})
            for count in {cards.count, cards.grown}
            for card in cards.readings
        ]

    def refuses(self, name: str, verdict: Any, severity: Severity, grown: int) -> bool:
        """Whether a verdict keeps a machine from being bought, told anew."""
        weight = verdict.severity or severity
        hard = weight is Severity.ERROR
        if verdict.status is Status.VIOLATED:
            return hard or (self.demand.workmanship and name in HARD_WARNINGS and weight is Severity.WARNING)
        if verdict.status is Status.OK or self.demand.policy is Policy.OPTIMISTIC:
            return False
        if not hard:
            return self.demand.workmanship and name == "GPU_AIRFLOW"
        if self.demand.policy is Policy.STRICT:
            return True
        return name not in (TAPE_MEASURE | ONE_CARD if grown == 1 else TAPE_MEASURE)


def _kind(machine: Machine, cards: Cards) -> Kind:
    chip: Any = cards.offer.part
    return chip.gpu, cards.count, canonical_socket(machine.board.socket if machine.board else "")


def _label(parts: Any) -> object:
    if isinstance(parts, tuple):
        return (parts[0].name, len(parts)) if parts else None
    return parts and parts.name


def undominated_points(found: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Cost and throughput of the machines that no other beats in both, cheapest first."""
    points: list[tuple[float, float]] = []
    fastest = -math.inf
    for cost, throughput in sorted(found, key=lambda point: (point[0], -point[1])):
        if throughput > fastest + 1e-9:
            points.append((cost, throughput))
            fastest = throughput
    return points
