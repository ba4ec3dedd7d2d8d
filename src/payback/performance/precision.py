"""Which of a task's measured precisions a question means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from payback.errors import BadQuestionError
from payback.performance.device import GpuSpecs, has_tensor_cores
from payback.performance.measurements import FP32, Measurement

SINGLE: Final = frozenset({"fp32", "tf32", "single", "float32", "32"})
MIXED: Final = frozenset({"mixed", "amp", "fp16", "bf16", "half", "float16", "bfloat16", "16", "amp_bf16", "amp_fp16"})


def choose(rows: Sequence[Measurement], specs: GpuSpecs, asked: str | None) -> str:
    """The precision label of a task that a question means.

    Args:
        rows: Measurements of the task.
        specs: The GPU: without an asked precision, mixed where tensor cores make it pay, else FP32.
        asked: What the user wrote; any of the task's own labels, or "fp32", "mixed", "bf16"...

    Raises:
        BadQuestionError: No such precision was measured on the task.
    """
    labels = Counter(row.precision for row in sorted(rows, key=lambda row: row.era))
    if asked is None:
        return _of_kind(labels, mixed=has_tensor_cores(specs)) or _of_kind(labels, mixed=False) or next(iter(labels))
    exact = {label.casefold(): label for label in labels}.get(asked.casefold())
    if exact is not None:
        return exact
    folded = asked.casefold()
    found = _of_kind(labels, mixed=folded in MIXED) if folded in MIXED | SINGLE else None
    if found is None:
        raise BadQuestionError("precision", repr(asked), f"one of {', '.join(sorted(labels))}, or mixed, or fp32")
    return found


def _of_kind(labels: Counter[str], *, mixed: bool) -> str | None:
    fitting = [label for label in labels if (label != FP32) == mixed and "fp8" not in label]
    return max(fitting, key=lambda label: labels[label], default=None)
