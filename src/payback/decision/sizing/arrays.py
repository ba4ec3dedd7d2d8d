"""The array types that cross module borders in the replay, and the columns of a trace."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
ByteArray = npt.NDArray[np.uint8]

SUBMIT: Final = 0
"""Seconds after the first submission."""
RUN: Final = 1
"""Seconds the job runs, wherever it runs."""
ESTIMATE: Final = 2
"""Seconds the scheduler believes it will run."""
UNITS: Final = 3
"""GPUs, in the trace's smallest common unit."""
SIZE_CLASS: Final = 4
"""Rank of UNITS among the sizes that occur."""
PLACE: Final = 5
"""Place in the index of waiting jobs: jobs of one size stand together, in order of submission."""
BILLED: Final = 6
"""Seconds the cloud charges for the job."""
PRIORITY: Final = 7
"""Higher goes first; only the general replay looks at it."""
COLUMNS: Final = 8
