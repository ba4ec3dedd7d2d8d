"""The disk: direct reads, what happens without them, and that nothing stays behind."""

from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from tests.observe.bench.bench_simulation import new_bench

from payback.observe.bench import disk
from payback.observe.bench.disk import PATTERNS, fill, measure_disk, read_rates, scratch_file, why_not
from payback.observe.bench.schema import Absence, Disk
from payback.units import GIB

MIB = 2**20
Usage = namedtuple("Usage", "total used free")


def test_the_disk_gets_four_figures(tmp_path: Path) -> None:
    """One write and three reads, each above zero, and the folder is empty again."""
    bench = new_bench(tmp_path)

    measure_disk(bench)

    assert ["disk.write.sequential", *(p.name for p in PATTERNS)] == [m.name for m in bench.sheet.metrics]
    assert all(m.highest > 0 for m in bench.sheet.metrics)
    assert list(tmp_path.iterdir()) == []


def test_the_scratch_file_has_no_name_while_it_is_open(tmp_path: Path) -> None:
    """Even a killed program leaves nothing: the name is gone at once."""
    with scratch_file(tmp_path, MIB):
        assert list(tmp_path.iterdir()) == []


def test_refused_direct_reads_fall_back_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that refuses O_DIRECT is measured all the same, and the file says how."""
    _refuse_direct(monkeypatch)
    bench = new_bench(tmp_path)

    measure_disk(bench)

    metric = bench.sheet.find("disk.read.random_128k")
    assert metric is not None
    assert metric.detail["direct"] is False
    assert "refuses O_DIRECT (Invalid argument)" in str(metric.detail["why_not_direct"])
    assert list(tmp_path.iterdir()) == []


def test_a_system_without_direct_reads_falls_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has no O_DIRECT."""
    monkeypatch.delattr(os, "O_DIRECT")

    with scratch_file(tmp_path, MIB) as file:
        assert "has no O_DIRECT" in file.reason
        assert not file.direct


def test_indirect_reads_are_forgotten_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the second read of a block would come from memory."""
    forgotten: list[tuple[int, int]] = []
    monkeypatch.delattr(os, "O_DIRECT")
    monkeypatch.setattr(disk, "_forget", lambda _, offset, length: forgotten.append((offset, length)))

    with scratch_file(tmp_path, MIB) as file:
        fill(file)
        read_rates(file, PATTERNS[2], 0.02)

    assert {4096} == {length for _, length in forgotten}
    assert all(offset % 4096 == 0 for offset, _ in forgotten)


def test_a_full_disk_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 GiB free, 2 must remain beside the scratch file: refused, and nothing written."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10 * GIB, 9 * GIB, GIB))
    bench = new_bench(tmp_path)

    measure_disk(bench)

    assert [(m.kind, m.lacking) for m in bench.sheet.missing] == [(Absence.REFUSED, True)]
    assert "1.0 GiB are free" in bench.sheet.missing[0].why
    assert bench.sheet.metrics == []


def test_memory_is_not_taken_for_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in memory would show a disk of 10 GB/s that is none."""
    monkeypatch.setattr(disk, "describe_disk", lambda _: Disk(kind="memory", filesystem="tmpfs"))

    assert "lies in memory" in why_not(tmp_path, MIB)


def test_a_failing_disk_is_an_error_not_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read error ends the measurement, and the scratch file is gone."""

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail)

    with pytest.raises(OSError, match="Input/output"):
        measure_disk(new_bench(tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_hangs_has_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ended in the time there was: an error, not 0 MB/s."""
    monkeypatch.setattr(disk, "_watch", lambda *_: [0.0] * 12)

    with scratch_file(tmp_path, MIB) as file, pytest.raises(RuntimeError, match="random_4k ended within"):
        read_rates(file, PATTERNS[2], 0.02)


def _refuse_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = os.open

    def refusing(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return genuine(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refusing)
