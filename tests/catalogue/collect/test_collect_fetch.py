"""Fetching: polite, within limits, fail-soft; no test here leaves the machine."""

from __future__ import annotations

import datetime as dt
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.catalogue.collect.collecting import NOW

from payback.catalogue.collect import fetch as fetching
from payback.catalogue.collect import refresh
from payback.catalogue.collect.fetch import Fetcher
from payback.catalogue.store import Store
from payback.errors import MissingExtraError

pytest.importorskip("tenacity")
httpx = pytest.importorskip("httpx")
URL = "https://example.org/prices.csv"
Handler = Callable[[Any], Any]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "prices.sqlite3")


def fetcher(store: Store, handler: Handler, **environment: str) -> Fetcher:
    """A fetcher whose network is a function."""
    return Fetcher(
        store.connection, store.path.parent / "downloads", NOW.date(), environment, httpx.MockTransport(handler), 0.0
    )


def test_a_file_that_has_not_changed_is_taken_from_last_time(store: Store) -> None:
    """The second request carries the ETag; the answer 304 gives the same content, dated by the server."""
    asked: list[str | None] = []

    def serve(request: Any) -> Any:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"v1"':
            return httpx.Response(304, headers={"Last-Modified": "Mon, 02 Nov 2026 00:00:00 GMT"})
        headers = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Nov 2026 00:00:00 GMT"}
        return httpx.Response(200, text="a,b\n1,2\n", headers=headers)

    documents = [fetcher(store, serve).document(URL, "x.csv") for _ in range(2)]

    assert asked == [None, '"v1"']
    assert [(d.text, str(d.observed_on), d.dated_by) for d in documents if d] == [
        ("a,b\n1,2\n", "2026-11-02", "server")
    ] * 2


def test_a_busy_server_is_asked_again(store: Store) -> None:
    """503, a broken connection, then an answer."""
    answers = iter([httpx.Response(503), httpx.ConnectError("refused"), httpx.Response(200, text="a\n1\n")])

    def serve(_: Any) -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    found = fetcher(store, serve).document(URL, "x.csv")

    assert found is not None
    assert found.text == "a\n1\n"


def test_a_dead_server_is_given_up_and_the_mirror_is_asked(store: Store) -> None:
    """Four tries at the first address, then the second one answers."""
    asked: list[str] = []

    def serve(request: Any) -> Any:
        asked.append(request.url.host)
        return httpx.Response(200, text="a\n1\n") if request.url.host == "mirror.org" else httpx.Response(500)

    found = fetcher(store, serve).document(URL, "x.csv", "https://mirror.org/x.csv")

    assert found is not None
    assert asked == ["example.org"] * 4 + ["mirror.org"]


def test_a_file_that_is_too_large_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is counted while reading, not believed from a header."""
    monkeypatch.setattr(fetching, "MAX_DOWNLOAD", 10)
    slow = fetcher(store, lambda _: httpx.Response(200, content=b"x" * 11))

    assert slow.document(URL, "x.csv") is None
    assert [problem.refusal.found for problem in slow.problems] == ["larger than 10 bytes"]


def test_a_redirect_to_plain_http_is_refused(store: Store) -> None:
    """Prices that anybody on the way can change are no prices."""

    def serve(request: Any) -> Any:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://example.org/x.csv"})
        return httpx.Response(200, text="a\n1\n")

    one = fetcher(store, serve)

    assert one.document(URL, "x.csv") is None
    assert "without encryption" in one.problems[0].refusal.found


def test_a_file_on_github_is_dated_by_its_last_commit(store: Store) -> None:
    """A table nobody has touched since March 2025 is not of today; the locator names the commit."""

    def serve(request: Any) -> Any:
        if request.url.host == "api.github.com":
            commit = {"sha": "b646e30673abcdef", "commit": {"committer": {"date": "2025-03-07T08:00:00Z"}}}
            return httpx.Response(200, json=[commit])
        return httpx.Response(200, text="a\n1\n")

    found = fetcher(store, serve).document("https://raw.githubusercontent.com/o/r/main/t.csv", "t.csv")

    assert found is not None
    assert (str(found.observed_on), found.dated_by, found.locator) == ("2025-03-07", "commit", "t.csv@b646e30673")


def test_the_users_key_is_written_nowhere(store: Store) -> None:
    """Neither in the store nor in a message."""
    one = fetcher(store, lambda _: httpx.Response(403))
    one.document("https://api.eia.gov/v2/x?api_key=SECRET", "eia.json")

    assert "SECRET" not in "".join(problem.refusal.found for problem in one.problems)
    assert b"SECRET" not in store.path.read_bytes()


def test_a_dead_feed_stops_no_other_and_keeps_its_data(store: Store) -> None:
    """The bank answers, Google's price list does not: rates are stored, and the list's failure is told."""
    rates = io.BytesIO()
    with zipfile.ZipFile(rates, "w") as archive:
        archive.writestr("eurofxref-hist.csv", "Date,USD,JPY,GBP,\n2026-11-20,1.1,170,0.83,\n")

    def serve(request: Any) -> Any:
        if "ecb.europa.eu" in request.url.host:
            return httpx.Response(200, content=rates.getvalue())
        return httpx.Response(500)

    reports = {report.name: report for report in refresh(store, now=NOW, fetcher=fetcher(store, serve))}

    assert (reports["ecb"].accepted, reports["ecb"].error) == (1, "")
    assert "the server answered 500" in reports["gcp"].error
    assert reports["eia"].error.startswith("needs your own free key in EIA_API_KEY")
    assert store.usd_per_unit("EUR", dt.date(2026, 11, 20)) == 1.1
    assert {state.source: bool(state.error) for state in store.states()}["cyclenerd-gcp"] is True


def test_a_live_catalogue_of_many_clouds(store: Store) -> None:
    """One cloud answers, one sends a page, the others are gone: the one is stored, the page refused."""
    table = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice\n"

    def serve(request: Any) -> Any:
        if request.url.path.endswith("/nebius/vms.csv"):
            return httpx.Response(200, text=table + "a,T4,1,4,16,0.5,eu,,\n")
        if request.url.path.endswith("/vast/vms.csv"):
            return httpx.Response(200, text="<html>busy</html>")
        return httpx.Response(404)

    (report,) = refresh(store, "skypilot", now=NOW, fetcher=fetcher(store, serve))

    assert (report.accepted, report.reasons, report.error) == (1, {"a web page or XML instead of data": 1}, "")
    assert [(offer.provider, offer.observed_on) for offer in store.offers()] == [("nebius", NOW.date())]


def test_without_the_packages_the_way_to_install_them_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx and tenacity are an extra."""
    monkeypatch.setitem(sys.modules, "tenacity", None)

    with pytest.raises(MissingExtraError, match=r"payback\[collect\]"):
        fetcher(store, lambda _: httpx.Response(200)).document(URL, "x.csv")
