"""Parts that no build needs: something at most as dear does all they do (formula B3).

Two parts are compared only if they agree in everything that a rule asks for equality, in which figures are unknown,
and in what a machine is counted as (a GPU's chip, a board's platform); among those, one dominates another if it
costs no more and is at least as good in every figure that a rule compares. Whatever machine passes with the dominated
part passes with the dominating one, so the cheapest machine of every kind survives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter, ge, le
from typing import Any, Final

from payback.assembly.power import EXCURSION_SHARE
from payback.assembly.rules_cooling import SAME_MOUNT
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.workmanship import cooler_capacity_w, supply_is_marked
from payback.assembly.topology import places_taken
from payback.catalogue.components import Board, BoardSlot, Case, Cooler, Cpu, Drive, GpuCard, Memory, PowerSupply
from payback.catalogue.parts import NAME_FIELDS

IDENTITY: Final = frozenset({
    "aliases", "source", "locator", "observed_on", "grade", "note", "maker", "launch_date", "threads", "slot",
    "shared_note",
})  # fmt: skip
"""Fields that, with its name, say what a part is called or who says so; a rule may read all others."""

Figures = tuple[Any, ...]
Extra = Callable[[Any, Candidate, BuildDemand], tuple[Hashable, Figures]]
"""What else must be equal, and further figures of which more is better."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How parts of one category are compared."""

    equal: Callable[[Any], Figures]
    more: Callable[[Any], Figures]
    less: Callable[[Any], Figures]
    beyond: Extra


def undominated(offers: Sequence[Candidate], demand: BuildDemand) -> list[Candidate]:
    """The offers that some cheapest machine may need, cheapest first.

    Args:
        offers: Parts of one category, cheapest first.
        demand: Decides which figures matter (an outlet makes the efficiency of a supply matter).
    """
    if not offers:
        return []
    scheme = SCHEMES[offers[0].category]
    fronts: dict[Hashable, list[tuple[Figures, Figures]]] = {}
    kept = []
    for offer in offers:
        part: Any = offer.part
        more, less = scheme.more(part), scheme.less(part)
        extra_key, extra_more = scheme.beyond(part, offer, demand)
        more = more + extra_more
        unknown: Hashable = None
        if None in more or None in less:
            unknown = (tuple(value is None for value in more), tuple(value is None for value in less))
            more, less = _known(more), _known(less)
        front = fronts.setdefault((scheme.equal(part), extra_key, unknown), [])
        if not _dominated(front, more, less):
            front.append((more, less))
            kept.append(offer)
    return kept


def _dominated(front: Iterable[tuple[Figures, Figures]], more: Figures, less: Figures) -> bool:
    for as_much, as_little in front:  # noqa: SIM110 - any() over a generator is slower, and nothing runs as often
        if all(map(ge, as_much, more)) and all(map(le, as_little, less)):
            return True
    return False


def _known(figures: Figures) -> Figures:
    return tuple(0.0 if figure is None else figure for figure in figures)


def _reader(names: Sequence[str]) -> Callable[[Any], Figures]:
    """Reads some fields as a tuple, however many there are."""
    if len(names) > 1:
        return attrgetter(*names)
    if names:
        read = attrgetter(names[0])
        return lambda part: (read(part),)
    return lambda part: ()


@cache
def specification(kind: type, left_out: frozenset[str] = frozenset()) -> Callable[[Any], Figures]:
    """Reads everything a rule may ask of a part, less some fields."""
    hidden = IDENTITY | left_out | {NAME_FIELDS[kind]}
    names = [field.name for field in fields(kind) if field.name not in hidden]
    return _reader([*names, "trusted"])


def _scheme(
    kind: type,
    more: Sequence[str] = (),
    less: Sequence[str] = (),
    without: Sequence[str] = (),
    extra: Extra | None = None,
) -> Scheme:
    left_out = frozenset({*(name for name in (*more, *less)), *without})
    return Scheme(specification(kind, left_out), _reader(more), _reader(less), extra or _nothing)


def _nothing(_part: Any, _offer: Candidate, _demand: BuildDemand) -> tuple[Hashable, Figures]:
    return None, ()


def slot_shape(board: Board) -> Hashable:
    """Everything a rule may read of a board's slots."""
    return tuple(map(specification(BoardSlot), board.slots))


NOT_STANDING: Final = frozenset({
    "slots", "width_mm", "depth_mm", "eps_connectors", "memory_type", "dimm_slots", "dimm_class", "max_memory_gb",
    "memory_channels", "onboard_video", "bios_flashback", "m2_slots", "sata_ports",
})  # fmt: skip


def board_shape(board: Board) -> Hashable:
    """Everything that decides where cards and drives can stand on a board."""
    return specification(Board, NOT_STANDING)(board), slot_shape(board)


def board_layout(board: Board) -> Hashable:
    """Everything that decides whether cards find slots on a board, lanes and case aside (rule GPU_SLOT_WIDTH)."""
    if len({slot.trusted for slot in board.slots}) > 1:
        return board_shape(board)
    places = tuple(slot.position for slot in board.slots)
    trusted = board.trusted, all(slot.trusted for slot in board.slots)
    return board.form_factor, board.slots_complete, board.dual_slot_cards, trusted, places


def board_face(board: Board) -> Hashable:
    """Everything that decides which cases a board fits."""
    return board.form_factor, board.width_mm, board.depth_mm, board.socket


def drives_needed(capacity_gb: float, demand: BuildDemand) -> int:
    """Drives of one size for the storage asked.

    Example:
        >>> drives_needed(2000, BuildDemand(min_storage_gb=3200))
        2
    """
    return max(1, math.ceil(demand.min_storage_gb / capacity_gb - 1e-9))


@cache
def mounts(sockets: tuple[str, ...]) -> frozenset[str]:
    """Every socket a cooler fits, those with the same holes included."""
    named = set(sockets)
    alike = (group for group in SAME_MOUNT if group & named)
    return frozenset(named.union(*alike))


def _cpu(part: Any, _offer: Candidate, _demand: BuildDemand) -> tuple[Hashable, Figures]:
    return part.lanes_trusted, ()


def _board(part: Any, _offer: Candidate, _demand: BuildDemand) -> tuple[Hashable, Figures]:
    return slot_shape(part), ()


def _drive(part: Any, _offer: Candidate, demand: BuildDemand) -> tuple[Hashable, Figures]:
    return None if part.capacity_gb is None else drives_needed(part.capacity_gb, demand), ()


def _psu(part: Any, _offer: Candidate, demand: BuildDemand) -> tuple[Hashable, Figures]:
    at_the_wall = (part.watts, part.efficiency) if demand.outlet is not None else None
    modern = EXCURSION_SHARE[(part.atx_version or "").startswith("3")]
    return (demand.workmanship and supply_is_marked(part), at_the_wall), (modern,)


def _gpu(part: Any, offer: Candidate, _demand: BuildDemand) -> tuple[Hashable, Figures]:
    places = None if part.slot_width is None else -places_taken(part.slot_width)
    return tuple(map(specification(GpuCard), offer.readings)), (places,)


def _case(part: Any, _offer: Candidate, demand: BuildDemand) -> tuple[Hashable, Figures]:
    return part.rack_units if demand.rack_units is not None else None, ()


def _cooler(part: Any, _offer: Candidate, demand: BuildDemand) -> tuple[Hashable, Figures]:
    noise = part.max_noise_dba if demand.noise_dba is not None else None
    return (mounts(part.sockets), noise), (cooler_capacity_w(part) if demand.workmanship else 0.0,)


SCHEMES: Final[Mapping[str, Scheme]] = {
    "gpu": _scheme(GpuCard, less=("length_mm", "board_power_w"), without=("slot_width",), extra=_gpu),
    "cpu": _scheme(
        Cpu, ("max_memory_gb", "cores"), ("full_power_w",), ("tdp_w", "peak_power_w", "lanes_grade"), extra=_cpu
    ),
    "board": _scheme(
        Board,
        ("dimm_slots", "max_memory_gb", "m2_slots", "sata_ports", "m2_unshared", "dual_slot_cards"),
        without=("slots", "eps_connectors"),
        extra=_board,
    ),
    "memory": _scheme(Memory, without=("speed_mt_s", "height_mm")),
    "drive": _scheme(Drive, without=("capacity_gb", "pcie_gen", "m2_length_mm"), extra=_drive),
    "psu": _scheme(
        PowerSupply,
        ("pcie_8pin", "pcie_12v", "eps", "watts"),
        ("length_mm",),
        ("efficiency", "atx_version", "inlet"),
        extra=_psu,
    ),
    "case": _scheme(Case, ("max_gpu_mm", "max_cooler_mm", "slots", "max_psu_mm"), without=("rack_units",), extra=_case),
    "cooler": _scheme(
        Cooler, ("rated_w",), ("height_mm",), ("sockets", "max_noise_dba", "ram_clearance_mm"), extra=_cooler
    ),
}
