"""A child of `payback.web.makers`: reads orders, a line of JSON each, and writes what it made of them, in order.

In: `{"make": name, ...}`. Out: `{"bytes": n}` and then n bytes, or
`{"error": text, "kind": class name}`. It ends when its standard input is
closed, so that it does not outlive the server.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any, BinaryIO

from payback.errors import PaybackError
from payback.web.courtesy import step_back


def main() -> None:
    """Make what is asked until nobody asks."""
    step_back()
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        _answer(json.loads(line), out)


def _answer(order: dict[str, Any], out: BinaryIO) -> None:
    from payback.catalogue.catalogue import load
    from payback.web.making import MAKERS

    load()
    try:
        made = b"" if order["make"] == "nothing" else MAKERS[order["make"]](order).encode()
    except PaybackError as error:
        _say(out, {"error": str(error), "kind": type(error).__name__})
    except Exception:  # noqa: BLE001  # the server is told that it was our fault, and its log has the rest
        traceback.print_exc(file=sys.stderr)
        _say(out, {"error": "", "kind": ""})
    else:
        _say(out, {"bytes": len(made)}, made)


def _say(out: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    out.write(json.dumps(head).encode() + b"\n" + body)
    out.flush()


if __name__ == "__main__":
    main()
