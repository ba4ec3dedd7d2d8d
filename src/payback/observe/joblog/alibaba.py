"""Alibaba's GPU cluster trace of 2023 ("openb"): pods with whole GPUs or thousandths of one.

Times are seconds from an origin of the trace's own. A pod that asks for one GPU holds ``gpu_milli`` of it.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import numpy as np

from payback.observe.joblog.columns import read_columns
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.joblog.mapped import Mapping
from payback.observe.joblog.options import ReadOptions
from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.fields import known, numbers
from payback.observe.tables.header import Header
from payback.observe.tables.table import Block


def _milli_gpus(header: Header, block: Block) -> Int64Array:
    gpus = numbers(block.column(header.require("num_gpu")))
    share = header.column(block, "gpu_milli")
    if share is None:
        return np.where(known(gpus), gpus * MILLI, gpus)
    milli = numbers(share)
    return np.where(gpus == 1, np.where(known(milli), milli, MILLI), np.where(known(gpus), gpus * MILLI, gpus))


MAPPING: Final = Mapping(
    submit=("creation_time",),
    start=("scheduled_time",),
    end=("deletion_time",),
    gpus=("num_gpu",),
    milli_gpus=_milli_gpus,
    id=("name",),
    pool=("gpu_spec",),
    state=("pod_phase",),
)


def read_alibaba(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read ``openb_pod_list_*.csv``."""
    return read_columns(stream, options, MAPPING, "alibaba")
