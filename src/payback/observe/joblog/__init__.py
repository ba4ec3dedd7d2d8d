"""Job logs: what people ran, for how long, on how many GPUs.

``read_joblog`` turns a log of any known kind into plain columns; ``JobLog`` says what they hold.
"""

from __future__ import annotations

from payback.observe.joblog.detect import FORMATS, detect
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.read import read_joblog
from payback.observe.tables.ledger import Tally

__all__ = ["FORMATS", "JobLog", "Tally", "detect", "read_joblog"]
