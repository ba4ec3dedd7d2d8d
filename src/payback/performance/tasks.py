"""What kind of work each measured task is: which tasks behave alike, which scatter, which stand for others."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

CORE_PREFIXES: Final = ("tf_", "timm_", "u39_", "unet_")
"""Tasks of other suites than the backbone that are fitted together with it."""
BACKBONE: Final = {
    "resnet50": "cnn",
    "ssd": "cnn",
    "maskrcnn": "detection",
    "gnmt": "recurrent",
    "ncf": "recommendation",
    "tacotron2": "speech",
    "waveglow": "speech",
    "transformerxlbase": "transformer",
    "transformerxllarge": "transformer",
    "bert_base_squad": "transformer",
    "bert_large_squad": "transformer",
}
TRANSFORMERS: Final = ("swin", "vit", "bert", "gpt", "opt_", "switch", "mpt_", "llama", "litgpt")


class Scatter(IntEnum):
    """How far a task strays from any law of GPU figures."""

    PLAIN = 0
    PROCESSOR = 1
    """Short kernels and much work on the processor."""
    MEMORY = 2
    """Batch, and with it speed, hangs on the memory left beside a large model."""
    OTHER_SUITE = 3
    """Fewer GPUs, other people's settings."""


_SCATTER: Final = {
    "tacotron2": Scatter.PROCESSOR,
    "waveglow": Scatter.PROCESSOR,
    "ncf": Scatter.PROCESSOR,
    "transformerxlbase": Scatter.MEMORY,
    "transformerxllarge": Scatter.MEMORY,
}

PROXIES: Final = (
    ("tv_", "resnet50"),
    ("resnet", "resnet50"),
    ("mlperf_resnet", "resnet50"),
    ("mlperf_ssd", "ssd"),
    ("mlperf_retinanet", "ssd"),
    ("mlperf_unet3d", "ssd"),
    ("mlperf_bert", "bert_large_squad"),
    ("mlperf_llama2", "bert_large_squad"),
    ("mlperf_stable", "bert_large_squad"),
    ("mlperf_dlrm", "ncf"),
    ("mlperf_gnn", "ncf"),
    ("mlperf_rgat", "ncf"),
    ("mpt_125m", "bert_base_squad"),
    ("mpt_", "bert_large_squad"),
    ("nanogpt_", "bert_base_squad"),
    ("sd", "ssd"),
    ("flux", "bert_large_squad"),
    ("llama", "bert_large_squad"),
    ("litgpt_", "bert_large_squad"),
    ("bert_", "bert_large_squad"),
    ("gpt", "bert_large_squad"),
    ("opt_", "bert_large_squad"),
    ("switch", "bert_large_squad"),
)
"""Which fitted task stands for one measured on few GPUs; the longest matching prefix wins (P10)."""


def is_core(task: str) -> bool:
    """Whether a task takes part in the common fit.

    Example:
        >>> is_core("resnet50"), is_core("mpt_7b_seq2048")
        (True, False)
    """
    return task in BACKBONE or task.startswith(CORE_PREFIXES)


def family_of(task: str) -> str:
    """Tasks of one family share what a card does unusually well or badly."""
    if task in BACKBONE:
        return BACKBONE[task]
    return "transformer" if any(part in task for part in TRANSFORMERS) else "cnn"


def scatter_of(task: str) -> Scatter:
    """The class of scatter of a task."""
    return _SCATTER.get(task, Scatter.PLAIN if task in BACKBONE else Scatter.OTHER_SUITE)


def proxy_of(task: str) -> str | None:
    """The fitted task that stands for `task`; None if nothing is like it.

    Example:
        >>> proxy_of("mpt_7b_seq2048")
        'bert_large_squad'
    """
    matching = [(len(prefix), proxy) for prefix, proxy in PROXIES if task.startswith(prefix)]
    return max(matching)[1] if matching else None
