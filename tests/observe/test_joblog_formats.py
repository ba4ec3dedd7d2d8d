"""The other formats, each on a few rows in its published form."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.joblog import JobLog, detect, read_joblog
from payback.observe.joblog.columns import parse_mapping
from payback.observe.tables.jsonstream import objects

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
FILES = Path(__file__).parent / "files"
Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes a log given as text."""

    def write(text: str) -> Path:
        path = tmp_path / "log"
        path.write_bytes(text.encode())
        return path

    return write


def reasons(log: JobLog) -> dict[str, int]:
    return {tally.reason: tally.rows for tally in log.rejected}


PHILLY = [
    {
        "status": "Pass", "vc": "ee9e8c", "jobid": "application_1", "user": "ce2f4c",
        "submitted_time": "2017-10-07 01:11:39",
        "attempts": [
            {"start_time": "2017-10-07 01:12:09", "end_time": "2017-10-07 01:13:23",
             "detail": [{"ip": "m47", "gpus": ["gpu0", "gpu1"]}, {"ip": "m48", "gpus": ["gpu7"]}]},
            {"start_time": "2017-10-07 01:13:30", "end_time": "2017-10-07 02:13:30",
             "detail": [{"ip": "m41", "gpus": ["gpu0", "gpu1", "gpu2"]}]},
        ],
    },
    {"status": "Killed", "vc": "ee9e8c", "jobid": "application_2", "user": "aaaaaa",
     "submitted_time": "2017-10-07 01:30:00", "attempts": []},
    {"status": "Pass", "vc": "23dbec", "jobid": "application_3", "user": "aaaaaa",
     "submitted_time": "2017-10-07 01:40:00",
     "attempts": [{"start_time": "2017-10-07 01:41:00", "end_time": None, "detail": [{"ip": "m1", "gpus": ["gpu0"]}]}]},
    {"status": "Failed", "vc": "23dbec", "jobid": "application_4", "user": "aaaaaa",
     "submitted_time": "2017-11-05 00:30:00",
     "attempts": [{"start_time": "2017-11-05 00:30:00", "end_time": "2017-11-05 03:30:00",
                   "detail": [{"ip": "m1", "gpus": ["gpu0"]}]}]},
]  # fmt: skip


@pytest.mark.parametrize("indent", [None, 4])
def test_philly_json_has_a_job_for_every_attempt(written: Write, indent: int | None) -> None:
    """Two attempts on 3 GPUs, a job never run, one still running at the log's last event, one through a clock change.

    5 November 2017, 00:30 to 03:30 in Seattle is four hours, for clocks went back at 02:00; and 7 October 01:41 to
    then is 29 days, 1 h 49 min (6,540 s) and that hour.
    """
    log = read_joblog(written(json.dumps(PHILLY, indent=indent)))

    assert ("philly", "America/Los_Angeles") == (log.format, log.clock)
    assert [74, 3600, 29 * 86_400 + 6540 + 3600, 4 * 3600] == log.run_s.tolist()
    assert [3000, 3000, 1000, 1000] == log.milli_gpus.tolist()
    assert {"never started (no start time)": 1} == reasons(log)
    assert log.observed_wait_s is not None
    assert [30, 7, 60, 0] == log.observed_wait_s.tolist()
    assert ("ee9e8c", "23dbec") == log.pools


def test_philly_table(written: Write) -> None:
    """The table beside Helios's analysis has Helios's columns; --format philly reads it in Pacific time."""
    text = (
        "jobid,vc,user,gpu_num,state,submitted_time,start_time,end_time,duration\n"
        "j1,v,u,2,Pass,2017-10-07 01:00:00,2017-10-07 01:05:00,2017-10-07 02:05:00,3600\n"
    )

    log = read_joblog(written(text))

    assert ("philly", [3600], [2000]) == (log.format, log.run_s.tolist(), log.milli_gpus.tolist())
    assert 1_507_363_200 == log.submit_s[0]


HELIOS = """job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue
1425511,uXBbc,vcJkd,1,1,1,COMPLETED,2020-06-09 18:41:01,2020-06-09 18:41:01,2020-06-10 04:55:09,36848,0
1425512,uVMrF,vchbv,4,16,1,FAILED,2020-06-09 18:41:27,2020-06-09 18:41:27,2020-06-09 18:45:36,249,0
1425513,uzqls,vcpDC,0,1,1,CANCELLED,2020-06-09 18:41:28,2020-06-09 18:41:28,2020-06-17 14:15:21,675233,0
1425514,uzqls,vcpDC,8,1,1,CANCELLED,2020-06-09 18:41:30,None,None,0,0
"""
KALOS = """job_id,user,node_num,gpu_num,state,submit_time,start_time,end_time,stop_time,duration,queue
dlctk696s0jbvitv,uf7,8,64,FAILED,2023-05-17 11:00:58+00:00,2023-05-17 11:01:08+00:00,2023-05-17 11:01:16+00:00,,18,10.0
"""
SEREN = """job_id,user,node_num,gpu_num,state,submit_time,start_time,end_time,duration,queue
5778432,u5907,1,8,FAILED,2023-03-01 00:18:22+08:00,2023-03-01 00:18:54+08:00,2023-03-01 00:20:51+08:00,117,32
"""


def test_helios_rows_as_published(written: Write) -> None:
    """The three rows of its README, one of them made a CPU job, and one that never started."""
    log = read_joblog(written(HELIOS))

    assert ("helios", [36_848, 249], [1000, 4000]) == (log.format, log.run_s.tolist(), log.milli_gpus.tolist())
    assert {"no GPU requested": 1, "never started (no start time)": 1} == reasons(log)


def test_acme_rows_as_published(written: Write) -> None:
    """Kalos counts duration from submission (18 s); the job ran 8 s. Seren's stamps are 8 h east of UTC."""
    kalos, seren = read_joblog(written(KALOS)), read_joblog(written(SEREN))

    assert ([8], [64_000]) == (kalos.run_s.tolist(), kalos.milli_gpus.tolist())
    assert ([117], 1_677_601_102) == (seren.run_s.tolist(), seren.submit_s[0])


def test_alibaba_shares_of_a_gpu(written: Write) -> None:
    """460 thousandths of one GPU, 8 whole ones (whatever gpu_milli says), one pod pending, one without GPUs."""
    log = read_joblog(
        written(
            "name,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
            "p1,1,460,,LS,Running,100,1100,100\n"
            "p2,8,1000,V100M16|V100M32,Burstable,Succeeded,200,800,300\n"
            "p3,1,1000,,LS,Pending,300,900,\n"
            "p4,0,0,,LS,Failed,300,900,300\n"
        )
    )

    assert ("alibaba", [460, 8000], [1000, 500]) == (log.format, log.milli_gpus.tolist(), log.run_s.tolist())
    assert {"no GPU requested": 1, "never started (no start time)": 1} == reasons(log)


def test_the_published_alibaba_trace_is_accounted_for_to_the_row() -> None:
    """8,152 pods: 897 never scheduled, 1,052 more without GPUs, 6,203 jobs."""
    path = SHARED / "alibaba_gpu_v2023" / "openb_pod_list_default.csv.gz"
    if not path.is_file():
        pytest.skip("the Alibaba trace is not beside this repository")

    log = read_joblog(path)

    assert (8152, 6203) == (log.rows_read, log.jobs)
    assert {"never started (no start time)": 897, "no GPU requested": 1052} == reasons(log)


@pytest.mark.parametrize("name", ["slurm2sql_test-data1.csv", "slurm2sql_test-data2.csv"])
def test_published_sacct_samples_are_accounted_for_to_the_row(name: str) -> None:
    """Two jobs without GPUs and three steps, 51 and 50 columns wide."""
    path = SHARED / "slurm_formats" / name
    if not path.is_file():
        pytest.skip("the sacct samples are not beside this repository")

    log = read_joblog(path)

    assert (5, 0) == (log.rows_read, log.jobs)
    assert 3 == reasons(log)["a step of a job, not a job"]


SWF = """; UnixStartTime: 1000000000
; TimeZoneString: Asia/Jerusalem
; MaxProcs: 128
    1      0     10   3600  4   -1 -1  4  7200 -1  1   3  1 -1  2 1 -1 -1
    2     60     -1     -1 -1   -1 -1  8  7200 -1  5   3  1 -1  2 1 -1 -1
    3    120      0   1800 -1   -1 -1  2    -1 -1  0   4  1 -1  2 2 -1 -1
    3    120      0    900  2   -1 -1  2    -1 -1  2   4  1 -1  2 2 -1 -1
    4    180      0      0  2   -1 -1  2    -1 -1  1   4  1 -1  2 2 -1 -1
"""


def test_swf_lines_comments_and_parts(written: Write) -> None:
    """Job 1 as allocated, 2 cancelled in the queue, 3 as requested; a part of 3 and a job of 0 s left out."""
    log = read_joblog(written(SWF))

    assert ("swf", [1_000_000_000, 1_000_000_120]) == (log.format, log.submit_s.tolist())
    assert ([3600, 1800], [4000, 2000]) == (log.run_s.tolist(), log.milli_gpus.tolist())
    assert log.estimate_s is not None
    assert [7200, -1] == log.estimate_s.tolist()
    assert {
        "never started (no start time)": 1,
        "part of a job that has a line of its own": 1,
        "ran for less than a second": 1,
    } == reasons(log)


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "train", "uid": "u-1", "namespace": "vision", "creationTimestamp": "2024-05-06T09:00:00Z"},
    "spec": {
        "containers": [{"resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "8"}}}, {"resources": {}}],
        "initContainers": [{"resources": {"limits": {"nvidia.com/gpu": "1"}}}],
        "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-A100"},
        "priority": 10,
    },
    "status": {
        "phase": "Succeeded",
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2024-05-06T09:05:00Z"}],
        "containerStatuses": [{"state": {"terminated": {"finishedAt": "2024-05-06T10:05:00Z"}}}],
    },
}
PENDING = POD | {"metadata": {**POD["metadata"], "uid": "u-2"}, "status": {"phase": "Pending", "conditions": []}}  # type: ignore[dict-item]


@pytest.mark.parametrize("lines", [False, True])
def test_kubernetes_pods(written: Write, lines: bool) -> None:
    """Two GPUs from scheduling to the end of the last container, an hour; a pending pod never started."""
    text = (
        "\n".join(map(json.dumps, [POD, PENDING]))
        if lines
        else json.dumps({"apiVersion": "v1", "items": [POD, PENDING]})
    )

    log = read_joblog(written(text))

    assert ("kubernetes", [3600], [2000]) == (log.format, log.run_s.tolist(), log.milli_gpus.tolist())
    assert (("NVIDIA-A100",), 1) == (log.pools, sum(reasons(log).values()))
    assert log.priority is not None
    assert 10 == log.priority[0]


def test_kubernetes_table(written: Write) -> None:
    """A table of pods with the names of the API."""
    text = (
        "name,namespace,creationTimestamp,startTime,finishedAt,gpus,phase\n"
        "t,v,2024-05-06T09:00:00Z,2024-05-06T09:05:00Z,2024-05-06T10:05:00Z,2,Succeeded\n"
    )

    assert [3600] == read_joblog(written(text)).run_s.tolist()


def test_wandb_table_and_json(written: Write) -> None:
    """A run of 5,400 s on 4 GPUs, from the page (quotes, a comma, a line break in a note) and from the API."""
    table = (
        '"Name","State","Notes","User","Created","Runtime","GPU Count","GPU Type"\n'
        '"run, one","finished","two\nlines","alice","2024-05-06T09:00:00.000Z","5400","4","NVIDIA A100"\n'
        '"cpu","finished","","alice","2024-05-06T09:00:00.000Z","60","",""\n'
    )
    runs = [
        {"id": "a", "created_at": "2024-05-06T09:00:00Z", "state": "finished", "user": {"username": "alice"},
         "summary": {"_runtime": 5401.2, "_wandb": {"runtime": 5400}}, "metadata": {"gpu_count": 4, "gpu": "A100"}},
        {"id": "b", "created_at": "2024-05-06T09:00:00Z", "summary": {"_runtime": 60}, "metadata": {}},
    ]  # fmt: skip

    for text in (table, json.dumps(runs), "\n".join(map(json.dumps, runs))):
        log = read_joblog(written(text))

        assert ("wandb", [5400], [4000]) == (log.format, log.run_s.tolist(), log.milli_gpus.tolist())
        assert {"no number of GPUs": 1} == reasons(log)


def test_any_table_with_its_columns_named(written: Write) -> None:
    """Decimal hours and GPUs, stamps in a zone: 1.5 h on half a GPU, submitted 09:00 in Tokyo = 00:00 UTC."""
    path = written("Queued;Hours;Devices;Who\n2024-05-06 09:00:00;1.5;0.5;alice\n2024-05-06 10:00:00;2;1;bob\n")

    log = read_joblog(path, columns="submit=Queued,duration_h=Hours,gpus=Devices,user=Who", timezone="Asia/Tokyo")

    assert ("csv", [5400, 7200], [500, 1000]) == (log.format, log.run_s.tolist(), log.milli_gpus.tolist())
    assert 1_714_953_600 == log.submit_s[0]
    assert log.user_hash is None


def test_start_and_end_in_place_of_a_duration(written: Write) -> None:
    """start and end, or wait and end, say as much as a duration."""
    path = written("s,b,e,w,n\n100,160,760,60,2\n200,,,,1\n300,250,400,,1\n")

    log = read_joblog(path, columns="submit=s,start=b,end=e,gpus=n")

    assert ([600, 150], [2000, 1000]) == (log.run_s.tolist(), log.milli_gpus.tolist())
    assert {"never started (no start time)": 1} == reasons(log)
    assert "starts before it was submitted: its wait is left unknown" in {tally.reason for tally in log.treated}
    assert [600] == read_joblog(path, columns="submit=s,wait=w,end=e,gpus=n").run_s.tolist()


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ("submit=s,gpus=n", "either duration or start and end"),
        ("submit=s,gpus", "key=NAME"),
        ("submit=s,gpus=n,duraton=d", "'duration'"),
        ("submit=s,submit=t,gpus=n,duration=d", "each key once"),
        ("submit=missing,gpus=n,duration=e", "no column named 'missing'"),
    ],
)
def test_bad_mappings_say_what_is_wrong(written: Write, columns: str, match: str) -> None:
    """Too little, malformed, misspelt, twice, or a column the table does not have."""
    with pytest.raises((BadQuestionError, UnknownNameError), match=match):
        read_joblog(written("s,e,n\n1,2,3\n"), columns=columns)


def test_mapping_units() -> None:
    """duration_min counts minutes, estimate_h hours, a bare wait seconds."""
    mapping = parse_mapping("submit=s,gpus=g,duration_min=d,estimate_h=e,wait=w")

    assert (60.0, 3600.0, 1.0) == (mapping.duration_unit_s, mapping.estimate_unit_s, mapping.wait_unit_s)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_logs_are_read_as_they_are(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """gzip, bzip2, xz; cut short, an error that names the file instead of half a log."""
    whole, cut = tmp_path / "log", tmp_path / "cut"
    packed = compress(HELIOS.encode() * 1)
    whole.write_bytes(packed)
    cut.write_bytes(packed[:-12])

    assert 2 == read_joblog(whole).jobs
    with pytest.raises(BadQuestionError, match="cut"):
        read_joblog(cut, format="helios")


@pytest.mark.parametrize("text", ["", "hello world\n", "\x00\x01\x02" * 50, "a,b,c\n1,2,3\n", '{"some": "json"}'])
def test_what_is_no_job_log_is_said_to_be_none(written: Write, text: str) -> None:
    """Nothing, prose, bytes, a table of something else, JSON of something else: the formats known are listed."""
    with pytest.raises(BadQuestionError, match="sacct, philly, helios"):
        detect(written(text))


def test_formats_and_files_are_named_in_errors(written: Write, tmp_path: Path) -> None:
    """An unknown format, zone or file is named, with the nearest that is known."""
    with pytest.raises(UnknownNameError, match="'sacct'"):
        read_joblog(written(HELIOS), format="sact")
    with pytest.raises(UnknownNameError, match="Europe/Berlin"):
        read_joblog(written(HELIOS), timezone="Europe/Berln")
    with pytest.raises(BadQuestionError, match="no file"):
        read_joblog(tmp_path / "nowhere.csv")


def test_json_cut_in_the_middle_is_an_error(written: Write) -> None:
    """Half an object at the end means half a log: not a shorter one."""
    with pytest.raises(BadQuestionError, match="object 3"):
        read_joblog(written(json.dumps(PHILLY)[:-400]), format="philly")


def test_json_is_streamed(tmp_path: Path) -> None:
    """Objects come one by one though the array is larger than a piece read at a time."""
    path = tmp_path / "big.json"
    path.write_text(json.dumps([{"n": n, "pad": "x" * 500} for n in range(5000)]))

    with path.open("rb") as stream:
        assert list(range(5000)) == [found["n"] for found in objects(stream)]
