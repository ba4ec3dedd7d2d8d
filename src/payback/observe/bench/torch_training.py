"""One PyTorch training step, and the batches it eats."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import torch

from payback.observe.bench.backend import CPU, Dataset, Workload
from payback.observe.bench.torch_models import MODELS

BERT_TOKENS: Final = 384
GPT_TOKENS: Final = 1024

WORKLOADS: Final = (
    Workload(
        name="resnet50",
        unit="images/s",
        units_per_sample=1,
        task="jpeg224",
        samples_per_gib=16,
        most_samples=1024,
        cpu_samples=4,
        sample_shape=(3, 224, 224),
        classes=1000,
    ),
    Workload(
        name="unet",
        unit="images/s",
        units_per_sample=1,
        task="segmentation",
        samples_per_gib=1,
        most_samples=64,
        cpu_samples=1,
        sample_shape=(3, 512, 512),
        classes=19,
    ),
    Workload(
        name="bert-base",
        unit="sequences/s",
        units_per_sample=1,
        task="tokens",
        samples_per_gib=4,
        most_samples=256,
        cpu_samples=1,
        sample_shape=(BERT_TOKENS,),
        classes=30_522,
    ),
    Workload(
        name="gpt2-124m",
        unit="tokens/s",
        units_per_sample=GPT_TOKENS,
        task="tokens",
        samples_per_gib=1,
        most_samples=64,
        cpu_samples=1,
        sample_shape=(GPT_TOKENS,),
        classes=50_257,
    ),
)
"""Batches to begin with are generous on purpose: the first that fits is kept, and the file says which."""
ON_CPU: Final = ("resnet50",)
"""What a CPU trains in the time there is."""


def torch_device(device: int) -> Any:
    """PyTorch's name of a device number."""
    return torch.device("cpu") if device == CPU else torch.device("cuda", device)


def half_type(device: int) -> Any:
    """bfloat16 where the GPU has it in hardware, else float16; None on a CPU, which trains in float32."""
    if device == CPU:
        return None
    if torch.version.hip is not None or torch.cuda.get_device_capability(device)[0] >= 8:
        return torch.bfloat16
    return torch.float16


class TrainStep:
    """Forward in mixed precision, backward, optimiser; nothing waits for the device."""

    def __init__(
        self,
        device: int,
        workload: Workload,
        batch: int,
        batches: Iterator[Any] | None = None,
        wrap: Callable[[Any], Any] = lambda model: model,
    ) -> None:
        self.amount = float(batch * workload.units_per_sample)
        self._device, self._batches = torch_device(device), batches
        self._images = workload.task != "tokens"
        self._half = half_type(device)
        self._model = wrap(self._new_model(workload))
        self._optimiser = self._new_optimiser()
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self._half is torch.float16)
        self._inputs, self._labels = self._place(synthetic(workload, batch))

    def refresh(self) -> None:
        """The next batch of the pipeline, if there is one."""
        if self._batches is not None:
            self._inputs, self._labels = self._place(next(self._batches))

    def run(self) -> None:
        """Queue one step."""
        self._optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self._device.type, dtype=self._half, enabled=self._half is not None):
            loss = self._model(self._inputs, self._labels)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimiser)
        self._scaler.update()

    def _new_model(self, workload: Workload) -> Any:
        model = MODELS[workload.name]().to(self._device)
        return model.to(memory_format=torch.channels_last) if self._images else model

    def _new_optimiser(self) -> Any:
        fused = self._device.type == "cuda"
        if self._images:
            return torch.optim.SGD(self._model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=fused)
        return torch.optim.AdamW(self._model.parameters(), lr=1e-5, fused=fused)

    def _place(self, batch: Any) -> tuple[Any, Any]:
        inputs, labels = (part.to(self._device, non_blocking=True) for part in batch)
        return (inputs.contiguous(memory_format=torch.channels_last) if self._images else inputs), labels


def synthetic(workload: Workload, batch: int) -> tuple[Any, Any]:
    """A batch that never touched a disk: normally distributed images or random words."""
    generator = torch.Generator().manual_seed(0)
    shape = (batch, *workload.sample_shape)
    if workload.task == "tokens":
        words = torch.randint(0, workload.classes, shape, generator=generator)
        spans = torch.randint(0, workload.sample_shape[0], (batch, 2), generator=generator)
        return words, words if workload.name.startswith("gpt") else spans
    label_shape = (batch, *workload.sample_shape[1:]) if workload.task == "segmentation" else (batch,)
    images = torch.randn(shape, generator=generator)
    return images, torch.randint(0, workload.classes, label_shape, generator=generator)


@dataclass(slots=True)
class DataLoaderLoader:
    """PyTorch's own loader with worker processes, as people train with it."""

    dataset: Dataset
    batch: int
    workers: int
    pin: bool
    _loader: Any = None

    def __enter__(self) -> Self:
        self._loader = torch.utils.data.DataLoader(
            self.dataset,
            batch_size=self.batch,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            pin_memory=self.pin,
            drop_last=False,
            sampler=_Endless(len(self.dataset)),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loader = None

    def __iter__(self) -> Iterator[Any]:
        """Pairs of tensors."""
        return iter(self._loader)


@dataclass(frozen=True, slots=True)
class _Endless:
    length: int

    def __iter__(self) -> Iterator[int]:
        return itertools.cycle(range(self.length))

    def __len__(self) -> int:
        return self.length * 10**6
