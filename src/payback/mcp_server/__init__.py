"""Tools for AI assistants over the Model Context Protocol: the same answers, each with its facts and its gaps.

An answer of a tool is short enough to be read whole: the options that matter
with their cost lines, the facts those lines name, what was left out and how
often, what is not counted. Nothing is filled in that the engine left open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import BaseModel

from payback.errors import MissingExtraError
from payback.mcp_server.file_tools import assemble, claim, size
from payback.mcp_server.tools import article, check, plan, prices, speed

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = (
    "Answers whether to build, buy or rent a deep-learning computer, from dated and sourced prices. "
    "Every amount is in US dollars unless it says otherwise. Quote the day and the source of what you pass on; "
    "what stands under not_priced or rejected is unknown, not free. "
    "Null means that nobody knows; never fill it in."
)


def run() -> None:
    """Serve the tools on standard input and output until the client leaves.

    Raises:
        MissingExtraError: The protocol's package is not installed.
    """
    build_server().run()


def build_server() -> MCPServer:
    """The server with its tools.

    Raises:
        MissingExtraError: The protocol's package is not installed.
    """
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise MissingExtraError("serving AI assistants", "mcp") from error
    server = MCPServer("payback", instructions=INSTRUCTIONS, log_level="WARNING")
    harmless = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    tools: list[tuple[str, Callable[..., BaseModel]]] = [
        ("plan", plan),
        ("check", check),
        ("prices", prices),
        ("article", article),
        ("speed", speed),
        ("assemble", assemble),
        ("size", size),
        ("claim", claim),
    ]
    for name, tool in tools:
        server.add_tool(tool, name=name, annotations=harmless, structured_output=True)
    return server
