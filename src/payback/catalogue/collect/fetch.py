"""Fetching public files: politely, within limits, and never twice the same.

A server is asked whether its file has changed (ETag, Last-Modified) and a file
that has not is taken from the copy of last time. Failures are tried again with
growing, random pauses; a source that stays silent keeps its old data.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payback.catalogue.collect.documents import Document, FileProblem, day_in, gunzip, unzip
from payback.catalogue.collect.quarantine import FileRefused
from payback.errors import MissingExtraError

if TYPE_CHECKING:
    import sqlite3

    import httpx

MAX_DOWNLOAD: Final = 128 * 2**20
ATTEMPTS: Final = 4
CONNECT_TIMEOUT_S: Final = 10.0
READ_TIMEOUT_S: Final = 60.0
_RAW = re.compile(r"https://raw\.githubusercontent\.com/(?P<repo>[^/]+/[^/]+)/[^/]+/(?P<path>[^?]+)")
_COMMITS: Final = "https://api.github.com/repos/{repo}/commits?path={path}&per_page=1"


class FetchFailed(Exception):  # noqa: N818 - a silent server is no error of the program
    """A file could not be had."""


class _TryAgain(FetchFailed):
    """A failure that may pass: a broken connection, a busy server."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    body: bytes
    modified: dt.date | None


@dataclass
class Fetcher:
    """Fetches files for the collectors of one refresh.

    Args:
        connection: The store, which remembers ETags.
        downloads: Folder for copies of the files.
        today: The day of the run.
        environment: Where users' keys are looked up.
    """

    connection: sqlite3.Connection
    downloads: Path
    today: dt.date
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: httpx.BaseTransport | None = None
    """Replaces the network in tests."""
    pause_s: float = 1.0
    """First pause after a failure; it grows and is random."""
    problems: list[FileProblem] = field(default_factory=list)
    """Files that could not be had, for the report."""

    def document(self, url: str, name: str, *mirrors: str) -> Document | None:
        """A file, from the first address that has it; None where none has, which is noted."""
        reason = ""
        for address in (url, *mirrors):
            try:
                fetched = self._get(address)
            except FetchFailed as failure:
                reason = str(failure)
                continue
            if fetched is not None:
                return self._document(address, name, fetched)
        if reason:
            self._note(name, FileRefused("could not be fetched", _without_key(reason)))
        return None

    def archive(self, url: str, name: str, version: str) -> Iterable[Document]:
        """The members of a zip file."""
        try:
            fetched = self._get(url)
            if fetched is not None:
                yield from self._members(fetched, name, version)
        except FetchFailed as failure:
            self._note(name, FileRefused("could not be fetched", _without_key(str(failure))))
        except FileRefused as refusal:
            self._note(name, refusal)

    def text(self, url: str) -> str | None:
        """A short text; None where it could not be had, which is noted."""
        try:
            fetched = self._get(url)
        except FetchFailed as failure:
            self._note(url, FileRefused("could not be fetched", _without_key(str(failure))))
            return None
        return None if fetched is None else fetched.body[:1000].decode("utf-8", errors="replace")

    def _note(self, name: str, refusal: FileRefused) -> None:
        self.problems.append(FileProblem(name=name, refusal=refusal))

    def _members(self, fetched: _Fetched, name: str, version: str) -> Iterator[Document]:
        day, dated_by = (fetched.modified, "server") if fetched.modified else (self.today, "fetch")
        if version and (released := day_in(version, self.today)) is not None:
            day, dated_by = released, "name"
        for member, content, _ in unzip(fetched.body):
            yield Document(f"{name}/{member}", content, day, dated_by, version)

    def _document(self, url: str, name: str, fetched: _Fetched) -> Document | None:
        day, dated_by, version = fetched.modified or self.today, "server" if fetched.modified else "fetch", ""
        if match := _RAW.fullmatch(url):
            commit, committed = self._commit(match["repo"], match["path"])
            if committed is not None:
                day, dated_by, version = committed, "commit", commit
        try:
            body = gunzip(fetched.body) if fetched.body.startswith(b"\x1f\x8b") else fetched.body
        except FileRefused as refusal:
            self._note(name, refusal)
            return None
        return Document(name, body, day, dated_by, version)

    def _commit(self, repo: str, path: str) -> tuple[str, dt.date | None]:
        """Commit and day of the newest change of a file: a file kept by hand may be years old."""
        try:
            fetched = self._get(_COMMITS.format(repo=repo, path=path))
            newest = json.loads(fetched.body)[0] if fetched is not None else {}
            day = dt.datetime.fromisoformat(newest["commit"]["committer"]["date"]).date()
            return str(newest["sha"])[:10], min(day, self.today)
        except (FetchFailed, ValueError, KeyError, IndexError, TypeError):
            return "", None

    def _get(self, url: str) -> _Fetched | None:
        """A file, fresh or from last time's copy; None for one that does not exist.

        Raises:
            FetchFailed: It could not be had after several tries.
            MissingExtraError: The packages for fetching are not installed.
        """
        try:
            import httpx
            import tenacity
        except ImportError as error:
            raise MissingExtraError("Fetching prices", "collect") from error
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=self.pause_s, max=30),
            reraise=True,
        )
        timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        with httpx.Client(
            timeout=timeout,
            follow_redirects=True,
            max_redirects=5,
            transport=self.transport,
            headers={"User-Agent": "payback (price refresh)"},
        ) as client:
            return again(self._once, client, url)

    def _once(self, client: httpx.Client, url: str) -> _Fetched | None:
        import httpx

        try:
            with client.stream("GET", url, headers=self._conditions(url)) as response:
                return self._answer(url, response)
        except httpx.TransportError as error:
            raise _TryAgain(f"{type(error).__name__}: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    def _answer(self, url: str, response: httpx.Response) -> _Fetched | None:
        if response.url.scheme != "https":
            raise FetchFailed("led to an address without encryption")
        if response.status_code == 304:
            return _Fetched(self._copy(url).read_bytes(), _modified(response.headers.get("Last-Modified", "")))
        if response.status_code in (404, 410):
            return None
        if response.status_code == 429 or response.status_code >= 500:
            raise _TryAgain(f"the server answered {response.status_code}")
        if response.status_code != 200:
            raise FetchFailed(f"the server answered {response.status_code}")
        body = _body(response)
        self._remember(url, response, body)
        return _Fetched(body, _modified(response.headers.get("Last-Modified", "")))

    def _conditions(self, url: str) -> dict[str, str]:
        row = self.connection.execute(
            "SELECT etag, last_modified FROM http_cache WHERE url = ?", (_without_key(url),)
        ).fetchone()
        if row is None or not self._copy(url).exists():
            return {}
        named = {"If-None-Match": row[0], "If-Modified-Since": row[1]}
        return {header: value for header, value in named.items() if value}

    def _copy(self, url: str) -> Path:
        return self.downloads / hashlib.blake2b(_without_key(url).encode(), digest_size=12).hexdigest()

    def _remember(self, url: str, response: httpx.Response, body: bytes) -> None:
        """Keep a copy, moved into place so that a killed run leaves no half of one, and only then its ETag."""
        etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
        if not etag and not modified:
            return
        self.downloads.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self.downloads, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(part).replace(self._copy(url))
        self.connection.execute(
            "INSERT OR REPLACE INTO http_cache VALUES (?, ?, ?, ?)",
            (_without_key(url), etag, modified, self.today.isoformat()),
        )


def _body(response: httpx.Response) -> bytes:
    """The body, up to the limit.

    Raises:
        FetchFailed: It is longer.
    """
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_DOWNLOAD:
            raise FetchFailed(f"larger than {MAX_DOWNLOAD} bytes")
        parts.append(part)
    return b"".join(parts)


def _modified(header: str) -> dt.date | None:
    try:
        return parsedate_to_datetime(header).date()
    except (ValueError, TypeError):
        return None


def _without_key(text: str) -> str:
    """Text without the user's own key, which belongs into no file and no message."""
    return re.sub(r"(api_key=)[^&\s]+", r"\1...", text)
