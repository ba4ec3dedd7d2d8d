"""Where graphics cards can stand on a board, and how many lanes each then has.

Equations A6 to A9 of docs/method/assembly.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Final

from payback.catalogue.components import Board, BoardSlot

PLACES: Final = {"mini-ITX": 2, "micro-ATX": 4, "ATX": 7, "SSI-CEB": 7, "E-ATX": 8, "SSI-EEB": 8, "XL-ATX": 9}
"""Expansion places beside a board of each form; the most that any board of that form offers."""
WIDTH_TOLERANCE: Final = 0.25
"""A card sold as 2.25 places goes into two, one of 2.5 takes three."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Cards on slots, in the order of the cards; lanes None where nobody stated them."""

    slots: tuple[BoardSlot, ...]
    lanes: tuple[int | None, ...]

    @property
    def min_lanes(self) -> int | None:
        """Lanes of the worst-served card, None if one of them is unknown."""
        known = [lanes for lanes in self.lanes if lanes is not None]
        return min(known) if len(known) == len(self.lanes) and known else None

    @property
    def all_on_processor(self) -> bool:
        """Whether no card hangs behind the chipset."""
        return all(slot.on_processor for slot in self.slots)

    @property
    def trusted(self) -> bool:
        """Whether every slot is known by more than hearsay."""
        return all(slot.trusted for slot in self.slots)


def places_taken(slot_width: float) -> int:
    """Expansion places a card covers (A6).

    Example:
        >>> [places_taken(width) for width in (1, 2, 2.25, 2.5, 3.5)]
        [1, 2, 2, 3, 4]
    """
    return max(1, math.ceil(slot_width - WIDTH_TOLERANCE))


def cannot_ever_fit(form_factor: str, widths: Sequence[float]) -> bool:
    """Whether cards of these widths exceed the places of any board of that form (A7).

    The last card may hang over the edge, so n cards need (sum of the first n - 1 widths) + 1 places.

    Example:
        >>> cannot_ever_fit("micro-ATX", [2, 2, 2, 2]), cannot_ever_fit("ATX", [2, 2, 2, 2])
        (True, False)
    """
    places = PLACES.get(form_factor)
    if places is None or len(widths) < 2:
        return False
    taken = sorted(places_taken(width) for width in widths)
    return sum(taken[:-1]) + 1 > places


def _stands(slots: Sequence[BoardSlot], taken: Sequence[int], case_slots: int | None) -> bool:
    """Whether cards on these slots, in board order, neither collide nor leave the case (A8)."""
    positions = [slot.position for slot in slots]
    known = [position for position in positions if position is not None]
    if len(known) < len(positions):
        return False
    gaps = (below - above >= width for above, below, width in zip(known, known[1:], taken, strict=False))
    return all(gaps) and (case_slots is None or known[-1] + taken[-1] - 1 <= case_slots)


def slot_lanes(
    slot: BoardSlot, used: Sequence[BoardSlot], board: Board, cpu_lanes: int | None, *, m2_hit: bool
) -> int | None:
    """Lanes of one slot when `used` hold cards (A9); None where a needed figure is not stated."""
    lanes: int | None = slot.lanes_alone
    if any(other.slot_index in slot.shares_with for other in used):
        lanes = slot.lanes_shared
    if slot.attached == "cpu" and board.full_lanes is not None:
        lanes = _least(lanes, _lanes_of_smaller_cpu(slot, cpu_lanes, board.full_lanes))
    if m2_hit and slot.lanes_if_m2 is not None:
        lanes = _least(lanes, slot.lanes_if_m2)
    return lanes


def _least(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else min(left, right)


def _lanes_of_smaller_cpu(slot: BoardSlot, cpu_lanes: int | None, full_lanes: int) -> int | None:
    if cpu_lanes is None:
        return None
    if cpu_lanes >= full_lanes:
        return slot.lanes_alone
    return slot.lanes_cpu28 if cpu_lanes >= 28 else slot.lanes_cpu16


def placements(
    board: Board,
    taken: Sequence[int] | None,
    count: int,
    cpu_lanes: int | None,
    *,
    case_slots: int | None = None,
    m2_hit: bool = False,
) -> Iterator[Placement]:
    """Every way to put cards on the board's slots.

    Args:
        board: The board with its slots.
        taken: Places each card covers, in the order of the cards; None to ignore thickness (risers).
        count: Number of cards.
        cpu_lanes: Usable lanes of the processor; None if unknown.
        case_slots: Openings of the case; None to ignore the case.
        m2_hit: Whether an M.2 slot that shares with a slot is in use.
    """
    orders = _orders(taken) if taken is not None else {()}
    for chosen in combinations(board.slots, count):
        if taken is not None and not any(_stands(chosen, order, case_slots) for order in orders):
            continue
        lanes = tuple(slot_lanes(slot, chosen, board, cpu_lanes, m2_hit=m2_hit) for slot in chosen)
        yield Placement(chosen, lanes)


def _orders(taken: Sequence[int]) -> set[tuple[int, ...]]:
    """The different orders of the cards; alike cards have one."""
    return {tuple(taken)} if len(set(taken)) == 1 else set(permutations(taken))


def best_placement(found: Iterator[Placement]) -> Placement | None:
    """The placement whose worst card has most lanes, then the most lanes in all, then the best-known slots."""
    return max(found, key=_rank, default=None)


def _rank(placement: Placement) -> tuple[int, int, int, int]:
    lanes = [count if count is not None else -1 for count in placement.lanes]
    return (min(lanes), sum(lanes), int(placement.trusted), int(placement.all_on_processor))
