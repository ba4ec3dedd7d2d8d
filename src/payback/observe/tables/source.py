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
def opened(path: Path, what: str = "job log") -> Iterator[io.BufferedReader[Any]]:
    """The log's bytes, decompressed on the way.

    Raises:
        BadQuestionError: No such file, or it cannot be decompressed to the end.
    """
    if not path.is_file():
        raise BadQuestionError(what, f"no file {str(path)!r}", f"the path of a {what}")
    with path.open("rb") as raw, inflated(raw, f"{what} {str(path)!r}") as stream:
        yield stream


@contextmanager
def inflated(raw: BinaryIO, where: str) -> Iterator[io.BufferedReader[Any]]:
    """The bytes of a stream that can be rewound, decompressed if it is compressed, without a byte order mark.

    Raises:
        BadQuestionError: It cannot be decompressed to the end; `where` says what it is.
    """
    start = raw.read(8)
    raw.seek(0)
    opener = next((opener for magic, opener in MAGIC.items() if start.startswith(magic)), None)
    stream = raw if opener is None else cast("BinaryIO", opener(raw, "rb"))
    buffered: io.BufferedReader[Any] = io.BufferedReader(cast("io.RawIOBase", stream), BUFFER_BYTES)
    try:
        if buffered.peek(3).startswith(BYTE_ORDER_MARK):
            buffered.read(3)
        yield buffered
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise BadQuestionError(where, f"a file that cannot be read ({error})", "a whole file") from error


def beginning(path: Path) -> bytes:
    """The first bytes of a log, for telling what it is."""
    with opened(path) as stream:
        return bytes(stream.read(PEEK_BYTES))
