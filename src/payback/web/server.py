"""`payback serve`: the app on the loopback interface, or, if asked, open to the network behind a token."""

from __future__ import annotations

import os
import secrets
import sys

from payback.errors import BadQuestionError, MissingExtraError

TOKEN_VARIABLE = "PAYBACK_TOKEN"  # noqa: S105  # the name of a variable, not a secret
SHORTEST_TOKEN = 16
MOST_CONNECTIONS = 600


def serve(port: int = 8321, public: bool = False) -> None:
    """Answer questions in a browser until interrupted.

    Args:
        port: Where to listen.
        public: Listen on every interface, and demand a token of every visitor.

    Raises:
        MissingExtraError: The web packages are not installed.
        BadQuestionError: A port that is none, or a token too short to guard anything.
    """
    try:
        import uvicorn

        from payback.web.app import create_app
        from payback.web.connection import Connection
        from payback.web.security import Access, loopback_hosts
    except ImportError as error:
        raise MissingExtraError("the web app", "web") from error
    if not 1 <= port <= 65535:
        raise BadQuestionError("--port", str(port), "a port from 1 to 65535")
    token = _token() if public else None
    access = Access(hosts=None if public else loopback_hosts(port), token=token)
    sys.stderr.write(_greeting(port, token))
    uvicorn.run(
        create_app(access, warm=True),
        host="0.0.0.0" if public else "127.0.0.1",  # noqa: S104  # asked for with --public, and behind a token
        port=port,
        # Addresses hold questions and perhaps the token: they are nobody's log line.
        access_log=False,
        log_level="warning",
        server_header=False,
        http=Connection,
        ws="none",
        # Half a dozen connections of each of many browsers; what is large or long has limits of its own.
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=32_768,
    )


def _token() -> str:
    given = os.environ.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(24)
    if len(given) < SHORTEST_TOKEN or not given.isascii() or not given.replace("-", "").replace("_", "").isalnum():
        raise BadQuestionError(TOKEN_VARIABLE, f"{len(given)} characters", "at least 16 letters, digits, - or _")
    return given


def _greeting(port: int, token: str | None) -> str:
    if token is None:
        return f"payback: http://127.0.0.1:{port}/  (this machine only; Ctrl-C stops it)\n"
    return (
        f"payback: open to the network on port {port}, every interface, without encryption.\n"
        f"payback: whoever has the token can ask questions and use this machine's processor; no file can be read.\n"
        f"payback: http://<this machine>:{port}/?token={token}\n"
    )
