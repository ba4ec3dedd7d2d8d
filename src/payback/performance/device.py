"""What the speed model needs to know of a GPU, and at which rate it multiplies."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

TYPICAL_BOARD_POWER_W: Final = 300.0
"""Stands for an unknown board power; it enters only the likeness of two GPUs (P5), never a cost."""


class GpuSpecs(Protocol):
    """The columns of ``gpus.csv`` that decide speed; `payback.catalogue.schema.Gpu` has them all."""

    @property
    def gpu(self) -> str:
        """Canonical name."""

    @property
    def vendor(self) -> str:
        """Maker of the chip."""

    @property
    def architecture(self) -> str:
        """Generation, e.g. Ampere."""

    @property
    def form(self) -> str:
        """PCIe, SXM, OAM, board or soc."""

    @property
    def memory_gib(self) -> float:
        """Memory of one GPU. [GiB]"""

    @property
    def bandwidth_gb_s(self) -> float | None:
        """Memory bandwidth. [GB/s]"""

    @property
    def fp16_tensor_tflops(self) -> float | None:
        """Dense 16-bit tensor rate with FP32 accumulation; None without tensor cores. [TFLOPS]"""

    @property
    def tf32_tflops(self) -> float | None:
        """Dense TF32 rate; None where FP32 runs on the ordinary units. [TFLOPS]"""

    @property
    def fp32_tflops(self) -> float | None:
        """Rate of the ordinary units. [TFLOPS]"""

    @property
    def board_power_w(self) -> float | None:
        """Power limit of the board. [W]"""

    @property
    def nvlink_gb_s(self) -> float | None:
        """NVLink, sum of both directions; 0 without. [GB/s]"""

    @property
    def geforce_licence(self) -> bool:
        """True for consumer cards, which also lack direct transfers between cards."""


class Rate(StrEnum):
    """Which arithmetic units a precision runs on."""

    TENSOR16 = "tensor16"
    """FP16 or BF16 multiplication, FP32 accumulation."""
    TF32 = "tf32"
    """What frameworks call FP32: TF32 on GPUs that have it, else true FP32."""
    FP32 = "fp32"
    """True FP32 also on GPUs with TF32."""


def tflops(specs: GpuSpecs, rate: Rate) -> float:
    """Arithmetic rate of a GPU at a precision (P1). [TFLOPS]

    Raises:
        ValueError: The GPU has no known FP32 rate; ask `unknown_for_speed` first.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> tflops(load().gpus["GTX 1080 Ti"], Rate.TENSOR16)
        11.34
    """
    if specs.fp32_tflops is None:
        raise ValueError(f"{specs.gpu}: FP32 rate unknown")
    fast = {Rate.TENSOR16: specs.fp16_tensor_tflops, Rate.TF32: specs.tf32_tflops, Rate.FP32: None}[rate]
    return fast if fast is not None else specs.fp32_tflops


def unknown_for_speed(specs: GpuSpecs) -> tuple[str, ...]:
    """Names of the specifications without which no speed can be computed."""
    needed = {"bandwidth_gb_s": specs.bandwidth_gb_s, "fp32_tflops": specs.fp32_tflops}
    return tuple(name for name, value in needed.items() if value is None)


def has_tensor_cores(specs: GpuSpecs) -> bool:
    """Whether mixed precision pays on this GPU."""
    return specs.fp16_tensor_tflops is not None
