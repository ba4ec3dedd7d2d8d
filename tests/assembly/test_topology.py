"""Where cards can stand: thickness, openings, shared lanes, smaller processors."""

from __future__ import annotations

import pytest

from payback.assembly.topology import best_placement, cannot_ever_fit, placements, places_taken
from payback.catalogue.components import Board, Components


def best_lanes(board: Board, taken: list[int] | None, cards: int, cpu_lanes: int | None) -> tuple[int | None, ...]:
    """Lanes of each card in the best placement, in board order."""
    found = best_placement(placements(board, taken, cards, cpu_lanes))
    assert found is not None
    return found.lanes


@pytest.mark.parametrize(
    ("slot_width", "expected"), [(1.0, 1), (2.0, 2), (2.25, 2), (2.26, 3), (2.5, 3), (2.75, 3), (3.5, 4), (4.0, 4)]
)
def test_places_are_rounded_up_with_a_quarter_to_spare(slot_width: float, expected: int) -> None:
    """A card sold as 2.25 places goes into two (A6); one of 2.5 takes three."""
    assert expected == places_taken(slot_width)


@pytest.mark.parametrize(
    ("form", "widths", "expected"),
    [
        ("micro-ATX", [2, 2, 2, 2], True),  # 2 + 2 + 2 + 1 = 7 > 4
        ("ATX", [2, 2, 2, 2], False),  # 7 = 7
        ("ATX", [3, 3, 3], False),  # 3 + 3 + 1 = 7
        ("ATX", [3, 3, 3, 3], True),  # 10 > 7
        ("E-ATX", [3, 3, 3, 3], True),  # 10 > 8
        ("mini-ITX", [4], False),  # one card always has a place on the board
        ("unheard-of", [4, 4, 4, 4], False),
    ],
)
def test_what_no_board_of_a_form_can_take(form: str, widths: list[float], expected: bool) -> None:
    """All but the last card need their full thickness, the last one a slot (A7)."""
    assert expected is cannot_ever_fit(form, widths)


def test_the_articles_board_serves_four_cards_with_sixteen_and_eight_lanes(components: Components) -> None:
    """MSI X399 SLI PLUS: each half of the processor feeds one x16 and one x8 slot."""
    board = components.boards["MSI X399 SLI PLUS"]

    assert (16, 8, 16, 8) == best_lanes(board, [2, 2, 2, 2], 4, 60)
    assert (16, 16) == best_lanes(board, [2, 2], 2, 60)


def test_a_second_card_halves_the_lanes_of_the_first_on_a_desktop_board(components: Components) -> None:
    """ProArt X670E: x16 alone, x8 and x8 together."""
    board = components.boards["ASUS ProArt X670E-CREATOR WIFI"]

    assert (16,) == best_lanes(board, [2], 1, 24)
    assert (8, 8) == best_lanes(board, [2, 2], 2, 24)


def test_a_processor_with_few_lanes_starves_the_slots_of_a_big_board(components: Components) -> None:
    """X299 AORUS Gaming 7: 44 lanes give 16/16/8; 28 lanes 16/8 and an open question; 16 lanes leave a slot off."""
    board = components.boards["Gigabyte X299 AORUS Gaming 7"]
    slots = [slot.slot_index for slot in board.slots if slot.attached == "cpu"]
    by_processor = {
        lanes: [
            found.lanes for found in placements(board, None, 3, lanes) if [s.slot_index for s in found.slots] == slots
        ]
        for lanes in (44, 28, 16)
    }

    assert [(16, 16, 8)] == by_processor[44]
    assert [(16, 8, None)] == by_processor[28]
    assert [(8, 4, 0)] == by_processor[16]


def test_lanes_nobody_stated_stay_unknown(components: Components) -> None:
    """A processor between the stated sizes gives None, never a guess."""
    board = components.boards["MSI X399 SLI PLUS"]
    found = best_placement(placements(board, [2, 2], 2, 20))

    assert found is not None
    assert found.min_lanes is None


def test_four_two_place_cards_need_eight_openings_on_the_articles_board(components: Components) -> None:
    """Places 1, 3, 5, 7: the last card covers opening 8 (A8)."""
    board = components.boards["MSI X399 SLI PLUS"]

    assert best_placement(placements(board, [2, 2, 2, 2], 4, 60, case_slots=8)) is not None
    assert best_placement(placements(board, [2, 2, 2, 2], 4, 60, case_slots=7)) is None


def test_a_thick_card_goes_last_when_that_is_the_only_way(components: Components) -> None:
    """A three-place card among two-place cards stands in the last slot, where nothing is below it."""
    board = components.boards["MSI X399 SLI PLUS"]
    found = best_placement(placements(board, [3, 2, 2, 2], 4, 60))

    assert found is not None
    assert [1, 3, 5, 7] == [slot.position for slot in found.slots]
    assert best_placement(placements(board, [3, 3, 2, 2], 4, 60)) is None
