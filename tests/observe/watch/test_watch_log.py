"""The log: what goes in comes out, bounded, whatever happens to its writer."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.watch.watch_fakes import busy_trace, gpu, sample

from payback.errors import BadQuestionError
from payback.observe.watch.log import LogWriter, WatchReader, add_event, is_watch_log
from payback.observe.watch.log.writer import Limits, slots_of
from payback.observe.watch.sample import Moment, Sample
from payback.observe.watch.tally import Tally
from payback.observe.watch.usage import read_usage

ACCIDENTS = ("next", "gap", "suspend", "reboot", "lost", "back", "forward")
STEPS = st.tuples(st.sampled_from(ACCIDENTS), st.floats(0, 1) | st.none(), st.floats(0, 500) | st.none())


def write(path: Path, samples: list[Sample], limits: Limits | None = None) -> Tally:
    """Write samples; gives the sums as added up in memory."""
    tally = Tally()
    with LogWriter(path, limits) as log:
        for each in samples:
            interval = log.append(each)
            if interval is not None:
                tally.add(interval)
    return tally


def test_sums_of_the_log_are_those_of_its_samples(tmp_path: Path) -> None:
    """2 h of 6 at 300 W, the rest at 20 W; half-way samples: (2 h x 300 + 4 h x 20) = 0.68 kWh."""
    path = tmp_path / "watch.sqlite3"
    tally = write(path, busy_trace([(3600, 3 * 3600)], 6 * 3600))
    total = read_usage(path).total

    assert total.watched_h == pytest.approx(6.0)
    assert total.busy_h == pytest.approx(2.0)
    assert total.energy_kwh == pytest.approx(0.68)
    assert total.mean_utilisation == pytest.approx(0.9 / 3)
    assert total.as_dict() == pytest.approx(tally.total().as_dict(), abs=1e-5)


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    """Two watchers of one log would count everything twice."""
    path = tmp_path / "watch.sqlite3"
    with LogWriter(path) as log:
        log.append(sample(0, gpu(power_w=1.0)))
        with pytest.raises(BadQuestionError, match="another `payback watch`"):
            LogWriter(path)
        add_event(path, 5.0, "notice", {"why": "idle"})
        with WatchReader(path) as reader:
            assert len(reader.samples()) == 1
            assert reader.events()[0].detail == {"why": "idle"}
    with LogWriter(path):
        pass


def test_a_sample_that_cannot_be_written_leaves_the_log_whole(tmp_path: Path) -> None:
    """The disk is full at the second sample (a limit of pages): an error that says so; the third is written."""
    path = tmp_path / "watch.sqlite3"
    with LogWriter(path) as log:
        log.append(sample(0, gpu(utilisation=0.5)))
        pages = log._db.execute("PRAGMA page_count").fetchone()[0]
        log._db.execute(f"PRAGMA max_page_count = {pages}")
        large = sample(1, gpu(utilisation=0.5), gpu("b", name="y" * 40_000, utilisation=0.5))
        with pytest.raises(BadQuestionError, match="full"):
            log.append(large)
        log._db.execute("PRAGMA max_page_count = 1000000")
        log.append(sample(500, gpu("b", utilisation=0.5)))
    with WatchReader(path) as reader:
        assert {card.key for card in reader.cards()} == {"a", "b"}
        assert reader.samples()[-1].at.elapsed_s == 1500.0


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """A text, or somebody else's database, is not written into."""
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("my notes\n" * 20)
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    for path in (text, database):
        before = path.read_bytes()
        assert not is_watch_log(path)
        with pytest.raises(BadQuestionError, match="another kind of file"):
            LogWriter(path)
        with pytest.raises(BadQuestionError, match="another kind of file"):
            WatchReader(path)
        assert path.read_bytes() == before
    with pytest.raises(BadQuestionError, match="no file"):
        WatchReader(tmp_path / "none")


def test_a_log_stays_small_and_keeps_its_sums(tmp_path: Path) -> None:
    """20 days of samples, with room for 2000 readings and 500 slots: old slots are days, no hour is lost."""
    path = tmp_path / "watch.sqlite3"
    trace = busy_trace([(day * 86_400, day * 86_400 + 6 * 3600) for day in range(20)], 20 * 86_400, step_s=300)
    sizes = []
    limits = Limits(readings=2000, slots=500, days=100, spells=50, others=50)
    with LogWriter(path, limits) as log:
        for number, each in enumerate(trace):
            log.append(each)
            if number % 800 == 799:
                sizes.append(path.stat().st_size)
    usage = read_usage(path)

    assert usage.total.watched_h == pytest.approx(480.0)
    assert usage.total.busy_h == pytest.approx(120.0, abs=0.05)
    assert usage.in_use_share == pytest.approx(0.25, abs=0.001)
    with sqlite3.connect(path) as db:
        rows = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("sample", "slot", "day", "spell")}
    db.close()
    assert rows["sample"] <= 2500
    assert rows["slot"] <= 1000
    assert rows["day"] >= 15
    assert max(sizes[3:]) <= 1.1 * sizes[3], "the file no longer grows once its tables are full"


def test_time_away_is_written_down(tmp_path: Path) -> None:
    """One hour watched, 7000 s off, half an hour suspended."""
    path = tmp_path / "watch.sqlite3"
    first = busy_trace([], 3600)
    start = Moment(unix_s=1_700_010_800.0, elapsed_s=200.0, awake_s=200.0, boot="boot2")
    woken = replace(start, unix_s=start.unix_s + 1810, elapsed_s=2010.0, awake_s=210.0)
    write(
        path, [*first, Sample(at=start, gpus=(gpu(utilisation=0.0),)), Sample(at=woken, gpus=(gpu(utilisation=0.0),))]
    )
    with WatchReader(path) as reader:
        away = reader.away()

    assert [(each.kind, each.end_s - each.begin_s) for each in away] == [("off", 7000.0), ("suspended", 1800.0)]


def test_spells_join_over_short_pauses(tmp_path: Path) -> None:
    """A pause of 4 minutes is one job, one of 10 minutes ends it."""
    path = tmp_path / "watch.sqlite3"
    write(path, busy_trace([(600, 1200), (1440, 2400), (3000, 3600)], 4000))
    with WatchReader(path) as reader:
        spells = reader.spells()

    assert [(spell.begin_s - 1_700_000_000, spell.end_s - 1_700_000_000) for spell in spells] == [
        (590.0, 2400.0),
        (2990.0, 3600.0),
    ]


def test_a_log_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    """A log on a mounted snapshot: read as it is."""
    path = tmp_path / "shelf" / "watch.sqlite3"
    write(path, busy_trace([(0, 600)], 3600))
    for beside in path.parent.glob("watch.sqlite3-*"):
        beside.unlink()
    path.parent.chmod(0o555)
    try:
        assert read_usage(path).total.watched_h == pytest.approx(1.0)
    finally:
        path.parent.chmod(0o755)


@given(st.floats(0, 1e6), st.floats(0.001, 5000))
def test_slots_share_out_all_of_the_time(begin_s: float, seconds: float) -> None:
    """The parts add up to the whole, each in its own slot."""
    parts = list(slots_of(begin_s, seconds))

    assert sum(part for _, part in parts) == pytest.approx(seconds)
    assert all(0 < part <= 300 + 1e-6 for _, part in parts)


@settings(deadline=None, max_examples=25)
@given(st.lists(STEPS, min_size=2, max_size=40))
def test_no_sequence_of_accidents_breaks_the_sums(steps: list[tuple[str, float | None, float | None]]) -> None:
    """Whatever happens, in use <= known <= watched, and the sums of log and memory agree."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.sqlite3"
        tally = write(path, accidents(steps))
        usage = read_usage(path)
    total = usage.total

    assert 0 <= total.busy_h <= total.known_h + 1e-9 <= total.watched_h + 2e-9
    assert total.watched_h == pytest.approx(tally.total().watched_h)
    assert (total.energy_kwh is None) == (total.energy_known_h == 0)
    assert usage.in_use_share is None or 0 <= usage.in_use_share <= 1 + 1e-9


def accidents(steps: list[tuple[str, float | None, float | None]]) -> list[Sample]:
    """Samples of one GPU with gaps, suspends, restarts, lost sensors and set clocks in between."""
    at = Moment(unix_s=1_700_000_000.0, elapsed_s=1000.0, awake_s=1000.0, boot="b0")
    found = []
    for number, (what, utilisation, power_w) in enumerate(steps):
        seconds = 900.0 if what == "gap" else 10.0
        awake_s = 1.0 if what == "suspend" else seconds
        wall_s = {"back": -500.0, "forward": 5000.0}.get(what, seconds)
        assert at.elapsed_s is not None
        assert at.awake_s is not None
        at = replace(at, unix_s=at.unix_s + wall_s, elapsed_s=at.elapsed_s + seconds, awake_s=at.awake_s + awake_s)
        if what == "reboot":
            at = Moment(unix_s=at.unix_s + 600.0, elapsed_s=20.0, awake_s=20.0, boot=f"b{number}")
        lost = "driver" if what == "lost" else None
        gpus = () if lost else (gpu(utilisation=utilisation, power_w=power_w),)
        found.append(Sample(at=at, gpus=gpus, lost=lost))
    return found


def test_writing_a_sample_takes_little(tmp_path: Path) -> None:
    """Eight GPUs: far below a hundredth of a second a sample, so that one a second is no load."""
    gpus = [gpu(str(n), utilisation=0.5, power_w=300.0, energy_j=1.0) for n in range(8)]
    with LogWriter(tmp_path / "watch.sqlite3") as log:
        began = time.process_time()
        for number in range(200):
            log.append(sample(number, *gpus, next_s=1.0))
        used_s = time.process_time() - began

    assert used_s / 200 < 0.01
