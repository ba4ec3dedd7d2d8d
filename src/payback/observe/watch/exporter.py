"""A Prometheus endpoint on this machine's loopback address. What is unknown has no line: it never becomes 0."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from payback.errors import BadQuestionError
from payback.observe.watch.intervals import utilisation_of
from payback.observe.watch.sample import GpuReading, Sample
from payback.observe.watch.tally import Tally
from payback.units import GIB

LOOPBACK: Final = "127.0.0.1"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
GPU_GAUGES: Final[dict[str, tuple[str, Callable[[GpuReading], float | None]]]] = {
    "utilisation_ratio": ("Share of the last driver period in which the GPU computed.", utilisation_of),
    "memory_used_bytes": ("Memory in use.", lambda gpu: _bytes(gpu.memory_used_gib)),
    "memory_total_bytes": ("Memory of the card.", lambda gpu: _bytes(gpu.memory_total_gib)),
    "power_watts": ("Board power.", lambda gpu: gpu.power_w),
    "sm_clock_hertz": ("Clock of the cores.", lambda gpu: _hertz(gpu.sm_clock_mhz)),
    "memory_clock_hertz": ("Clock of the memory.", lambda gpu: _hertz(gpu.memory_clock_mhz)),
    "asleep": ("1 while the operating system has powered the card down.", lambda gpu: float(gpu.asleep)),
}
GPU_COUNTERS: Final = {
    "busy_seconds_total": ("Time in use since the watcher began.", "busy_s"),
    "watched_seconds_total": ("Time between samples since the watcher began.", "watched_s"),
    "energy_joules_total": ("Board energy since the watcher began.", "energy_j"),
}


def page(sample: Sample, tally: Tally, cpu_share: float | None) -> str:
    """The page that Prometheus reads.

    Args:
        sample: The newest one.
        tally: Sums since the watcher began.
        cpu_share: Processor share of the watcher itself; one core is 1.
    """
    return "\n".join(_lines(sample, tally, cpu_share)) + "\n"


def _lines(sample: Sample, tally: Tally, cpu_share: float | None) -> Iterator[str]:
    yield from _head("payback_sensors_up", "gauge", "1 if the sensors answered at the last sample.")
    yield f"payback_sensors_up {int(sample.lost is None)}"
    yield from _head("payback_sample_timestamp_seconds", "gauge", "When the last sample was taken.")
    yield f"payback_sample_timestamp_seconds {sample.at.unix_s!r}"
    if cpu_share is not None:
        yield from _head("payback_watcher_cpu_ratio", "gauge", "Processor share of the watcher; one core is 1.")
        yield f"payback_watcher_cpu_ratio {cpu_share!r}"
    for name, (text, ask) in GPU_GAUGES.items():
        known = [(gpu, value) for gpu in sample.gpus if (value := ask(gpu)) is not None]
        if known:
            yield from _head(f"payback_gpu_{name}", "gauge", text)
            yield from (f"payback_gpu_{name}{_labels(gpu)} {value!r}" for gpu, value in known)
    yield from _counters(sample, tally)


def _counters(sample: Sample, tally: Tally) -> Iterator[str]:
    named = {gpu.key: gpu for gpu in sample.gpus}
    sums = [(named[key], each) for key, each in tally.by_gpu.items() if key in named]
    for name, (text, field) in GPU_COUNTERS.items():
        shown = [(gpu, each) for gpu, each in sums if field != "energy_j" or each.energy_known_s > 0]
        if shown:
            yield from _head(f"payback_gpu_{name}", "counter", text)
            yield from (f"payback_gpu_{name}{_labels(gpu)} {getattr(each, field)!r}" for gpu, each in shown)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _labels(gpu: GpuReading) -> str:
    name = gpu.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{gpu="{gpu.key}",name="{name}"}}'


def _bytes(gib: float | None) -> float | None:
    return None if gib is None else gib * GIB


def _hertz(mhz: float | None) -> float | None:
    return None if mhz is None else mhz * 1e6


class Endpoint:
    """Serves the newest page at /metrics on the loopback address; use it as a context manager.

    Args:
        port: Port to listen on; 0 takes a free one.

    Raises:
        BadQuestionError: The port is taken.
    """

    def __init__(self, port: int) -> None:
        self.text = ""
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(self))
        except (OSError, OverflowError) as error:
            raise BadQuestionError("--prometheus", f"port {port} ({error})", "a free port") from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.split("?")[0] in ("/metrics", "/")
            body = endpoint.text.encode() if found else b"see /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler
