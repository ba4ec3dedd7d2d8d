"""Times as bills write them: whole seconds, minutes, or days alone."""

from __future__ import annotations

import datetime as dt

import numpy as np

from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.clock import Clock, stamps
from payback.observe.tables.fields import UNREADABLE, Memory, known
from payback.observe.tables.table import Column

FORMS = ("%m/%d/%Y", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y", "%B %d, %Y")
"""Days as invoices write them; the first is that of the United States, where these sellers are."""
LATEST_S = 4_102_444_800
"""The year 2100; later stamps are damage."""


LONGEST_S = 32 * 86_400
"""A charge for longer is a fee for years to come; its end is not the end of the bill."""


class Span:
    """The first start and the last end of what was added."""

    def __init__(self) -> None:
        self.first_s: int | None = None
        self.last_s: int | None = None

    def add(self, start_s: Int64Array, end_s: Int64Array) -> None:
        """Add charges; those without an end, or with one years away, only with their start."""
        started = start_s[known(start_s)]
        ended = end_s[known(start_s) & known(end_s) & (end_s - start_s <= LONGEST_S)]
        for found in (started, ended):
            if len(found):
                low, high = int(found.min()), int(found.max())
                self.first_s = low if self.first_s is None else min(low, self.first_s)
                self.last_s = high if self.last_s is None else max(high, self.last_s)

    @property
    def bounds(self) -> tuple[int, int] | None:
        """First and last; None if nothing was added."""
        return None if self.first_s is None or self.last_s is None else (self.first_s, self.last_s)


class Moments:
    """Reads columns of times; UTC where no zone is named."""

    def __init__(self) -> None:
        self._clock, self._zones, self._texts = Clock(), Memory(), Memory()

    def read(self, column: Column) -> Int64Array:
        """Seconds after 1970-01-01 UTC, ABSENT or UNREADABLE. [s]"""
        result, _ = stamps(column, self._clock, self._zones)
        others = np.flatnonzero(result == UNREADABLE)
        if len(others):
            result[others] = self._texts.labels(column.part(others), moment_of)
        result[(result > LATEST_S) | ((result < 0) & (result > UNREADABLE))] = UNREADABLE
        return result


def moment_of(text: str) -> int:
    """One time that is no full stamp. [s]

    Example:
        >>> moment_of("2024-08-01"), moment_of("2024-08-01T00:00Z"), moment_of("8/1/2024"), moment_of("total")
        (1722470400, 1722470400, 1722470400, -4611686018427387903)
    """
    try:
        found = dt.datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _day(text)
    zoned = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return int(zoned.timestamp())


def _day(text: str) -> int:
    for form in FORMS:
        try:
            return int(dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).timestamp())
        except ValueError:
            continue
    return UNREADABLE
