"""The same question put to a general solver: one choice a category, linear rows between them, nothing pruned.

Written from the rules' formulas, not from the search. Which kinds of part go together at all (socket and chipset, board
and case, cards on a board, plugs) is asked of the rulebook, kind by kind, as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from ortools.sat.python import cp_model

from payback.assembly.model import Demand, Machine, Severity, Status
from payback.assembly.power import EXCURSION_SHARE
from payback.assembly.rulebook import rule_named
from payback.assembly.rules_platform import canonical_socket
from payback.assembly.search.candidates import Candidate, Candidates
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.workmanship import MARKS, cooler_capacity_w
from payback.assembly.topology import places_taken

BIG = 10**6
CENTS = 100
STANDING = ("GPU_SLOT_WIDTH", "CASE_SLOTS", "GPU_AIRFLOW", "GPU_LANES", "CPU_LANES", "M2_SHARES_SLOT")


@dataclass(frozen=True, slots=True)
class Choice:
    """So many of one part."""

    offer: Candidate
    count: int = 1

    @property
    def part(self) -> Any:
        return self.offer.part

    @property
    def cents(self) -> int:
        return int(round(self.offer.price_usd * CENTS) * self.count)


@dataclass(slots=True)
class Tables:
    """Answers of the rulebook about kinds of parts, gathered before the clock starts."""

    answers: dict[Hashable, bool] = field(default_factory=dict)


class Oracle:
    """A demand with unknown figures taken to fit (policy optimistic) and a careful builder's wishes."""

    def __init__(
        self, market: Candidates, demand: BuildDemand, speed: dict[str, float], tables: Tables | None = None
    ) -> None:
        self.market, self.demand, self.speed = market, demand, speed
        self.tables = tables or Tables()
        self._choices()

    def _choices(self) -> None:
        demand = self.demand
        vram = (demand.vram_gib or 0.0) - 0.5
        cards = [offer for offer in self.market["gpu"] if _part(offer).memory_gib >= vram]
        self.gpus = [Choice(offer, count) for offer in cards for count in demand.counts()]
        self.cpus = [Choice(offer) for offer in self.market["cpu"]]
        self.boards = [Choice(offer) for offer in self.market["board"]]
        self.memory = [Choice(offer, count) for offer in self.market["memory"] for count in _kit_counts(offer)]
        self.drives = [
            Choice(o, _needed(o, demand)) for o in self.market["drive"] if _part(o).kind and _needed(o, demand) < 5
        ]
        self.psus = [Choice(offer) for offer in self.market["psu"] if _part(offer).efficiency in MARKS]
        self.cases = [Choice(offer) for offer in self.market["case"]]
        self.coolers = [Choice(offer) for offer in self.market["cooler"]]

    def prepare(self) -> Oracle:
        """Ask the rulebook about every kind of pair; belongs to reading the catalogue, not to solving."""
        for gpu in _kinds(self.gpus, self._stance):
            for board in _kinds(self.boards, _shape):
                for room in _kinds(self.cases, _room):
                    for drive in _kinds(self.drives, _ports):
                        self._stands(gpu, board, room, drive)
        for gpu in _kinds(self.gpus, self._plugs):
            for psu in _kinds(self.psus, _outputs):
                self._feeds(gpu, psu)
        for cpu in _kinds(self.cpus, _family):
            for board in _kinds(self.boards, _chipset):
                self._takes(cpu, board)
            for cooler in _kinds(self.coolers, lambda choice: choice.part.sockets):
                self._mounts(cpu, cooler)
        for board in _kinds(self.boards, _form):
            for case in _kinds(self.cases, _forms):
                self._houses(board, case)
        return self

    def _stance(self, gpu: Choice) -> Hashable:
        width = gpu.part.slot_width
        return None if width is None else places_taken(width), gpu.part.cooler, gpu.count

    def _plugs(self, gpu: Choice) -> Hashable:
        return gpu.part.power_connectors, gpu.part.board_power_w, gpu.count

    def _stands(self, gpu: Choice, board: Choice, case: Choice, drive: Choice) -> bool:
        key = ("stands", self._stance(gpu), _shape(board), _room(case), _ports(drive))
        if key not in self.tables.answers:
            cpu = next((c.part for c in self.cpus if _socket(c) == _socket(board)), None)
            machine = Machine(
                cpu=cpu, board=board.part, case=case.part, gpus=(gpu.part,) * gpu.count,
                drives=(drive.part,) * drive.count, listed={"gpu": gpu.count, "drive": drive.count},
            )  # fmt: skip
            asked = self._asked(gpu)
            self.tables.answers[key] = cpu is not None and all(_holds(name, machine, asked) for name in STANDING)
        return self.tables.answers[key]

    def _feeds(self, gpu: Choice, psu: Choice) -> bool:
        key = ("feeds", self._plugs(gpu), _outputs(psu))
        if key not in self.tables.answers:
            machine = Machine(psus=(psu.part,), gpus=(gpu.part,) * gpu.count, listed={"gpu": gpu.count, "psu": 1})
            self.tables.answers[key] = _holds("PSU_PLUGS", machine, self._asked(gpu))
        return self.tables.answers[key]

    def _takes(self, cpu: Choice, board: Choice) -> bool:
        key = ("takes", _family(cpu), _chipset(board))
        if key not in self.tables.answers:
            machine = Machine(cpu=cpu.part, board=board.part)
            self.tables.answers[key] = all(_holds(n, machine, Demand()) for n in ("SOCKET", "CPU_CHIPSET_SUPPORT"))
        return self.tables.answers[key]

    def _houses(self, board: Choice, case: Choice) -> bool:
        key = ("houses", _form(board), _forms(case))
        if key not in self.tables.answers:
            self.tables.answers[key] = _holds("FORM_FACTOR", Machine(board=board.part, case=case.part), Demand())
        return self.tables.answers[key]

    def _mounts(self, cpu: Choice, cooler: Choice) -> bool:
        key = ("mounts", _socket(cpu), cooler.part.sockets)
        if key not in self.tables.answers:
            machine = Machine(cpu=cpu.part, coolers=(cooler.part,), listed={"cooler": 1})
            self.tables.answers[key] = _holds("COOLER_SOCKET", machine, Demand())
        return self.tables.answers[key]

    def _asked(self, gpu: Choice) -> Demand:
        return self.demand.rules_demand(gpu.count, gpu.part.memory_gib)

    @cached_property
    def groups(self) -> dict[str, list[Choice]]:
        return {
            "gpu": self.gpus, "cpu": self.cpus, "board": self.boards, "memory": self.memory, "drive": self.drives,
            "psu": self.psus, "case": self.cases, "cooler": self.coolers,
        }  # fmt: skip

    def model(self) -> tuple[cp_model.CpModel, dict[str, list[cp_model.IntVar]]]:
        """The rows."""
        model = cp_model.CpModel()
        of = {name: [model.new_bool_var("") for _ in group] for name, group in self.groups.items()}
        box = model.new_bool_var("")
        for name, variables in of.items():
            model.add_exactly_one([*variables, box] if name == "cooler" else variables)
        self._sockets(model, of, box)
        self._memory_rows(model, of)
        self._case_rows(model, of)
        self._power_rows(model, of)
        self._standing_rows(model, of)
        return model, of

    def _sum(self, name: str, of: dict[str, list[cp_model.IntVar]], value: Callable[[Choice], float | None]) -> Any:
        values = [_whole(value(choice)) for choice in self.groups[name]]
        return cp_model.LinearExpr.weighted_sum(of[name], values)

    def _where(self, name: str, of: dict[str, list[cp_model.IntVar]], test: Callable[[Choice], bool]) -> Any:
        return cp_model.LinearExpr.sum(
            [v for v, choice in zip(of[name], self.groups[name], strict=True) if test(choice)]
        )

    def _sockets(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]], box: cp_model.IntVar) -> None:
        for cpu in _kinds(self.cpus, _family):
            cpus = self._where("cpu", of, _is(_family, _family(cpu)))
            model.add(cpus <= self._where("board", of, partial(self._takes, cpu)))
            model.add(cpus <= self._where("cooler", of, partial(self._mounts, cpu)) + box)
        model.add(box <= self._where("cpu", of, lambda c: c.part.boxed_cooler is not False))
        heat = self._sum("cpu", of, lambda c: c.part.full_power_w)
        model.add(heat <= self._sum("cooler", of, lambda c: cooler_capacity_w(c.part)) + BIG * box)
        model.add(
            self._sum("gpu", of, lambda c: self.demand.cores(c.count)) <= self._sum("cpu", of, lambda c: c.part.cores)
        )

    def _memory_rows(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]]) -> None:
        for kind in {(c.part.memory_type, c.part.dimm_class) for c in (*self.memory, *self.boards)}:
            of_kind = self._where("memory", of, _is(_modules, kind))
            model.add(of_kind == self._where("board", of, _is(_modules, kind)))
        modules = self._sum("memory", of, lambda c: c.count * c.part.module_count)
        size = self._sum("memory", of, lambda c: c.count * c.part.module_count * c.part.module_gb)
        model.add(modules <= self._sum("board", of, lambda c: c.part.dimm_slots))
        model.add(size <= self._sum("board", of, lambda c: c.part.max_memory_gb))
        model.add(size <= self._sum("cpu", of, lambda c: c.part.max_memory_gb))
        model.add(size >= self._sum("gpu", of, lambda c: self.demand.ram_gb(c.count, c.part.memory_gib)))
        for step in (2, 4):
            whole = self._where("memory", of, _is(_remainder(step), 0))
            model.add(self._where("board", of, _is(_step, step)) <= whole)

    def _case_rows(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]]) -> None:
        for board in _kinds(self.boards, _form):
            boards = self._where("board", of, _is(_form, _form(board)))
            model.add(boards <= self._where("case", of, partial(self._houses, board)))
        room = self._sum("case", of, lambda c: c.part.max_gpu_mm)
        model.add(self._sum("gpu", of, lambda c: c.part.length_mm or 0) <= room)
        height = self._sum("cooler", of, lambda c: c.part.height_mm or 0)
        model.add(height <= self._sum("case", of, lambda c: c.part.max_cooler_mm))
        depth = self._sum("psu", of, lambda c: c.part.length_mm or 0)
        model.add(depth <= self._sum("case", of, lambda c: max(c.part.max_psu_mm or BIG, 140)))
        model.add(
            self._sum("drive", of, lambda c: c.count if c.part.kind != "SATA" else 0)
            <= self._sum("board", of, lambda c: c.part.m2_slots)
        )
        model.add(
            self._sum("drive", of, lambda c: c.count if c.part.kind == "SATA" else 0)
            <= self._sum("board", of, lambda c: c.part.sata_ports)
        )

    def _power_rows(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]]) -> None:
        load = (
            100 * self._sum("cpu", of, lambda c: c.part.full_power_w)
            + 100 * self._sum("gpu", of, lambda c: c.count * c.part.board_power_w)
            + 100 * (self._sum("memory", of, lambda c: 3 * c.count * c.part.module_count) + 75)
            + 100 * self._sum("drive", of, lambda c: 5 * c.count)
        )
        model.add(115 * load <= 10000 * self._sum("psu", of, lambda c: c.part.watts))
        peak = load + 60 * self._sum("gpu", of, lambda c: c.count * c.part.board_power_w)
        model.add(
            peak
            <= self._sum(
                "psu", of, lambda c: 100 * c.part.watts * EXCURSION_SHARE[(c.part.atx_version or "")[:1] == "3"]
            )
        )
        model.add(
            self._sum("cpu", of, lambda c: math.ceil(c.part.full_power_w / 280))
            <= self._sum("psu", of, lambda c: c.part.eps)
        )
        for gpu in _kinds(self.gpus, self._plugs):
            cards = self._where("gpu", of, _is(self._plugs, self._plugs(gpu)))
            model.add(cards <= self._where("psu", of, _is(partial(self._feeds, gpu), True)))

    def _standing_rows(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]]) -> None:
        """Cards want a board on which they stand somewhere; where room or drives take boards away, a row says so."""
        shapes, rooms, ports = _kinds(self.boards, _shape), _kinds(self.cases, _room), _kinds(self.drives, _ports)
        for gpu in _kinds(self.gpus, self._stance):
            cards = self._where("gpu", of, _is(self._stance, self._stance(gpu)))
            fitting = {
                (_room(room), _ports(drive)): frozenset(_shape(b) for b in shapes if self._stands(gpu, b, room, drive))
                for room in rooms
                for drive in ports
            }
            anywhere = frozenset().union(*fitting.values())
            if len(anywhere) < len(shapes):
                model.add(cards <= self._where("board", of, _in(_shape, anywhere)))
            for there in set(fitting.values()) - {anywhere}:
                pairs = {pair for pair, boards in fitting.items() if boards == there}
                for port in {port for _, port in pairs}:
                    small = {room for room, other in pairs if other == port}
                    cases = self._where("case", of, _in(_room, small))
                    drives = self._where("drive", of, _is(_ports, port))
                    model.add(cards + drives + cases <= 2 + self._where("board", of, _in(_shape, there)))

    def cost(self, of: dict[str, list[cp_model.IntVar]]) -> Any:
        """The price in cents."""
        return cp_model.LinearExpr.weighted_sum(
            [v for variables in of.values() for v in variables],
            [choice.cents for name in of for choice in self.groups[name]],
        )

    def cheapest(self, top: int = 1) -> list[float]:
        """Costs of the cheapest machines, each of another kind (GPU, number, socket)."""
        model, of = self.model()
        cost = self.cost(of)
        model.minimize(cost)
        found: list[float] = []
        while len(found) < top:
            solver = _solved(model)
            if solver is None:
                break
            found.append(solver.objective_value / CENTS)
            self._forbid(model, of, solver)
        return found

    def _forbid(self, model: cp_model.CpModel, of: dict[str, list[cp_model.IntVar]], solver: cp_model.CpSolver) -> None:
        gpu = next(c for v, c in zip(of["gpu"], self.gpus, strict=True) if solver.boolean_value(v))
        board = next(c for v, c in zip(of["board"], self.boards, strict=True) if solver.boolean_value(v))
        alike = self._where("gpu", of, lambda c: (c.part.gpu, c.count) == (gpu.part.gpu, gpu.count))
        model.add(alike + self._where("board", of, lambda c: _socket(c) == _socket(board)) <= 1)

    def least_cost_at(self, throughput: float) -> float | None:
        """Cost of the cheapest machine at least so fast, None if there is none."""
        model, of = self.model()
        speed = self._sum("gpu", of, lambda c: 1000 * c.count * self.speed[c.part.gpu])
        model.add(speed >= math.ceil(1000 * throughput - 1e-6))
        model.minimize(self.cost(of))
        solver = _solved(model)
        return None if solver is None else solver.objective_value / CENTS


def _solved(model: cp_model.CpModel) -> cp_model.CpSolver | None:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return solver if status == cp_model.OPTIMAL else None


def _part(offer: Candidate) -> Any:
    return offer.part


def _socket(choice: Choice) -> str:
    return canonical_socket(choice.part.socket)


def _needed(offer: Candidate, demand: BuildDemand) -> int:
    return max(1, int(-(-demand.min_storage_gb // _part(offer).capacity_gb)))


def _whole(value: float | None) -> int:
    return BIG if value is None else round(value)


def _kinds(choices: Iterable[Choice], kind: Callable[[Choice], Hashable]) -> list[Choice]:
    first: dict[Hashable, Choice] = {}
    for choice in choices:
        first.setdefault(kind(choice), choice)
    return list(first.values())


def _shape(board: Choice) -> Hashable:
    part = board.part
    slots: Sequence[Any] = part.slots
    return (
        part.socket,
        part.form_factor,
        part.m2_unshared,
        tuple((s.position, s.lanes_alone, s.lanes_shared) for s in slots),
    )


def _room(case: Choice) -> Hashable:
    slots: int | None = case.part.slots
    return slots


def _ports(drive: Choice) -> Hashable:
    return drive.part.kind, drive.count


def _outputs(psu: Choice) -> Hashable:
    return psu.part.pcie_8pin, psu.part.pcie_12v


def _is(read: Callable[[Choice], object], value: object) -> Callable[[Choice], bool]:
    return lambda choice: read(choice) == value


def _in(read: Callable[[Choice], object], values: Iterable[object]) -> Callable[[Choice], bool]:
    held = frozenset(values)
    return lambda choice: read(choice) in held


def _holds(name: str, machine: Machine, asked: Demand) -> bool:
    rule = rule_named(name)
    verdict = rule(machine, asked)
    hard = (verdict.severity or rule.severity) is Severity.ERROR or name == "GPU_AIRFLOW"
    return not (hard and verdict.status is Status.VIOLATED)


def _family(cpu: Choice) -> Hashable:
    return cpu.part.socket, cpu.part.family


def _chipset(board: Choice) -> Hashable:
    return board.part.socket, board.part.chipset


def _forms(case: Choice) -> Hashable:
    return case.part.board_forms, case.part.forms_complete


def _form(board: Choice) -> Hashable:
    return board.part.form_factor, board.part.socket


def _modules(choice: Choice) -> object:
    return choice.part.memory_type, choice.part.dimm_class


def _step(board: Choice) -> object:
    return min(board.part.memory_channels, 4)


def _remainder(step: int) -> Callable[[Choice], object]:
    return lambda kits: kits.count * kits.part.module_count % step


def _kit_counts(offer: Candidate) -> range:
    """As many kits as eight slots take."""
    return range(1, max(1, 8 // _part(offer).module_count) + 1)
