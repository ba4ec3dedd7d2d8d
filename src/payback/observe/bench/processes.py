"""A group of programs of our own that start together, answer in lines, and never outlive their caller."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Final

ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Workers that share a machine must not each start a thread for every core."""
LAST_WORDS: Final = 400


class Group:
    """Programs that each say "ready", wait for a line, and then work.

    Args:
        module: Run as ``python -m module ARGUMENT``.
        arguments: One program for each.
        environment: Added to this program's own.
    """

    def __init__(self, module: str, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._complaints: list[IO[bytes]] = []
        self._programs: list[subprocess.Popen[str]] = []
        self._closing = False
        for argument in arguments:
            complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the program, closed in close()
            self._complaints.append(complaints)
            self._programs.append(
                subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours, arguments of ours
                    [sys.executable, "-m", module, argument],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    text=True,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
            )

    def wait_ready(self, patience_s: float) -> None:
        """Wait until every program has said that it is ready.

        Raises:
            RuntimeError: One ended first or took too long; with its last words.
        """
        alarm = threading.Timer(patience_s, self.kill)
        alarm.start()
        try:
            for index in range(len(self._programs)):
                if "ready" not in self.lines(index):
                    raise RuntimeError(self._last_words(index) or f"a worker was not ready within {patience_s:.0f} s")
        finally:
            alarm.cancel()

    def go(self) -> None:
        """Let all begin."""
        for program in self._programs:
            if program.stdin is not None:
                program.stdin.write("go\n")
                program.stdin.flush()

    def lines(self, index: int) -> Iterator[str]:
        """What one program says, until it ends."""
        output = self._programs[index].stdout
        if output is not None:
            for line in output:
                yield line.strip()

    def broken(self) -> str:
        """The last words of a program that ended with an error; empty while all is well."""
        if self._closing:
            return ""
        for index, program in enumerate(self._programs):
            if program.poll() not in (None, 0):
                return self._last_words(index) or f"a worker ended with status {program.returncode}"
        return ""

    def close(self) -> None:
        """End all programs, wait for them and let go of their pipes."""
        self.kill()
        for program, complaints in zip(self._programs, self._complaints, strict=True):
            program.wait()
            for stream in (program.stdin, program.stdout):
                if stream is not None:
                    _close_quietly(stream)
            complaints.close()

    def kill(self) -> None:
        """End all programs; what they said can still be read."""
        self._closing = True
        for program in self._programs:
            if program.poll() is None:
                program.kill()

    def _last_words(self, index: int) -> str:
        self._programs[index].wait()
        complaints = self._complaints[index]
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1][-LAST_WORDS:] if lines else ""


def _close_quietly(stream: IO[str]) -> None:
    try:
        stream.close()
    except (BrokenPipeError, ValueError):
        return
