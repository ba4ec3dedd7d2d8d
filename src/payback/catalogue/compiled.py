"""The catalogue as one compiled file, so that a run does not parse and check every table again.

The file is named after a hash of the shipped tables' bytes and of this
package's row classes: a changed table simply looks for another name. It is
written beside and moved into place, so racing runs and killed ones leave
either the old state or the new; a read-only disk costs time, not the answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from payback.evidence import Grade

FORMAT = "payback.catalogue/1"
TablesOfRows = dict[str, list[Any]]


def content_hash(files: Sequence[Traversable], row_types: Sequence[type]) -> str:
    """Name of the state of the shipped tables: their bytes and the shape of the row classes."""
    digest = hashlib.blake2b(FORMAT.encode(), digest_size=16)
    for row_type in row_types:
        digest.update(f"{row_type.__name__}({','.join(f.name for f in fields(row_type))})".encode())
    for file in sorted(files, key=lambda f: str(f)):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def files_hash(files: Sequence[Traversable], *words: str) -> str:
    """Name of the state of some shipped files, and of what was asked of them."""
    digest = hashlib.blake2b("|".join((FORMAT, *words)).encode(), digest_size=16)
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def cache_path(name: str, folder: Path | None = None) -> Path:
    """Where a derived file lives: the user's cache folder unless another is given."""
    return (folder or Path(platformdirs.user_cache_dir("payback"))) / name


def read_json(path: Path) -> dict[str, Any]:
    """A derived file's content; empty where there is none or it is damaged."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Move a whole file into place; a disk that cannot be written costs time, not the answer."""
    text = json.dumps(document, default=lambda value: value.isoformat())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as part:
            part.write(text)
        Path(name).replace(path)
        _prune(path)
    except OSError:
        return


KEPT_STATES = 4
"""Derived files kept of each sort; older ones belong to tables that have changed since."""


def _prune(path: Path) -> None:
    sort = path.name.split("-", 1)[0]
    states = sorted(path.parent.glob(f"{sort}-*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in states[KEPT_STATES if sort == "catalogue" else 10 * KEPT_STATES :]:
        old.unlink(missing_ok=True)


def load_or_build(
    key: str, row_types: dict[str, type], build: Callable[[], TablesOfRows], folder: Path | None = None
) -> TablesOfRows:
    """The tables compiled under `key`, building and storing them when there is no such file.

    Args:
        key: Result of `content_hash`.
        row_types: Name of each table and the class of its rows.
        build: Reads and checks the shipped tables.
        folder: Where compiled files live; the user's cache folder if None.
    """
    path = cache_path(f"catalogue-{key}.json", folder)
    stored = _read(path, row_types)
    if stored is not None:
        return stored
    tables = build()
    _write(path, tables)
    return tables


def _read(path: Path, row_types: dict[str, type]) -> TablesOfRows | None:
    document = read_json(path)
    if document.get("format") != FORMAT:
        return None
    try:
        return {name: _rows(document["tables"][name], row_type) for name, row_type in row_types.items()}
    except (ValueError, KeyError, TypeError):
        return None


def _rows(plain: list[list[Any]], row_type: type) -> list[Any]:
    names = [field.name for field in fields(row_type)]
    dates = [i for i, name in enumerate(names) if name in _date_fields(row_type)]
    grade = names.index("grade") if "grade" in names else None
    out = []
    for cells in plain:
        for i in dates:
            if cells[i] is not None:
                cells[i] = dt.date.fromisoformat(cells[i])
        if grade is not None:
            cells[grade] = Grade(cells[grade])
        out.append(row_type(**dict(zip(names, cells, strict=True))))
    return out


@cache
def _date_fields(row_type: type) -> frozenset[str]:
    hints = get_type_hints(row_type)
    return frozenset(name for name, hint in hints.items() if hint in (dt.date, dt.date | None))


def _write(path: Path, tables: TablesOfRows) -> None:
    plain = {
        name: [[getattr(row, field.name) for field in fields(row)] for row in rows] for name, rows in tables.items()
    }
    write_json(path, {"format": FORMAT, "tables": plain})
