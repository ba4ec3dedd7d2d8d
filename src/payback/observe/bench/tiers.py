"""How much is measured: three tiers, and a tiny scale at which the tests run the whole protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

MIB: Final = 2**20

Shape = tuple[int, int, int]


class Tier(StrEnum):
    """How long the user is willing to wait."""

    QUICK = "quick"
    """About 3 minutes: GPU, memory, links, disk, CPU, ResNet-50."""
    STANDARD = "standard"
    """About 12 minutes: all workloads, real data, several GPUs, two minutes of full load."""
    SOAK = "soak"
    """About 30 minutes: as standard, with a quarter of an hour of full load."""
    TINY = "tiny"
    """Seconds; its figures mean nothing. For tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Every duration, size and count of one tier."""

    warm_up_s: float
    """Load before the first figure, so that clocks have settled."""
    matmul_shapes: tuple[Shape, ...]
    cpu_matmul_shapes: tuple[Shape, ...]
    warm_up_iterations: int
    iterations: int
    cap_s: float
    """Fewer iterations are taken when they would last longer than this."""
    copy_bytes: int
    transfer_bytes: int
    transfer_repeats: int
    disk_file_bytes: int
    disk_seconds: float
    preparation_seconds: float
    preparation_window_s: float
    sweep: bool
    """Whether 1, 2, 4... workers are tried, or only all of them."""
    workloads: tuple[str, ...] | None
    """Names of workloads; None for all that the backend has."""
    train_warm_up_steps: int
    train_seconds: float
    train_steps: int
    train_cap_s: float
    """Warm-up and choice of algorithm may last no longer than this."""
    real_pipeline: bool
    dataset_files: int
    several_gpus: bool
    reduce_bytes: tuple[int, ...]
    sustained_s: float
    tick_s: float = 1.0


_LARGE: Final[tuple[Shape, ...]] = (
    (4096, 4096, 4096),
    (8192, 8192, 8192),
    (2048, 2048, 13312),
    (1024, 10240, 5120),
    (2048, 5120, 6144),
    (1024, 15360, 4096),
    (10240, 15360, 8192),
    (12288, 18432, 1024),
    (1792, 16128, 3072),
    (16384, 8192, 1280),
)
_CPU: Final[tuple[Shape, ...]] = ((1024, 1024, 1024), (2048, 2048, 2048), (512, 2560, 1280))

_QUICK: Final = Scale(
    warm_up_s=30,
    matmul_shapes=_LARGE[:4],
    cpu_matmul_shapes=_CPU,
    warm_up_iterations=10,
    iterations=50,
    cap_s=2,
    copy_bytes=512 * MIB,
    transfer_bytes=512 * MIB,
    transfer_repeats=5,
    disk_file_bytes=1024 * MIB,
    disk_seconds=4,
    preparation_seconds=5,
    preparation_window_s=0.5,
    sweep=False,
    workloads=("resnet50", "mlp-images"),
    train_warm_up_steps=20,
    train_seconds=30,
    train_steps=100,
    train_cap_s=20,
    real_pipeline=False,
    dataset_files=0,
    several_gpus=False,
    reduce_bytes=(),
    sustained_s=0,
)

_STANDARD: Final = Scale(
    warm_up_s=30,
    matmul_shapes=_LARGE,
    cpu_matmul_shapes=_CPU,
    warm_up_iterations=50,
    iterations=100,
    cap_s=2,
    copy_bytes=1024 * MIB,
    transfer_bytes=512 * MIB,
    transfer_repeats=5,
    disk_file_bytes=4096 * MIB,
    disk_seconds=15,
    preparation_seconds=5,
    preparation_window_s=0.5,
    sweep=True,
    workloads=None,
    train_warm_up_steps=20,
    train_seconds=30,
    train_steps=100,
    train_cap_s=30,
    real_pipeline=True,
    dataset_files=2048,
    several_gpus=True,
    reduce_bytes=tuple(32 * 1024 * 2**step for step in range(0, 16, 3)),
    sustained_s=120,
)


_SOAK: Final = replace(_STANDARD, sustained_s=900)

_TINY: Final = Scale(
    warm_up_s=1e-4,
    matmul_shapes=((64, 64, 64), (128, 128, 64)),
    cpu_matmul_shapes=((64, 64, 64), (128, 128, 64)),
    warm_up_iterations=1,
    iterations=5,
    cap_s=0.2,
    copy_bytes=MIB // 4,
    transfer_bytes=MIB // 4,
    transfer_repeats=5,
    disk_file_bytes=2 * MIB,
    disk_seconds=0.06,
    preparation_seconds=0.08,
    preparation_window_s=0.02,
    sweep=False,
    workloads=None,
    train_warm_up_steps=2,
    train_seconds=0.1,
    train_steps=6,
    train_cap_s=1,
    real_pipeline=True,
    dataset_files=4,
    several_gpus=True,
    reduce_bytes=(32 * 1024, MIB),
    sustained_s=0.3,
    tick_s=0.03,
)

SCALES: Final = {Tier.QUICK: _QUICK, Tier.STANDARD: _STANDARD, Tier.SOAK: _SOAK, Tier.TINY: _TINY}
