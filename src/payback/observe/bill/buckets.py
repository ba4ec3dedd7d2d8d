"""How long rows are that only say when they start: an hour, a day, a week, a month, or nobody knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise
from typing import Final

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
WEEK_S: Final = 7 * DAY_S
MONTH_S: Final = 31 * DAY_S
"""Stands for a month, however long."""


def bucket_s(start_hours: Collection[int], longest_h: float, *, many_machines: bool) -> int | None:
    """The length of rows without an end, told from their starts; None where a row is longer than they show. [s]

    Args:
        start_hours: Different starts, hours after 1970-01-01 UTC.
        longest_h: Most hours in one row.
        many_machines: Whether a row may hold the hours of several machines, so that a day may have more than 24.

    Example:
        >>> bucket_s({0, 24, 72}, 24.0, many_machines=False), bucket_s({5, 6, 7}, 1.0, many_machines=False)
        (86400, 3600)
        >>> bucket_s({100}, 300.0, many_machines=False) is None
        True
    """
    starts = sorted(start_hours)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    if starts and all(_first_of_month(hour) for hour in starts) and (gaps or longest_h > 24):
        return MONTH_S
    if gaps and longest_h > 24 and all(gap % (7 * 24) == 0 for gap in gaps):
        return WEEK_S
    if gaps and min(gaps) == 1 and longest_h <= 1:
        return HOUR_S
    return DAY_S if many_machines or longest_h <= 24 else None


def end_s(last_start_s: int, length_s: int) -> int:
    """When a row ends. [s]"""
    if length_s != MONTH_S:
        return last_start_s + length_s
    day = dt.datetime.fromtimestamp(last_start_s, dt.UTC).replace(day=1, hour=0, minute=0, second=0)
    return int((day + dt.timedelta(days=32)).replace(day=1).timestamp())


def _first_of_month(hour: int) -> bool:
    moment = dt.datetime.fromtimestamp(hour * HOUR_S, dt.UTC)
    return (moment.day, moment.hour) == (1, 0)
