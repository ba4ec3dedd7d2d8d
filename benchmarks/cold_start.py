"""How long `payback plan` takes from a cold start, as a ratio to importing numpy.

Alternates the two commands so that a busy machine hits both, and prints medians.
Run: python benchmarks/cold_start.py [repeats]
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

COMMANDS = {
    "import numpy": [sys.executable, "-c", "import numpy"],
    "payback plan": [sys.executable, "-m", "payback", "plan", "--as-of", "2026-11-23"],
    "payback plan --no-odds": [sys.executable, "-m", "payback", "plan", "--as-of", "2026-11-23", "--no-odds"],
    "payback plan --json": [sys.executable, "-m", "payback", "plan", "--as-of", "2026-11-23", "--json"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for command in COMMANDS.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    base = median(times["import numpy"])
    for name, values in times.items():
        print(f"{name:22} {median(values):.3f} s   {median(values) / base:.2f} x import numpy")


if __name__ == "__main__":
    main()
