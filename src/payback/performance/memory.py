"""What fits into a GPU's memory: weights, gradients, optimiser, activations, and what saving it costs (P16 to P18)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from payback.errors import BadQuestionError
from payback.performance.measurements import FP32
from payback.performance.workload import Workload, workload
from payback.units import GIB

Optimiser = Literal["adamw", "adamw-8bit", "sgd", "none"]
RUNTIME_GIB: Final = 1.0
"""Taken by the driver's context and the libraries before the first tensor."""
OPTIMISER_BYTES: Final[dict[Optimiser, float]] = {"adamw": 8.0, "adamw-8bit": 2.0, "sgd": 4.0, "none": 0.0}
"""State of the optimiser per trained parameter: two moments, two of one byte, one moment, none. [B]"""
ADAPTER_SHARE: Final = 0.01
"""Trained parameters of LoRA over those of the model; ranks of 8 to 64 give 0.2 to 2 %."""
QUANTISED_BYTES: Final = 0.55
"""Per parameter of a base in 4 bits with its block constants. [B]"""
HALF_BATCH_FLOP: Final = 0.4e12
"""Work at which a step is half overhead: measured 0.1 to 1.2 TFLOP on ResNet-50, U-Net and BERT-large (P18)."""
LARGEST_BATCH: Final = 65_536
RECOMPUTE_SHARE: Final = {"full": 3 / 4, "lora": 2 / 3, "qlora": 2 / 3}
"""Speed kept when activations are computed a second time: one more forward pass on top of three (or two)."""
ATTENTION_MATRIX: Final = 5.0
"""Bytes kept for each entry of the matrix of attention weights, by head. [B]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How memory is saved."""

    checkpointing: bool = False
    """Recompute activations of every layer in the backward pass."""
    sharding: bool = False
    """Spread weights, gradients and optimiser over the GPUs (ZeRO stage 3, FSDP)."""
    offload: bool = False
    """Keep the optimiser and its copy of the weights in the machine's memory."""
    flash_attention: bool = True
    """Never store the matrix of attention weights."""
    optimiser: Optimiser = "adamw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether a workload fits, and how."""

    fits: bool | None
    """None where the workload's memory is unknown."""
    batch: int | None
    """Samples per GPU that fit."""
    need_gib: float | None
    """Memory of one GPU at that batch; of a batch of one if nothing fits. [GiB]"""
    speed_share: float | None
    """Speed kept, against a large batch without recomputing; offloading has no known price and gives None."""
    plan: Plan
    why: str


def fit(
    work: str | Workload,
    memory_gib: float,
    gpu_count: int = 1,
    *,
    batch: int | None = None,
    precision: str | None = None,
    plan: Plan | None = None,
) -> Fit:
    """The largest batch that fits into each of `gpu_count` GPUs, saving memory only as far as needed (P16 to P18).

    Args:
        work: The workload.
        memory_gib: Memory of one GPU. [GiB]
        gpu_count: GPUs that can share one copy of the model.
        batch: Samples per GPU that must fit; the largest possible if None.
        precision: "FP32" or any 16-bit label; 16 bits if None.
        plan: How to save memory; if None the first of plain, recomputing, sharing, both, that fits.

    Example:
        >>> fit("resnet50", 11, precision="FP32").batch
        103
        >>> fit("llm-70b-lora", 24).fits
        False
    """
    named = work if isinstance(work, Workload) else workload(work)
    if memory_gib <= 0 or gpu_count < 1:
        raise BadQuestionError("memory", f"{memory_gib} GiB on {gpu_count} GPUs", "more than 0 GiB on at least 1 GPU")
    mixed = precision != FP32
    if _activations_gib(named, Plan(), mixed=mixed) is None or named.parameters is None:
        why = f"the memory of {named.workload} is unknown"
        return Fit(fits=None, batch=None, need_gib=None, speed_share=None, plan=plan or Plan(), why=why)
    tried = [_try(named, memory_gib, gpu_count, batch, one, mixed=mixed) for one in _plans(plan, gpu_count)]
    return next((one for one in tried if one.fits), tried[-1])


def need_gib(
    work: Workload, batch: int, gpu_count: int = 1, *, precision: str | None = None, plan: Plan
) -> float | None:
    """Memory of one GPU at a batch (P16); None if unknown. [GiB]"""
    mixed = precision != FP32
    per_sample = _activations_gib(work, plan, mixed=mixed)
    fixed = _fixed_gib(work, gpu_count, plan, mixed=mixed)
    return None if per_sample is None or fixed is None else fixed + batch * per_sample


def roomiest(work: Workload, memory_gib: float, gpu_count: int, *, precision: str | None = None) -> Fit:
    """How a workload runs on several GPUs: plain if that fits, else the way that leaves room for the largest batch."""
    found = fit(work, memory_gib, gpu_count, precision=precision)
    if not found.fits or not found.plan.sharding:
        return found
    both = Plan(checkpointing=True, sharding=True)
    return max(found, fit(work, memory_gib, gpu_count, precision=precision, plan=both), key=lambda one: one.batch or 0)


def exchange_gb(work: Workload, precision: str, plan: Plan) -> float | None:
    """What a step exchanges, once: gradients of the trained parameters, or all weights of a sharded model. [GB]

    4 bytes a parameter in FP32, 2 in 16 bits.
    """
    if work.parameters is None:
        return None
    return (work.parameters if plan.sharding else _trained(work)) * (4 if precision == FP32 else 2) / 1e9


def batch_share(work: Workload, batch: float) -> float | None:
    """Speed at a batch over that at a large one: b / (b + b_half) (P18); None if the operations are unknown."""
    flops = work.training_flops_per_sample
    return None if not flops else batch / (batch + HALF_BATCH_FLOP / flops)


def _plans(plan: Plan | None, gpu_count: int) -> Iterator[Plan]:
    if plan is not None:
        yield plan
        return
    yield Plan()
    yield Plan(checkpointing=True)
    if gpu_count > 1:
        yield Plan(sharding=True)
        yield Plan(checkpointing=True, sharding=True)


def _try(work: Workload, memory_gib: float, gpu_count: int, batch: int | None, plan: Plan, *, mixed: bool) -> Fit:
    per_sample = _activations_gib(work, plan, mixed=mixed) or 0.0
    fixed = _fixed_gib(work, gpu_count, plan, mixed=mixed) or 0.0
    room = int(min((memory_gib - fixed) // per_sample if memory_gib > fixed else 0, LARGEST_BATCH))
    wanted = batch or max(room, 1)
    need, fits = fixed + wanted * per_sample, room >= wanted
    return Fit(
        fits=fits,
        batch=wanted if fits else None,
        need_gib=need,
        speed_share=_speed_share(work, wanted, plan) if fits else None,
        plan=plan,
        why=_why(work, wanted, need, memory_gib, plan, fits=fits),
    )


def _why(work: Workload, batch: int, need: float, memory_gib: float, plan: Plan, *, fits: bool) -> str:
    savings = [name for name, used in (
        ("recomputing activations", plan.checkpointing),
        ("sharing the model among the GPUs", plan.sharding),
        ("offloading the optimiser", plan.offload),
    ) if used]  # fmt: skip
    how = f" with {' and '.join(savings)}" if savings else ""
    verb = "takes" if fits else "would take"
    return f"{work.workload}: a batch of {batch}{how} {verb} {need:.1f} of {memory_gib:g} GiB"


def _speed_share(work: Workload, batch: int, plan: Plan) -> float | None:
    share = batch_share(work, batch)
    if share is None or plan.offload:
        return None
    return share * (RECOMPUTE_SHARE[work.method] if plan.checkpointing else 1.0)


def _trained(work: Workload) -> float:
    parameters = work.parameters or 0.0
    return parameters if work.method == "full" else parameters * ADAPTER_SHARE


def _fixed_gib(work: Workload, gpu_count: int, plan: Plan, *, mixed: bool) -> float | None:
    """Memory that no batch changes: weights, gradients, optimiser, runtime (P16). [GiB]"""
    if work.parameters is None:
        return None
    frozen = 0.0 if work.method == "full" else work.parameters * (QUANTISED_BYTES if work.method == "qlora" else 2.0)
    copies = 4.0 if mixed else 0.0
    on_gpu = (2.0 + 4.0 if mixed else 8.0) + (0.0 if plan.offload else copies + OPTIMISER_BYTES[plan.optimiser])
    model = frozen + _trained(work) * on_gpu
    shards = gpu_count if plan.sharding else 1
    return RUNTIME_GIB + model / shards / GIB + (_layer_gib(work) if plan.sharding else 0.0)


def _layer_gib(work: Workload) -> float:
    """Two layers of weights gathered at a time when the model is shared. [GiB]"""
    return 2 * 2 * (work.parameters or 0.0) / (work.layers or 20) / GIB


def _activations_gib(work: Workload, plan: Plan, *, mixed: bool) -> float | None:
    """Memory each sample of the batch adds (P17); None if unknown. [GiB]"""
    if work.layers and work.width and work.heads and work.sequence:
        return _transformer_bytes(work, plan) * (1 if mixed else 2) / GIB
    if work.activation_bytes_per_unit is None:
        return None
    share = 0.3 if plan.checkpointing else 1.0
    return work.activation_bytes_per_unit * share * (0.5 if mixed else 1.0) / GIB


def _transformer_bytes(work: Workload, plan: Plan) -> float:
    """Activations of one sequence in 16 bits: s h L (34 + 5 a s / h), or 2 s h L when they are computed again. [B]

    Source: Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models (arXiv 2205.05198),
    equations 1 and 2; the second term falls away with attention that stores no matrix. The outputs are kept in FP32.
    """
    s, h, a = float(work.sequence or 0), float(work.width or 0), float(work.heads or 0)
    stores_matrix = work.kind == "transformer" or not plan.flash_attention
    layer = s * h * (34 + (ATTENTION_MATRIX * a * s / h if stores_matrix else 0.0))
    layers = float(work.layers or 0)
    kept = 2 * s * h * layers + layer if plan.checkpointing else layer * layers
    return kept + 4 * s * float(work.vocabulary or 0)
