"""What the machine is made of, without anything that says which machine it is."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from payback.observe.bench.schema import Cpu, Disk
from payback.units import GIB

CACHE_GUESS_BYTES: Final = 256 * 2**20
"""Assumed where the system does not say: larger than the last cache of nearly every processor."""
_PROC: Final = Path("/proc")
_SYS: Final = Path("/sys")
_NETWORK: Final = {"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "lustre", "ceph", "fuse.sshfs", "gpfs", "beegfs"}
_MEMORY: Final = {"tmpfs", "ramfs", "devtmpfs"}


class Memory(NamedTuple):
    """Main memory in bytes."""

    total: int
    available: int


def usable_cores() -> int:
    """Logical cores this program may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes(proc: Path = _PROC) -> Memory:
    """Main memory, total and available without swapping; (0, 0) where the system does not say."""
    text = _text(proc / "meminfo")
    sizes = {key: int(value) * 1024 for key, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    if "MemTotal" in sizes:
        return Memory(sizes["MemTotal"], sizes.get("MemAvailable", sizes["MemTotal"]))
    return _memory_by_sysconf()


def memory_gib(proc: Path = _PROC) -> float | None:
    """Main memory [GiB]; None when unknown."""
    total = memory_bytes(proc).total
    return round(total / GIB, 2) if total else None


def last_cache_bytes(system: Path = _SYS) -> int:
    """All caches of the highest level together [bytes]; a safe upper guess where the system does not say."""
    seen: dict[str, tuple[int, int]] = {}
    for folder in system.glob("devices/system/cpu/cpu[0-9]*/cache/index*"):
        size, level = _text(folder / "size").strip(), _text(folder / "level").strip()
        if match := re.fullmatch(r"(\d+)K", size):
            seen[f"{level}:{_text(folder / 'shared_cpu_list').strip()}"] = (int(level), int(match.group(1)) * 1024)
    if not seen:
        return CACHE_GUESS_BYTES
    top = max(level for level, _ in seen.values())
    return sum(size for level, size in seen.values() if level == top)


def describe_cpu(proc: Path = _PROC, system: Path = _SYS) -> Cpu:
    """Model, cores this program may use, and the limit a container sets."""
    blocks = [_fields(block) for block in _text(proc / "cpuinfo").split("\n\n") if block.strip()]
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    mine = [b for b in blocks if allowed is None or int(b.get("processor", "-1")) in allowed]
    pairs = {(b.get("physical id", "0"), b["core id"]) for b in mine if "core id" in b}
    model = next((b["model name"] for b in blocks if "model name" in b), None) or _model_by_sysctl()
    return Cpu(
        model=model,
        physical_cores=len(pairs) or None,
        logical_cores=usable_cores(),
        quota_cores=_quota(system),
    )


def is_virtualised(proc: Path = _PROC) -> bool | None:
    """Whether the processor says it runs under a hypervisor; None when it says nothing."""
    flags = re.search(r"^flags\s*:(.*)$", _text(proc / "cpuinfo"), re.MULTILINE)
    return None if flags is None else "hypervisor" in flags.group(1).split()


def describe_disk(folder: Path, proc: Path = _PROC, system: Path = _SYS) -> Disk:
    """Kind and file system of the disk that holds `folder`."""
    filesystem = _filesystem(folder.resolve(), proc)
    if filesystem in _MEMORY:
        return Disk(kind="memory", filesystem=filesystem)
    if filesystem in _NETWORK:
        return Disk(kind="network", filesystem=filesystem)
    return Disk(kind=_block_kind(folder, system), filesystem=filesystem)


def operating_system() -> str:
    """Name and release number; what a distributor or an owner appended to it is left out.

    Example:
        >>> operating_system().split()[0] in ("Linux", "Darwin", "Windows")
        True
    """
    number = re.match(r"\d+(\.\d+)*", platform.release())
    return f"{platform.system()} {number.group() if number else ''}".strip()


def _filesystem(folder: Path, proc: Path) -> str | None:
    best: tuple[int, str] | None = None
    for line in _text(proc / "self" / "mounts").splitlines():
        _, point, kind, *_ = line.split()
        if folder.is_relative_to(point.replace("\\040", " ")) and (best is None or len(point) >= best[0]):
            best = (len(point), kind)
    return best[1] if best else None


def _block_kind(folder: Path, system: Path) -> str | None:
    number = folder.stat().st_dev
    device = (system / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    if (device / "partition").exists():
        device = device.parent
    while slaves := sorted((device / "slaves").glob("*")):
        device = slaves[0].resolve()
        device = device.parent if (device / "partition").exists() else device
    rotational = _text(device / "queue" / "rotational").strip()
    if device.name.startswith(("vd", "xvd")):
        return "virtual disk"
    if device.name.startswith("nvme"):
        return "NVMe SSD"
    return {"1": "hard disk", "0": "SATA SSD" if device.name.startswith("sd") else "SSD"}.get(rotational)


def _quota(system: Path) -> float | None:
    limit, _, period = _text(system / "fs" / "cgroup" / "cpu.max").strip().partition(" ")
    return int(limit) / int(period) if limit.isdigit() and period.isdigit() else None


def _memory_by_sysconf() -> Memory:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return Memory(0, 0)
    return Memory(total, total)


def _model_by_sysctl() -> str | None:
    if platform.system() != "Darwin":
        return None
    answer = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
