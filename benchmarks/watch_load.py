"""What the watcher itself costs: processor share and memory at periods of 1 s and 10 s, as ratios to a peer's loop.

    python benchmarks/watch_load.py [--seconds 60]

Runs `payback watch serve` as a service would, against a DCGM-like exporter of eight GPUs on loopback and, where there
is one, the real driver; reads the processor time of its process from /proc. The peer is the same exporter polled with
`curl` from a shell loop at the same period.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

GPUS = 8
TICKS = os.sysconf("SC_CLK_TCK")
FIELDS = {"GPU_UTIL": 42, "FB_USED": 20480, "FB_FREE": 61440, "POWER_USAGE": 312.5, "TOTAL_ENERGY_CONSUMPTION": 9.9e9,
          "SM_CLOCK": 1410, "MEM_CLOCK": 1512}  # fmt: skip


def page() -> bytes:
    lines = [
        f'DCGM_FI_DEV_{name}{{gpu="{n}",UUID="GPU-{n}",modelName="NVIDIA A100-SXM4-80GB",Hostname="h"}} {value}'
        for name, value in FIELDS.items()
        for n in range(GPUS)
    ]
    return ("\n".join(lines) + "\n").encode()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(page())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def cpu_s(pid: int) -> float:
    """Processor time of a process and of its children that have ended. [s]"""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICKS


def memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measured(command: list[str], seconds: float, environment: dict[str, str]) -> tuple[float, float]:
    """Processor share in the steady state, and resident memory."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as child:
        time.sleep(6)
        begin_s, begin = time.monotonic(), cpu_s(child.pid)
        time.sleep(seconds)
        share = (cpu_s(child.pid) - begin) / (time.monotonic() - begin_s)
        resident = memory_mib(child.pid)
        child.terminate()
    return share, resident


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/metrics"
    for period in (1, 10):
        with tempfile.TemporaryDirectory() as home:
            ours = [sys.executable, "-m", "payback", "watch", "serve", "--port", "0", "--period", f"{period}s"]
            environment = {**os.environ, "PAYBACK_HOME": home}
            share, resident = measured([*ours, "--source", url], seconds, environment)
            loop = f"while :; do curl -s {url} >/dev/null; sleep {period}; done"
            peer, _ = measured(["bash", "-c", loop], seconds, environment)
            size = sum(file.stat().st_size for file in Path(home).iterdir())
        print(
            f"period {period:2d} s, {GPUS} GPUs: {share:.3%} of one core, {resident:.0f} MiB resident, "
            f"log {size / 1024:.0f} KiB; a shell loop with curl {peer:.3%}; ratio {share / peer if peer else 0:.2f}"
        )
    server.shutdown()


if __name__ == "__main__":
    main()
