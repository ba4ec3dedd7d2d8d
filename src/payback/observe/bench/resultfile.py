"""Result files: sealed with their own SHA-256, written in one step, read with every field checked."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from payback.errors import BadQuestionError
from payback.observe.bench.schema import SCHEMA, BenchResult

NEXT_STEP = "measure again with `payback bench`"


def sealed(document: dict[str, Any]) -> BenchResult:
    """A result whose `sha256` is that of its own content.

    Args:
        document: The file's object without `sha256`.
    """
    checked = BenchResult.model_validate({**document, "sha256": "0" * 64})
    content = _as_json_object(checked)
    return BenchResult.model_validate({**content, "sha256": digest(content)})


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of a result file's object, its own `sha256` left out: sorted keys, no spaces, UTF-8.

    Example:
        >>> digest({"b": 1, "sha256": "anything"}) == digest({"b": 1})
        True
    """
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_result(result: BenchResult, path: Path) -> None:
    """Write the file whole or not at all: a half-written file never stands under its name.

    Raises:
        BadQuestionError: The folder cannot be written to.
    """
    text = json.dumps(_as_json_object(result), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        _replace(path, text)
    except OSError as error:
        raise BadQuestionError(
            str(path), error.strerror or "an error", "a file in a folder you may write to"
        ) from error


def read_result(path: Path | str) -> BenchResult:
    """A result file, with its form and its seal checked.

    Raises:
        BadQuestionError: No such file, not JSON, another schema, a field out of form, or edited after measuring.
    """
    path = Path(path)
    content = _json_object(path)
    found = content.get("schema")
    if found != SCHEMA:
        raise BadQuestionError(f"{path}: schema", repr(found), f"{SCHEMA!r}, a file written by `payback bench`")
    try:
        result = BenchResult.model_validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadQuestionError(
            f"{path}: {where}", f"{first.get('input')!r:.80}", f"{first['msg']}; {NEXT_STEP}"
        ) from error
    if digest(content) != result.sha256:
        raise BadQuestionError(
            f"{path}: sha256",
            result.sha256[:12] + "...",
            f"{digest(content)[:12]}...: the file was changed after it was measured; {NEXT_STEP}",
        )
    return result


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadQuestionError(
            str(path), error.strerror or "an error", f"a result file that can be read; {NEXT_STEP}"
        ) from error
    except ValueError as error:
        raise BadQuestionError(
            str(path), "text that is not JSON", f"a file written by `payback bench`; {NEXT_STEP}"
        ) from error
    if not isinstance(content, dict):
        raise BadQuestionError(str(path), type(content).__name__, f"one JSON object of schema {SCHEMA!r}")
    return content


def _as_json_object(result: BenchResult) -> dict[str, Any]:
    content: dict[str, Any] = result.model_dump(mode="json", by_alias=True)
    return content


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".bench-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
