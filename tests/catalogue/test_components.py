"""The tables of parts: what is in them, what they refuse, what may be trusted."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from payback.catalogue.components import Components, load_components, read_components
from payback.catalogue.tables import data_folder
from payback.errors import BadCatalogueError
from payback.evidence import Grade

TABLES = (
    "cpus",
    "boards",
    "board_slots",
    "psus",
    "gpu_cards",
    "gpu_chip_ranges",
    "cases",
    "coolers",
    "memory",
    "drives",
)


@pytest.fixture(scope="module")
def components() -> Components:
    """The parts we ship."""
    return load_components()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the tables that a test may damage."""
    source = Path(str(data_folder()))
    for name in ("gpus.csv", "gpu_aliases.csv"):
        shutil.copy(source / name, tmp_path / name)
    shutil.copytree(source / "components", tmp_path / "components")
    return tmp_path


def damage(folder: Path, table: str, column: str, value: str) -> int:
    """Put a value into a column of a table's first row; return the line of that row."""
    path = folder / "components" / f"{table}.csv"
    header, first, *rest = path.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[header.split(",").index(column)] = value
    path.write_text("\n".join([header, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    return 2


@pytest.mark.parametrize(
    ("category", "least"),
    [("cpu", 80), ("board", 60), ("psu", 60), ("gpu", 80), ("case", 30), ("cooler", 30), ("memory", 25), ("drive", 15)],
)
def test_there_are_enough_parts_to_build_with(category: str, least: int, components: Components) -> None:
    """The tables cover what builders of two to eight GPUs use."""
    assert len(components.of_category(category)) >= least


def test_sixty_boards_have_a_slot_that_somebody_published(components: Components) -> None:
    """Lanes and positions rest on manuals, reviews and owners, not on what one remembers."""
    sourced = [board for board in components.boards.values() if any(slot.trusted for slot in board.slots)]
    whole = [board for board in sourced if board.slots_complete]

    assert len(whole) >= 60


def test_eighty_processors_and_sixty_supplies_say_what_the_rules_ask(components: Components) -> None:
    """Lanes of processors and plugs of supplies are the facts that parts shops leave out."""
    assert len([cpu for cpu in components.cpus.values() if cpu.lanes_trusted]) >= 80
    assert len([psu for psu in components.psus.values() if psu.pcie_8pin is not None]) >= 60


def test_hearsay_is_marked_as_such(components: Components) -> None:
    """A row without a source is graded assumed and says "unverified"."""
    slots = [slot for board in components.boards.values() for slot in board.slots]
    parts = [
        *slots,
        *(part for category in ("cpu", "board", "psu", "gpu") for part in components.of_category(category).values()),
    ]
    unmarked = [part.name for part in parts if part.source == "general-knowledge" and part.grade is not Grade.ASSUMED]
    silent = [part.name for part in parts if part.grade is Grade.ASSUMED and "unverified" not in part.note]

    assert [] == unmarked
    assert [] == silent


def test_a_slot_never_gains_lanes_by_sharing(components: Components) -> None:
    """Shared, smaller-processor and M.2 figures are at most the figure of the slot alone."""
    wrong = [
        (board.name, slot.slot_index)
        for board in components.boards.values()
        for slot in board.slots
        for lanes in (slot.lanes_shared, slot.lanes_cpu28, slot.lanes_cpu16, slot.lanes_if_m2)
        if lanes is not None and lanes > slot.lanes_alone
    ]

    assert [] == wrong


def test_slots_stand_in_order_and_share_with_slots_that_exist(components: Components) -> None:
    """Positions grow with the index; a slot shares with another slot of its board."""
    for board in components.boards.values():
        positions = [slot.position for slot in board.slots if slot.position is not None]
        indices = {slot.slot_index for slot in board.slots}

        assert sorted(set(positions)) == positions, board.name
        assert all(set(slot.shares_with) <= indices - {slot.slot_index} for slot in board.slots), board.name


def test_processor_slots_do_not_outgrow_the_processor(components: Components) -> None:
    """Lanes of the slots fed straight by the processor, as shared with all slots filled, fit into its lanes."""
    wrong = []
    for board in components.boards.values():
        fed = [slot for slot in board.slots if slot.attached == "cpu" and slot.trusted]
        indices = {slot.slot_index for slot in fed}
        lanes = [
            slot.lanes_shared if slot.lanes_shared is not None and indices & set(slot.shares_with) else slot.lanes_alone
            for slot in fed
        ]
        if board.full_lanes is not None and sum(lanes) > board.full_lanes * board.cpu_sockets:
            wrong.append((board.name, sum(lanes), board.full_lanes))

    assert [] == wrong


def test_the_cards_of_a_chip_lie_between_its_smallest_and_largest(components: Components) -> None:
    """No card in the table is longer or thicker than the longest and thickest on record."""
    wrong = [
        card.name
        for card in components.gpu_cards.values()
        if (known := components.gpu_ranges.get(card.gpu)) is not None
        and not (
            known.shortest_mm <= (card.length_mm or known.shortest_mm) <= known.longest_mm
            and known.narrowest_slots <= (card.slot_width or known.narrowest_slots) <= known.widest_slots
        )
    ]

    assert [] == wrong


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("cpus", "cores", "many"),
        ("boards", "dimm_class", "SODIMM"),
        ("psus", "watts", ""),
        ("gpu_cards", "cooler", "fan"),
        ("cases", "kind", "bag"),
        ("cases", "grade", "guessed"),
        ("board_slots", "attached", "moon"),
    ],
)
def test_a_wrong_cell_is_refused_with_file_line_and_field(table: str, column: str, value: str, copied: Path) -> None:
    """Whoever edits a table is told where the mistake is."""
    line = damage(copied, table, column, value)

    with pytest.raises(BadCatalogueError, match=re.escape(f"{table}.csv:{line}") + rf".*{column}"):
        read_components(copied)


def test_a_part_listed_twice_is_refused(copied: Path) -> None:
    """Two rows of one name would contradict each other in silence."""
    path = copied / "components" / "drives.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")

    with pytest.raises(BadCatalogueError, match="listed twice"):
        read_components(copied)


def test_a_slot_without_its_board_is_refused(copied: Path) -> None:
    """A misspelt board name would lose its slots."""
    damage(copied, "board_slots", "board", "Misspelt Board")

    with pytest.raises(BadCatalogueError, match="Misspelt Board"):
        read_components(copied)


def test_a_card_of_an_unknown_chip_is_refused(copied: Path) -> None:
    """Power and memory come from the chip's own table."""
    damage(copied, "gpu_cards", "gpu", "RTX 9999")

    with pytest.raises(BadCatalogueError, match="RTX 9999"):
        read_components(copied)


@pytest.mark.parametrize("table", TABLES)
def test_no_cell_holds_a_zero_that_means_unknown(table: str) -> None:
    """A length, width, height or wattage of nought is a hole in somebody's database."""
    path = Path(str(data_folder())) / "components" / f"{table}.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    sized = [name for name in header if name.endswith(("_mm", "_w", "watts", "_gb"))]

    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))

    assert [] == [(row[header[0]], name) for row in rows for name in sized if row[name] in ("0", "0.0")]
