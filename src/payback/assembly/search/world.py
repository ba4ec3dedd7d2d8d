"""The parts that remain after pruning, with lower bounds on what goes around a graphics card.

Formulas B11 to B14 of docs/method/search.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from payback.assembly.model import Outlet
from payback.assembly.power import BASE_W, DIMM_W, GPU_PEAK_SHARE, SSD_W, excursion_limit_w, wall_power_w
from payback.assembly.rules_platform import canonical_socket
from payback.assembly.search.candidates import CATEGORIES, Candidate, Candidates
from payback.assembly.search.court import Court
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.dominance import drives_needed, mounts, undominated
from payback.assembly.search.options import GpuOption
from payback.assembly.search.platforms import Floats, Platforms, numbered
from payback.assembly.search.workmanship import cooler_capacity_w, module_step, open_questions_allowed, supply_is_marked

MOST_DRIVES: Final = 4
HALVINGS: Final = 32
"""Enough to tell the limit of an outlet to a millionth of a watt."""
TOLERANCE_W: Final = 1e-6
"""Rounding: the rulebook multiplies where these bounds divide."""


@dataclass(frozen=True, slots=True)
class MemoryOption:
    """So many kits of one kind."""

    usd: float
    modules: int
    offer: Candidate
    kits: int


@dataclass(frozen=True, slots=True)
class DriveOption:
    """So many drives of one kind."""

    usd: float
    watts: float
    offer: Candidate
    count: int

    @property
    def units(self) -> tuple[Any, ...]:
        """The drives, one by one."""
        return (self.offer.part,) * self.count


@dataclass(frozen=True, slots=True)
class SupplyOption:
    """One or more supplies of one kind."""

    usd: float
    watts: float
    limit_w: float
    """Millisecond peak that they survive together. [W]"""
    offer: Candidate
    count: int

    @property
    def units(self) -> tuple[Any, ...]:
        """The supplies, one by one."""
        return (self.offer.part,) * self.count


CoolerChoice = tuple[float, Candidate | None]
"""A price and a cooler; None is the one in the processor's box."""


class World:
    """What can be built around any graphics card, for one demand."""

    def __init__(self, candidates: Candidates, demand: BuildDemand) -> None:
        self.demand = demand
        self.court = Court(demand)
        self.left = {category: undominated(candidates[category], demand) for category in CATEGORIES}
        self.allowed = open_questions_allowed(demand.policy, min(map(demand.grown_to, demand.counts())))
        boards = [offer for offer in self.left["board"] if self._board_wanted(offer.part)]
        self.platforms = Platforms(self.left["cpu"], boards, self.court, self.allowed)
        self._coolers()
        self.drives = self._drives()
        self.supplies = self._supplies()
        self.cases: list[Any] = [offer for offer in self.left["case"] if self._case_wanted(offer.part)]
        self._case_arrays()
        self._kind_memo: dict[int, list[Candidate]] = {}
        self._memory_memo: dict[tuple[int, float], list[MemoryOption]] = {}
        self._vector_memo: dict[float, tuple[Floats, Floats]] = {}
        self._outlet_memo: dict[object, float] = {}
        self._supply_memo: dict[object, list[SupplyOption]] = {}
        self._slotless: dict[object, set[int]] = {}
        self._core_memo: dict[object, tuple[int, Floats]] = {}
        self._barren: dict[object, npt.NDArray[np.bool_]] = {}

    def barren(self, option: GpuOption, rooms: Hashable) -> npt.NDArray[np.bool_]:
        """Kinds of platform on which such cards are known not to stand in such rooms, by `Platforms.stance_of`."""
        key = (option.stance, option.grown, option.allowed, rooms)
        if key not in self._barren:
            of = self.platforms.stance_of
            self._barren[key] = np.zeros(int(of.max()) + 1 if len(of) else 0, dtype=bool)
        return self._barren[key]

    def mark_slotless(self, option: GpuOption, layout: int) -> None:
        """Remember that boards of a layout have no slots for such cards."""
        self._slotless.setdefault((option.stance, option.grown, option.allowed), set()).add(layout)

    def core_usd(self, option: GpuOption) -> Floats:
        """Least price of processor, board, memory and cooler for certain cards; infinite where unfit. [USD]"""
        slotless = self._slotless.get((option.stance, option.grown, option.allowed), set())
        key = (option.ram_gb, option.cores, option.grown, option.allowed, option.stance if slotless else None)
        if key not in self._core_memo or self._core_memo[key][0] != len(slotless):
            platforms = self.platforms
            usd = platforms.base_usd + self.memory_floor(option.ram_gb)[0] + self.cooler_floor
            usd[platforms.cores < option.cores] = math.inf
            if option.grown > 1 and option.allowed is not None:
                usd[platforms.slots < option.grown] = math.inf
            if slotless:
                usd[np.isin(platforms.layout_of, list(slotless))] = math.inf
            self._core_memo[key] = (len(slotless), usd)
        return self._core_memo[key][1]

    def _board_wanted(self, board: Any) -> bool:
        return self.demand.board_forms is None or board.form_factor in self.demand.board_forms

    def _case_wanted(self, case: Any) -> bool:
        units = self.demand.rack_units
        return units is None or (case.rack_units is not None and case.rack_units <= units)

    def sizes(self) -> Mapping[str, int]:
        """Parts left after pruning, by category."""
        return {category: len(offers) for category, offers in self.left.items()}

    def memory_options(self, platform: int, need_gb: float) -> list[MemoryOption]:
        """Kits that give a platform the memory it needs, cheapest first, fewer modules where dearer (B12)."""
        key = (int(self.platforms.profile_of[platform]), need_gb)
        if key not in self._memory_memo:
            cpu, board = self.platforms.cpu(platform), self.platforms.board(platform)
            step = self._module_step(cpu, board)
            options = [_kits(offer, need_gb, step) for offer in self._suited(key[0], cpu, board)]
            kept: list[MemoryOption] = []
            for option in sorted(options, key=lambda o: (o.usd, o.modules, o.offer.name)):
                if (not kept or option.modules < kept[-1].modules) and self._kits_fit(option, cpu, board):
                    kept.append(option)
            self._memory_memo[key] = kept
        return self._memory_memo[key]

    def _suited(self, profile: int, cpu: Any, board: Any) -> list[Candidate]:
        """Kits of the kind that a platform takes and whose size is known."""
        if profile not in self._kind_memo:
            suits: Callable[..., bool] = self.court.memory_suits
            self._kind_memo[profile] = [
                offer for offer in self.left["memory"]
                if _sized(offer.part) and suits(offer.part, cpu, board, self.allowed)
            ]  # fmt: skip
        return self._kind_memo[profile]

    def _module_step(self, cpu: Any, board: Any) -> int:
        channels = [count for count in (board.memory_channels, cpu.memory_channels) if count]
        return module_step(min(channels) if channels else None) if self.demand.workmanship else 1

    def _kits_fit(self, option: MemoryOption, cpu: Any, board: Any) -> bool:
        fits: Callable[..., bool] = self.court.memory_fits
        return fits(option.offer.part, option.kits, cpu, board, self.allowed)

    def memory_floor(self, need_gb: float) -> tuple[Floats, Floats]:
        """Least price and fewest modules of memory for every platform. [USD, modules]"""
        if need_gb not in self._vector_memo:
            found = [self.memory_options(platform, need_gb) for platform in self.platforms.profile_first]
            usd = np.array([options[0].usd if options else math.inf for options in found], dtype=np.float64)
            modules = np.array([options[-1].modules if options else 0 for options in found], dtype=np.float64)
            of = self.platforms.profile_of
            self._vector_memo[need_gb] = (usd[of], modules[of])
        return self._vector_memo[need_gb]

    def _coolers(self) -> None:
        """For each processor, the coolers that carry its heat, cheapest first."""
        on_socket: dict[str, list[tuple[Candidate, float]]] = {}
        found: dict[object, list[CoolerChoice]] = {}
        self.coolers_of: list[list[CoolerChoice]] = []
        kinds = self._cooler_kinds()
        for cpu in self.platforms.cpu_parts:
            if cpu.socket not in on_socket:
                on_socket[cpu.socket] = self._coolers_on(cpu, kinds)
            key = (cpu.socket, cpu.full_power_w, cpu.boxed_cooler)
            if key not in found:
                boxed = bool(cpu.boxed_cooler) or (cpu.boxed_cooler is None and self.allowed is None)
                strong = [(o.price_usd, o) for o, watts in on_socket[cpu.socket] if watts >= cpu.full_power_w]
                found[key] = [(0.0, None), *strong] if boxed else [*strong]
            self.coolers_of.append(found[key])
        floors = np.array([of[0][0] if of else math.inf for of in self.coolers_of], dtype=np.float64)
        self.cooler_floor: Floats = floors[self.platforms.cpu_of]

    def _cooler_kinds(self) -> list[tuple[Candidate, float, int]]:
        """Each cooler, the heat it carries (any if workmanship is not asked), and one that mounts and sounds alike."""
        careful, hush = self.demand.workmanship, self.demand.noise_dba is not None
        parts: list[Any] = [offer.part for offer in self.left["cooler"]]
        sold = {canonical_socket(cpu.socket) for cpu in self.platforms.cpu_parts}
        first, alike = numbered([(mounts(part.sockets) & sold, part.max_noise_dba if hush else None) for part in parts])
        capacities = [cooler_capacity_w(part) if careful else math.inf for part in parts]
        kinds = [first[number] for number in alike.tolist()]
        return list(zip(self.left["cooler"], capacities, kinds, strict=True))

    def _coolers_on(self, cpu: Any, kinds: Sequence[tuple[Candidate, float, int]]) -> list[tuple[Candidate, float]]:
        """Coolers that mount on a processor's socket, with the heat they carry."""
        offers: Sequence[Any] = self.left["cooler"]
        fits = {kind: self.court.mounted(offers[kind].part, cpu, self.allowed) for kind in {kind for *_, kind in kinds}}
        return [(offer, watts) for offer, watts, kind in kinds if fits[kind]]

    def _drives(self) -> list[DriveOption]:
        found = []
        for offer in self.left["drive"]:
            part: Any = offer.part
            if part.kind is None or part.spinning or not part.capacity_gb:
                continue
            count = drives_needed(part.capacity_gb, self.demand)
            if count <= MOST_DRIVES:
                found.append(DriveOption(count * offer.price_usd, count * SSD_W, offer, count))
        return sorted(found, key=lambda option: (option.usd, option.offer.name))

    def _supplies(self) -> list[SupplyOption]:
        found = []
        for offer in self.left["psu"]:
            part: Any = offer.part
            if self.demand.workmanship and not supply_is_marked(part):
                continue
            for count in range(1, self.demand.max_psus + 1):
                limit_w = count * excursion_limit_w(part)
                found.append(SupplyOption(count * offer.price_usd, count * part.watts, limit_w, offer, count))
        return sorted(found, key=lambda option: (option.usd, option.offer.name))

    def supplies_for(self, option: GpuOption) -> list[SupplyOption]:
        """Supplies with the plugs of the cards, cheapest first."""
        key = (option.plugs, option.grown, option.allowed)
        if key not in self._supply_memo:
            feeds = self.court.supply_feeds_cards
            self._supply_memo[key] = [supply for supply in self.supplies if feeds(supply.units, option)]
        return self._supply_memo[key]

    def carried_w(self, supply: SupplyOption, option: GpuOption) -> float:
        """The largest load that a supply takes with its reserve, its peaks and the outlet (B13). [W]"""
        share = self.demand.psu_headroom_share
        carried = supply.watts / (1.0 + share)
        if self.demand.workmanship:
            peak_w = (GPU_PEAK_SHARE - 1.0) * option.power_w * option.grown
            carried = min(carried, supply.limit_w - peak_w)
        if self.demand.outlet is not None:
            carried = min(carried, self._outlet_load_w(supply, self.demand.outlet))
        return carried + TOLERANCE_W

    def _outlet_load_w(self, supply: SupplyOption, outlet: Outlet) -> float:
        """The largest load behind a supply that keeps the wall power within the outlet, by bisection. [W]"""
        key = (supply.watts, supply.units[0].efficiency)
        if key not in self._outlet_memo:
            low, high = 0.0, outlet.continuous_w
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                within = wall_power_w(middle, supply.units) <= outlet.continuous_w
                low, high = (middle, high) if within else (low, middle)
            self._outlet_memo[key] = high
        return self._outlet_memo[key]

    def load_w(self, option: GpuOption, cpu_w: float, modules: float, drive_w: float) -> float:
        """Load inside the machine with all the cards it must carry (A10). [W]"""
        return cpu_w + option.grown * option.power_w + BASE_W + DIMM_W * modules + drive_w

    def _case_arrays(self) -> None:
        parts: list[Any] = [offer.part for offer in self.cases]
        self.case_usd: Floats = np.array([offer.price_usd for offer in self.cases], dtype=np.float64)
        self.case_open = np.array([part.kind == "open_frame" for part in parts], dtype=bool)
        self.any_open = bool(self.case_open.any())
        self.case_gpu_mm: Floats = np.array([_number(part.max_gpu_mm) for part in parts], dtype=np.float64)
        self.case_slots: Floats = np.array([_number(part.slots) for part in parts], dtype=np.float64)
        forms = [self.platforms.board_parts[number] for number in self.platforms.forms]
        first, alike = numbered([(part.kind, part.board_forms, part.forms_complete) for part in parts])
        kinds = [parts[number] for number in first]
        takes = [[self.court.board_in_case(board, part, self.allowed) for part in kinds] for board in forms]
        self.case_forms = np.array(takes, dtype=bool).reshape(len(forms), len(kinds))[:, alike]
        self.room_of = [(part.kind == "open_frame", part.slots) for part in parts]
        self._roomiest_memo: dict[Sequence[int], list[Any]] = {}

    def roomiest(self, cases: Sequence[int]) -> list[Any]:
        """Of some cases those in which cards stand if they stand in any: most openings, unknown openings, open."""
        if cases not in self._roomiest_memo:
            first: dict[object, int] = {}
            for number in sorted(cases, key=lambda n: -(self.room_of[n][1] or 0)):
                is_open, slots = self.room_of[number]
                first.setdefault((is_open, slots is None), number)
            self._roomiest_memo[cases] = [self.cases[number].part for number in first.values()]
        return self._roomiest_memo[cases]

    def case_fits(self, option: GpuOption) -> npt.NDArray[np.bool_]:
        """Cases long and deep enough for the cards (a necessary condition of GPU_LENGTH and CASE_SLOTS)."""
        longest = max((card.length_mm for card in option.readings if card.length_mm is not None), default=0.0)
        fits: npt.NDArray[np.bool_] = ~(self.case_gpu_mm < longest)
        if option.allowed is not None and "GPU_LENGTH" not in option.allowed:
            fits &= ~np.isnan(self.case_gpu_mm) & (option.longest_mm is not None)
        if option.places is not None:
            fits &= ~(self.case_slots < option.places * option.grown)
        fits |= self.case_open
        return fits


def _kits(offer: Candidate, need_gb: float, step: int) -> MemoryOption:
    """The fewest kits of one kind that suffice, their modules a multiple of `step`."""
    part: Any = offer.part
    kits = max(1, math.ceil(need_gb / (part.module_count * part.module_gb) - 1e-9))
    while kits * part.module_count % step:
        kits += 1
    return MemoryOption(kits * offer.price_usd, kits * part.module_count, offer, kits)


def _sized(kit: Any) -> bool:
    return bool(kit.module_count and kit.module_gb)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def cheapest(offers: Sequence[Candidate]) -> float:
    """Least price of some offers, infinite if there are none. [USD]"""
    return min((offer.price_usd for offer in offers), default=math.inf)
