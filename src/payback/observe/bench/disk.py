"""Measurement 4: the disk, read past the operating system's memory of it."""

from __future__ import annotations

import errno
import itertools
import mmap
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from payback.observe.bench.context import Bench
from payback.observe.bench.machine import describe_disk
from payback.observe.bench.schema import Absence, Detail
from payback.observe.bench.tiers import MIB
from payback.units import GIB

BYTES_PER_MB: Final = 1e6
ROOM_LEFT_BYTES: Final = 2 * GIB
"""Free space that must remain beside the scratch file."""
WRITE_BLOCK: Final = 8 * MIB
QUEUE: Final = 32
WINDOWS: Final = 12
RAMP_WINDOWS: Final = 2
ALIGNMENT: Final = 4096


@dataclass(frozen=True, slots=True)
class ScratchFile:
    """An open file that already has no name, so that nothing remains of it whatever happens."""

    handle: int
    size: int
    direct: bool
    reason: str
    """Why reads are not direct; empty when they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One way of reading."""

    name: str
    block: int
    queue: int
    random: bool
    unit: str


PATTERNS: Final = (
    Pattern(name="disk.read.sequential_1m", block=MIB, queue=QUEUE, random=False, unit="MB/s"),
    Pattern(name="disk.read.random_128k", block=128 * 1024, queue=QUEUE, random=True, unit="MB/s"),
    Pattern(name="disk.read.random_4k", block=4096, queue=1, random=True, unit="reads/s"),
)


def measure_disk(bench: Bench) -> None:
    """Sequential write and read, random reads of 128 KiB, 32 at a time, and of 4 KiB, one at a time."""
    refusal = why_not(bench.folder, bench.scale.disk_file_bytes)
    if refusal:
        bench.sheet.lacks("disk", Absence.REFUSED, refusal)
        return
    with scratch_file(bench.folder, bench.scale.disk_file_bytes) as file:
        detail: dict[str, Detail] = {"direct": file.direct, "file_bytes": file.size}
        detail |= {} if file.direct else {"why_not_direct": file.reason}
        bench.sheet.measured("disk.write.sequential", "disk", "MB/s", fill(file), detail)
        for pattern in PATTERNS:
            samples = read_rates(file, pattern, bench.scale.disk_seconds)
            bench.sheet.measured(pattern.name, "disk", pattern.unit, samples, {**detail, "queue": pattern.queue})


def why_not(folder: Path, size: int) -> str:
    """Why the disk below `folder` must not or cannot be measured; empty when it can."""
    if not hasattr(os, "preadv"):
        return "this system has no positioned reads into aligned memory (preadv)"
    if describe_disk(folder).kind == "memory":
        return "the folder for scratch files lies in memory, not on a disk; name another one"
    free = shutil.disk_usage(folder).free
    if free < size + ROOM_LEFT_BYTES:
        return f"{free / GIB:.1f} GiB are free; the scratch file needs {size / GIB:.1f} and 2 must remain"
    return ""


@contextmanager
def scratch_file(folder: Path, size: int) -> Iterator[ScratchFile]:
    """A file of its own in `folder`, opened past the page cache if the file system allows, and unlinked at once."""
    handle, name = tempfile.mkstemp(prefix="payback-bench-", suffix=".scratch", dir=folder)
    os.close(handle)
    try:
        handle, reason = _open_direct(name)
    finally:
        Path(name).unlink()
    try:
        yield ScratchFile(handle, size // ALIGNMENT * ALIGNMENT, not reason, reason)
    finally:
        os.close(handle)


def fill(file: ScratchFile) -> list[float]:
    """Write the whole file with bytes that do not compress; MB/s of each block."""
    block = min(WRITE_BLOCK, file.size)
    buffer = mmap.mmap(-1, block)
    rng, rates = np.random.default_rng(), []
    for offset in range(0, file.size - block + 1, block):
        buffer[:] = rng.bytes(block)
        begin = time.perf_counter()
        os.pwrite(file.handle, buffer, offset)
        if not file.direct:
            os.fdatasync(file.handle)
        rates.append(block / BYTES_PER_MB / (time.perf_counter() - begin))
    os.fsync(file.handle)
    buffer.close()
    return rates


def read_rates(file: ScratchFile, pattern: Pattern, seconds: float) -> list[float]:
    """MB/s or reads/s in ten windows, after a ramp of two that is not counted."""
    done = [0] * pattern.queue
    halt, failures = threading.Event(), list[OSError]()
    position = _positions(file, pattern)
    threads = [
        threading.Thread(target=_read, args=(file, pattern, position, done, index, halt, failures))
        for index in range(pattern.queue)
    ]
    for thread in threads:
        thread.start()
    try:
        counts = _watch(done, seconds / WINDOWS)
    finally:
        halt.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    if not any(counts[RAMP_WINDOWS:]):
        raise RuntimeError(f"no read of {pattern.name} ended within {seconds:g} s")
    scale = pattern.block / BYTES_PER_MB if pattern.unit == "MB/s" else 1.0
    return [rate * scale for rate in counts[RAMP_WINDOWS:]]


def _watch(done: list[int], window_s: float) -> list[float]:
    rates, before, begin = [], 0, time.perf_counter()
    for _ in range(WINDOWS):
        time.sleep(window_s)
        now, total = time.perf_counter(), sum(done)
        rates.append((total - before) / (now - begin))
        before, begin = total, now
    return rates


def _read(
    file: ScratchFile,
    pattern: Pattern,
    position: Callable[[], int],
    done: list[int],
    index: int,
    halt: threading.Event,
    failures: list[OSError],
) -> None:
    with mmap.mmap(-1, pattern.block) as buffer:
        while not halt.is_set():
            offset = position()
            try:
                os.preadv(file.handle, [buffer], offset)
            except OSError as error:
                failures.append(error)
                return
            done[index] += 1
            if not file.direct:
                _forget(file.handle, offset, pattern.block)


def _positions(file: ScratchFile, pattern: Pattern) -> Callable[[], int]:
    blocks = max(1, file.size // pattern.block)
    if not pattern.random:
        order = itertools.count()
        return lambda: next(order) % blocks * pattern.block
    places = itertools.cycle(np.random.default_rng().integers(0, blocks, 2**16).tolist())
    return lambda: next(places) * pattern.block


def _open_direct(name: str) -> tuple[int, str]:
    """The file, past the page cache; if that is refused, an ordinary handle and the reason."""
    if not hasattr(os, "O_DIRECT"):
        return os.open(
            name, os.O_RDWR
        ), "this system has no O_DIRECT; each block is dropped from memory after it is read"
    try:
        handle = os.open(name, os.O_RDWR | os.O_DIRECT)
    except OSError as error:
        return os.open(name, os.O_RDWR), _refused(error)
    try:
        with mmap.mmap(-1, ALIGNMENT) as probe:
            os.pwrite(handle, probe, 0)
    except OSError as error:
        os.close(handle)
        if error.errno == errno.ENOSPC:
            raise
        return os.open(name, os.O_RDWR), _refused(error)
    return handle, ""


def _refused(error: OSError) -> str:
    return f"the file system refuses O_DIRECT ({error.strerror}); each block is dropped from memory after it is read"


def _forget(handle: int, offset: int, length: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, offset, length, os.POSIX_FADV_DONTNEED)
