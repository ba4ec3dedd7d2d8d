"""What a page may do and who may ask: host, origin, token, size and time of what comes in, headers of what goes out."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 256_000
BODY_TIME_S = 10.0
TOO_LARGE = f"More than {MOST_BODY_BYTES:,} bytes; send less."
COOKIE = "payback_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask."""

    hosts: frozenset[str] | None
    """Values of the Host header that are ours, ports included; None where the token alone decides."""
    token: str | None = None
    """What a visitor must show; None on the loopback interface."""


def loopback_hosts(port: int) -> frozenset[str]:
    """The names under which this machine calls itself.

    Example:
        >>> sorted(loopback_hosts(8321))
        ['127.0.0.1:8321', '[::1]:8321', 'localhost:8321']
    """
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


class Guard:
    """ASGI middleware: refuses what may not ask, limits what comes in, sets the headers of what goes out.

    Args:
        app: The application behind it.
        access: Who may ask.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        guarded = _with_headers(send)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(scope, guarded, *refusal)
        elif self._access.token is not None and not self._shows_token(headers):
            await self._ask_for_token(scope, guarded, self._access.token)
        else:
            await self._app(scope, _Limited(receive), guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self._access.hosts is not None and host.casefold() not in self._access.hosts:
            return 421, "This server answers under its own name only; open the address it printed when it started."
        if scope["method"] not in SAFE_METHODS and not _from_our_page(headers, host):
            return 403, "The request came from another site; send it from a page of this server."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length[:12]) > MOST_BODY_BYTES:
            return 413, TOO_LARGE
        return None

    def _shows_token(self, headers: Headers) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return any(_same(candidate, self._access.token) for candidate in (bearer, _cookie(headers)))

    async def _ask_for_token(self, scope: Scope, send: Send, token: str) -> None:
        """A link with the right token is exchanged for a cookie, so that addresses can be shared without it."""
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if not _same(dict(pairs).get("token", ""), token):
            await _answer(scope, send, 401, "This server is open to the network and asks for its token.")
            return
        rest = urlencode([(key, value) for key, value in pairs if key != "token"])
        place = "/" + quote(scope["path"].lstrip("/")) + (f"?{rest}" if rest else "")
        cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
        fields = [(b"location", place.encode("ascii", "replace")), (b"set-cookie", cookie.encode())]
        await send({"type": "http.response.start", "status": 303, "headers": [*fields, (b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def _same(shown: str, token: str | None) -> bool:
    return token is not None and hmac.compare_digest(shown.encode(), token.encode())


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _from_our_page(headers: Headers, host: str) -> bool:
    """Browsers name the page a request comes from; programs that are no browser carry no foreign authority."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin.casefold() not in {f"http://{host.casefold()}", f"https://{host.casefold()}"}:
        return False
    return site in (None, "same-origin", "none")


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return guarded


class _Limited:
    """A request body that may only be so long and take so long."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_TIME_S)
        except TimeoutError as error:
            raise HTTPException(408, "The question did not arrive in time.") from error
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > MOST_BODY_BYTES:
            raise HTTPException(413, TOO_LARGE)
        return message


async def _answer(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["path"].startswith("/api/"):
        kind, body = "application/json", json.dumps(error_body(status, text)).encode()
    else:
        kind, body = "text/plain; charset=utf-8", text.encode()
    fields = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def error_body(status: int, text: str, errors: list[dict[str, str]] | None = None) -> dict[str, object]:
    """The one shape of every error of the JSON interface."""
    return {"ok": False, "error": text, "errors": errors or [], "status": status}
