"""Processes that train side by side, one a GPU: full load, all-reduce, scaling."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from payback.observe.bench.backend import DeviceOutOfMemoryError, Workload
from payback.observe.bench.processes import Group

WORKER: Final = "payback.observe.bench.torch_worker"
READY_S: Final = 180.0
"""Loading CUDA libraries from a slow disk takes a minute; longer means that something hangs."""


class WorkerSustained:
    """Independent training on every device until told to stop."""

    def __init__(self, devices: Sequence[int], workload: Workload, batch: int) -> None:
        orders = [{"do": "sustain", "device": d, "workload": workload.name, "batch": batch} for d in devices]
        self._group = Group(WORKER, [json.dumps(order) for order in orders])
        self._done = [0.0] * len(devices)
        try:
            self._group.wait_ready(READY_S)
        except BaseException:
            self._group.close()
            raise
        self._group.go()
        self._readers = [threading.Thread(target=self._listen, args=(i,), daemon=True) for i in range(len(devices))]
        for reader in self._readers:
            reader.start()

    def units_done(self) -> list[float]:
        """What each process last reported, in the workload's units."""
        if broken := self._group.broken():
            raise _failure(broken)
        return list(self._done)

    def stop(self) -> None:
        """End the processes."""
        self._group.kill()
        for reader in self._readers:
            reader.join()
        self._group.close()

    def _listen(self, index: int) -> None:
        for line in self._group.lines(index):
            self._done[index] = float(line)


def all_reduce_seconds(world: int, sizes_bytes: Sequence[int], trials: int, *, on_gpus: bool) -> list[list[float]]:
    """For each size, seconds of each all-reduce over `world` processes; 5 more before them are not counted."""
    order = {"do": "reduce", "sizes_bytes": list(sizes_bytes), "trials": trials, "on_gpus": on_gpus}
    return [[float(seconds) for seconds in trial] for trial in _together(world, order)]


def scaling_rates(workload: Workload, batch: int, world: int, seconds: float, *, on_gpus: bool) -> list[float]:
    """Units/s of `world` processes together, one figure a step."""
    order = {"do": "scale", "workload": workload.name, "batch": batch, "seconds": seconds, "on_gpus": on_gpus}
    return [world * batch * workload.units_per_sample / step for step in map(float, _together(world, order))]


def _together(world: int, order: dict[str, Any]) -> list[Any]:
    with tempfile.TemporaryDirectory(prefix="payback-bench-") as folder:
        meeting = {"world": world, "store": str(Path(folder) / "store")}
        group = Group(WORKER, [json.dumps({**order, **meeting, "rank": rank}) for rank in range(world)])
        try:
            group.wait_ready(READY_S)
            group.go()
            answers = [line for line in group.lines(0) if line.startswith("[")]
            if not answers:
                raise _failure(group.broken() or "a process ended without an answer")
            return list(json.loads(answers[-1]))
        finally:
            group.close()


def _failure(message: str) -> Exception:
    if "out of memory" in message.casefold() or "can't allocate memory" in message:
        return DeviceOutOfMemoryError(message)
    return RuntimeError(message)
