"""The tables inside a bill's file: plain, compressed, or several in a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from payback.errors import BadQuestionError
from payback.observe.tables.source import inflated, opened

WHAT: Final = "bill"
_TABLES: Final = (".csv", ".csv.gz", ".tsv", ".txt", ".json", ".jsonl")


def streams(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """Each table of a bill in turn, decompressed on the way.

    Raises:
        BadQuestionError: No such file, or it cannot be decompressed to the end.
    """
    if path.is_file() and zipfile.is_zipfile(path):
        yield from _members(path)
        return
    with opened(path, WHAT) as stream:
        yield stream


def _members(path: Path) -> Iterator[io.BufferedReader[Any]]:
    where = f"{WHAT} {str(path)!r}"
    with _zip(path, where) as archive:
        names = sorted(entry.filename for entry in archive.infolist() if _is_table(entry))
        if not names:
            raise BadQuestionError(where, "a zip without tables", "a zip with .csv files in it")
        for name in names:
            with archive.open(name) as raw, inflated(cast("BinaryIO", raw), f"{where}: {name}") as stream:
                yield stream


@contextmanager
def _zip(path: Path, where: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadQuestionError(
            where, f"a zip that cannot be read ({error})", "a whole zip without a password"
        ) from error


def _is_table(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.rpartition("/")[2].casefold()
    is_manifest = name.startswith(".") or "manifest" in name or entry.filename.startswith("__MACOSX")
    return not entry.is_dir() and not is_manifest and name.endswith(_TABLES)
