"""One CPU worker: ``python -m payback.observe.bench.preparation_worker TASK,SECONDS,WINDOW``.

It prepares the same sample again and again from memory and prints, at the end,
how many it finished in each window of time.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from payback.observe.bench.preparation import Task, prepare, stored_labels, stored_sample


def count_windows(task: Task, seconds: float, window_s: float) -> list[float]:
    """Samples a second in each window of `window_s`, for about `seconds`."""
    rng = np.random.default_rng()
    stored, labels = stored_sample(task, 0), stored_labels(task, 0)
    prepare(task, stored, labels, rng)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    rates: list[float] = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        rates.append(_rate(task, stored, labels, rng, window_s))
    return rates


def _rate(task: Task, stored: bytes, labels: bytes, rng: np.random.Generator, window_s: float) -> float:
    begin, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begin) < window_s:
        prepare(task, stored, labels, rng)
        done += 1
    return done / elapsed


if __name__ == "__main__":
    name, seconds, window = sys.argv[1].split(",")
    chosen: Task = name  # type: ignore[assignment]  # checked by the table of tasks when it is prepared
    sys.stdout.write(json.dumps(count_windows(chosen, float(seconds), float(window))) + "\n")
