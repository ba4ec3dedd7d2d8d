"""Files that visitors send: a job log, a result of a benchmark, an analysis."""

from __future__ import annotations

import json
from typing import Any

from tests.observe.bench.bench_documents import document

from payback.observe.bench.resultfile import sealed

CLAIM = (
    "[inputs]\ngpu_usd = 30_000\nrent_usd_per_h = 4\n[[step]]\nname = 'hours'\nformula = 'gpu_usd / rent_usd_per_h'\n"
)
HOLDS, FAILS = CLAIM + "stated = 7500\n", CLAIM + "stated = 9000\n"


def job_log(jobs: int = 60) -> str:
    """What ``sacct -P`` prints of jobs of two GPUs, one an hour, each three hours long."""
    rows = ["JobID|User|State|Submit|Start|End|Elapsed|AllocTRES"]
    for number in range(jobs):
        day, hour = divmod(number, 20)
        begin, end = f"2026-03-{day + 1:02d}T{hour:02d}:00:00", f"2026-03-{day + 1:02d}T{hour + 3:02d}:00:00"
        rows.append(f"{number}|a|COMPLETED|{begin}|{begin}|{end}|03:00:00|gres/gpu=2")
    return "\n".join(rows) + "\n"


def bench_result() -> dict[str, Any]:
    """A sealed result of a machine that does not exist."""
    made: dict[str, Any] = json.loads(sealed(document()).model_dump_json(by_alias=True))
    return made
