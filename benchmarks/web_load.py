"""The web app under load: one visitor, fifty, ten thousand requests, and a bare FastAPI page beside it.

    python benchmarks/web_load.py [--seconds 60] [--users 50] [--requests 10000]

Every number comes from the same run. Visitors are coroutines on connections of
their own that send the next request when the last is answered and read; those
of the crowd then look at the page for half a second to three and a half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BARE = """
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
app = FastAPI()
page = "x" * {size}
@app.get("/", response_class=HTMLResponse)
async def root():
    return HTMLResponse(page)
uvicorn.run(app, host="127.0.0.1", port={port}, access_log=False, log_level="warning", http="h11")
"""
OURS = "from payback.web.server import serve; serve({port})"
DAY = "as_of=2026-11-23"
PARTS = b"text=CPU:+AMD+Ryzen+5+5600G%0AGPU:+2x+RTX+3090&written=text"
LOOK_S = (0.5, 3.5)
"""How long a visitor of the crowd looks at a page. [s]"""
GLANCE_S = (0.02, 0.12)
"""How long the lone visitor does: long enough for the machine to rest between pages, as it does with the crowd. [s]"""


def _known(path: str) -> Callable[[random.Random], str]:
    return lambda _: path


def _some_question(dice: random.Random) -> str:
    """One of forty questions that a group of people asks."""
    return f"/?{DAY}&work.hours_per_day={dice.randint(5, 14)}&work.months={dice.choice((12, 24, 36, 48))}"


def _new_question(dice: random.Random) -> str:
    """A question nobody has asked before."""
    return f"/?{DAY}&work.hours_per_day={dice.uniform(1, 24):.6f}&work.months={dice.randint(6, 60)}"


MIX: list[tuple[str, int, str, Callable[[random.Random], str]]] = [
    ("first page", 20, "GET", _known("/")),
    ("asked before", 30, "GET", _some_question),
    ("new question", 4, "GET", _new_question),
    ("chart", 20, "GET", lambda dice: _some_question(dice).replace("/?", "/charts/cost.svg?")),
    ("plan as JSON", 5, "GET", lambda dice: _some_question(dice).replace("/?", "/api/plan?")),
    ("machine", 4, "GET", _known(f"/assemble?{DAY}")),
    ("prices", 6, "GET", _known(f"/prices?item=RTX+3090&{DAY}")),
    ("speed", 4, "GET", _known("/speed?gpu=RTX+3090")),
    ("style", 4, "GET", _known("/static/style.css")),
    ("check", 3, "POST", _known("/check")),
]
"""Kind, weight, method, address."""


class Visitor:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, int]:
        """Status and length of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        reader, writer = self._streams
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in answer.split(b"\r\n")[1:] if b": " in line)
        length = int(fields[b"content-length"])
        await reader.readexactly(length)
        if fields.get(b"connection") == b"close":
            writer.close()
            self._streams = None
        return int(answer.split(b" ", 2)[1]), length


class Tally:
    """What was measured: milliseconds by kind, and what went wrong."""

    def __init__(self) -> None:
        self.ms: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []

    async def visit(self, visitor: Visitor, dice: random.Random) -> None:
        kind, _, method, address = dice.choices(MIX, [row[1] for row in MIX])[0]
        path = address(dice)
        began = time.perf_counter()
        try:
            status, _ = await visitor.ask(method, path, PARTS if method == "POST" else b"")
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.wrong.append(f"{path}: {error!r}")
            return
        self.ms[kind].append((time.perf_counter() - began) * 1000)
        if status != 200:
            self.wrong.append(f"{path}: {status}")

    @property
    def all_ms(self) -> list[float]:
        return [ms for kind in self.ms.values() for ms in kind]


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def over(many: list[float], alone: list[float]) -> float | None:
    """The crowd's p95 over the lone visitor's median."""
    return round(quantile(many, 0.95) / statistics.median(alone), 2) if alone and many else None


async def crowd(port: int, users: int, seconds: float, *, look: tuple[float, float] | None, seed: int) -> Tally:
    tally, until = Tally(), time.monotonic() + seconds

    async def one(number: int) -> None:
        dice, visitor = random.Random(seed * 1000 + number), Visitor(port)
        if look:
            await asyncio.sleep(dice.uniform(0, look[1]))
        while time.monotonic() < until:
            await tally.visit(visitor, dice)
            if look:
                await asyncio.sleep(dice.uniform(*look))

    await asyncio.gather(*(one(number) for number in range(users)))
    return tally


async def throughput(port: int, pid: int, path: str, seconds: float, connections: int = 8) -> tuple[float, float]:
    """Requests a second, and milliseconds of the server's processor for each."""
    before = cpu_s(pid)
    until, done = time.monotonic() + seconds, 0

    async def one() -> None:
        nonlocal done
        visitor = Visitor(port)
        while time.monotonic() < until:
            status, _ = await visitor.ask("GET", path)
            assert status == 200
            done += 1

    await asyncio.gather(*(one() for _ in range(connections)))
    return done / seconds, (cpu_s(pid) - before) / done * 1000


async def memory(port: int, pid: int, requests: int, connections: int = 8) -> tuple[list[float], Tally]:
    """Resident memory of the server and its children after each tenth of the requests. [MiB]"""
    tally, seen = Tally(), [sum(map(resident_mib, family(pid)))]

    async def one(number: int, count: int) -> None:
        dice, visitor = random.Random(number), Visitor(port)
        for _ in range(count):
            await tally.visit(visitor, dice)

    for tenth in range(10):
        share = requests // 10 // connections
        await asyncio.gather(*(one(tenth * 100 + number, share) for number in range(connections)))
        seen.append(sum(map(resident_mib, family(pid))))
    return seen, tally


def cpu_s(pid: int) -> float:
    """Processor time of a process so far. [s]"""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The server and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return found


def resident_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def serving(code: str, port: int) -> Iterator[int]:
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def measure(args: argparse.Namespace, port: int, pid: int, bare_port: int, bare_pid: int) -> dict[str, object]:
    await crowd(port, 2, args.warm, look=None, seed=9)
    alone = await crowd(port, 1, args.seconds, look=GLANCE_S, seed=1)
    many = await crowd(port, args.users, args.seconds, look=LOOK_S, seed=2)
    rates = [
        (await throughput(port, pid, f"/?{DAY}", args.rate), await throughput(bare_port, bare_pid, "/", args.rate))
        for _ in range(3)
    ]
    mib, long = await memory(port, pid, args.requests)
    median, p95 = statistics.median(alone.all_ms), quantile(many.all_ms, 0.95)
    kinds = {
        kind: {
            "alone_median_ms": round(statistics.median(alone.ms[kind]), 2) if alone.ms[kind] else None,
            "crowd_median_ms": round(statistics.median(many.ms[kind]), 2) if many.ms[kind] else None,
            "crowd_p95_ms": round(quantile(many.ms[kind], 0.95), 2),
            "ratio": round(quantile(many.ms[kind], 0.95) / statistics.median(alone.ms[kind]), 2)
            if alone.ms[kind]
            else None,
            "requests": len(many.ms[kind]),
        }
        for kind, *_ in MIX
    }
    return {
        "load_average": os.getloadavg()[0],
        "alone": {"requests": len(alone.all_ms), "median_ms": round(median, 2), "wrong": alone.wrong[:5]},
        "crowd": {
            "users": args.users,
            "requests": len(many.all_ms),
            "per_s": round(len(many.all_ms) / args.seconds, 1),
            "median_ms": round(statistics.median(many.all_ms), 2),
            "p95_ms": round(p95, 2),
            "p99_ms": round(quantile(many.all_ms, 0.99), 2),
            "wrong": many.wrong[:5],
        },
        "p95_over_alone_median": round(p95 / median, 2),
        "kinds": kinds,
        "answer_page_per_s": [round(ours[0]) for ours, _ in rates],
        "bare_page_per_s": [round(bare[0]) for _, bare in rates],
        "answer_over_bare": round(statistics.median(ours[0] / bare[0] for ours, bare in rates), 2),
        "answer_page_cpu_ms": [round(ours[1], 3) for ours, _ in rates],
        "bare_page_cpu_ms": [round(bare[1], 3) for _, bare in rates],
        "memory_mib": [round(one) for one in mib],
        "memory_requests": {"requests": len(long.all_ms), "wrong": long.wrong[:5]},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--warm", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=4.0)
    args = parser.parse_args()
    port, bare_port = free_port(), free_port()
    bare = BARE.format(port=bare_port, size=41_000)
    with serving(OURS.format(port=port), port) as pid, serving(bare, bare_port) as bare_pid:
        print(json.dumps(asyncio.run(measure(args, port, pid, bare_port, bare_pid)), indent=1))


if __name__ == "__main__":
    main()
