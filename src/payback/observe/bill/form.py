"""A format of bills: which columns are read, and how the texts of a row choose its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from payback.observe.bill.machines import Machines
from payback.observe.bill.rules import Rule, Texts

Names = tuple[str, ...]
"""Names under which a column may be found, tried in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the reader needs to know of a format. Columns that are not named here are never looked at."""

    name: str
    texts: Mapping[str, Names]
    """Columns whose texts choose the rule, by our name for them."""
    money: Mapping[str, Names]
    """Columns with amounts; ``cost`` must be there."""
    rule: Callable[[Texts, Machines], Rule]
    quantity: Mapping[str, Names] = field(default_factory=dict)
    """Columns with quantities, the first that the table has; by the name of the text column with their unit."""
    start: Names = ()
    end: Names = ()
    period: tuple[Names, Names] = ((), ())
    """Columns with the start and the end of the period that is billed."""
    many_machines: bool = False
    """Whether a row may hold the hours of several machines."""
    dated: bool = False
    """Whether a row without a time is no charge but a total."""
