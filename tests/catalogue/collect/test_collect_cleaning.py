"""Cells as people write them: read when there is one way to read them, refused otherwise."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.gpus import SeenGpu, described, load_gpus, memory_readings
from payback.catalogue.collect.quarantine import NotBelieved

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3.06", 3.06), (" 8.0 ", 8.0), ("1,770", 1770.0), ("12,345,678.9", 12_345_678.9), ("1e-3", 0.001),
        (4, 4.0), ("", None), ("N/A", None), ("—", None), ("$-", None), ("nan", None), (None, None),
        (float("nan"), None),
    ],
)  # fmt: skip
def test_numbers_and_their_absence(cell: object, value: float | None) -> None:
    """Thousands in threes, a dozen ways to say nothing; never 0 for nothing."""
    assert cleaning.number(cell, "x") == value


@pytest.mark.parametrize(
    "cell", ["2.2.44", "3,14159", "1,23", "0,89", "1_000", "twelve", "12 %", "inf", True, [1], "0x10"]
)
def test_what_can_be_read_in_two_ways_is_not_read(cell: object) -> None:
    """Comma decimals, two dots, underscores, words, infinities and truth values are no numbers."""
    with pytest.raises(NotBelieved):
        cleaning.number(cell, "x")


@pytest.mark.parametrize(
    ("cell", "found"),
    [("$1,770", (1770.0, "USD")), ("€3.20", (3.2, "EUR")), ("3.20 €", (3.2, "EUR")), ("GBP 10", (10.0, "GBP")),
     ("US$5", (5.0, "USD")), ("0.00", None), ("$-", None), (0, None), ("7.5", (7.5, "USD"))],
)  # fmt: skip
def test_a_currency_sign_wins_over_the_column(cell: object, found: tuple[float, str] | None) -> None:
    """A euro among dollars is a euro; zero is no price."""
    assert cleaning.money(cell, "x") == found


@pytest.mark.parametrize("cell", ["$3€", "$2.2.44", "$3,14159", "from $3", "3 USD/h"])
def test_prices_with_a_riddle_are_refused(cell: str) -> None:
    """Two currencies, two dots, words."""
    with pytest.raises(NotBelieved):
        cleaning.money(cell, "x")


@pytest.mark.parametrize(
    ("cell", "reason"), [("", "no price"), ("0", "a price of 0 means no price"), ("-3", "a negative price")]
)
def test_a_price_that_must_be_there(cell: str, reason: str) -> None:
    """The reason says which way there is none."""
    with pytest.raises(NotBelieved, match=reason):
        cleaning.price(cell, "x")


@pytest.mark.parametrize(
    ("cell", "found"),
    [("2022-02-27", "2022-02-27"), ("2026-08-22T10:00:00Z", "2026-08-22"), ("2024-02", "2024-02-15"),
     ("2025-S1", "2025-06-30"), ("2025-S2", "2025-12-31"), ("2023", "2023-12-31"), ("December 2022", "2022-12-15")],
)  # fmt: skip
def test_days_however_precise(cell: str, found: str) -> None:
    """A month is its 15th, a half-year or year its last day."""
    assert str(cleaning.day(cell, "x", TODAY)) == found


@pytest.mark.parametrize(
    "cell", ["2026-12-24", "1969-01-01", "yesterday", "2026-02-30", "", "22.11.2026", "Smarch 2020"]
)
def test_days_that_are_none_or_still_to_come(cell: str) -> None:
    """A clock set wrong must not make tomorrow's prices."""
    with pytest.raises(NotBelieved):
        cleaning.day(cell, "x", TODAY)


def test_tomorrow_is_today_somewhere() -> None:
    """The date line is crossed before midnight here."""
    assert cleaning.day("2026-11-24", "x", TODAY) == dt.date(2026, 11, 24)


def test_a_cell_is_never_evaluated() -> None:
    """A call, a name, a comprehension and a literal of 100,000 brackets stay text."""
    for text in ("__import__('os').system('true')", "{'a': open('x')}", "[x for x in (1,)]", "[" * 100_000):
        assert cleaning.literal(text) == text.strip()


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    """Whatever stands in a cell, the answer is a value or a refusal."""
    for read in (cleaning.number, cleaning.money, cleaning.price):
        try:
            read(text, "x")
        except NotBelieved:
            continue
    try:
        cleaning.day(text, "x", TODAY)
    except NotBelieved:
        return


@given(st.floats(0.01, 1e6, allow_nan=False).map(lambda value: round(value, 4)))
def test_a_price_written_by_a_program_is_read_back(value: float) -> None:
    """Plain, in dollars, and with thousands separated."""
    assert cleaning.money(repr(value), "x") == cleaning.money(f"${value!r}", "x") == (value, "USD")
    assert cleaning.money(f"{value:,.4f}", "x") == (value, "USD")


@pytest.mark.parametrize(
    ("name", "per_gpu", "total", "count", "hints", "found"),
    [
        ("H100", 81559, 81559, 1, "", "H100 80GB"),
        ("H100", 95830, 95830, 1, "nvl", "H100 NVL 94GB"),
        ("A100", 655360, 5242880, 8, "sxm", "A100 SXM4 80GB"),
        ("RTX4090", 98256, 98256, 4, "", "RTX 4090"),
        ("RTX4090", 49140, 49140, 1, "", "RTX4090 48GB"),
        ("L40S", 48, 96, 2, "", "L40S"),
        ("A10G", 22888, 91552, 4, "", "A10G"),
        ("K80", 12288, 12288, 1, "", "K80 half"),
        ("RTX6000", 24576, 24576, 1, "", "Quadro RTX 6000"),
        ("RTX6000", 49152, 49152, 1, "", "RTX 6000 Ada"),
        ("RTX PRO 6000 96GB", 0, 0, 1, "", "RTX PRO 6000 Blackwell"),
        ("V100-32GB", 32510, 32510, 4, "", "V100 32GB"),
        ("RTX 2060", 12288, None, 1, "", "RTX 2060 12GB"),
        ("Trainium", None, None, 16, "", "Trainium"),
    ],
)  # fmt: skip
def test_one_name_per_gpu(
    name: str, per_gpu: float | None, total: float | None, count: float, hints: str, found: str
) -> None:
    """Memory per GPU, total, GB called MiB, twice multiplied; unknown things keep their own name."""
    gpus = load_gpus()

    assert gpus.resolve(SeenGpu(name, memory_readings([name], per_gpu, total, count), hints)) == found


def test_impossible_memory_is_refused() -> None:
    """A GPU with two terabytes is a mistake of units."""
    with pytest.raises(NotBelieved, match="impossible GPU memory"):
        load_gpus().resolve(SeenGpu("H100", (2048.0,)))


def test_a_stored_spelling_resolves_as_before() -> None:
    """What the store keeps of a GPU is enough to find its name again."""
    seen = SeenGpu("H100", (79.65,), "nvl", "card")

    assert SeenGpu.unpack(seen.pack()) == seen


def test_gpu_info_nested_at_the_wrong_level() -> None:
    """One marketplace puts the total inside the GPU, another writes a plain name, a third nonsense."""
    inside = "{'Gpus': [{'Name': 'B200', 'MemoryInfo': {'SizeInMiB': 183296}, 'TotalGpuMemoryInMiB': 1466368}]}"

    assert described(inside) == ("B200", 183296.0, 1466368.0)
    assert described("tpu-v5p-128") == ("tpu-v5p-128", None, None)
    assert described("{'Gpus': [7], 'TotalGpuMemoryInMiB': 'many'}") == ("", None, None)
