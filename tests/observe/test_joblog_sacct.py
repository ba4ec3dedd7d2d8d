"""Slurm's accounting in its dialects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payback.errors import BadQuestionError
from payback.observe.joblog import JobLog, read_joblog
from payback.observe.joblog.sacct import gres_gpus, tres_gpus

HEADER = "JobID|User|State|Timelimit|Submit|Start|End|Elapsed|AllocTRES"
Read = Callable[..., JobLog]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a log given as text."""

    def from_text(text: str, **options: str | bytes) -> JobLog:
        path = tmp_path / "jobs.txt"
        path.write_bytes(text.encode())
        return read_joblog(path, **options)  # type: ignore[arg-type]

    return from_text


def row(job: str, gpus: int | str = 1, submit: str = "09:00:00", start: str = "09:10:00", **more: str) -> str:
    """A line of the usual dialect, on one morning."""
    values = {
        "job": job,
        "user": "alice",
        "state": "COMPLETED",
        "limit": "1-00:00:00",
        "submit": f"2024-05-06T{submit}",
        "start": f"2024-05-06T{start}",
        "end": "2024-05-06T10:10:00",
        "elapsed": "01:00:00",
        "tres": f"billing=8,cpu=8,gres/gpu:a100={gpus},gres/gpu={gpus},mem=64G,node=1" if gpus else "cpu=8,mem=64G",
    } | more
    return "|".join(values.values())


def reasons(log: JobLog) -> dict[str, int]:
    return {tally.reason: tally.rows for tally in log.rejected}


def treated(log: JobLog) -> dict[str, int]:
    return {tally.reason: tally.rows for tally in log.treated}


def test_a_job_is_read_as_it_stands(read: Read) -> None:
    """Submitted 09:00 UTC on 2024-05-06 (1,714,986,000 s), waited 10 min, ran an hour on 4 A100, asked for a day."""
    log = read("\n".join([HEADER, row("17", 4), ""]))

    assert ("sacct", 1, ("a100",)) == (log.format, log.jobs, log.pools)
    assert (1_714_986_000, 3600, 4000) == (log.submit_s[0], log.run_s[0], log.milli_gpus[0])
    assert log.estimate_s is not None
    assert log.observed_wait_s is not None
    assert (86_400, 600) == (log.estimate_s[0], log.observed_wait_s[0])
    assert 4.0 == log.gpu_h


def test_every_row_that_is_not_a_job_is_counted_with_its_reason(read: Read) -> None:
    """Two steps, a job without GPUs, one pending, one cancelled before it began, one that ran 0 s, one unreadable."""
    log = read(
        "\n".join([
            HEADER,
            row("1"),
            row("1.batch"),
            row("1.0"),
            row("2", 0),
            row("3", state="PENDING", start="Unknown", end="Unknown", elapsed="00:00:00"),
            row("4", state="CANCELLED by 1001", start="09:10:00", elapsed="00:00:00"),
            row("5", elapsed="00:00:00", state="FAILED"),
            row("6", submit="nine"),
            row("7") + "|one too many",
            "",
        ])
    )  # fmt: skip

    assert {
        "a step of a job, not a job": 2,
        "no GPU requested": 1,
        "never started (no start time)": 2,
        "ran for less than a second": 1,
        "unreadable time": 1,
        "wrong number of fields": 1,
    } == reasons(log)
    assert (1, 9, 8) == (log.jobs, log.rows_read, log.rows_rejected)
    assert 2 == next(tally.first_row for tally in log.rejected if tally.reason.startswith("a step"))


def test_rows_read_are_jobs_and_rejected_rows_together(read: Read) -> None:
    """No row vanishes: 5 rows, 2 jobs, 3 rejected."""
    log = read("\n".join([HEADER, row("1"), row("2", 0), row("3"), row("3"), row("x.1"), ""]))

    assert log.rows_read == log.jobs + log.rows_rejected == 5


@pytest.mark.parametrize(
    ("columns", "fields", "gpus"),
    [
        ("ReqTRES|AllocTRES", "cpu=1,gres/gpu=8|cpu=1,gres/gpu=2", 2),
        ("ReqTRES|AllocTRES", "cpu=1,gres/gpu=8|", 8),
        ("AllocNodes|AllocTRES", "2|cpu=16,gres/gpu:v100=3,gres/gpu:a100=1,node=2", 4),
        ("AllocNodes|ReqGRES", "3|gpu:2", 6),
        ("NNodes|ReqGRES|AllocGRES", "3|gpu:2|gpu:tesla:6", 6),
        ("NNodes|ReqGRES", "1|gpu:1g.5gb:3", 3),
        ("AllocTRES", "cpu=4,gres/gpumem=10G,gres/gpuutil=3,mem=1G", 0),
        ("ReqGRES", "", 0),
    ],
)
def test_gpus_are_read_in_every_dialect(read: Read, columns: str, fields: str, gpus: int) -> None:
    """TRES counts the job, old ReqGRES counts a node; what was allocated outranks what was asked for."""
    log = read(
        f"JobID|Submit|Start|End|{columns}\n1|2024-05-06T09:00:00|2024-05-06T09:00:00|2024-05-06T10:00:00|{fields}\n"
    )

    assert [gpus * 1000] * (gpus > 0) == log.milli_gpus.tolist()


def test_slices_of_a_gpu_are_counted_whole_and_said_to_be(read: Read) -> None:
    """Three slices of a multi-instance GPU count as three GPUs, with a remark, for the log does not say their size."""
    log = read("\n".join([HEADER, row("1", tres="cpu=1,gres/gpu:1g.5gb=3,gres/gpu=3"), row("2"), ""]))

    assert [3000, 1000] == log.milli_gpus.tolist()
    assert {"holds a slice of a GPU (MIG): counted as a whole one": 1} == treated(log)


def test_tres_and_gres_strings() -> None:
    """Typed and untyped counts of the same GPUs are not added; several types are."""
    assert (4000, "a100") == tres_gpus("cpu=1,gres/gpu=4,gres/gpu:a100=4")
    assert (3000, "gpu") == tres_gpus("gres/gpu:a100=1,gres/gpu:v100=2")
    assert (1000, "gpu") == gres_gpus("gpu")
    assert (2000, "rtx_3090") == gres_gpus("gres:gpu:rtx_3090:2(IDX:0-1)")
    assert (0, "") == gres_gpus("craynetwork:1")


@pytest.mark.parametrize("delimiter", ["|", ",", ";|;", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(read: Read, delimiter: str, line_end: str) -> None:
    """--delimiter may be anything, several characters too; files that passed through Windows end lines otherwise."""
    header = "JobID|State|Submit|Start|End|AllocGRES"
    line = "5|COMPLETED|2024-05-06T09:00:00|2024-05-06T09:00:05|2024-05-06T09:01:00|gpu:2"

    log = read(line_end.join([header, line, line.replace("5|", "6|", 1), ""]).replace("|", delimiter))

    assert ([55, 55], [2000, 2000]) == (log.run_s.tolist(), log.milli_gpus.tolist())


def test_the_trailing_bar_of_parsable_output(read: Read) -> None:
    """sacct -p ends every line with a bar; -P does not: both give the same."""
    text = "\n".join([HEADER, row("1", 2), row("2", 3), ""])

    assert read(text).milli_gpus.tolist() == read(text.replace("\n", "|\n")).milli_gpus.tolist() == [2000, 3000]


def test_tasks_of_an_array_and_parts_of_a_heterogeneous_job_are_jobs(read: Read) -> None:
    """12_1, 12_2 ran, 12_[3-9] never did; 20+0 and 20+1 ran: four jobs."""
    pending = row("12_[3-9%2]", state="PENDING", start="Unknown", end="Unknown", elapsed="00:00:00")
    log = read("\n".join([HEADER, row("12_1"), row("12_2"), pending, row("20+0"), row("20+1"), ""]))

    assert 4 == log.jobs


def test_runs_of_a_requeued_job_are_jobs_submitted_when_the_run_before_ended(read: Read) -> None:
    """--duplicates: run one 09:10 to 09:40, run two from 09:50: the second was submitted at 09:40 and waited 10 min."""
    first = row("9", state="NODE_FAIL", end="2024-05-06T09:40:00", elapsed="00:30:00")
    second = row("9", start="09:50:00", end="2024-05-06T10:50:00")
    log = read("\n".join([HEADER, first, second, ""]))

    assert [1800, 3600] == log.run_s.tolist()
    assert [0, 2400] == (log.submit_s - log.submit_s[0]).tolist()
    assert log.observed_wait_s is not None
    assert [600, 600] == log.observed_wait_s.tolist()
    assert 1 == treated(log)["a further run of a job that was requeued: counted as a job of its own"]


def test_the_same_run_in_two_overlapping_dumps_counts_once(read: Read) -> None:
    """In one dump it still ran after 30 min, in the next it had ended after an hour: one job of an hour."""
    early = row("9", state="RUNNING", end="Unknown", elapsed="00:30:00")
    log = read("\n".join([HEADER, early, row("9"), ""]))

    assert [3600] == log.run_s.tolist()
    assert {"the same run once more": 1} == reasons(log)


def test_unfinished_jobs_count_up_to_the_last_event(read: Read) -> None:
    """A job that runs since 09:10 is counted until 10:10, when another one ends; one that starts then is not."""
    header = "JobID|State|Submit|Start|End|AllocGRES"
    day = "2024-05-06T"
    log = read(
        f"{header}\n"
        f"1|RUNNING|{day}09:00:00|{day}09:10:00|Unknown|gpu:1\n"
        f"2|COMPLETED|{day}09:00:00|{day}09:10:00|{day}10:10:00|gpu:1\n"
        f"3|RUNNING|{day}10:00:00|{day}10:10:00|Unknown|gpu:1\n"
    )

    assert [3600, 3600] == log.run_s.tolist()
    assert {"unfinished, and nothing in the log happens after its start": 1} == reasons(log)
    assert {"still running: counted up to the last event of the log": 1} == treated(log)


def test_clock_changes_are_undone_where_the_zone_is_known(read: Read) -> None:
    """Berlin, 26 March 2023: clocks jump from 02:00 to 03:00, so 01:30 to 03:30 is one hour; read as UTC it is two."""
    text = (
        "JobID|Submit|Start|End|AllocGRES\n"
        "1|2023-03-26T01:00:00|2023-03-26T01:30:00|2023-03-26T03:30:00|gpu:1\n"
        "2|2023-10-29T01:00:00|2023-10-29T02:50:00|2023-10-29T02:10:00|gpu:1\n"
        "3|2023-10-29T01:00:00|2023-10-29T01:30:00|2023-10-29T03:30:00|gpu:1\n"
    )

    berlin = read(text, timezone="Europe/Berlin")

    assert [3600, 1200, 10_800] == berlin.run_s.tolist()
    assert [7200, 7200] == read(text).run_s.tolist()
    assert {"ends before it starts": 1} == reasons(read(text))
    assert 1 == treated(berlin)["in the hour a clock change repeats: the first is taken unless that is too early"]
    assert "Europe/Berlin" == berlin.clock
    assert "no zone given" in read(text).clock


def test_elapsed_outranks_the_clock(read: Read) -> None:
    """A suspended job ran 20 min between 09:10 and 10:10: Elapsed is what its GPUs were used."""
    assert [1200] == read("\n".join([HEADER, row("1", elapsed="00:20:00"), ""])).run_s.tolist()
    assert [90_000] == read("\n".join([HEADER, row("1", elapsed="1-01:00:00"), ""])).run_s.tolist()


@pytest.mark.parametrize(
    ("limit", "expected"), [("00:30:00", 1800), ("2-12:00:00", 216_000), ("45:00", 2700), ("UNLIMITED", -1), ("", -1)]
)
def test_time_limits(read: Read, limit: str, expected: int) -> None:
    """Half an hour, two and a half days, 45 minutes; none at all is -1."""
    log = read("\n".join([HEADER, row("1", limit=limit), row("2", limit="01:00:00"), ""]))

    assert log.estimate_s is not None
    assert [expected, 3600] == log.estimate_s.tolist()


def test_epoch_stamps(read: Read) -> None:
    """SLURM_TIME_FORMAT=%s prints seconds since 1970."""
    text = "JobID|Submit|Start|End|AllocGRES\n1|1714986000|1714986060|1714986120|gpu:1\n"

    assert (1_714_986_000, 60) == (read(text).submit_s[0], read(text).run_s[0])


def test_a_job_name_with_a_line_break_does_not_lose_the_job(read: Read) -> None:
    """Slurm allows line breaks in names and sacct prints them: the two halves are one row again."""
    header = "JobID|JobName|Submit|Start|End|AllocGRES"
    times = "2024-05-06T09:00:00|2024-05-06T09:00:00|2024-05-06T10:00:00|gpu:1"

    log = read(f"{header}\n1|plain|{times}\n2|broken\nname|{times}\n3|with | bar|{times}\n")

    assert 2 == log.jobs
    assert {"wrong number of fields": 1} == reasons(log)


def test_users_never_leave_the_reader_unless_hashed(read: Read) -> None:
    """No salt: no trace of a user. With one: the same user has the same hash, another salt gives another."""
    text = "\n".join([HEADER, row("1"), row("2"), row("3", user="bob"), ""])

    plain, salted, other = read(text), read(text, user_salt=b"pepper"), read(text, user_salt=b"salt")

    assert plain.user_hash is None
    assert salted.user_hash is not None
    assert other.user_hash is not None
    assert salted.user_hash[0] == salted.user_hash[1] != salted.user_hash[2]
    assert salted.user_hash[0] != other.user_hash[0]
    assert "alice" not in repr(plain) + repr(salted)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "an empty file"),
        ("JobID|User|State\n1|a|b\n", "Submit"),
        ("JobID|Submit|State\n1|2024-05-06T09:00:00|COMPLETED\n", "no column of GPUs"),
    ],
)
def test_a_dump_that_cannot_be_read_says_why(read: Read, text: str, match: str) -> None:
    """Empty, without submission times, without GPUs: each is an error that says what to export."""
    with pytest.raises(BadQuestionError, match=match):
        read(text, format="sacct")


def test_a_header_alone_is_a_log_without_jobs(read: Read) -> None:
    """No rows is not an error of the reader; sizing says that there is no job."""
    assert (0, 0) == (read(HEADER + "\n").jobs, read(HEADER + "\n").rows_read)
