"""Free text without what would tell whose machine it is."""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
from typing import Final

_UUID: Final = re.compile(
    r"\b(?:GPU-|MIG-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE
)
_ADDRESS: Final = re.compile(
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.\d\b",
    re.IGNORECASE,
)
_PATH: Final = re.compile(r"""(?<![\w.])(?:[A-Za-z]:\\|~?/)[^\s'",;:()]+""")
SHORTEST_NAME: Final = 2
"""A shorter host or user name would cut holes into ordinary words."""


def scrub(text: str) -> str:
    """`text` with paths, identifiers, addresses, host and user name replaced.

    Example:
        >>> scrub("cannot write '/data/ada/run/x': No space left; 3.2 GB/s; GPU-12345678-1234-1234-1234-123456789abc")
        "cannot write '<path>': No space left; 3.2 GB/s; <id>"
    """
    text = _PATH.sub("<path>", _ADDRESS.sub("<address>", _UUID.sub("<id>", text)))
    for name in _names():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<name>", text)
    return text


def _names() -> list[str]:
    host = socket.gethostname()
    found = {host, host.partition(".")[0]}
    with contextlib.suppress(OSError, KeyError):
        found.add(getpass.getuser())
    return sorted((name for name in found if len(name) >= SHORTEST_NAME), key=len, reverse=True)
