"""The cheapest machines in order of cost, exactly: best-first search over a machine that falls into small choices.

Once graphics card and platform are chosen, memory, drive, cooler, supply and case are small choices that meet only in
the case. Lower bounds are sums of the cheapest that each choice could be (B14); the search always expands the lowest
bound, so the first machine that the rulebook passes is an optimum and the bound it was found at proves it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from payback.assembly.model import Finding, Machine
from payback.assembly.power import DIMM_W
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.options import GpuOption
from payback.assembly.search.platforms import Floats, Ints
from payback.assembly.search.world import CoolerChoice, DriveOption, MemoryOption, SupplyOption, World, cheapest

Closed = Callable[[GpuOption, str], bool]
"""Whether machines with such a card on such a platform are no longer wanted."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A platform with memory and drives, waiting for a case, a cooler and a supply."""

    platform: int
    memory: MemoryOption
    drive: DriveOption
    base_usd: float
    supplies: tuple[SupplyOption, ...]
    """Those that carry the load, cheapest first."""
    cases: tuple[int, ...]
    rest_usd: float
    """Cheapest supply and cooler."""


@dataclass(frozen=True, slots=True)
class Found:
    """A machine whose parts fit as far as the bounds can tell."""

    option: GpuOption
    cpu: Candidate
    board: Candidate
    memory: MemoryOption
    drive: DriveOption
    supply: SupplyOption
    case: Candidate
    cooler: Candidate | None
    platform: str
    cost_usd: float

    def names(self) -> tuple[str, ...]:
        """The parts' names, by which equally dear machines are ordered."""
        offers = (self.option.offer, self.cpu, self.board, self.memory.offer, self.drive.offer, self.case)
        return (*(offer.name for offer in offers), self.supply.offer.name, self.cooler.name if self.cooler else "")

    def machine(self, cards: int | None = None) -> Machine:
        """The machine as the rulebook sees it, with the first reading of its cards."""
        number = self.option.count if cards is None else cards
        part: Any = self.option.readings[0]
        of: Callable[[Candidate], Any] = lambda offer: offer.part  # noqa: E731 - one word for one thing
        coolers = (of(self.cooler),) if self.cooler else ()
        return Machine(
            cpu=of(self.cpu),
            board=of(self.board),
            memory=(of(self.memory.offer),) * self.memory.kits,
            psus=self.supply.units,
            gpus=(part,) * number,
            case=of(self.case),
            coolers=coolers,
            drives=(of(self.drive.offer),) * self.drive.count,
            listed={
                "cpu": 1, "board": 1, "memory": self.memory.kits, "psu": self.supply.count, "gpu": number, "case": 1,
                "cooler": len(coolers), "drive": self.drive.count,
            },
            whole=True,
        )  # fmt: skip


Step = Callable[[], Found | None]


@dataclass(slots=True)
class Effort:
    """What the search did, for the certificate."""

    options: int = 0
    options_opened: int = 0
    platforms: int = 0
    frames: int = 0
    machines: int = 0
    discarded: dict[str, int] = field(default_factory=dict)
    """Machines the bounds let through and the rulebook did not, by rule."""


class OptionSearch:
    """Machines around one choice of graphics cards, in order of cost."""

    def __init__(self, world: World, option: GpuOption, effort: Effort, closed: Closed) -> None:
        self.world, self.option, self.effort, self.closed = world, option, effort, closed
        self.ticket = count()
        self.heap: list[tuple[float, tuple[str, ...], int, int, Step]] = []
        self.order: Ints = np.zeros(0, dtype=np.int64)
        self.bounds: Floats = np.zeros(0)
        self.next = 0
        effort.options_opened += 1
        if world.court.card_is_sound(option) and world.drives and len(world.platforms):
            self._bound_platforms()

    def _bound_platforms(self) -> None:
        """A lower bound on the cost of the best machine on every platform, in order (B14)."""
        world, option, platforms = self.world, self.option, self.world.platforms
        rows = world.case_fits(option)[None, :] & world.case_forms
        usd = np.where(rows, world.case_usd[None, :], math.inf)
        case_floor = usd.min(axis=1) if usd.size else np.full(len(rows), math.inf)
        self.cases = [tuple(np.nonzero(row)[0].tolist()) for row in rows]
        self.supplies = [(s, world.carried_w(s, option)) for s in world.supplies_for(option)]
        drive_w = min(drive.watts for drive in world.drives)
        load = platforms.cpu_w + world.load_w(option, 0.0, 0.0, drive_w) + DIMM_W * world.memory_floor(option.ram_gb)[1]
        total = world.core_usd(option) + self._supply_floor(load)
        total = total + case_floor[platforms.form_of] + (option.price_usd + world.drives[0].usd)
        if option.grown > 1:
            self.barren = world.barren(option, tuple(frozenset(world.room_of[n] for n in of) for of in self.cases))
            total[self.barren[platforms.stance_of]] = math.inf
        order = np.argsort(total, kind="stable")
        self.order = order[: int(np.isfinite(total).sum())]
        self.bounds = total[self.order]

    def _strike_out(self, alike: Ints, value: int) -> None:
        """Drop the platforms still waiting whose number in `alike` is `value`."""
        kept = alike[self.order[self.next :]] != value
        self.order = self.order[self.next :][kept]
        self.bounds = self.bounds[self.next :][kept]
        self.next = 0

    def _supply_floor(self, load: Floats) -> Floats:
        """Price of the cheapest supply that carries each load. [USD]"""
        if not self.supplies:
            return np.full(len(load), math.inf)
        by_load = sorted(self.supplies, key=lambda pair: pair[1])
        carried = np.array([watts for _, watts in by_load])
        usd = np.array([supply.usd for supply, _ in by_load])
        cheapest_from = np.append(np.minimum.accumulate(usd[::-1])[::-1], math.inf)
        floors: Floats = cheapest_from[np.searchsorted(carried, load, side="left")]
        return floors

    @property
    def bound(self) -> float:
        """No machine still to come is cheaper than this. [USD]"""
        waiting = float(self.bounds[self.next]) if self.next < len(self.bounds) else math.inf
        return min(waiting, self.heap[0][0] if self.heap else math.inf)

    def advance(self) -> Found | None:
        """Take the lowest bound one step further; a machine if that step completes one."""
        if self.next < len(self.bounds) and (not self.heap or self.bounds[self.next] <= self.heap[0][0]):
            platform = int(self.order[self.next])
            self.next += 1
            if self.closed(self.option, self.world.platforms.name(platform)):
                self._strike_out(self.world.platforms.socket_of, int(self.world.platforms.socket_of[platform]))
            else:
                self._open_platform(platform)
            return None
        _, _, _, platform, step = heapq.heappop(self.heap)
        return None if self.closed(self.option, self.world.platforms.name(platform)) else step()

    def _push(self, bound: float, names: tuple[str, ...], platform: int, step: Step) -> None:
        heapq.heappush(self.heap, (bound, names, next(self.ticket), platform, step))

    def _open_platform(self, index: int) -> None:
        world, option = self.world, self.option
        self.effort.platforms += 1
        cases = self.cases[world.platforms.form_of[index]]
        drives, alike = self._drives_beside(index, cases)
        if not drives:
            if option.grown > 1:
                hopeless = alike == alike[index]
                self.barren[world.platforms.stance_of[hopeless]] = True
                self._strike_out(alike, int(alike[index]))
            return
        cpu = world.platforms.cpu(index)
        cooler_usd = float(world.cooler_floor[index])
        for memory in world.memory_options(index, option.ram_gb):
            for drive in drives:
                supplies = self._supplies_of(cpu, world.load_w(option, cpu.full_power_w, memory.modules, drive.watts))
                if supplies:
                    base = float(world.platforms.base_usd[index]) + memory.usd + drive.usd + option.price_usd
                    frame = Frame(index, memory, drive, base, supplies, cases, cooler_usd + supplies[0].usd)
                    self.effort.frames += 1
                    self._push_case(frame, 0)

    def _supplies_of(self, cpu: Any, load_w: float) -> tuple[SupplyOption, ...]:
        """Supplies that carry a load and have the processor's plugs, cheapest first."""
        feeds = self.world.court.supply_feeds_cpu
        strong = (supply for supply, carried in self.supplies if carried >= load_w)
        return tuple(supply for supply in strong if feeds(supply.units, cpu, self.option.allowed))

    def _drives_beside(self, platform: int, cases: Sequence[int]) -> tuple[list[DriveOption], Ints]:
        """Drives beside which the cards find places in one of the cases; if none, what fails with it numbered alike."""
        world, of, court = self.world, self.world.platforms, self.world.court
        cpu, board, shape = of.cpu(platform), of.board(platform), of.shape(platform)
        if not world.any_open and not court.has_slots(self.option, board, of.layout(platform)):
            world.mark_slotless(self.option, of.layout(platform))
            return [], of.layout_of
        rooms = [case for case in world.roomiest(cases) if court.finds_room(self.option, board, shape, case)]
        if not rooms:
            return [], of.place_of
        return [
            drive for drive in world.drives
            if court.feeds_drives(self.option, cpu, board, drive.units)
            and any(court.stands(self.option, cpu, board, shape, case, drive.units) for case in rooms)
        ], of.stance_of  # fmt: skip

    def _push_case(self, frame: Frame, number: int) -> None:
        if number < len(frame.cases):
            bound = frame.base_usd + frame.rest_usd + float(self.world.case_usd[frame.cases[number]])
            self._push(bound, (), frame.platform, lambda: self._open_case(frame, number))

    def _open_case(self, frame: Frame, number: int) -> None:
        self._push_case(frame, number + 1)
        world, option, platform = self.world, self.option, frame.platform
        offer = world.cases[frame.cases[number]]
        cpu, board, shape = (
            world.platforms.cpu(platform),
            world.platforms.board(platform),
            world.platforms.shape(platform),
        )
        if not world.court.stands(option, cpu, board, shape, offer.part, frame.drive.units):
            return
        of: Any = world.coolers_of[world.platforms.cpu_of[platform]]
        coolers = [
            (usd, cooler) for usd, cooler in of if world.court.cooled(cooler and cooler.part, offer.part, option)
        ]
        supplies = [s for s in frame.supplies if world.court.supply_in_case(s.units, offer.part, option.allowed)]
        if coolers and supplies:
            self._push_machine(frame, offer, coolers, supplies, 0, 0)

    def _push_machine(
        self,
        frame: Frame,
        case: Candidate,
        coolers: Sequence[CoolerChoice],
        supplies: Sequence[SupplyOption],
        cooler: int,
        supply: int,
    ) -> None:
        if cooler >= len(coolers) or supply >= len(supplies):
            return
        world = self.world
        found = Found(
            option=self.option,
            cpu=world.platforms.cpus[world.platforms.cpu_of[frame.platform]],
            board=world.platforms.boards[world.platforms.board_of[frame.platform]],
            memory=frame.memory,
            drive=frame.drive,
            supply=supplies[supply],
            case=case,
            cooler=coolers[cooler][1],
            platform=world.platforms.name(frame.platform),
            cost_usd=frame.base_usd + case.price_usd + coolers[cooler][0] + supplies[supply].usd,
        )

        def complete() -> Found:
            self._push_machine(frame, case, coolers, supplies, cooler, supply + 1)
            if supply == 0:
                self._push_machine(frame, case, coolers, supplies, cooler + 1, 0)
            self.effort.machines += 1
            return found

        self._push(found.cost_usd, found.names(), frame.platform, complete)


def in_order_of_cost(
    world: World, options: Sequence[GpuOption], effort: Effort, closed: Closed, *, cutoff_usd: float = math.inf
) -> Iterator[tuple[Found, float]]:
    """Every machine below a cost, cheapest first, each with the lower bound it was found at.

    Args:
        world: The parts.
        options: Choices of graphics cards.
        effort: Counts what is done.
        closed: What is no longer wanted; may change between two machines.
        cutoff_usd: Machines at or above this cost are not looked for. [USD]
    """
    floor = rest_floor_usd(world)
    effort.options += len(options)
    waiting: list[tuple[float, int, GpuOption | OptionSearch]] = [
        (option.price_usd + floor, number, option) for number, option in enumerate(options)
    ]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < cutoff_usd:
        bound, number, held = heapq.heappop(waiting)
        limit = min(waiting[0][0] if waiting else math.inf, cutoff_usd)
        if isinstance(held, GpuOption):
            closer = held.price_usd + rest_floor_usd(world, held)
            if closer > max(bound, limit):
                heapq.heappush(waiting, (closer, number, held))
                continue
        search = OptionSearch(world, held, effort, closed) if isinstance(held, GpuOption) else held
        while search.bound <= limit and search.bound < cutoff_usd:
            found = search.advance()
            if found is not None:
                yield found, min(search.bound, limit, found.cost_usd)
        if search.bound < cutoff_usd:
            heapq.heappush(waiting, (search.bound, number, search))


def rest_floor_usd(world: World, option: GpuOption | None = None) -> float:
    """Least that everything but the graphics cards, some or certain ones, can cost as far as is known. [USD]"""
    if not len(world.platforms) or not world.drives:
        return math.inf
    if option is None:
        core_usd = world.platforms.base_usd + world.memory_floor(world.demand.min_ram_gb)[0] + world.cooler_floor
    else:
        core_usd = world.core_usd(option)
    rest_usd = cheapest(world.cases) + min((supply.usd for supply in world.supplies), default=math.inf)
    return float(core_usd.min()) + world.drives[0].usd + rest_usd


def passing(
    world: World, options: Sequence[GpuOption], effort: Effort, closed: Closed, *, cutoff_usd: float = math.inf
) -> Iterator[tuple[Found, float, tuple[Finding, ...]]]:
    """The machines that the whole rulebook passes, cheapest first; those it stops are counted in `effort`."""
    for found, bound in in_order_of_cost(world, options, effort, closed, cutoff_usd=cutoff_usd):
        if closed(found.option, found.platform):
            continue
        verdicts = world.court.judge(found.option, found.machine())
        objection = world.court.objects(found.option, verdicts)
        if objection is None:
            yield found, bound, verdicts
        else:
            effort.discarded[objection.rule] = effort.discarded.get(objection.rule, 0) + 1
