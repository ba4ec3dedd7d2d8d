"""Parts lists in every form people write them, in and out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.assembly.article_machine import ARTICLE, list_of

from payback.assembly.check import check_list
from payback.assembly.model import Demand, Outlet, PartsList, Status, demand_from_query
from payback.assembly.partslist import (
    read_json,
    read_lists,
    read_plain,
    read_toml,
    write_csv,
    write_markdown,
    write_plain,
    write_toml,
)
from payback.catalogue.components import Components
from payback.catalogue.tables import data_folder
from payback.errors import BadQuestionError

FILES = Path(__file__).parent / "files"


def test_plain_text_says_how_many_of_what() -> None:
    """Counts, categories, labels and comments of a typed list are understood."""
    lines = {line.category: (line.quantity, line.text) for line in read_lists(FILES / "four-3090.txt")[0].lines}

    assert {"cpu", "board", "memory", "gpu", "psu", "case", "cooler", "drive"} == set(lines)
    assert (4, "GIGABYTE GeForce RTX 3090 TURBO") == lines["gpu"]
    assert (1, "EVGA SuperNOVA 1600 P2") == lines["psu"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2x RTX 3090", (2, "gpu", "RTX 3090")),
        ("RTX 3090 x 2", (2, "gpu", "RTX 3090")),
        ("- 3 × RTX 3090", (3, "gpu", "RTX 3090")),
        ("Motherboard: ASUS X99-A", (1, "board", "ASUS X99-A")),
        ("64GB DDR5-5600 (2x32GB)", (1, "memory", "64GB DDR5-5600 (2x32GB)")),
        ("Noctua NH-D15", (1, "cooler", "Noctua NH-D15")),
        ("something nobody sells", (1, "other", "something nobody sells")),
    ],
)
def test_plain_line(text: str, expected: tuple[int, str, str]) -> None:
    """One part a line, with or without a count and a label."""
    line = read_plain(text, "x").lines[0]

    assert expected == (line.quantity, line.category, line.text)


def test_json_lines_keep_prices_totals_and_queries() -> None:
    """A line of JSON is a list; an empty line is none."""
    tall, volts = read_lists(FILES / "two-lists.jsonl")

    assert (1000.0, True) == (tall.total_stated, tall.whole)
    assert ["board", "cpu", "case", "cooler"] == [line.category for line in tall.lines]
    assert Demand(outlet=Outlet(volts=100, amps=15), power_cap_w=280.0) == volts.demand


def test_a_list_without_an_id_is_named_after_its_line(tmp_path: Path) -> None:
    """Findings must say which list they are about."""
    path = tmp_path / "lists.jsonl"
    path.write_text('\n{"parts": [{"category": "gpu", "name": "RTX 3090"}]}\n')

    assert "lists:2" == read_lists(path)[0].id


@pytest.mark.parametrize("name", ["article-2018-4gpu", "2026-2x-3090-used-am5"])
def test_shipped_machines_are_parts_lists(name: str) -> None:
    """The machines we ship are read by the same reader; a named card stands for its chip."""
    text = (data_folder() / "machines" / f"{name}.toml").read_text(encoding="utf-8")
    parts_list = read_toml(text, name)

    assert name == parts_list.id
    assert all(len(line.text.split()) > 2 for line in parts_list.lines if line.category == "gpu")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("id = ", "list.toml"),
        ("id = 'x'", "list.toml: part"),
        ("[[part]]\ncategory = 'gpu'", "list.toml: part 1"),
        ("[[part]]\ncategory = 'gpu'\ncomponent = 'RTX 3090'\nquantity = 0", "list.toml: part 1: quantity"),
        ("[[part]]\ncategory = 'gpu'\ncomponent = 'RTX 3090'\nquantity = 1.5", "list.toml: part 1: quantity"),
    ],
)
def test_a_broken_toml_list_says_where(text: str, where: str) -> None:
    """The message names the place that cannot be read."""
    with pytest.raises(BadQuestionError, match=where):
        read_toml(text, "x")


@pytest.mark.parametrize(
    ("text", "where"),
    [("{", "list.json"), ("[]", "list.json"), ('{"parts": [{"name": "RTX 3090"}]}', "list.json: part 1")],
)
def test_a_broken_json_list_says_where(text: str, where: str) -> None:
    """The message names the place that cannot be read."""
    with pytest.raises(BadQuestionError, match=where):
        read_json(text, "x")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A picture is not a parts list."""
    path = tmp_path / "list.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadQuestionError, match="readable text file"):
        read_lists(path)


def test_toml_and_text_are_read_back_as_they_were_written() -> None:
    """What is written can be judged again."""
    whole = list_of({**ARTICLE, "gpu": ("ASUS Turbo GeForce GTX 1080 Ti 11GB", 4)})

    assert whole.lines == read_toml(write_toml(whole), "test").lines
    assert whole.lines == read_plain(write_plain(whole), "test").lines


def test_csv_and_markdown_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    """All four forms that are written can be judged again, odd characters included."""
    whole = list_of({**ARTICLE, "gpu": ('Card "A", 24|48 GB', 4)})

    for ending, write in ((".csv", write_csv), (".md", write_markdown)):
        file = tmp_path / f"list{ending}"
        file.write_text(write(whole), encoding="utf-8")
        assert whole.lines == read_lists(file)[0].lines


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".csv", "a,b\n1,2\n"),
        (".csv", "quantity,category,name\n"),
        (".csv", "quantity,category,name\nmany,gpu,RTX 3090\n"),
        (".md", "no table here"),
        (".md", "| # | part | name |\n| --- | --- | --- |\n| 0 | gpu | RTX 3090 |\n"),
    ],
)
def test_a_broken_table_says_where(ending: str, text: str, tmp_path: Path) -> None:
    """Missing columns, no rows, or a count that is none."""
    file = tmp_path / f"list{ending}"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadQuestionError, match=f"list{ending}"):
        read_lists(file)


def test_csv_and_markdown_hold_every_part() -> None:
    """One row a part, commas and bars survive."""
    whole = list_of({"gpu": ('Card "A", 24|48 GB', 2), "cpu": "AMD Ryzen 9 9950X"})
    rows = list(csv.reader(io.StringIO(write_csv(whole))))

    assert [
        ["quantity", "category", "name"],
        ["2", "gpu", 'Card "A", 24|48 GB'],
        ["1", "cpu", "AMD Ryzen 9 9950X"],
    ] == rows
    assert '| 2 | gpu | Card "A", 24\\|48 GB |' in write_markdown(whole)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Demand()),
        ({"outlet": {"volts": 120, "amps": 20}}, Demand(outlet=Outlet(volts=120, amps=20))),
        ({"expand_to": 4, "nvlink": True}, Demand(expand_to_gpus=4, nvlink=True)),
        ({"noise_dba": None, "looks": "white"}, Demand(looks=("white",))),
        ({"smell": 3}, Demand(not_understood=("smell",))),
    ],
)
def test_query_becomes_a_demand(query: dict[str, object], expected: Demand) -> None:
    """Known keys are read; a key nobody knows is kept, so that the list is never called compatible."""
    assert expected == demand_from_query(query)


@pytest.mark.parametrize("query", [{"outlet": "a wall"}, {"power_cap_w": "much"}, {"lanes_per_gpu": True}])
def test_a_query_that_cannot_be_read_is_refused(query: dict[str, object]) -> None:
    """A known key with an unreadable value is an error, not a silent default."""
    with pytest.raises(BadQuestionError, match="query"):
        demand_from_query(query)


@pytest.mark.parametrize(
    ("volts", "amps", "expected"), [(120, 15, 1440.0), (120, 20, 1920.0), (100, 15, 1500.0), (230, 10, 2300.0)]
)
def test_what_an_outlet_gives_for_hours(volts: float, amps: float, expected: float) -> None:
    """North American circuits carry 80 % of their rating for hours, others all of it."""
    assert expected == Outlet(volts=volts, amps=amps).continuous_w


@pytest.mark.parametrize(
    ("total", "prices", "expected"),
    [
        (300, (100, 200), Status.OK),
        (301, (100, 200), Status.OK),
        (400, (100, 200), Status.VIOLATED),
        (300, (100, None), Status.UNKNOWN),
        (None, (None, None), Status.OK),
    ],
)
def test_a_printed_total_is_compared_with_its_lines(
    total: float | None, prices: tuple[float | None, ...], expected: Status, components: Components
) -> None:
    """100 + 200 is 300; half a percent of sloppiness passes; a missing price leaves it open."""
    parts = [{"category": "gpu", "name": "RTX 3090", "price_total": price} for price in prices]
    document = '{"total_stated": %s, "parts": %s}'
    listed = read_json((document % (total, parts)).replace("None", "null").replace("'", '"'), "x")

    assert expected is total_finding(listed, components)


def total_finding(listed: PartsList, components: Components) -> Status:
    """What the rule TOTAL says of a list."""
    return next(found.status for found in check_list(listed, components).findings if found.rule == "TOTAL")


def test_prices_are_not_judged_in_a_parts_list(components: Components) -> None:
    """Without prices there is nothing to say; with prices the question is left to the price tables."""
    tall = read_lists(FILES / "two-lists.jsonl")[0]
    with_prices = next(f for f in check_list(tall, components).findings if f.rule == "PRICE_SANITY")

    assert Status.UNKNOWN is with_prices.status
