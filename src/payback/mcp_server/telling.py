"""What every tool shares: errors in a sentence, facts with the addresses of their sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from payback.catalogue.catalogue import load
from payback.errors import PaybackError
from payback.evidence import Fact
from payback.mcp_server.models import FactOut
from payback.web import present

Result = TypeVar("Result")


def told(work: Callable[[], Result]) -> Result:
    """What went wrong reaches the assistant as one sentence."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        return work()
    except PaybackError as error:
        raise ToolError(str(error)) from error


def fact_out(fact: Fact) -> FactOut:
    """A fact as an assistant can pass it on."""
    known = present.sources_of(fact, dict(load().sources))
    source = "; ".join(f"{entry.publisher} ({entry.url})" for entry in known) or fact.source
    return FactOut.model_validate({"id": fact.id, **fact.as_dict(), "source": source})
