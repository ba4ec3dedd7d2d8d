"""Who may ask, how much, and what every answer forbids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from starlette.testclient import TestClient

TOKEN = "a-token-of-some-length"


@pytest.fixture
def public() -> Iterator[TestClient]:
    """A visitor of a server that is open to the network."""
    from starlette.testclient import TestClient

    from payback.web.app import create_app
    from payback.web.security import Access

    app = create_app(Access(hosts=None, token=TOKEN), today=lambda: dt.date(2026, 11, 23))
    with TestClient(app, follow_redirects=False) as visitor:
        yield visitor


@pytest.mark.parametrize("path", ["/check", "/nope", "/static/app.js", "/api/openapi.json", "/?work.gpus=x"])
def test_every_answer_forbids_inline_code_and_framing(client: TestClient, path: str) -> None:
    """Pages, files, errors and JSON alike."""
    headers = client.get(path).headers
    policy = headers["content-security-policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "nosniff" == headers["x-content-type-options"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:1", "", "127.0.0.1@evil.example"]
)
def test_a_foreign_host_name_is_refused(client: TestClient, host: str) -> None:
    """A page of another site whose name was bound to this machine gets nothing (DNS rebinding)."""
    assert 421 == client.get("/check", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/check", "/api/check", "/api/plan"])
def test_another_site_cannot_send_a_form(client: TestClient, path: str, headers: dict[str, str]) -> None:
    """Whatever the browser says of a foreign page, the request is refused."""
    assert 403 == client.post(path, data={"text": "RTX 3090"}, headers=headers).status_code


def test_our_own_page_can_send_its_form(client: TestClient) -> None:
    """The browser names our own origin."""
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}

    assert 200 == client.post("/check", data={"text": "RTX 3090"}, headers=headers).status_code


def test_too_much_text_is_refused_before_it_is_read(client: TestClient) -> None:
    """By the length it states, and by what arrives where none is stated."""

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    stated = client.post("/api/check", content=b"x" * 300_000, headers={"Content-Type": "application/json"})
    streamed = client.post("/api/check", content=chunks(), headers={"Content-Type": "application/json"})

    assert (413, 413) == (stated.status_code, streamed.status_code)
    assert {"ok": False, "errors": [], "status": 413, "error": stated.json()["error"]} == stated.json()


def test_a_fault_of_ours_shows_no_traceback() -> None:
    """The visitor reads that it is our fault; the log has the rest."""
    from starlette.testclient import TestClient

    from payback.web.app import create_app
    from payback.web.engine import Engine
    from payback.web.security import Access

    class Broken(Engine):
        async def made(self, *_: Any) -> Any:
            raise RuntimeError("secret /home/somebody")

    app = create_app(Access(hosts=frozenset({"testserver"})), engine=Broken())
    with TestClient(app, raise_server_exceptions=False) as visitor:
        page, document = visitor.get("/"), visitor.get("/api/plan")

    assert (500, 500) == (page.status_code, document.status_code)
    assert "secret" not in page.text + document.text
    assert "Traceback" not in page.text + document.text
    assert "content-security-policy" in page.headers
    assert document.json()["ok"] is False


def test_a_question_cannot_name_a_file_of_this_machine(client: TestClient) -> None:
    """Results of benchmarks are read on the command line only."""
    asked = {"own": [{"gpu": "RTX 3090", "capital_usd": 1000, "bench": "/etc/passwd"}]}
    reply = client.post("/api/plan", json=asked)

    assert 422 == reply.status_code
    assert "no file name" in reply.json()["error"]


def test_the_open_server_asks_for_its_token(public: TestClient) -> None:
    """Nothing is answered without it, not even a file."""
    for path in ("/", "/static/app.js", "/api/plan", "/?token=wrong", f"/?token={TOKEN[:-1]}"):
        assert 401 == public.get(path).status_code
    assert 401 == public.get("/check", headers={"Authorization": "Bearer wrong"}).status_code
    assert 401 == public.get("/check", headers={"Cookie": "payback_token=wrong"}).status_code


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(public: TestClient) -> None:
    """A link to the question can be passed on without the token."""
    reply = public.get(f"/check?work.gpus=2&token={TOKEN}")

    assert (303, "/check?work.gpus=2") == (reply.status_code, reply.headers["location"])
    assert "HttpOnly; SameSite=Strict" in reply.headers["set-cookie"]
    assert 200 == public.get("/check").status_code


def test_the_exchange_leads_to_no_other_site(public: TestClient) -> None:
    """A path of two slashes would name another host."""
    assert "/evil.example/" == public.get(f"http://testserver//evil.example/?token={TOKEN}").headers["location"]


def test_a_program_shows_the_token_in_a_header(public: TestClient) -> None:
    """As programs do."""
    assert 200 == public.get("/check", headers={"Authorization": f"Bearer {TOKEN}"}).status_code


def test_a_short_token_guards_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen characters at least."""
    from payback.web import server

    monkeypatch.setenv(server.TOKEN_VARIABLE, "short")
    with pytest.raises(BadQuestionError, match="at least 16"):
        server.serve(8321, public=True)


@pytest.mark.parametrize(("public_asked", "host"), [(False, "127.0.0.1"), (True, "0.0.0.0")])
def test_the_server_listens_on_this_machine_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], public_asked: bool, host: str
) -> None:
    """Loopback by default; on every interface only with a token, which the greeting tells."""
    import uvicorn

    from payback.web import server

    started: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: started.update(options, app=app))
    monkeypatch.delenv(server.TOKEN_VARIABLE, raising=False)
    server.serve(8321, public=public_asked)

    assert host == started["host"]
    assert public_asked == ("token=" in capsys.readouterr().err)
