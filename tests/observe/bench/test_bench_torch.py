"""PyTorch itself, on the CPU: sizes of the networks, a step of each, and processes side by side."""

from __future__ import annotations

import itertools
import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from payback.observe.bench.backend import CPU, Workload

torch = pytest.importorskip("torch", reason="PyTorch is an optional extra")


@pytest.fixture
def backend() -> Any:
    """PyTorch without any GPU, also where there is one."""
    from payback.observe.bench.torch_backend import TorchBackend

    return TorchBackend(use_gpus=False)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("resnet50", 25_557_032), ("unet", 31_038_803), ("bert-base", 108_893_186), ("gpt2-124m", 124_439_808)],
)
def test_networks_have_the_published_sizes(name: str, parameters: int) -> None:
    """ResNet-50 and GPT-2 as published; BERT-base without pooler and with a head of 2 x 768 + 2."""
    from payback.observe.bench.torch_models import MODELS

    with torch.device("meta"):
        network = MODELS[name]()

    assert parameters == sum(parameter.numel() for parameter in network.parameters())


def test_a_step_changes_the_weights(backend: Any) -> None:
    """One image through ResNet-50, backward and an update."""
    workload = backend.workloads[0]
    work = backend.train(CPU, workload, 1, None)
    before = work._model.head.weight.detach().clone()

    seconds = backend.time_steps(work, CPU, 1)

    assert "resnet50" == workload.name
    assert 1 == work.amount
    assert seconds[0] > 0
    assert not torch.equal(before, work._model.head.weight)


def test_a_step_eats_the_batches_it_is_given(backend: Any) -> None:
    """`refresh` takes the next batch of the pipeline."""
    pair = (torch.ones(1, 3, 224, 224), torch.zeros(1, dtype=torch.int64))
    eaten = itertools.count()
    work = backend.train(CPU, backend.workloads[0], 1, (pair for _ in eaten))

    work.refresh()

    assert 1 == next(eaten)
    assert torch.equal(pair[0], work._inputs)


@pytest.mark.parametrize("index", range(4))
def test_synthetic_batches_fit_their_network(index: int) -> None:
    """Images, pixels with classes, spans, next words: shapes that the loss accepts."""
    from payback.observe.bench.torch_training import WORKLOADS, synthetic

    workload: Workload = WORKLOADS[index]
    inputs, labels = synthetic(workload, 2)

    assert (2, *workload.sample_shape) == tuple(inputs.shape)
    expected = {"resnet50": (2,), "unet": (2, 512, 512), "bert-base": (2, 2), "gpt2-124m": (2, 1024)}
    assert expected[workload.name] == tuple(labels.shape)


def test_matrix_products_are_those_of_numpy(backend: Any) -> None:
    """2 x 64 x 32 x 16 operations, and the left factor is new each time."""
    work = backend.matmul(CPU, "fp32", (64, 32, 16))

    assert 2 * 64 * 32 * 16 == work.amount
    assert all(second > 0 for second in backend.time_each(work, CPU, 3))


def test_batches_come_from_the_loader(backend: Any) -> None:
    """More batches than the data set has samples: it begins again."""

    class Pair:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return np.full(3, index, dtype=np.float32), np.asarray(index)

    with backend.loader(Pair(), backend.workloads[0], 2, 0) as loader:
        first, second = itertools.islice(loader, 2)

    assert [0, 1] == first[1].tolist() == second[1].tolist()


def test_too_large_a_request_is_out_of_memory(backend: Any) -> None:
    """A petabyte does not fit; the benchmark is told so in its own words."""
    from payback.observe.bench.backend import DeviceOutOfMemoryError

    with pytest.raises(DeviceOutOfMemoryError):
        backend.copy(CPU, 2**60)


def test_processes_reduce_together() -> None:
    """Two CPU processes add 4 KiB and 8 KiB three times over."""
    from payback.observe.bench.torch_workers import all_reduce_seconds

    small, large = all_reduce_seconds(2, [4096, 8192], 3, on_gpus=False)

    assert 3 == len(small) == len(large)
    assert all(second > 0 for second in small + large)


class ImitatedEvent:
    """An event that notes the time when it is recorded."""

    def __init__(self, **_: object) -> None:
        self.at_s = 0.0

    def record(self, *_: object) -> None:
        self.at_s = time.perf_counter()

    def elapsed_time(self, later: ImitatedEvent) -> float:
        return (later.at_s - self.at_s) * 1000


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """PyTorch that believes in two RTX 3090; their tensors lie in main memory."""
    from payback.observe.bench import torch_backend, torch_training

    stream = SimpleNamespace(wait_stream=lambda _: None)
    card = "NVIDIA GeForce RTX 3090"
    properties = SimpleNamespace(name=card, total_memory=24 * 2**30, L2_cache_size=6 * 2**20, uuid="a-b")
    answers = {
        "is_available": lambda: True,
        "device_count": lambda: 2,
        "get_device_properties": lambda _: properties,
        "get_device_capability": lambda _: (8, 6),
        "mem_get_info": lambda _: (20 * 2**30, 24 * 2**30),
        "can_device_access_peer": lambda *_: False,
        "device": lambda _: nullcontext(),
        "stream": lambda _: nullcontext(),
        "Stream": lambda _: stream,
        "current_stream": lambda _: stream,
        "synchronize": lambda _: None,
        "empty_cache": lambda: None,
        "Event": ImitatedEvent,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    ones = torch.ones
    monkeypatch.setattr(torch, "ones", lambda size, **_: ones(size))
    for module in (torch_backend, torch_training):
        monkeypatch.setattr(module, "torch_device", lambda _: torch.device("cpu"))
    return torch_backend.TorchBackend()


def test_gpus_are_described(two_gpus: Any) -> None:
    """Two cards with tensor cores of the third generation: four precisions, all four networks, bfloat16."""
    assert [("NVIDIA GeForce RTX 3090", 24.0)] * 2 == two_gpus.gpu_names()
    assert ["GPU-a-b"] * 2 == two_gpus.device_ids()
    assert ("bf16", "fp16", "tf32", "fp32") == two_gpus.matmul_precisions(0)
    assert (6 * 2**20, 20 * 2**30) == (two_gpus.cache_bytes(0), two_gpus.free_bytes(0))
    assert 4 == len(two_gpus.workloads)
    assert "mixed bfloat16" == two_gpus.settings()["training_precision"]
    assert not two_gpus.peer_access(0, 1)


@pytest.mark.parametrize("precision", ["bf16", "fp16", "tf32", "fp32"])
def test_events_time_each_product(two_gpus: Any, precision: str) -> None:
    """Three runs, three times between two events."""
    work = two_gpus.matmul(0, precision, (32, 32, 32))

    assert 3 == len(two_gpus.time_each(work, 0, 3))


@pytest.mark.parametrize(("direction", "copies"), [("to device", 1), ("from device", 1), ("both", 2)])
@pytest.mark.parametrize("pinned", [True, False])
def test_links_count_every_byte(two_gpus: Any, direction: str, copies: int, *, pinned: bool) -> None:
    """Both directions at once move twice the bytes."""
    work = two_gpus.transfer(0, 4096, direction, pinned=pinned)

    assert 4096 * copies == work.amount
    assert two_gpus.time_each(work, 0, 2)[0] > 0


def test_copies_between_cards_and_within_one(two_gpus: Any) -> None:
    """A copy reads and writes, a triad reads twice and writes once, a peer copy is counted once."""
    works = [two_gpus.copy(0, 4096), two_gpus.triad(0, 4096), two_gpus.peer_copy(0, 1, 4096)]

    assert [8192, 12288, 4096] == [work.amount for work in works]
    assert all(two_gpus.time_each(work, 0, 2) for work in works)


def test_out_of_memory_on_a_card_is_told_as_such(two_gpus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's own error becomes the benchmark's."""
    from payback.observe.bench.backend import DeviceOutOfMemoryError

    def full(*_: object, **__: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(torch, "randn", full)

    with pytest.raises(DeviceOutOfMemoryError, match="CUDA out of memory"):
        two_gpus.copy(0, 4096)


def test_steps_are_timed_from_end_to_end(two_gpus: Any) -> None:
    """Two steps of ResNet-50 on one image: two times, refresh included."""
    work = two_gpus.train(CPU, two_gpus.workloads[0], 1, None)

    assert 2 == len(two_gpus.time_steps(work, 0, 2))
