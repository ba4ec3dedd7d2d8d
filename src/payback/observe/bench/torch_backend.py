"""PyTorch on NVIDIA or AMD GPUs, or on the CPU of a machine without one."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

from payback.errors import MissingExtraError
from payback.observe.bench.backend import (
    CPU,
    Backend,
    Dataset,
    DeviceOutOfMemoryError,
    Direction,
    Loader,
    Sustained,
    Work,
    Workload,
)
from payback.observe.bench.machine import last_cache_bytes, memory_bytes
from payback.units import GIB

try:
    import torch
except ImportError as error:
    raise MissingExtraError("measuring this machine", "bench") from error

from payback.observe.bench.torch_training import ON_CPU, WORKLOADS, DataLoaderLoader, TrainStep, half_type, torch_device
from payback.observe.bench.torch_workers import WorkerSustained, all_reduce_seconds, scaling_rates

GPU_CACHE_GUESS_BYTES: Final = 128 * 2**20


class TorchWork:
    """Work given as two functions on tensors."""

    def __init__(self, amount: float, once: Callable[[], object], again: Callable[[], object] = lambda: None) -> None:
        self.amount, self._once, self._again = amount, once, again

    def refresh(self) -> None:
        """New data."""
        self._again()

    def run(self) -> None:
        """Queue it."""
        self._once()


class TorchBackend(Backend):
    """Eager PyTorch, mixed precision, channels-last images, fused optimisers, cuDNN's choice of algorithm on."""

    name = "torch"

    def __init__(self, *, use_gpus: bool = True) -> None:
        on_gpu = use_gpus and torch.cuda.is_available()
        self.gpu_count: int = torch.cuda.device_count() if on_gpu else 0
        self.kind: Literal["cuda", "rocm", "cpu"] = (
            "cpu" if not on_gpu else "rocm" if torch.version.hip is not None else "cuda"
        )
        self.workloads: Sequence[Workload] = tuple(w for w in WORKLOADS if on_gpu or w.name in ON_CPU)
        torch.backends.cudnn.benchmark = True

    def versions(self) -> dict[str, str]:
        """PyTorch, CUDA or ROCm, cuDNN, NCCL."""
        found = {"torch": torch.__version__, "cuda": torch.version.cuda, "rocm": torch.version.hip}
        if self.kind == "cuda":
            found["cudnn"] = str(torch.backends.cudnn.version())
            if torch.distributed.is_nccl_available():
                found["nccl"] = ".".join(map(str, torch.cuda.nccl.version()))
        return {name: version for name, version in found.items() if version}

    def settings(self) -> Mapping[str, str | bool]:
        """Precision of training and what was switched on."""
        half = half_type(0 if self.gpu_count else CPU)
        training = "fp32" if half is None else f"mixed {str(half).removeprefix('torch.')}"
        return {"training_precision": training, "cudnn_benchmark": True, "compiled": False, "channels_last": True}

    def gpu_names(self) -> list[tuple[str, float]]:
        """Name and memory [GiB]."""
        properties = [torch.cuda.get_device_properties(index) for index in range(self.gpu_count)]
        return [(p.name, round(p.total_memory / GIB, 2)) for p in properties]

    def device_ids(self) -> list[str]:
        """What the driver calls each GPU; empty where this PyTorch does not tell."""
        found = [getattr(torch.cuda.get_device_properties(index), "uuid", None) for index in range(self.gpu_count)]
        return [] if None in found else [f"GPU-{name}" for name in found]

    def now(self) -> float:
        """Seconds on the performance counter."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def matmul_precisions(self, device: int) -> Sequence[str]:
        """What the device computes in hardware."""
        if device == CPU:
            return ("fp32",)
        tensor_cores_3 = self.kind == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8
        bf16 = ("bf16",) if tensor_cores_3 or self.kind == "rocm" else ()
        return (*bf16, "fp16", *(("tf32",) if tensor_cores_3 else ()), "fp32")

    def cache_bytes(self, device: int) -> int:
        """Second-level cache of the GPU, last-level cache of the CPU."""
        if device == CPU:
            return last_cache_bytes()
        return int(getattr(torch.cuda.get_device_properties(device), "L2_cache_size", GPU_CACHE_GUESS_BYTES))

    def free_bytes(self, device: int) -> int:
        """As the driver says."""
        return memory_bytes().available if device == CPU else int(torch.cuda.mem_get_info(device)[0])

    def matmul(self, device: int, precision: str, shape: tuple[int, int, int]) -> Work:
        """Product into a given matrix; the left factor is drawn anew each time."""
        rows, columns, inner = shape
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
        with _memory_guard():
            left, right, out = (
                torch.randn(size, device=torch_device(device)).to(kind)
                for size in ((rows, inner), (inner, columns), (rows, columns))
            )
        return TorchWork(2.0 * rows * columns * inner, lambda: torch.matmul(left, right, out=out), left.normal_)

    def copy(self, device: int, size_bytes: int) -> Work:
        """Device to device."""
        source, target = (self._floats(device, size_bytes) for _ in range(2))
        return TorchWork(2.0 * size_bytes, lambda: target.copy_(source))

    def triad(self, device: int, size_bytes: int) -> Work:
        """One fused pass: two arrays read, one written."""
        out, first, second = (self._floats(device, size_bytes) for _ in range(3))
        return TorchWork(3.0 * size_bytes, lambda: torch.add(first, second, alpha=3.0, out=out))

    def transfer(self, device: int, size_bytes: int, direction: Direction, *, pinned: bool) -> Work:
        """Copies on streams of their own, so that both directions can overlap."""
        pairs = []
        for way in ("to device", "from device") if direction == "both" else (direction,):
            near, far = self._floats(device, size_bytes), torch.ones(size_bytes // 4, pin_memory=pinned)
            pairs.append((near, far) if way == "to device" else (far, near))
        side = [torch.cuda.Stream(device) for _ in pairs]

        def once() -> None:
            main = torch.cuda.current_stream(device)
            for stream, (target, source) in zip(side, pairs, strict=True):
                stream.wait_stream(main)
                with torch.cuda.stream(stream):
                    target.copy_(source, non_blocking=True)
            for stream in side:
                main.wait_stream(stream)

        return TorchWork(float(size_bytes * len(pairs)), once)

    def peer_copy(self, source: int, target: int, size_bytes: int) -> Work:
        """Directly where the GPUs reach each other, else through the host."""
        near, far = self._floats(source, size_bytes), self._floats(target, size_bytes)
        return TorchWork(float(size_bytes), lambda: far.copy_(near, non_blocking=True))

    def peer_access(self, source: int, target: int) -> bool:
        """As the driver says."""
        return bool(torch.cuda.can_device_access_peer(source, target))

    def train(self, device: int, workload: Workload, batch: int, batches: Iterator[Any] | None) -> Work:
        """A step of one of the four networks."""
        torch.set_float32_matmul_precision("high")
        with _memory_guard():
            return TrainStep(device, workload, batch, batches)

    def time_each(self, work: Work, device: int, iterations: int) -> list[float]:
        """Between two events in the GPU's own queue; on a CPU by the performance counter."""
        if device == CPU:
            return [_seconds(work) for _ in range(iterations)]
        with torch.cuda.device(device), _memory_guard():
            marks = [(_event(), _event()) for _ in range(iterations)]
            for begin, end in marks:
                work.refresh()
                begin.record()
                work.run()
                end.record()
            torch.cuda.synchronize(device)
        return [begin.elapsed_time(end) / 1000 for begin, end in marks]

    def time_steps(self, work: Work, device: int, iterations: int) -> list[float]:
        """From the end of one step to the end of the next."""
        if device == CPU:
            ends = [time.perf_counter()]
            for _ in range(iterations):
                work.refresh()
                work.run()
                ends.append(time.perf_counter())
            return [after - before for before, after in itertools.pairwise(ends)]
        with torch.cuda.device(device), _memory_guard():
            marks = [_event() for _ in range(iterations + 1)]
            marks[0].record()
            for mark in marks[1:]:
                work.refresh()
                work.run()
                mark.record()
            torch.cuda.synchronize(device)
        return [before.elapsed_time(after) / 1000 for before, after in itertools.pairwise(marks)]

    def loader(self, dataset: Dataset, _workload: Workload, batch: int, workers: int) -> Loader:
        """Worker processes and pinned memory."""
        return DataLoaderLoader(dataset, batch, workers, pin=self.gpu_count > 0)

    def sustain(self, workload: Workload, batch: int) -> Sustained:
        """One process a GPU, so that they do not queue behind one interpreter."""
        self.release()
        devices = list(range(self.gpu_count)) or [CPU]
        return WorkerSustained(devices, workload, batch)

    def all_reduce(self, device_count: int, sizes_bytes: Sequence[int], trials: int) -> list[list[float]]:
        """NCCL between GPUs, Gloo between CPU processes."""
        self.release()
        return all_reduce_seconds(device_count, sizes_bytes, trials, on_gpus=self.gpu_count > 0)

    def scaling(self, workload: Workload, batch: int, device_count: int, seconds: float) -> list[float]:
        """Distributed data-parallel, one process a GPU."""
        self.release()
        return scaling_rates(workload, batch, device_count, seconds, on_gpus=self.gpu_count > 0)

    def release(self) -> None:
        """Give cached memory back to the driver."""
        gc.collect()
        if self.gpu_count:
            torch.cuda.empty_cache()

    def _floats(self, device: int, size_bytes: int) -> Any:
        with _memory_guard():
            return torch.randn(size_bytes // 4, device=torch_device(device))


@contextmanager
def _memory_guard() -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceOutOfMemoryError(str(error).partition(".")[0]) from error
    except RuntimeError as error:
        if "can't allocate memory" in str(error) or "out of memory" in str(error).casefold():
            raise DeviceOutOfMemoryError(str(error).partition(".")[0]) from error
        raise


def _event() -> Any:
    return torch.cuda.Event(enable_timing=True)


def _seconds(work: Work) -> float:
    work.refresh()
    begin = time.perf_counter()
    work.run()
    return time.perf_counter() - begin
