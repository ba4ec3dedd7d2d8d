"""A real server and visitors who mean it no good, or whom it leaves in the middle of an answer."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress

import pytest
from tests.web.serving import free_port, started

QUESTION = "/api/plan?as_of=2026-11-23&work.months=7"


def raw(port: int, data: bytes, *, patience_s: float = 20.0) -> bytes:
    """All that comes back for some bytes until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), patience_s) as connection:
        connection.sendall(data)
        parts = []
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


def post(port: int, path: str, body: bytes, kind: str) -> tuple[int, str]:
    """Status and text of a form that is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body, {"Content-Type": kind})
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text


def alive(port: int) -> bool:
    """Whether the server answers a page within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    connection.request("GET", "/check")
    status = connection.getresponse().status
    connection.close()
    return status == 200


def test_a_head_that_never_ends_is_hung_up_on(port: int) -> None:
    """Two hundred visitors send a line each and no more; others are served, and all are gone in a moment."""
    slow = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(200)]
    for one in slow:
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert alive(port)
    began = time.monotonic()
    for one in slow:
        with suppress(ConnectionResetError):
            while one.recv(4096):
                pass
        one.close()

    assert time.monotonic() - began < 10
    assert alive(port)


def test_a_body_that_trickles_is_hung_up_on(port: int) -> None:
    """A byte now and then does not win more time."""
    head = f"POST /api/check HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n{")
        said = b""
        began = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - began < 15:
                connection.sendall(b" ")
                connection.settimeout(0.2)
                with suppress(TimeoutError):
                    part = connection.recv(65536)
                    said += part
                    if not part:
                        break

    assert b" 408 " in said
    assert time.monotonic() - began < 10


def test_a_hundred_megabytes_are_refused_unread(port: int) -> None:
    """By the length they state: the answer comes before the upload."""
    head = f"POST /size HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    reply = raw(port, head.encode() + b"Content-Length: 100000000\r\n\r\n" + b"x" * 60_000)

    assert reply.startswith(b"HTTP/1.1 413 ")
    assert alive(port)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n\xff\xfe"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: " * 9000),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("multipart/form-data; boundary=" + "y" * 300, b"\r\n"),
        ("application/x-www-form-urlencoded", "&".join(f"key{n}=1" for n in range(10_000)).encode()),
        ("application/x-www-form-urlencoded", b"text=%ff%fe%00&%=&&&=="),
        ("text/plain", b"what is this"),
    ],
)
@pytest.mark.parametrize("path", ["/size", "/claim", "/bench", "/check"])
def test_a_malformed_form_is_told_and_nothing_breaks(port: int, path: str, kind: str, body: bytes) -> None:
    """No fault, no traceback, within a moment."""
    began = time.monotonic()
    status, text = post(port, path, body, kind)

    assert status in (200, 303, 400, 422)
    assert "Traceback" not in text
    assert time.monotonic() - began < 15


def test_ten_thousand_keys_in_an_address_are_refused(port: int) -> None:
    """The head is longer than any question's."""
    query = "&".join(f"k{n}=1" for n in range(10_000))
    reply = raw(port, f"GET /?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())

    assert reply[9:12] in (b"400", b"414", b"422", b"431")
    assert b"Traceback" not in reply


def test_a_name_bound_to_this_machine_gets_nothing(port: int) -> None:
    """A page of another site whose name was made to point here (DNS rebinding)."""
    asked = f"GET /api/plan HTTP/1.1\r\nHost: evil.example:{port}\r\nConnection: close\r\n\r\n"

    assert raw(port, asked.encode()).startswith(b"HTTP/1.1 421 ")


def test_a_server_killed_in_the_middle_of_an_answer_loses_nothing() -> None:
    """The question is in the address: the next server answers it, on the same port."""
    number = free_port()
    server = started(number)
    waiting = socket.create_connection(("127.0.0.1", number), 20)
    waiting.sendall(f"GET /backtest/result HTTP/1.1\r\nHost: 127.0.0.1:{number}\r\n\r\n".encode())
    time.sleep(0.5)
    server.kill()
    server.wait(10)
    with suppress(ConnectionResetError):
        assert b"" == waiting.recv(65536)
    waiting.close()

    again = started(number)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", number, timeout=30)
        connection.request("GET", QUESTION)
        assert json.loads(connection.getresponse().read())["ok"] is True
        connection.close()
    finally:
        again.terminate()
        again.wait(10)
