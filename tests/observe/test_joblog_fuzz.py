"""Damaged logs of every kind: a reader either gives jobs that make sense or says in one line what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from payback.errors import PaybackError
from payback.observe.joblog import read_joblog
from payback.observe.joblog.read import account

PODS: Final = [
    {
        "kind": "Pod",
        "metadata": {"uid": f"u{k}", "creationTimestamp": "2024-01-01T00:00:00Z", "namespace": "n"},
        "spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]},
        "status": {
            "phase": "Succeeded",
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2024-01-01T00:00:03Z"}],
            "containerStatuses": [{"state": {"terminated": {"finishedAt": "2024-01-01T01:00:00Z"}}}],
        },
    }
    for k in range(9)
]
ATTEMPT: Final = {
    "start_time": "2017-10-07 01:12:09",
    "end_time": "2017-10-07 03:12:09",
    "detail": [{"ip": "m", "gpus": ["g0", "g1"]}],
}
PHILLY: Final = [
    {"status": "Pass", "vc": "a", "jobid": f"j{k}", "attempts": [ATTEMPT], "submitted_time": "2017-10-07 01:11:09"}
    for k in range(9)
]
RUNS: Final = [
    {"id": f"r{k}", "created_at": "2024-01-01T00:00:00", "summary": {"_runtime": 100}, "metadata": {"gpu_count": 2}}
    for k in range(9)
]
LOGS: Final = {
    "sacct": "JobID|Submit|Start|End|State|AllocTRES|Timelimit\n"
    + "".join(
        f"{k}|2024-01-0{k}T00:00:00|2024-01-0{k}T00:10:00|2024-01-0{k}T02:00:00|COMPLETED|gres/gpu:a100={k}|01:00:00\n"
        for k in range(1, 10)
    ),
    "alibaba": "name,num_gpu,gpu_milli,pod_phase,creation_time,deletion_time,scheduled_time\n"
    + "".join(f"p{k},1,{k}00,Running,{k},{k + 100},{k + 5}\n" for k in range(1, 10)),
    "helios": "job_id,gpu_num,state,submit_time,start_time,end_time,duration\n"
    + "".join(f"{k},2,DONE,2020-04-01 00:0{k}:00,2020-04-01 01:00:00,2020-04-01 03:00:00,7200\n" for k in range(9)),
    "swf": "; UnixStartTime: 1000\n"
    + "".join(f"{k} {k * 10} 5 100 4 -1 -1 4 200 -1 1 1 1 -1 1 1 -1 -1\n" for k in range(9)),
    "philly": json.dumps(PHILLY),
    "kubernetes": json.dumps({"apiVersion": "v1", "items": PODS}),
    "wandb": json.dumps(RUNS),
}
GRAFTS: Final = ('"', "\n", "|", ",", "null", "-1", "[]", "{}", "[" * 3000, "9" * 25, "\0", "\r", "nan", "1e309", "0x")
DAMAGES: Final = 60


@pytest.mark.parametrize("kind", list(LOGS))
def test_damaged_logs_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    """60 damaged copies: bytes changed, cut out, doubled, rubbish put in. No traceback, no job of no time or no GPU."""
    random = np.random.default_rng(61)
    path = tmp_path / "log"
    for _ in range(DAMAGES):
        path.write_bytes(_damaged(LOGS[kind].encode(), random))
        try:
            log = read_joblog(path, format=kind if random.random() < 0.5 else None)
        except PaybackError:
            continue
        assert (log.run_s >= 1).all()
        assert (log.milli_gpus >= 1).all()
        assert (np.diff(log.submit_s) >= 0).all()
        assert log.rows_read >= log.jobs
        assert account(log)


def _damaged(text: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(text)
    for _ in range(int(random.choice([1, 3, 10]))):
        at = int(random.integers(0, len(damaged)))
        match int(random.integers(0, 4)):
            case 0:
                damaged[at] = int(random.integers(0, 256))
            case 1:
                del damaged[at : at + int(random.integers(1, 40))]
            case 2:
                damaged[at:at] = str(random.choice(GRAFTS)).encode()
            case _:
                begin = int(random.integers(0, len(damaged)))
                damaged[at:at] = damaged[begin : begin + 30]
        damaged = damaged or bytearray(b"x")
    return bytes(damaged)


@pytest.mark.parametrize("kind", list(LOGS))
def test_the_undamaged_logs_are_read(kind: str, tmp_path: Path) -> None:
    """Nine jobs each, whether the format is named or told from the file."""
    path = tmp_path / "log"
    path.write_text(LOGS[kind])

    assert [9, 9] == [read_joblog(path, format=name).jobs for name in (kind, None)]
