"""Cloud bills: what was billed, for what, when, to the last decimal.

``read_bill`` turns a bill of any known kind into lines that add up to its total exactly; ``Bill`` holds them.
Account numbers, user names and names of resources are not kept: their columns are never read.
"""

from __future__ import annotations

from payback.observe.bill.detect import FORMATS
from payback.observe.bill.lines import Bill, BillLine, LineKey, with_gpu_counts
from payback.observe.bill.read import read_bill

__all__ = ["FORMATS", "Bill", "BillLine", "LineKey", "read_bill", "with_gpu_counts"]
