"""What besides the GPUs keeps a machine: network traffic, people logged in, jobs, a keep-alive file.

Each probe answers idle, busy or unknown; unknown is busy. Probes run programs with a time limit and change nothing.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from payback.observe.watch.sample import Moment
from payback.operate.idle.rule import Condition
from payback.operate.idle.state import seconds_of

NET_DEV: Final = Path("/proc/net/dev")
TIMEOUT_S: Final = 10.0
SLURM: Final = "squeue --noheader --states=RUNNING,CONFIGURING,COMPLETING --nodelist={host}"
BYTES_PER_MB: Final = 1e6


class Ran(NamedTuple):
    """What a program answered; status None: it could not be run."""

    status: int | None
    output: str


Run = Callable[[Sequence[str]], Ran]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Conditions a user asked for."""

    below_network_mb_s: float | None = None
    """Traffic of all interfaces but loopback, both ways, since the last sample. [MB/s]"""
    no_logins: bool = False
    """Nobody is logged in, by ``who``."""
    busy_if: str | None = None
    """A command that prints something while there is work, such as ``squeue``."""
    keep_alive: Path | None = None
    """While this file exists, the machine stays."""


@dataclass(slots=True)
class Probes:
    """Tests the conditions at each sample.

    Args:
        asked: What the user asked for.
        run: Runs a program; tests put their own in.
        net_dev: The kernel's counters of traffic.
    """

    asked: Asked
    run: Run = field(default_factory=lambda: run_program)
    net_dev: Path = NET_DEV
    _before: tuple[float, int] | None = None

    def test(self, at: Moment) -> tuple[Condition, ...]:
        """Every condition now."""
        found = []
        if self.asked.keep_alive is not None:
            found.append(_keep_alive(self.asked.keep_alive))
        if self.asked.below_network_mb_s is not None:
            found.append(self._network(seconds_of(at), self.asked.below_network_mb_s))
        if self.asked.no_logins:
            found.append(_quiet("logins", self.run(("who",)), "logged in"))
        if self.asked.busy_if is not None:
            found.append(_quiet("jobs", self.run(shlex.split(self.asked.busy_if)), "reported"))
        return tuple(found)

    def _network(self, now_s: float, below: float) -> Condition:
        count = traffic_bytes(self.net_dev)
        before, self._before = self._before, None if count is None else (now_s, count)
        if count is None or before is None or now_s <= before[0] or count < before[1]:
            return Condition(name="network", idle=None, why="not measured yet" if count is not None else "no counters")
        rate = (count - before[1]) / (now_s - before[0]) / BYTES_PER_MB
        return Condition(name="network", idle=rate < below, why=f"{rate:.2f} MB/s")


def traffic_bytes(path: Path = NET_DEV) -> int | None:
    """Bytes received and sent by all interfaces but loopback since they came up; None where nobody counts."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()[2:]
        rows = [(name.strip(), values.split()) for name, _, values in (line.partition(":") for line in lines)]
        return sum(int(values[0]) + int(values[8]) for name, values in rows if name != "lo")
    except (OSError, ValueError, IndexError):
        return None


def run_program(arguments: Sequence[str]) -> Ran:
    """Run a program and wait for it, a few seconds at most."""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own words, no shell
            arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Ran(None, str(error))
    return Ran(done.returncode, done.stdout.strip())


def _keep_alive(path: Path) -> Condition:
    try:
        there = path.exists()
    except OSError as error:
        return Condition(name="keep-alive file", idle=None, why=str(error))
    return Condition(name="keep-alive file", idle=not there, why=f"{path} exists" if there else "")


def _quiet(name: str, ran: Ran, verb: str) -> Condition:
    if ran.status != 0:
        return Condition(name=name, idle=None, why=ran.output[:120] or f"exit status {ran.status}")
    lines = [line for line in ran.output.splitlines() if line.strip()]
    return Condition(name=name, idle=not lines, why=f"{len(lines)} {verb}")
