"""Where everything lies in the kernel's arrays.

A kernel that takes eighty arrays takes minutes to compile, so a model is
laid out in a dozen, and these are the names of their rows and entries.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

TILE: Final = 8
"""Owned options that are handled together."""
TOGETHER: Final = 4
"""Options that the month scan holds in registers."""
GROUP: Final = 4
"""Months that the scan handles between looks at whether it is done."""


def months_padded(months: int) -> int:
    """Months 0 to N, filled up to whole groups of the scan.

    Example:
        >>> months_padded(60)
        64
    """
    return -(-(months + 1) // GROUP) * GROUP


class Size(IntEnum):
    """Entries of `Packed.sizes`: counts, then the first row of each table in the workspace."""

    MONTHS = 0
    CLASSES = 1
    ROWS = 2
    """Rows of the table of price paths."""
    SPEED_ROWS = 3
    OWNED = 4
    RENTED = 5
    OPTIONS = 6
    BASELINE = 7
    """Row of the baseline among the rented options; -1 = none."""
    EVENTS = 8
    HAS_RESALE = 9
    WORK = 10
    """Hours over speed, by row of the table of speeds."""
    SPEEDS = 11
    DRIFT = 12
    PRICE = 13
    BEFORE = 14
    RUNNING = 15
    RENT = 16
    UPFRONT = 17
    ENERGY = 18
    CASH = 19
    AVOIDED = 20
    """Payments of the baseline that owning avoids: less those on days of repair."""
    BREAKS = 21
    """Breakdowns, cumulative, by month."""
    LATER_BREAKS = 22
    """Those after the warranty."""
    LOST = 23
    WIDE_ROWS = 24
    SWING = 25
    STRAY = 26
    NARROW_MONTHS = 27
    """`Monthly` rows of each month, in 32-bit floats."""
    NARROW_ROWS = 28
    EVENT_BLOCKS = 29
    """First block of random words that holds waits between breakdowns."""
    MONTH_BLOCKS = 30
    """First block that holds swings and jumps of months."""
    MONTHS_PADDED = 31
    """Rows of months that the scan reads, see `months_padded`."""
    COUNT = 32


class Number(IntEnum):
    """Entries of `Packed.numbers`."""

    MOST_HOURS = 0
    OWN_STRAY = 1
    SHARED_STRAY = 2
    YEARS = 3
    DECAY_MIDDLE = 4
    GENERATION_EARLY = 5
    GENERATION_WIDTH = 6
    GENERATION_INTERVAL = 7
    STEP_EXPECTED = 8
    MOST_KEPT_LOG = 9
    REST_LOG = 10
    WEIBULL_UNIT = 11
    WEIBULL_YEARS = 12
    WEIBULL_POWER = 13
    WARRANTY = 14
    LOWEST = 15
    """Least of the statements' totals."""
    COUNT = 16


class Block(IntEnum):
    """Blocks of four random words that every scenario has; those of speeds, waits and months follow."""

    HOURS = 0
    DRIFT = 1
    RESALE = 2
    GENERATION = 3
    ELECTRICITY = 4
    FAILURES = 5
    SPOT = 6
    SPEEDS = 7


class Walk(IntEnum):
    """Columns of `Packed.walks`, one row a class of prices."""

    FADE = 0
    SHOCK = 1
    JUMP_LIMIT = 2
    """A word's upper 24 bits below this make a jump."""
    JUMP_SCALE = 3
    """Sizes per unit of that word."""
    LAST_SIZE = 4


class Wide(IntEnum):
    """Fixed rows of the 64-bit workspace; the tables named in `Size` follow."""

    HOURS = 0
    SPOT = 1
    GROWTH = 2
    DECAY = 3
    STEP = 4
    REST = 5
    RATE = 6
    DOWNTIME = 7
    RESALE = 8
    SCRATCH = 9
    PAID = 10
    """What the baseline pays by use and flat in a month, at today's price."""
    MORE = 11
    """One and the share of the work beyond its commitment."""
    COUNT = 12


class Narrow(IntEnum):
    """Fixed rows of the 32-bit workspace."""

    WAITED = 0
    WAIT = 1
    WHEN = 2
    COUNT = 3


class Monthly(IntEnum):
    """Rows of one month in the 32-bit workspace."""

    ENERGY = 0
    CASH = 1
    AVOIDED = 2
    BREAKS = 3
    LATER_BREAKS = 4
    COUNT = 5


class Owned(IntEnum):
    """Rows of `Packed.owned`."""

    START = 0
    MONTHLY = 1
    FIXED = 2
    BUSY = 3
    IDLE = 4
    LOAD = 5
    REPAIR = 6
    GPU_RESIDUAL = 7
    REST_RESIDUAL = 8


class OwnedAt(IntEnum):
    """Rows of `Packed.owned_at`."""

    PLACE = 0
    RANK = 1
    """Position in the model's own order."""
    SPEED = 2
    FAILURE_CLASS = 3


class Rented(IntEnum):
    """Rows of `Packed.rented`."""

    FIXED = 0
    USED = 1
    FLAT = 2
    UPFRONT = 3
    OWED = 4
    LOAD = 5
    IS_SPOT = 6


class RentedAt(IntEnum):
    """Rows of `Packed.rented_at`."""

    PLACE = 0
    SPEED = 1
    PATH = 2
