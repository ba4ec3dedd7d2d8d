"""What a page may do and who may ask: host, origin, token, size and time of what comes in, headers of what goes out."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payback.web.models import MOST_CLAIM_CHARACTERS, MOST_LOG_CHARACTERS
from payback.web.uploads import MOST_BYTES

MOST_BODY_BYTES = 256_000
FORM_BYTES = 100_000
"""What a form may hold beside its file."""
MOST_BODY_BYTES_AT: Mapping[str, int] = {
    **{path: most + FORM_BYTES for path, most in MOST_BYTES.items()},
    "/api/size": MOST_LOG_CHARACTERS + FORM_BYTES,
    "/api/claim": MOST_CLAIM_CHARACTERS * 2,
    "/api/bench": MOST_BYTES["/bench"] + FORM_BYTES,
}
"""Paths where more may be sent than elsewhere."""
HANG_UP = {"Connection": "close"}
"""Said where the rest of a request is not worth waiting for."""
BODY_TIME_S = 10.0
LARGE_BODY_TIME_S = 120.0
MOST_LARGE_AT_ONCE = 4
"""Large bodies that may be on their way at the same time; they are held in memory."""
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
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
NOT_KEPT = (b"cache-control", b"no-store")


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
        self._large = 0

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
            await self._pass_on(scope, receive, guarded)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = most_body_bytes(scope["path"])
        large = most > MOST_BODY_BYTES and scope["method"] not in SAFE_METHODS
        if large and self._large >= MOST_LARGE_AT_ONCE:
            await _answer(scope, send, 503, "Too many files are being sent already; try again in a minute.")
            return
        limited = _Limited(receive, most, LARGE_BODY_TIME_S if large else BODY_TIME_S, self._arrived if large else None)
        self._large += large
        try:
            await self._app(scope, limited, send)
        finally:
            limited.end()

    def _arrived(self) -> None:
        self._large -= 1

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self._access.hosts is not None and host.casefold() not in self._access.hosts:
            return 421, "This server answers under its own name only; open the address it printed when it started."
        if scope["method"] not in SAFE_METHODS and not _from_our_page(headers, host):
            return 403, "The request came from another site; send it from a page of this server."
        length = headers.get("content-length", "0")
        most = most_body_bytes(scope["path"])
        if not length.isdigit() or int(length[:12]) > most:
            return 413, too_large(most)
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
            said = message.get("headers", [])
            kept = any(name == b"cache-control" for name, _ in said)
            message["headers"] = [*said, *RAW_HEADERS] if kept else [*said, *RAW_HEADERS, NOT_KEPT]
        await send(message)

    return guarded


def most_body_bytes(path: str) -> int:
    """How much may be sent to a path."""
    return MOST_BODY_BYTES_AT.get(path, MOST_BODY_BYTES)


def too_large(most_bytes: int) -> str:
    """What is said of more than that."""
    return f"More than {most_bytes:,} bytes; send less."


class _Limited:
    """A request body that may only be so long and take so long in all, however its bytes are spread."""

    def __init__(
        self, receive: Receive, most_bytes: int, time_s: float, arrived: Callable[[], None] | None = None
    ) -> None:
        self._receive = receive
        self._arrived = arrived
        self._most_bytes = most_bytes
        self._deadline = asyncio.get_running_loop().time() + time_s
        self._bytes = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, "The question did not arrive in time.", headers=HANG_UP) from error
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._complete:
            self.end()
        if self._bytes > self._most_bytes:
            raise HTTPException(413, too_large(self._most_bytes), headers=HANG_UP)
        return message

    def end(self) -> None:
        """Say once that no more of it is on its way."""
        if self._arrived is not None:
            self._arrived()
            self._arrived = None


async def _answer(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["path"].startswith("/api/"):
        kind, body = "application/json", json.dumps(error_body(status, text)).encode()
    else:
        kind, body = "text/plain; charset=utf-8", text.encode()
    fields = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    fields += [(b"connection", b"close")] if status == 413 else []
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def error_body(status: int, text: str, errors: list[dict[str, str]] | None = None) -> dict[str, object]:
    """The one shape of every error of the JSON interface."""
    return {"ok": False, "error": text, "errors": errors or [], "status": status}
