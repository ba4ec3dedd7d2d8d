"""Real servers for tests that need one: a connection of its own, a clock, a process that can be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import suppress

HEAD_TIME_S = 0.6
CODE = f"""
from payback.web import connection, security
connection.HEAD_TIME_S = {HEAD_TIME_S}
security.BODY_TIME_S = 1.5
from payback.web.server import serve
serve(%d)
"""


def started(port: int) -> subprocess.Popen[bytes]:
    """A server that answers."""
    server = subprocess.Popen([sys.executable, "-c", CODE % port], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
