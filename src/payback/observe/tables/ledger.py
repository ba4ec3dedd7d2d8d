"""How many rows met which fate: the account every reader gives of what it did not take as it stood."""

from __future__ import annotations

from dataclasses import dataclass

from payback.observe.tables.arrays import Int64Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows met one fate, and where the first of them stands."""

    reason: str
    rows: int
    first_row: int
    """Counted from 1, the header not included."""


class Ledger:
    """Counts rows by reason, and remembers the first of each."""

    def __init__(self) -> None:
        self._counts: dict[str, Tally] = {}

    def count(self, reason: str, row_numbers: Int64Array) -> None:
        """Add rows to a reason."""
        if not len(row_numbers):
            return
        before = self._counts.get(reason)
        first = int(row_numbers.min())
        self._counts[reason] = Tally(
            reason=reason,
            rows=len(row_numbers) + (before.rows if before else 0),
            first_row=min(first, before.first_row) if before else first,
        )

    def tallies(self) -> tuple[Tally, ...]:
        """All reasons, the most frequent first."""
        return tuple(sorted(self._counts.values(), key=lambda tally: (-tally.rows, tally.reason)))
