"""Measurements 1 to 3: matrix products, memory, and the link between host and GPU."""

from __future__ import annotations

from typing import Final

from payback.observe.bench.backend import CPU, DeviceOutOfMemoryError, Direction
from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.schema import Absence, Detail
from payback.observe.bench.stats import median
from payback.observe.bench.tiers import Shape
from payback.units import BYTES_PER_GB

FLOP_PER_TFLOP: Final = 1e12
CACHES_IN_BUFFER: Final = 4
"""A buffer this many times the last cache cannot be served from it."""
FREE_SHARE: Final = 5
"""A buffer takes at most this part of the free memory."""
DIRECTIONS: Final[tuple[tuple[Direction, str], ...]] = (
    ("to device", "to_device"),
    ("from device", "from_device"),
    ("both", "both"),
)


def warm_up(bench: Bench) -> None:
    """Load every device at once until clocks and temperature have settled."""
    works = []
    for device in bench.devices:
        precision = bench.backend.matmul_precisions(device)[0]
        shape = _shapes(bench, device)[0]
        works.append((device, bench.backend.matmul(device, precision, shape)))
    begin = bench.backend.now()
    while bench.backend.now() - begin < bench.scale.warm_up_s:
        for device, work in works:
            bench.backend.time_each(work, device, 5)
    bench.observe()


def measure_matmul(bench: Bench) -> None:
    """Greatest matrix throughput: the best of several shapes, fresh normally distributed data in each run.

    The first device does every shape and precision; the others, which are the
    same card nearly always, repeat its best shape in its best precision.
    """
    chosen: tuple[str, Shape] | None = None
    for device in bench.devices:
        if chosen is None:
            for precision in bench.backend.matmul_precisions(device):
                best = _best_shape(bench, device, precision, _shapes(bench, device))
                chosen = chosen or (None if best is None else (precision, best))
        else:
            _best_shape(bench, device, chosen[0], (chosen[1],))


def _best_shape(bench: Bench, device: int, precision: str, shapes: tuple[Shape, ...]) -> Shape | None:
    found: dict[Shape, list[float]] = {}
    left_out: list[str] = []
    for shape in shapes:
        try:
            found[shape] = bench.rates(bench.backend.matmul(device, precision, shape), device)
        except DeviceOutOfMemoryError:
            left_out.append(_spelled(shape))
        bench.backend.release()
    name, where = f"matmul.{precision}", device_name(device)
    if not found:
        bench.sheet.lacks(name, Absence.FAILED, f"{where} has no memory for any of the shapes")
        return None
    best = max(found, key=lambda shape: median(found[shape]))
    medians = {_spelled(shape): median(rates) / FLOP_PER_TFLOP for shape, rates in found.items()}
    detail: dict[str, Detail] = {"shape": _spelled(best), "median_of_each_shape": medians, "left_out": left_out}
    samples = [rate / FLOP_PER_TFLOP for rate in found[best]]
    bench.sheet.measured(name, where, "TFLOPS", samples, detail, steady=device != CPU)
    return best


def measure_memory(bench: Bench) -> None:
    """Copy and triad on buffers far larger than the last cache."""
    for device in bench.devices:
        size = _buffer_bytes(bench, device)
        for name, make in (("copy", bench.backend.copy), ("triad", bench.backend.triad)):
            try:
                rates = bench.rates(make(device, size), device)
            except DeviceOutOfMemoryError as error:
                bench.sheet.lacks(f"memory.{name}", Absence.FAILED, str(error))
                continue
            samples = [rate / BYTES_PER_GB for rate in rates]
            detail: dict[str, Detail] = {"buffer_bytes": size}
            bench.sheet.measured(f"memory.{name}", device_name(device), "GB/s", samples, detail, steady=device != CPU)
            bench.backend.release()


def measure_links(bench: Bench) -> None:
    """Copies between host and GPU: pinned and pageable, each way and both at once; median of 5."""
    if bench.backend.gpu_count == 0:
        bench.sheet.lacks("link", Absence.NO_GPU, "there is no GPU to copy to")
        return
    for device in bench.devices:
        for direction, name in DIRECTIONS:
            for pinned in (True, False):
                _measure_link(
                    bench, device, direction, f"link.{name}.{'pinned' if pinned else 'pageable'}", pinned=pinned
                )
        bench.backend.release()


def _measure_link(bench: Bench, device: int, direction: Direction, name: str, *, pinned: bool) -> None:
    size = bench.scale.transfer_bytes
    try:
        work = bench.backend.transfer(device, size, direction, pinned=pinned)
        bench.backend.time_each(work, device, 1)
        seconds = bench.backend.time_each(work, device, bench.scale.transfer_repeats)
    except DeviceOutOfMemoryError as error:
        bench.sheet.lacks(name, Absence.FAILED, str(error))
        return
    bench.observe()
    samples = [work.amount / s / BYTES_PER_GB for s in seconds]
    bench.sheet.measured(name, device_name(device), "GB/s", samples, {"buffer_bytes": size})


def _shapes(bench: Bench, device: int) -> tuple[Shape, ...]:
    return bench.scale.cpu_matmul_shapes if device == CPU else bench.scale.matmul_shapes


def _buffer_bytes(bench: Bench, device: int) -> int:
    wanted = max(bench.scale.copy_bytes, CACHES_IN_BUFFER * bench.backend.cache_bytes(device))
    return min(wanted, bench.backend.free_bytes(device) // FREE_SHARE)


def _spelled(shape: Shape) -> str:
    return " x ".join(map(str, shape))
