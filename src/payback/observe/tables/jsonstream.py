"""The objects of a large JSON array or of JSON lines, one after another, without holding the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from payback.errors import BadQuestionError

PIECE_BYTES: Final = 1 << 20
_ITEMS = re.compile(r'"items"\s*:\s*\[')


def objects(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Every object of a top-level array, of a ``{"items": [...]}`` list, or of JSON lines.

    Raises:
        BadQuestionError: The text is not JSON, or ends in the middle.
    """
    decoder, pending, read = json.JSONDecoder(), _opened(stream), 0
    while True:
        pending = pending.lstrip(" \r\n\t,")
        if pending.startswith("]"):
            return
        try:
            value, used = decoder.raw_decode(pending)
        except RecursionError as error:
            raise BadQuestionError(
                f"JSON log, object {read + 1}", "brackets nested without end", "an object a job"
            ) from error
        except json.JSONDecodeError as error:
            more = stream.read(max(PIECE_BYTES, len(pending)))
            if more:
                pending += more.decode("utf-8", "replace")
                continue
            if pending:
                raise BadQuestionError(
                    f"JSON log, object {read + 1}", repr(pending[:40]), f"a whole JSON object ({error.msg})"
                ) from error
            return
        pending, read = pending[used:], read + 1
        if isinstance(value, dict):
            yield value


def table_in(value: object, key: str) -> dict[str, Any]:
    """The object under a key; an empty one where there is none, or something else.

    Example:
        >>> table_in({"status": {"phase": "Running"}}, "status"), table_in({"status": "lost"}, "status")
        ({'phase': 'Running'}, {})
    """
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def tables_in(value: object, key: str) -> list[dict[str, Any]]:
    """The objects of the list under a key, whatever else is in it."""
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _opened(stream: BinaryIO) -> str:
    """The text from the first object on."""
    text = stream.read(PIECE_BYTES).decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if text.startswith("["):
        return text[1:]
    items = _ITEMS.search(text, 0, 4096)
    return text[items.end() :] if items else text
