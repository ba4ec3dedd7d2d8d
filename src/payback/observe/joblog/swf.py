"""The Standard Workload Format of the Parallel Workloads Archive, version 2.2; a processor counts as a GPU.

Fields used: job number, submit, wait, run, processors allocated (else requested), requested time, status, user and
partition. Status 2 to 4 marks parts of a job that also has a line for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np

from payback.observe.joblog import reasons
from payback.observe.joblog.intake import Intake, Rows
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.joblog.options import Names, ReadOptions
from payback.observe.tables.fields import Memory, keys, known, numbers
from payback.observe.tables.table import BLOCK_BYTES, Block, split

FIELDS: Final = 18
JOB, SUBMIT, WAIT, RUN, ALLOCATED, REQUESTED, ESTIMATE, STATUS, USER, PARTITION = 0, 1, 2, 3, 4, 7, 8, 10, 11, 15
_BLANKS = re.compile(rb"[ \t]+")
_COMMENT = re.compile(rb"^;.*\n", re.MULTILINE)
_START = re.compile(rb"^;\s*UnixStartTime:\s*(\d{1,11})\b", re.MULTILINE)


class SwfReader:
    """Reads the blocks of one log."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.partitions, self._users = Names(), Memory()
        self.origin_s = 0

    def rows(self, block: Block) -> Rows:
        """Understand a block."""
        submit_s, wait_s, run_s, allocated, requested, estimate_s, status = (
            numbers(block.column(field)) for field in (SUBMIT, WAIT, RUN, ALLOCATED, REQUESTED, ESTIMATE, STATUS)
        )
        submit_s = np.where(known(submit_s), submit_s + self.origin_s, submit_s)
        processors = np.where(known(allocated) & (allocated > 0), allocated, requested)
        return Rows(
            row_numbers=block.row_numbers,
            submit_s=submit_s,
            start_s=np.where(known(wait_s) & known(submit_s), submit_s + wait_s, submit_s),
            run_s=run_s,
            milli_gpus=np.where(known(processors), processors * MILLI, processors),
            estimate_s=estimate_s,
            pool=self.partitions.codes(block.column(PARTITION)),
            key=keys(block.column(JOB)),
            user=self.options.users(block.column(USER), self._users),
            never_started=~known(wait_s) & ~known(run_s),
            refused=((reasons.PARTIAL, (status >= 2) & (status <= 4)),),
        )


def read_swf(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read a log in SWF."""
    reader, intake = SwfReader(options), Intake("swf")
    for block in _blocks(stream, reader):
        intake.ragged(block.ragged_rows)
        intake.add(reader.rows(block))
    return intake.finish(pools=reader.partitions.names)


def _blocks(stream: BinaryIO, reader: SwfReader) -> Iterator[Block]:
    rest, first_row = b"", 1
    while True:
        read = stream.read(BLOCK_BYTES)
        text, newline, rest = (rest + read).rpartition(b"\n") if read else (rest, b"\n", b"")
        begun = _START.search(text)
        if begun:
            reader.origin_s = int(begun.group(1))
        lines = _COMMENT.sub(b"", text + newline).replace(b"\n ", b"\n")
        lines = _BLANKS.sub(b" ", lines).replace(b"\n ", b"\n").replace(b" \n", b"\n").lstrip(b" ")
        if lines.strip():
            block, taken = split(lines, b" ", FIELDS, first_row)
            first_row += taken
            yield block
        if not read:
            return
