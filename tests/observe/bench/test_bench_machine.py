"""What a machine is made of, read from imitated system files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from payback.observe.bench import machine
from payback.observe.bench.machine import (
    describe_cpu,
    describe_disk,
    is_virtualised,
    last_cache_bytes,
    memory_bytes,
    memory_gib,
    operating_system,
)

CPUINFO = "\n\n".join(
    f"processor\t: {n}\nmodel name\t: Threadripper 1920X\nphysical id\t: 0\ncore id\t\t: {n // 2}\nflags\t\t: fpu sse"
    for n in range(4)
)


def write(root: Path, name: str, text: str) -> None:
    """A system file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_threads_are_not_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four threads on two cores, of which a container may use 1.5."""
    write(tmp_path, "cpuinfo", CPUINFO)
    write(tmp_path, "fs/cgroup/cpu.max", "150000 100000\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)

    cpu = describe_cpu(tmp_path, tmp_path)

    assert ("Threadripper 1920X", 2, 4, 1.5) == (cpu.model, cpu.physical_cores, cpu.logical_cores, cpu.quota_cores)


def test_only_cores_that_may_be_used_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound to threads 0 and 1, which share a core."""
    write(tmp_path, "cpuinfo", CPUINFO)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)

    cpu = describe_cpu(tmp_path, tmp_path)

    assert (1, 2, None) == (cpu.physical_cores, cpu.logical_cores, cpu.quota_cores)


def test_a_hypervisor_shows_in_the_flags(tmp_path: Path) -> None:
    """A flag says so; no file says nothing."""
    assert is_virtualised(tmp_path) is None
    write(tmp_path, "cpuinfo", CPUINFO)
    assert is_virtualised(tmp_path) is False
    write(tmp_path, "cpuinfo", CPUINFO.replace("sse", "sse hypervisor"))
    assert is_virtualised(tmp_path) is True


def test_memory_is_counted_in_gib(tmp_path: Path) -> None:
    """67,108,864 kB are 64 GiB."""
    write(tmp_path, "meminfo", "MemTotal:       67108864 kB\nMemAvailable:   33554432 kB\n")

    assert 64 == memory_gib(tmp_path)
    assert 32 * 2**30 == memory_bytes(tmp_path).available


def test_a_system_that_does_not_tell_has_unknown_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file nor sysconf: None."""
    monkeypatch.delattr(os, "sysconf")

    assert memory_gib(tmp_path) is None


def test_last_caches_are_added_up(tmp_path: Path) -> None:
    """Two third-level caches of 32 MiB, each shared by two cores; the second level does not count."""
    for core in range(4):
        folder = f"devices/system/cpu/cpu{core}/cache"
        shared = "0-1" if core < 2 else "2-3"
        for index, level, size, cores in ((2, 2, "512K", str(core)), (3, 3, "32768K", shared)):
            write(tmp_path, f"{folder}/index{index}/level", str(level))
            write(tmp_path, f"{folder}/index{index}/size", size)
            write(tmp_path, f"{folder}/index{index}/shared_cpu_list", cores)

    assert 64 * 2**20 == last_cache_bytes(tmp_path)
    assert machine.CACHE_GUESS_BYTES == last_cache_bytes(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("device", "rotational", "kind"),
    [("nvme0n1", "0", "NVMe SSD"), ("sda", "0", "SATA SSD"), ("sda", "1", "hard disk"), ("vda", "1", "virtual disk")],
)
def test_disks_are_told_apart(tmp_path: Path, device: str, rotational: str, kind: str) -> None:
    """By the kernel's name and whether something turns; a partition leads to its disk."""
    number = tmp_path.stat().st_dev
    disk, part = tmp_path / "devices" / device, tmp_path / "devices" / device / f"{device}1"
    write(disk, "queue/rotational", f"{rotational}\n")
    write(part, "partition", "1")
    link = tmp_path / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    link.parent.mkdir(parents=True)
    link.symlink_to(part)
    write(tmp_path, "self/mounts", f"/dev/x {tmp_path} ext4 rw 0 0\n/dev/y / xfs rw 0 0\n")

    found = describe_disk(tmp_path, tmp_path, tmp_path)

    assert (kind, "ext4") == (found.kind, found.filesystem)


@pytest.mark.parametrize(("filesystem", "kind"), [("tmpfs", "memory"), ("nfs4", "network")])
def test_what_is_no_local_disk_is_said(tmp_path: Path, filesystem: str, kind: str) -> None:
    """A folder in memory, a folder across the network."""
    write(tmp_path, "self/mounts", f"x {tmp_path} {filesystem} rw 0 0\n")

    assert kind == describe_disk(tmp_path, tmp_path, tmp_path).kind


def test_a_kernel_name_loses_what_others_appended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distributors and owners add names of their own."""
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.release", lambda: "6.8.0-49-adas-workstation")

    assert "Linux 6.8.0" == operating_system()
