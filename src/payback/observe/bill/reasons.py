"""Why the cost of a row is not in a bill's lines, or is there after a decision."""

from __future__ import annotations

from typing import Final

RAGGED: Final = "wrong number of fields"
BAD_COST: Final = "unreadable cost"
NO_COST: Final = "no cost"
BAD_CURRENCY: Final = "unreadable currency"
UNDATED: Final = "no day: a total or a heading, not a charge"

NO_TIME: Final = "no readable time: its cost is counted, its hours have no place in the week"
BAD_QUANTITY: Final = "unreadable quantity: its cost is counted, its hours are not"
