"""Files from a folder, an archive or the network, opened with care and as text."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from payback.catalogue.collect.quarantine import FileRefused

MAX_BYTES: Final = 512 * 2**20
"""Largest file after unpacking; the largest real one (a price file of EC2) has some 150 MB."""
MAX_RATIO: Final = 400
"""A real price table shrinks to a thirtieth; what grows more than this is made to fill a disk."""
MAX_MEMBERS: Final = 5000
READABLE: Final = (".csv", ".tsv", ".json", ".jsonl", ".yml", ".yaml", ".toml")
PACKED: Final = (".gz", ".zip")
_DATED = re.compile(r"(?<!\d)(20\d{2}|19\d{2})-?([01]\d)-?([0-3]\d)(?!\d)")

csv.field_size_limit(1 << 20)


@dataclass(frozen=True)
class Document:
    """One readable file, already unpacked, with the day its figures were true."""

    name: str
    """Path below the folder that was given, or the address it was fetched from."""
    content: bytes = field(repr=False)
    observed_on: dt.date
    dated_by: str
    """How the day is known: argument, name, archive, server or file time."""
    version: str = ""
    """Commit or release of the file, where the name or the server gives one."""

    @cached_property
    def digest(self) -> str:
        """A digest of the content, so that the same file is known again."""
        return hashlib.blake2b(self.content, digest_size=8).hexdigest()

    @property
    def locator(self) -> str:
        """Where a figure of this file can be found again."""
        return f"{self.name}@{self.version or self.digest}"

    @property
    def stem(self) -> str:
        """File name without folder and endings, case folded."""
        return self.name.rsplit("/", 1)[-1].split(".", 1)[0].casefold()

    @cached_property
    def text(self) -> str:
        """The content as text.

        Raises:
            FileRefused: It is a web page, XML or binary.
        """
        text = _decode(self.content)
        start = text.lstrip("\ufeff \t\r\n")[:200].casefold()
        if start.startswith("<"):
            raise FileRefused("a web page or XML instead of data", start[:60])
        if "\0" in text[:4096]:
            raise FileRefused("binary data instead of text", "")
        return text

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header as written, empty for a file that is no table."""
        if not self.name.casefold().endswith((".csv", ".tsv")):
            return ()
        first: list[str] = next(_reader(self.text.split("\n", 1)[0]), [])
        return tuple(cell.strip() for cell in first)

    def has_columns(self, *names: str) -> bool:
        """Whether the header has all of these columns, however they are spelled."""
        found = {column_key(column) for column in self.columns}
        return all(column_key(name) in found for name in names)

    @cached_property
    def json(self) -> Any:
        """The content as JSON; a JSON Lines file as a list of its records.

        Raises:
            FileRefused: It is no JSON.
        """
        try:
            if ".jsonl" in self.name.casefold():
                return [json.loads(line) for line in self.text.splitlines() if line.strip()]
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise FileRefused("not JSON", error) from error

    @cached_property
    def head(self) -> str:
        """The first characters, to recognise a file by."""
        return _decode(self.content[:4096])

    def table(self, *required: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows of a CSV table with their line numbers, by column name (see `column_key`).

        A row with too few or too many cells has the key `""`, which `cells` refuses.

        Raises:
            FileRefused: A required column is missing.
        """
        reader = _reader(self.text)
        header = [column_key(cell) or f"unnamed{at}" for at, cell in enumerate(next(reader, []))]
        missing = [name for name in required if column_key(name) not in header]
        if missing:
            raise FileRefused(f"no column {missing[0]!r}", ", ".join(self.columns) or "an empty file")
        return self._rows(reader, header)

    @staticmethod
    def _rows(reader: Any, header: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
        width = len(header)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error):
                    raise FileRefused("a quotation mark is never closed", f"line {reader.line_num}") from error
                yield reader.line_num, {"": f"broken quoting: {error}"}
                continue
            if len(row) == width and row[0]:
                yield reader.line_num, dict(zip(header, row, strict=True))
            elif not "".join(row).strip():
                continue
            elif len(row) < width or "".join(row[width:]).strip():
                yield reader.line_num, {"": f"{len(row)} cells under {width} columns"}
            else:
                yield reader.line_num, dict(zip(header, row, strict=False))


def column_key(name: str) -> str:
    r"""A column name without case and punctuation: GPUInfo, GpuInfo and gpu_info are one.

    Example:
        >>> column_key("Price (cents/kWh)"), column_key("\ufeffGpuInfo")
        ('pricecentskwh', 'gpuinfo')
    """
    return re.sub(r"[^a-z0-9]+", "", name.casefold())


def name_words(name: str) -> list[str]:
    """The words of a file's name, then of its folders from the inside out, case folded.

    Example:
        >>> name_words("v8/gcp/vms_2026-01.csv.gz")
        ['vms', '2026', '01', 'gcp', 'v8']
    """
    *folders, file = name.casefold().split("/")
    parts = [file.split(".", 1)[0], *reversed(folders)]
    return [word for part in parts for word in re.split(r"[^a-z0-9]+", part) if word]


def _reader(text: str) -> Any:
    header = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=header.count)
    return csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def open_path(path: Path, today: dt.date, observed_on: dt.date | None = None) -> Iterator[Document | FileProblem]:
    """Every readable file at a path: the file itself, what a folder holds, what an archive holds.

    Args:
        path: A file or folder.
        today: The day of the run.
        observed_on: The day the figures were true, where the caller knows it.
    """
    base = path if path.is_dir() else path.parent
    for file in _files(path):
        name = file.relative_to(base.parent if path.is_dir() else base).as_posix()
        try:
            yield from _unpack(name, file.read_bytes(), _dating(file, today, observed_on), today)
        except FileRefused as refusal:
            yield FileProblem(name=name, refusal=refusal)
        except OSError as error:
            yield FileProblem(name=name, refusal=FileRefused("cannot be read", error))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """A file that could not even be opened."""

    name: str
    refusal: FileRefused


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    endings = (*READABLE, *PACKED)
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name.casefold().endswith(endings))


def _dating(file: Path, today: dt.date, observed_on: dt.date | None) -> tuple[dt.date, str]:
    if observed_on is not None:
        return observed_on, "argument"
    for part in (file.name, file.parent.name):
        found = day_in(part, today)
        if found is not None:
            return found, "name"
    return dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC).date(), "file time"


def day_in(name: str, today: dt.date) -> dt.date | None:
    """The day written into a file or folder name, if there is one that can be.

    Example:
        >>> day_in("pricing_2022-02-09.yml.gz", dt.date(2026, 1, 1))
        datetime.date(2022, 2, 9)
    """
    for match in _DATED.finditer(name):
        try:
            found = dt.date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
        if found <= today:
            return found
    return None


def _unpack(name: str, content: bytes, dated: tuple[dt.date, str], today: dt.date) -> Iterator[Document | FileProblem]:
    if content.startswith(b"\x1f\x8b"):
        yield from _unpack(name.removesuffix(".gz"), gunzip(content), dated, today)
    elif content.startswith(b"PK\x03\x04"):
        for member, unpacked, changed in unzip(content):
            day = dated
            if dated[1] == "file time" and changed is not None and changed <= today:
                day = (changed, "archive")
            yield from _unpack(f"{name}/{member}", unpacked, day, today)
    else:
        if dated[0] > today + dt.timedelta(days=1):
            raise FileRefused("dated in the future", f"{dated[0]} by {dated[1]}; give the day it was true")
        yield Document(name=name, content=content, observed_on=dated[0], dated_by=dated[1])


def gunzip(content: bytes) -> bytes:
    """A gzip file unpacked, within limits.

    Raises:
        FileRefused: It is cut short, broken or too large.
    """
    limit = min(MAX_BYTES, max(len(content), 4096) * MAX_RATIO)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(limit + 1)
    except EOFError as error:
        raise FileRefused("gzip file cut short", error) from error
    except (OSError, zlib.error) as error:
        raise FileRefused("broken gzip file", error) from error
    if len(unpacked) > limit:
        raise FileRefused("unpacks to more than a price file can be", f"over {limit} bytes from {len(content)}")
    return unpacked


def unzip(content: bytes) -> Iterator[tuple[str, bytes, dt.date | None]]:
    """Members of a zip file as (name, content, day of change), within limits.

    Raises:
        FileRefused: It is broken, encrypted, or unpacks to more than a price file can be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if info.filename.casefold().endswith((*READABLE, *PACKED))]
            size = sum(info.file_size for info in members)
            if len(members) > MAX_MEMBERS or size > min(MAX_BYTES, max(len(content), 4096) * MAX_RATIO):
                raise FileRefused("unpacks to more than a price file can be", f"{len(members)} members, {size} bytes")
            for info in members:
                with archive.open(info) as file:
                    unpacked = file.read(info.file_size + 1)
                if len(unpacked) > info.file_size:
                    raise FileRefused("a zip member larger than it says", info.filename)
                yield info.filename, unpacked, _zip_day(info)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise FileRefused("broken or encrypted zip file", error) from error


def _zip_day(info: zipfile.ZipInfo) -> dt.date | None:
    year, month, day_of_month = info.date_time[:3]
    try:
        return dt.date(year, month, day_of_month) if year > 1990 else None
    except ValueError:
        return None
