"""The rulebook asked about a few parts at a time, its answers remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from payback.assembly.model import Demand, Finding, Machine, Rule
from payback.assembly.rulebook import findings, rule_named
from payback.assembly.rules_lanes import CHIPSET_FEEDS_DRIVES
from payback.assembly.rules_memory import CLOCKED_SOCKETS
from payback.assembly.rules_platform import canonical_socket
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.dominance import board_face, mounts
from payback.assembly.search.options import GpuOption
from payback.assembly.search.workmanship import objection, rejects
from payback.catalogue.components import Board, Case, Cooler, Cpu, Drive, GpuCard, Memory, PowerSupply

PLATFORM: Final = ("SOCKET", "CPU_CHIPSET_SUPPORT")
COOLED: Final = ("COOLER_HEIGHT", "RADIATOR")
ROOM: Final = ("GPU_SLOT_WIDTH", "CASE_SLOTS", "GPU_AIRFLOW")
LANES: Final = ("GPU_LANES", "M2_SHARES_SLOT", "PCIE_GEN")
SUPPLIED: Final = ("PSU_PLUGS", "PSU_INLET")


class Court:
    """Judges partial machines for one demand; every question is put to the rulebook once."""

    def __init__(self, demand: BuildDemand) -> None:
        self.demand = demand
        self._rules: dict[str, Rule] = {}
        self._memory: dict[object, bool] = {}

    def _admits(self, names: Iterable[str], machine: Machine, asked: Demand, allowed: frozenset[str] | None) -> bool:
        return all(self._holds(name, machine, asked, allowed) for name in names)

    def _holds(self, name: str, machine: Machine, asked: Demand, allowed: frozenset[str] | None) -> bool:
        rule = self._rules.get(name)
        if rule is None:
            rule = self._rules[name] = rule_named(name)
        verdict = rule(machine, asked)
        severity = verdict.severity or rule.severity
        return not rejects(name, verdict.status, severity, allowed, workmanship=self.demand.workmanship)

    def platform(self, cpu: Cpu, board: Board, allowed: frozenset[str] | None) -> bool:
        """Whether the board takes the processor."""
        key = ("platform", cpu.socket, cpu.family, board.socket, board.chipset, allowed)
        if key not in self._memory:
            self._memory[key] = self._admits(PLATFORM, Machine(cpu=cpu, board=board), Demand(), allowed)
        return self._memory[key]

    def memory_suits(self, kit: Memory, cpu: Cpu, board: Board, allowed: frozenset[str] | None) -> bool:
        """Whether the board takes such modules (rules RAM_TYPE, RAM_REGISTERED)."""
        of_board = (board.memory_type, board.dimm_class, board.socket in CLOCKED_SOCKETS)
        key = ("modules", of_board, kit.memory_type, kit.dimm_class, kit.ecc, allowed)
        if key not in self._memory:
            machine = Machine(cpu=cpu, board=board, memory=(kit,), listed={"memory": 1})
            self._memory[key] = self._admits(("RAM_TYPE", "RAM_REGISTERED"), machine, Demand(), allowed)
        return self._memory[key]

    def memory_fits(self, kit: Memory, kits: int, cpu: Cpu, board: Board, allowed: frozenset[str] | None) -> bool:
        """Whether board and processor take so many kits (rule RAM_COUNT)."""
        limits = (board.dimm_slots, board.dimm_class, board.max_memory_gb, cpu.max_memory_gb)
        key = ("count", limits, kits, kit.module_count, kit.module_gb, allowed)
        if key not in self._memory:
            machine = Machine(cpu=cpu, board=board, memory=(kit,) * kits, listed={"memory": kits})
            self._memory[key] = self._admits(("RAM_COUNT",), machine, Demand(), allowed)
        return self._memory[key]

    def mounted(self, cooler: Cooler, cpu: Cpu, allowed: frozenset[str] | None) -> bool:
        """Whether the cooler mounts on the processor's socket and is quiet enough."""
        memory = self._memory
        socket = canonical_socket(cpu.socket)
        fits, quiet = (
            ("mount", socket in mounts(cooler.sockets), socket, allowed),
            ("quiet", cooler.max_noise_dba, allowed),
        )
        for rule, key in (("COOLER_SOCKET", fits), ("NOISE", quiet)):
            if key not in memory:
                machine = Machine(cpu=cpu, coolers=(cooler,), listed={"cooler": 1})
                memory[key] = self._holds(rule, machine, Demand(noise_dba=self.demand.noise_dba), allowed)
        return memory[fits] and memory[quiet]

    def cooled(self, cooler: Cooler | None, case: Case, option: GpuOption) -> bool:
        """Whether the case has room for the cooler and for the radiators of liquid cards."""
        if cooler is None:
            return True
        of_cooler = (cooler.kind, cooler.height_mm, cooler.radiator_mm)
        of_case = (case.kind, case.max_cooler_mm, case.radiators, case.radiators_complete, case.at_least)
        key = ("cooled", of_cooler, of_case, option.hybrids, option.allowed)
        if key not in self._memory:
            self._memory[key] = all(
                self._admits(
                    COOLED,
                    Machine(case=case, coolers=(cooler,), gpus=cards, listed={"cooler": 1, "gpu": len(cards)}),
                    Demand(),
                    option.allowed,
                )
                for cards in _hands(option, option.grown)
            )
        return self._memory[key]

    def board_in_case(self, board: Board, case: Case, allowed: frozenset[str] | None) -> bool:
        """Whether the case takes the board's form."""
        key = ("form", board_face(board), case.kind, case.board_forms, case.forms_complete, allowed)
        if key not in self._memory:
            self._memory[key] = self._admits(("FORM_FACTOR",), Machine(board=board, case=case), Demand(), allowed)
        return self._memory[key]

    def supply_in_case(self, supplies: Sequence[PowerSupply], case: Case, allowed: frozenset[str] | None) -> bool:
        """Whether the case takes the supply."""
        of_supply = (supplies[0].form, supplies[0].length_mm, len(supplies))
        key = ("psu in case", of_supply, case.kind, case.psu_forms, case.max_psu_mm, case.at_least, allowed)
        if key not in self._memory:
            machine = Machine(psus=tuple(supplies), case=case, listed={"psu": len(supplies)})
            self._memory[key] = self._admits(("PSU_FIT",), machine, Demand(), allowed)
        return self._memory[key]

    def supply_feeds_cards(self, supplies: Sequence[PowerSupply], option: GpuOption) -> bool:
        """Whether the supply has the plugs of all cards and suits the outlet."""
        first = supplies[0]
        of_supply = (
            first.pcie_8pin,
            first.pcie_12v,
            first.plugs_at_least,
            first.trusted,
            first.needs_200v,
            len(supplies),
        )
        key = ("plugs", of_supply, option.plugs, option.grown, option.allowed)
        if key not in self._memory:
            self._memory[key] = all(
                self._admits(
                    SUPPLIED,
                    Machine(psus=tuple(supplies), gpus=cards, listed={"psu": len(supplies), "gpu": len(cards)}),
                    option.demand,
                    option.allowed,
                )
                for cards in _hands(option, option.grown)
            )
        return self._memory[key]

    def supply_feeds_cpu(self, supplies: Sequence[PowerSupply], cpu: Cpu, allowed: frozenset[str] | None) -> bool:
        """Whether the supply has the processor's plugs."""
        key = ("eps", supplies[0].eps, supplies[0].plugs_at_least, len(supplies), cpu.full_power_w, allowed)
        if key not in self._memory:
            machine = Machine(psus=tuple(supplies), cpu=cpu, listed={"psu": len(supplies)})
            self._memory[key] = self._admits(("EPS",), machine, Demand(), allowed)
        return self._memory[key]

    def card_is_sound(self, option: GpuOption) -> bool:
        """Whether the cards' own plugs carry their power, and NVLink is there if asked."""
        return all(
            self._admits(
                ("PLUG_CAPACITY", "P2P_NVLINK"),
                Machine(gpus=cards, listed={"gpu": len(cards)}),
                option.demand,
                option.allowed,
            )
            for cards in _hands(option, option.grown)
        )

    def has_slots(self, option: GpuOption, board: Board, layout: int) -> bool:
        """Whether the board alone has slots for the cards; boards of one `layout` are alike."""
        key = ("slots", option.stance, option.grown, layout, option.allowed)
        if key not in self._memory:
            self._memory[key] = all(
                self._admits(
                    ("GPU_SLOT_WIDTH",),
                    Machine(board=board, gpus=cards, listed={"gpu": len(cards)}),
                    option.demand,
                    option.allowed,
                )
                for cards in _hands(option, option.grown)
            )
        return self._memory[key]

    def feeds_drives(self, option: GpuOption, cpu: Cpu, board: Board, drives: Sequence[Drive]) -> bool:
        """Whether the board has ports for the drives, and the processor lanes for cards and drives."""
        ports = ("ports", board.m2_slots, board.sata_ports, drives[0].kind, len(drives), option.allowed)
        if ports not in self._memory:
            machine = Machine(board=board, drives=tuple(drives), listed={"drive": len(drives)})
            self._memory[ports] = self._admits(("STORAGE",), machine, option.demand, option.allowed)
        switched = any(slot.attached == "plx" for slot in board.slots)
        lanes = ("lanes", _lanes(cpu), switched, option.grown, drives[0].kind, len(drives), option.allowed)
        if lanes not in self._memory:
            hand = _hands(option, option.grown)[0]
            machine = Machine(
                cpu=cpu, board=board, gpus=hand, drives=tuple(drives), listed={"gpu": len(hand), "drive": len(drives)}
            )
            self._memory[lanes] = self._admits(("CPU_LANES",), machine, option.demand, option.allowed)
        return self._memory[ports] and self._memory[lanes]

    def finds_room(self, option: GpuOption, board: Board, shape: int, case: Case) -> bool:
        """Whether the cards find places on the board and openings in the case; boards of one `shape` are alike."""
        key = ("room", option.stance, option.grown, shape, _room(case), option.allowed)
        if key not in self._memory:
            self._memory[key] = all(
                self._admits(
                    ROOM,
                    Machine(board=board, case=case, gpus=cards, listed={"gpu": len(cards)}),
                    option.demand,
                    option.allowed,
                )
                for cards in _hands(option, option.grown)
            )
        return self._memory[key]

    def stands(
        self, option: GpuOption, cpu: Cpu, board: Board, shape: int, case: Case, drives: Sequence[Drive]
    ) -> bool:
        """Whether the cards find room, and lanes beside the drives; boards of one `shape` are alike."""
        if not self.finds_room(option, board, shape, case):
            return False
        beside = (_lanes(cpu), cpu.pcie_gen, drives[0].kind, len(drives))
        key = ("stands", option.stance, option.grown, shape, _room(case), beside, option.allowed)
        if key not in self._memory:
            self._memory[key] = all(
                self._admits(
                    LANES,
                    Machine(
                        cpu=cpu,
                        board=board,
                        case=case,
                        gpus=cards,
                        drives=tuple(drives),
                        listed={"gpu": len(cards), "drive": len(drives)},
                    ),
                    option.demand,
                    option.allowed,
                )
                for cards in _hands(option, option.grown)
            )
        return self._memory[key]

    def judge(self, option: GpuOption, machine: Machine) -> tuple[Finding, ...]:
        """What the whole rulebook says of a machine, of the reading that says worst."""
        worst: tuple[Finding, ...] = ()
        for count in sorted({option.count, option.grown}, reverse=True):
            for cards in _hands(option, count):
                whole = replace(machine, gpus=cards, listed={**machine.listed, "gpu": count})
                found = findings(whole, option.demand)
                worst = worst or found
                if self.objects(option, found) is not None:
                    return found
        return worst

    def objects(self, option: GpuOption, found: Iterable[Finding]) -> Finding | None:
        """The finding that rejects a machine; None if it may be bought."""
        return objection(found, option.allowed, workmanship=self.demand.workmanship)


def _lanes(cpu: Cpu) -> tuple[object, ...]:
    return cpu.pcie_lanes, cpu.lanes_trusted, cpu.socket in CHIPSET_FEEDS_DRIVES


def _room(case: Case) -> tuple[bool, int | None]:
    return case.kind == "open_frame", case.slots


def _hands(option: GpuOption, count: int) -> list[tuple[GpuCard, ...]]:
    return [(card,) * count for card in option.readings]
