"""The program of one such process: ``python -m payback.observe.bench.torch_worker ORDER``.

It says "ready" when its device is warm, waits for a line, then works. An order
is one JSON object; answers are lines on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any, Final

import torch
import torch.distributed as distributed

from payback.observe.bench.backend import CPU, Workload
from payback.observe.bench.torch_training import WORKLOADS, TrainStep, torch_device

REPORT_S: Final = 0.25
WARM_UP_REDUCTIONS: Final = 5
WARM_UP_STEPS: Final = 10
LEAST_STEPS: Final = 5
PATIENCE: Final = timedelta(seconds=120)


def main(order: dict[str, Any]) -> None:
    """Do what the order says."""
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    {"sustain": _sustain, "reduce": _reduce, "scale": _scale}[order["do"]](order)


def _sustain(order: dict[str, Any]) -> None:
    device = order["device"]
    _choose(device)
    step = TrainStep(device, _workload(order), order["batch"])
    step.run()
    _wait(device)
    _handshake()
    done, reported = 0.0, time.perf_counter()
    while True:
        step.run()
        done += step.amount
        if time.perf_counter() - reported > REPORT_S or device == CPU:
            _wait(device)
            reported = time.perf_counter()
            _say(repr(done))


def _reduce(order: dict[str, Any]) -> None:
    device = _join(order)
    _answer([_reduce_seconds(size, order["trials"], device) for size in order["sizes_bytes"]])


def _reduce_seconds(size_bytes: int, trials: int, device: int) -> list[float]:
    payload = torch.ones(size_bytes // 4, device=torch_device(device))
    seconds = []
    for _ in range(WARM_UP_REDUCTIONS + trials):
        payload.fill_(1.0)
        distributed.barrier()
        _wait(device)
        begin = time.perf_counter()
        distributed.all_reduce(payload)
        _wait(device)
        seconds.append(time.perf_counter() - begin)
    return seconds[WARM_UP_REDUCTIONS:]


def _scale(order: dict[str, Any]) -> None:
    device = _join(order)
    ids = None if device == CPU else [device]
    step = TrainStep(
        device,
        _workload(order),
        order["batch"],
        wrap=lambda model: torch.nn.parallel.DistributedDataParallel(model, device_ids=ids),
    )
    warm = _steps(step, device, WARM_UP_STEPS if device != CPU else 1)
    _answer(_steps(step, device, _agreed_count(order["seconds"], warm[-1], device)))


def _steps(step: TrainStep, device: int, count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        step.run()
        _wait(device)
        seconds.append(time.perf_counter() - begin)
    return seconds


def _agreed_count(seconds: float, step_s: float, device: int) -> int:
    """Every rank must take the same number of steps, so rank 0's estimate counts."""
    count = torch.tensor([max(LEAST_STEPS, round(seconds / step_s))], device=torch_device(device))
    distributed.broadcast(count, src=0)
    return int(count.item())


def _join(order: dict[str, Any]) -> int:
    device = order["rank"] if order["on_gpus"] else CPU
    _choose(device)
    _handshake()
    distributed.init_process_group(
        "nccl" if order["on_gpus"] else "gloo",
        init_method=f"file://{order['store']}",
        rank=order["rank"],
        world_size=order["world"],
        timeout=PATIENCE,
        device_id=torch_device(device) if order["on_gpus"] else None,
    )
    return int(device)


def _answer(seconds: list[Any]) -> None:
    if distributed.get_rank() == 0:
        _say(json.dumps(seconds))
    distributed.destroy_process_group()


def _choose(device: int) -> None:
    if device == CPU:
        torch.set_num_threads(max(1, torch.get_num_threads()))
    else:
        torch.cuda.set_device(device)


def _wait(device: int) -> None:
    if device != CPU:
        torch.cuda.synchronize(device)


def _workload(order: dict[str, Any]) -> Workload:
    return next(workload for workload in WORKLOADS if workload.name == order["workload"])


def _handshake() -> None:
    _say("ready")
    if not sys.stdin.readline():
        raise SystemExit(1)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
