"""The child of `payback.web.sandbox`: limits itself, runs one errand, writes lines of JSON, ends.

Line in, on standard input: `{"errand", "path", "asked", "memory_bytes", "cpu_s"}`.
Lines out: `{"progress": text}` any number of times, then `{"result": object}`
or `{"error": text, "kind": class name}`. It ends at once when its standard
input is closed, so that it does not outlive the server.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from payback.errors import PaybackError
from payback.web.courtesy import step_back

MOST_FILE_BYTES = 64 * 1024 * 1024
"""Largest file it may write: compiled kernels, nothing else."""


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Take away what the errand does not need, where the system can: memory, time, large files, core dumps."""
    try:
        import resource
    except ImportError:  # Windows: the server's clock and the size of the file still hold
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE_BYTES, MOST_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the order, run it, write what came out."""
    step_back()
    out, sys.stdout = sys.stdout, sys.stderr
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    limit(order["memory_bytes"], order["cpu_s"])
    _write(out, _done(order, out))


def _done(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    from payback.web.errands import ERRANDS

    path = Path(order["path"])
    try:
        result = ERRANDS[order["errand"]](path, order["asked"], lambda text: _write(out, {"progress": text}))
    except PaybackError as error:
        return {"error": _without(str(error), path), "kind": type(error).__name__}
    except MemoryError:
        return {"error": "the file needs more memory than an upload may take", "kind": "TooLargeError"}
    return {"result": result}


def _without(text: str, path: Path) -> str:
    """A message that names the upload, not the file it was kept in."""
    return text.replace(str(path), "your file").replace(path.name, "your file")


def _write(out: TextIO, document: dict[str, Any]) -> None:
    out.write(json.dumps(document, allow_nan=False) + "\n")
    out.flush()


def _end_with_the_server() -> None:
    while sys.stdin.readline():
        pass
    os._exit(3)


if __name__ == "__main__":
    main()
