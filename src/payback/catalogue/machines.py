"""Complete parts lists that we ship, as people would buy them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from payback.errors import BadCatalogueError
from payback.evidence import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPart:
    """One line of a parts list."""

    category: str
    component: str
    quantity: int = 1
    card: str | None = None
    """For a GPU, the board maker's card where it matters (cooler, length)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineList:
    """A machine as a list of parts, with the source of the list."""

    id: str
    label: str
    as_of: dt.date
    tier: str
    gpu_slots: int
    parts: tuple[ListedPart, ...]
    source: str = ""
    """Who published the list; empty for one we put together ourselves."""
    locator: str = ""
    note: str = ""
    stated_total_usd: float | None = None
    wall_power_w: float | None = None
    grade: Grade = Grade.LISTED

    @property
    def gpu(self) -> str | None:
        """Name of the GPU in the list; None for a machine listed without one."""
        return next((part.component for part in self.parts if part.category == "gpu"), None)

    @property
    def gpu_count(self) -> int:
        """How many GPUs the list holds."""
        return sum(part.quantity for part in self.parts if part.category == "gpu")


def machine_from_toml(document: dict[str, Any], name: str) -> MachineList:
    """A machine from the form of ``data/machines/*.toml``.

    Raises:
        BadCatalogueError: A key is missing or unknown.
    """
    plain = dict(document)
    try:
        parts = tuple(ListedPart(**part) for part in plain.pop("part"))
        return MachineList(parts=parts, **plain)
    except (KeyError, TypeError) as error:
        raise BadCatalogueError(f"data/machines/{name}: {error}") from error
