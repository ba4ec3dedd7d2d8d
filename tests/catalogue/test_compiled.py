"""The compiled catalogue: same rows, one file, safe against races and read-only disks."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import offer

from payback.catalogue.compiled import content_hash, load_or_build
from payback.catalogue.schema import Offer
from payback.evidence import Grade

TYPES: dict[str, type] = {"offers": Offer}
ROWS = {"offers": [offer("p3.2xlarge", 3.06), offer("p3.8xlarge", 12.24, upfront_usd=1.5, region=None)]}


def test_stored_rows_come_back_equal(tmp_path: Path) -> None:
    """Dates and grades survive the way through JSON."""
    built = load_or_build("k", TYPES, lambda: ROWS, tmp_path)
    read = load_or_build("k", TYPES, lambda: pytest.fail("must not be built again"), tmp_path)

    assert ROWS == built == read
    assert isinstance(read["offers"][0].grade, Grade)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": "other"}', b'{"format": "payback.catalogue/1"}', b"\xff"]
)
def test_a_damaged_file_is_built_again(tmp_path: Path, content: bytes) -> None:
    """Half a file, another format, other bytes: none is believed."""
    (tmp_path / "catalogue-k.json").write_bytes(content)

    assert ROWS == load_or_build("k", TYPES, lambda: ROWS, tmp_path)
    assert json.loads((tmp_path / "catalogue-k.json").read_text())["format"] == "payback.catalogue/1"


def test_a_folder_that_cannot_be_made_costs_time_not_the_answer(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")

    assert ROWS == load_or_build("k", TYPES, lambda: ROWS, tmp_path / "file" / "cache")


def test_racing_runs_leave_one_whole_file(tmp_path: Path) -> None:
    """Sixteen builders at once: every answer right, one file, no remains."""
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: load_or_build("k", TYPES, lambda: ROWS, tmp_path), range(16)))

    assert all(result == ROWS for result in results)
    assert ["catalogue-k.json"] == [path.name for path in tmp_path.iterdir()]


def test_the_hash_follows_the_bytes(tmp_path: Path) -> None:
    """A changed cell makes another name."""
    table = tmp_path / "offers.csv"
    table.write_text("a,b\n1,2\n")
    before = content_hash([table], [Offer])
    table.write_text("a,b\n1,3\n")

    assert content_hash([table], [Offer]) != before
