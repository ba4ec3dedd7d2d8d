"""Opening a log: compressed or not, with or without a byte order mark, as bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from payback.errors import BadQuestionError

MAGIC: Final[dict[bytes, Callable[..., Any]]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
PEEK_BYTES: Final = 1 << 16
BUFFER_BYTES: Final = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """The log's bytes, decompressed on the way.

    Raises:
        BadQuestionError: No such file, or it cannot be decompressed to the end.
    """
    if not path.is_file():
        raise BadQuestionError("job log", f"no file {str(path)!r}", "the path of a job log")
    with path.open("rb") as raw:
        start = raw.read(8)
    opener = next((opener for magic, opener in MAGIC.items() if start.startswith(magic)), open)
    with cast("BinaryIO", opener(path, "rb")) as stream:
        buffered: io.BufferedReader[Any] = io.BufferedReader(cast("io.RawIOBase", stream), BUFFER_BYTES)
        try:
            if buffered.peek(3).startswith(BYTE_ORDER_MARK):
                buffered.read(3)
            yield buffered
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise BadQuestionError(
                f"job log {str(path)!r}", f"a file that cannot be read ({error})", "a whole file"
            ) from error


def beginning(path: Path) -> bytes:
    """The first bytes of a log, for telling what it is."""
    with opened(path) as stream:
        return bytes(stream.read(PEEK_BYTES))
