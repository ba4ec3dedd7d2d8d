"""How fast a job log is read, beside polars reading the same file, and what ten million rows cost in memory.

    python benchmarks/joblog_read.py [--rows 1000000] [--rounds 3]

The file has the layout of ``sacct --parsable2`` with eleven columns. polars is asked for the same columns with the
same types (three of stamps), once on all its threads and once on one; it does not check a row, count rejected ones,
find reruns or read a GPU request, so it does less.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

COLUMNS = "JobID|JobIDRaw|User|Partition|State|Timelimit|Submit|Start|End|Elapsed|AllocTRES"
BATCH = 50_000


def write_log(path: Path, rows: int) -> None:
    """A dump of accounting with plausible values."""
    random = np.random.default_rng(1)
    with path.open("w", encoding="ascii") as file:
        file.write(COLUMNS + "\n")
        submitted = 1_600_000_000
        for first in range(0, rows, BATCH):
            count = min(BATCH, rows - first)
            submit = submitted + np.sort(random.integers(0, count * 20, count))
            submitted = int(submit[-1])
            start = submit + random.exponential(900, count).astype(np.int64)
            run = np.maximum(1, random.lognormal(7, 2, count)).astype(np.int64)
            gpus = random.choice([1, 2, 4, 8], count).tolist()
            stamps = [np.datetime_as_string(moment.astype("M8[s]")) for moment in (submit, start, start + run)]
            file.writelines(
                f"{n}|{n}|user{n % 300}|gpu|COMPLETED|1-00:00:00|{s}|{b}|{e}|{_elapsed(r)}|"
                f"billing={8 * g},cpu={8 * g},gres/gpu:a100={g},gres/gpu={g},mem={64 * g}G,node=1\n"
                for n, s, b, e, r, g in zip(range(first, first + count), *stamps, run.tolist(), gpus, strict=True)
            )


def _elapsed(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    return f"{days}-" * (days > 0) + f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


READERS = {
    "payback": "from payback.observe.joblog import read_joblog; jobs = read_joblog({path!r}).jobs",
    "polars": (
        "import polars as pl\n"
        "stamps = [pl.col(name).str.to_datetime('%Y-%m-%dT%H:%M:%S') for name in ('Submit', 'Start', 'End')]\n"
        "table = pl.read_csv({path!r}, separator='|', infer_schema=False).with_columns(stamps)\n"
        "jobs = len(table)"
    ),
}
PROBE = """
import resource, time
start, used = time.perf_counter(), time.process_time()
{code}
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(jobs, time.perf_counter() - start, time.process_time() - used, peak_mb)
"""


def measure(code: str, path: Path, **environment: str) -> tuple[float, float, float]:
    """Rows a second by the clock, rows a second of processor time, peak memory [MB]: one reading, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code.format(path=str(path)))],
        check=True, capture_output=True, text=True, env=os.environ | environment,
    )  # fmt: skip
    rows, seconds, used, peak_mb = map(float, done.stdout.split())
    return rows / seconds, rows / used, peak_mb


def main() -> None:
    """Print rates, their ratio and memory."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sacct.txt"
        write_log(path, asked.rows)
        size_mb = path.stat().st_size / 1e6
        tries: dict[str, Callable[[], tuple[float, float, float]]] = {
            "payback, one thread": lambda: measure(READERS["payback"], path),
            "polars, one thread": lambda: measure(READERS["polars"], path, POLARS_MAX_THREADS="1"),
            "polars, all threads": lambda: measure(READERS["polars"], path),
        }
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in tries}
        for _ in range(asked.rounds):
            for name, one in tries.items():
                found[name].append(one())
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs; {asked.rows:,} rows, {size_mb:,.0f} MB")
    rates = {name: statistics.median(rate for rate, _, _ in values) for name, values in found.items()}
    busy = {name: statistics.median(rate for _, rate, _ in values) for name, values in found.items()}
    for name, values in found.items():
        peak_mb = max(peak for _, _, peak in values)
        print(f"{name:20} {rates[name]:10,.0f} rows/s, {busy[name]:10,.0f} a processor second, peak {peak_mb:6,.0f} MB")
    for name in ("polars, one thread", "polars, all threads"):
        ours = "payback, one thread"
        print(
            f"payback / {name:20} {rates[ours] / rates[name]:6.2f}, a processor second {busy[ours] / busy[name]:6.2f}"
        )


if __name__ == "__main__":
    main()
