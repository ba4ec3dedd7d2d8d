"""Conversion constants: the only place for them.

Every quantity in payback carries its unit as the suffix of its name, so these
are the only numbers that turn one unit into another.
"""

from __future__ import annotations

from typing import Final

DAYS_PER_YEAR: Final = 365
HOURS_PER_DAY: Final = 24
MONTHS_PER_YEAR: Final = 12
HOURS_PER_YEAR: Final = DAYS_PER_YEAR * HOURS_PER_DAY
HOURS_PER_MONTH: Final = HOURS_PER_YEAR / MONTHS_PER_YEAR
"""730 h: a twelfth of 365 days. Months of 720 h or 28 days exist in print; we never use them."""
WEEKS_PER_MONTH: Final = DAYS_PER_YEAR / 7 / MONTHS_PER_YEAR
DAYS_PER_MONTH: Final = DAYS_PER_YEAR / MONTHS_PER_YEAR
SECONDS_PER_HOUR: Final = 3600

W_PER_KW: Final = 1000.0
BTU_PER_H_PER_W: Final = 3.412141633
"""Heat given to a room by one watt at the wall."""
JOULES_PER_KWH: Final = 3.6e6

BYTES_PER_GB: Final = 10**9
MBIT_PER_GB: Final = 8000
"""A line is sold in Mbit/s, data are counted in GB."""
GIB: Final = 2**30
"""Bytes in a gibibyte; memory of GPUs is counted in GiB, disks and traffic in GB."""
