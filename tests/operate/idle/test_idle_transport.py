"""Sending for real: what comes back, and that every failure is a reply without a yes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from payback.operate.idle import transport
from payback.operate.idle.clouds import Command, Request
from payback.operate.idle.transport import send


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A server that notes what it is asked; /no refuses, /drop hangs up."""
    seen: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            seen.append((self.command, self.headers.get("X-Test", ""), self.rfile.read(length)))
            if self.path == "/drop":
                self.connection.close()
                return
            self.send_response(403 if self.path == "/no" else 200)
            self.end_headers()
            self.wfile.write(b'{"path": "%s"}' % self.path.encode())

        do_GET = do_PUT = do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}", seen
    running.shutdown()
    running.server_close()
    thread.join()


def test_a_request_arrives_as_it_was_built(server: tuple[str, list[tuple[str, str, bytes]]]) -> None:
    """Method, header and body; status and body come back."""
    url, seen = server
    reply = send(Request(method="PUT", url=f"{url}/x", headers={"X-Test": "yes"}, body=b"hello"))

    assert seen == [("PUT", "yes", b"hello")]
    assert (reply.status, reply.json()) == (200, {"path": "/x"})


def test_a_refusal_is_a_reply_and_silence_has_no_status(server: tuple[str, list[tuple[str, str, bytes]]]) -> None:
    """403 with its body; a connection that breaks, or a port where nobody listens: None."""
    url, _ = server

    assert (
        send(Request(method="POST", url=f"{url}/no")).status,
        send(Request(method="GET", url=f"{url}/drop")).status,
    ) == (403, None)
    assert send(Request(method="GET", url="http://127.0.0.1:9/")).status is None
    assert send(Request(method="GET", url="no address")).status is None


def test_programs_run_without_a_shell() -> None:
    """Exit 0 gives what was printed, exit 3 what went wrong; a program that is not there gives no status."""
    good = send(Command(argv=(sys.executable, "-c", "print('$HOME; done')")))
    bad = send(Command(argv=(sys.executable, "-c", "import sys; sys.stderr.write('no right'); sys.exit(3)")))

    assert (good.status, good.text.strip()) == (0, "$HOME; done")
    assert (bad.status, bad.text) == (3, "no right")
    assert send(Command(argv=("no-such-program-here",))).status is None


def test_metadata_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would answer for itself; others may be used for the cloud's public address."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")

    def proxied(url: str) -> bool:
        handlers = vars(transport._opener(url))["handlers"]
        return any("http" in getattr(handler, "proxies", {}) for handler in handlers)

    assert not proxied("http://169.254.169.254/latest/api/token")
    assert not proxied("http://metadata.google.internal/computeMetadata/v1/instance/name")
    assert proxied("http://example.org/")
