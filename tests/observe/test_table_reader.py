"""The vectorised parsing of columns against Python's own, and what a log costs in memory."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.observe.joblog.options import ReadOptions
from payback.observe.joblog.sacct import read_sacct
from payback.observe.tables.clock import Clock, stamps
from payback.observe.tables.fields import ABSENT, UNREADABLE, Memory, duration, durations, keys, numbers
from payback.observe.tables.table import Column, blocks, blocks_of

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock time is what is tested


def column(texts: Sequence[str]) -> Column:
    """A column of texts, as a block would hold it."""
    (block,) = blocks_of([(text, "") for text in texts], 2)
    return block.column(0)


@given(st.lists(st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2059, 12, 30)), min_size=1, max_size=20))  # noqa: DTZ001
def test_stamps_are_those_of_datetime(moments: list[dt.datetime]) -> None:
    """Any second from 1970 to 2059, with T or a blank, reads as datetime counts it."""
    whole = [moment.replace(microsecond=0) for moment in moments]

    for mark in "T ":
        found, _ = stamps(column([moment.isoformat(mark) for moment in whole]), Clock(), Memory())
        assert [(moment - EPOCH) // dt.timedelta(seconds=1) for moment in whole] == found.tolist()


@given(
    st.lists(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2035, 1, 1)), min_size=1, max_size=20),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_zones_are_those_of_zoneinfo(moments: list[dt.datetime], zone: str) -> None:
    """Local time to UTC as zoneinfo does it, the first of two where an hour is lived through twice."""
    whole = [moment.replace(microsecond=0) for moment in moments]

    found, _ = stamps(column([moment.isoformat() for moment in whole]), Clock(zone=zone), Memory())

    assert [int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp()) for moment in whole] == found.tolist()


def test_every_second_around_a_clock_change() -> None:
    """Berlin, 29 October 2023, 01:00 to 04:00: UTC as zoneinfo says; an hour's doubt from 02:00 to 03:00."""
    first = dt.datetime(2023, 10, 29, 1)  # noqa: DTZ001
    local = [first + dt.timedelta(seconds=second) for second in range(0, 3 * 3600, 7)]

    utc, later = stamps(column([moment.isoformat() for moment in local]), Clock(zone="Europe/Berlin"), Memory())

    berlin = ZoneInfo("Europe/Berlin")
    assert [int(moment.replace(tzinfo=berlin).timestamp()) for moment in local] == utc.tolist()
    assert [3600 * (moment.hour == 2) for moment in local] == later.tolist()


def test_stamps_with_offsets_fractions_and_nothing() -> None:
    """Z, +08:00, -0330, fractions, seconds and milliseconds since 1970; absent and unreadable ones are told apart."""
    texts = [
        "2024-05-06T09:00:00Z", "2024-05-06 17:00:00+08:00", "2024-05-06T05:30:00-0330", "2024-05-06T09:00:00.250Z",
        "1714986000", "1714986000000", "1714986000.9", "", "None", "Unknown", "2024-13-06T09:00:00",
        "2024-02-30T09:00:00", "2024-05-06T25:00:00", "yesterday", "2024-05-06T09:00:00 PDT",
    ]  # fmt: skip
    found, _ = stamps(column(texts), Clock(zone="Europe/Berlin"), Memory())

    assert [1_714_986_000] * 6 + [1_714_986_001] + [ABSENT] * 3 + [UNREADABLE] * 5 == found.tolist()


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_durations_are_read_back(seconds: list[int]) -> None:
    """[days-]hours:minutes:seconds as sacct prints it, read a block at a time and one by one."""
    texts = []
    for length in seconds:
        days, rest = divmod(length, 86_400)
        texts.append(f"{days}-" * (days > 0) + f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}")

    assert seconds == durations(column(texts)).tolist()
    assert seconds == [duration(text) for text in texts]


def test_odd_durations() -> None:
    """Minutes and seconds, plain seconds, decimals, days with an hour of three digits, nothing, rubbish."""
    texts = ["45:10", "36848", "936.0", "100:00:00", "", "UNLIMITED", "1-02:03:04", "x1:00:00", "5-1:00:00"]

    assert [2710, 36_848, 936, 360_000, ABSENT, UNREADABLE, 93_784, UNREADABLE, 435_600] == durations(
        column(texts)
    ).tolist()


@given(st.lists(st.one_of(st.integers(-(10**12), 10**12), st.decimals(-1000, 1000, places=3)), min_size=1, max_size=30))
def test_numbers_are_read_back_in_thousandths(values: list[object]) -> None:
    """Whole and decimal numbers, read times a thousand; -1 stands for nothing in every log."""
    expected = [ABSENT if float(str(value)) == -1 else round(float(str(value)) * 1000) for value in values]

    found = numbers(column([str(value) for value in values]), scale=1000).tolist()

    assert [value if str(text) != "-1.000" else -1000 for value, text in zip(expected, values, strict=True)] == found


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x1f\x00"), max_size=40), max_size=40, min_size=1
    )
)
def test_keys_tell_texts_apart(texts: list[str]) -> None:
    """Equal keys for equal texts and no others, wherever in a block they stand."""
    found = keys(column(texts)).tolist()

    assert len(set(texts)) == len(set(found))
    assert len(set(zip(texts, found, strict=True))) == len(set(texts))


def test_a_memory_parses_a_text_once_and_survives_a_full_table() -> None:
    """40,000 different texts through a table of 16,384 slots: each parsed once, each value right, twice over."""
    calls: list[str] = []
    memory, texts = Memory(), [f"text {number}" for number in range(40_000)]

    def parse(text: str) -> int:
        calls.append(text)
        return int(text.split()[1])

    for _ in range(2):
        found = np.concatenate(
            [memory.labels(block.column(0), parse) for block in blocks_of([(t, "") for t in texts], 2)]
        )
        assert list(range(40_000)) == found.tolist()
    assert sorted(texts) == sorted(calls)


def test_blocks_cut_anywhere_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table read in pieces of a few bytes has the rows of one read whole, numbered alike."""
    text = b"".join(b"%d,%d,%s\n" % (n, n * n, b"x" * (n % 13)) for n in range(500)) + b"last,1"
    rows = []
    for size in (64, 1000, 1 << 21):
        monkeypatch.setattr("payback.observe.tables.table.BLOCK_BYTES", size)
        found = list(blocks(io.BytesIO(text), b",", 3))
        rows.append(
            [
                (number, block.column(1).text(at))
                for block in found
                for at, number in enumerate(block.row_numbers.tolist())
            ]
        )
        assert [501] == [number for block in found for number in block.ragged_rows.tolist()]
    assert rows[0] == rows[1] == rows[2]
    assert 500 == len(rows[0])


@given(st.lists(st.binary(max_size=60), max_size=20), st.integers(0, 20))
def test_rubbish_is_counted_never_raised(lines: list[bytes], good: int) -> None:
    """Any bytes between good rows: every row is a job or a rejected row, and the good rows are all found."""
    header = b"JobID|JobName|Submit|Start|End|AllocGRES\n"
    rubbish = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]
    rows = [b"%d|x|2024-05-06T09:00:00|2024-05-06T09:00:00|2024-05-06T10:00:00|gpu:1" % n for n in range(good)]

    log = read_sacct(io.BytesIO(header + b"\n".join([*rows, *rubbish, b""])), ReadOptions())

    assert log.rows_read == log.jobs + log.rows_rejected
    assert log.jobs >= good


def test_ten_million_rows_fit_in_two_gigabytes() -> None:
    """Peak memory grows by less than 150 bytes a row, read from 100,000 and from 300,000: 1.5 GB for ten million."""
    day = "2024-05-06T"
    line = f"{{n}}|{{n}}|a|COMPLETED|1-00:00:00|{day}09:00:00|{day}09:{{m:02}}:00|{day}10:00:00|00:30:00|gres/gpu=2\n"
    header = "JobID|JobIDRaw|User|State|Timelimit|Submit|Start|End|Elapsed|AllocTRES\n"
    peaks = []
    for rows in (100_000, 300_000):
        text = io.BytesIO((header + "".join(line.format(n=n, m=n % 60) for n in range(rows))).encode())
        tracemalloc.start()
        log = read_sacct(text, ReadOptions())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == log.jobs
    assert 150 > (peaks[1] - peaks[0]) / 200_000


@pytest.mark.parametrize("columns", [3, 300])
def test_a_quote_that_is_never_closed_costs_its_own_row_alone(columns: int) -> None:
    """Of 2,000 rows one holds a lone quote and one a quoted line break: 1,999 are read, row 7 is said to be ragged."""
    rows = [",".join([f'"row {row}"', *(["x"] * (columns - 1))]) for row in range(1, 2001)]
    rows[6] = rows[6].replace('7"', "7")
    rows[9] = rows[9].replace("row 10", "row\n10")
    found = list(blocks(io.BytesIO(("\n".join(rows) + "\n").encode()), b",", columns))
    names = [block.column(0).text(row) for block in found for row in range(block.rows)]

    assert names == [f"row {row}" for row in range(1, 2001) if row != 7]
    assert [number for block in found for number in block.ragged_rows.tolist()] == [7]
