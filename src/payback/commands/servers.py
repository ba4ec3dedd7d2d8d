"""Commands that serve: the local web app and the tools for AI assistants."""

from __future__ import annotations


def serve(*, port: int = 8321, public: bool = False) -> None:
    """Start the local web app: the same answers, to look at and to share as a link.

    Args:
        port: Port on this machine's loopback address.
        public: Listen on every address, behind a token that is printed; says what it opens.
    """
    from payback.web.server import serve as run

    run(port, public)


def mcp() -> None:
    """Serve plan, check, prices, speed, article, assemble, size and claim as tools over the Model Context Protocol."""
    from payback.mcp_server import run

    run()
