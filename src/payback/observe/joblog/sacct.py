"""Slurm's accounting, as ``sacct --parsable2`` prints it, in the dialects of its versions and sites.

GPUs are read from AllocTRES, else ReqTRES (both count the whole job), else AllocGRES (Slurm before 20.11, likewise),
else ReqGRES times the number of nodes. Lines of job steps are skipped; tasks of an array and parts of a heterogeneous
job are jobs; with ``--duplicates`` every run of a requeued job is one.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final

import numpy as np

from payback.errors import BadQuestionError
from payback.observe.joblog import reasons
from payback.observe.joblog.intake import Intake, Rows
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.joblog.options import Names, ReadOptions
from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.clock import stamps
from payback.observe.tables.fields import (
    ABSENT,
    NO_VALUE,
    UNREADABLE,
    Memory,
    contains,
    durations,
    keys,
    known,
    numbers,
)
from payback.observe.tables.header import Header, read_header
from payback.observe.tables.table import Block, blocks

_TRES_GPU = re.compile(r"gres/gpu(?::([^=,]+))?=(\d+)", re.IGNORECASE)
_GRES_GPU = re.compile(
    r"(?:^|,)(?:gres[:/])?gpu(?::(\d*[A-Za-z_][\w.-]*))?(?::(\d+))?(?:\([^)]*\))?(?=,|$)", re.IGNORECASE
)
ANY_GPU: Final = "gpu"
PENDING, RUNNING, CANCELLED, OVER = range(4)
STATES: Final = {
    "PENDING": PENDING,
    "REVOKED": PENDING,
    "RUNNING": RUNNING,
    "SUSPENDED": RUNNING,
    "CANCELLED": CANCELLED,
}
GPU_BITS: Final = 32
MILLI_MASK: Final = (1 << GPU_BITS) - 1
"""A GPU request is remembered as one number: thousandths below, the kind's number above."""


def tres_gpus(text: str) -> tuple[int, str]:
    """Thousandths of GPUs in a TRES string, and their kind if it names just one.

    Example:
        >>> tres_gpus("billing=64,cpu=64,gres/gpu:a100=4,gres/gpu=4,mem=500G,node=1")
        (4000, 'a100')
        >>> tres_gpus("cpu=4,gres/gpumem=10G,mem=16G")
        (0, '')
    """
    found = _TRES_GPU.findall(text)
    typed = [(kind, int(count)) for kind, count in found if kind]
    plain = [int(count) for kind, count in found if not kind]
    total = max([*plain, sum(count for _, count in typed)])
    kinds = {kind for kind, _ in typed}
    return total * MILLI, kinds.pop() if len(kinds) == 1 else (ANY_GPU if found else "")


def gres_gpus(text: str) -> tuple[int, str]:
    """Thousandths of GPUs in a GRES string, and their kind if it names just one.

    Example:
        >>> gres_gpus("gpu:tesla:2,craynetwork:1"), gres_gpus("gpu:4(IDX:0-3)"), gres_gpus("")
        ((2000, 'tesla'), (4000, 'gpu'), (0, ''))
    """
    found = _GRES_GPU.findall(text)
    kinds = {kind for kind, _ in found if kind}
    return sum(int(count or 1) for _, count in found) * MILLI, kinds.pop() if len(kinds) == 1 else ANY_GPU * bool(found)


class SacctReader:
    """Reads one dump; remembers from block to block what it has parsed."""

    def __init__(self, header: Header, options: ReadOptions) -> None:
        self.header, self.options = header, options
        self.kinds, self._partitions = Names(), Names()
        self._memories: dict[str, Memory] = {}
        if header.find("JobID", "JobIDRaw") is None or header.find("Submit") is None:
            raise BadQuestionError(
                "sacct log", f"the header {'|'.join(header.names)[:80]!r}", "a line of names with JobID and Submit"
            )
        header.require_all(options.pool_column, options.priority_column)
        self._sources = [
            name for name in ("AllocTRES", "ReqTRES", "AllocGRES", "ReqGRES") if header.find(name) is not None
        ]
        if not self._sources:
            raise BadQuestionError("sacct log", "no column of GPUs", "AllocTRES: sacct --format=...,AllocTRES")

    @property
    def pools(self) -> list[str]:
        """Names of the pools met: kinds of GPU, or what the column named by the user holds."""
        return (self._partitions if self.options.pool_column else self.kinds).names

    def rows(self, block: Block) -> Rows:
        """Understand a block."""
        submit_s, _ = self._stamps(block, "Submit")
        start_s, start_later_s = self._stamps(block, "Start")
        end_s, end_later_s = self._stamps(block, "End")
        state, run_s = self._states(block), self._run_s(block)
        never = state == PENDING
        if run_s is not None:
            never |= (state == CANCELLED) & (run_s == 0)
        name = block.column(self.header.require("JobID", "JobIDRaw"))
        milli_gpus, kind = self._gpus(block)
        limit = self.header.column(block, "TimelimitRaw")
        limit_text = self.header.column(block, "Timelimit")
        options = self.options
        priority = self.header.column(block, options.priority_column) if options.priority_column else None
        named = self._partitions.codes(self.header.column(block, options.pool_column)) if options.pool_column else None
        return Rows(
            row_numbers=block.row_numbers,
            submit_s=submit_s if submit_s is not None else np.full(block.rows, ABSENT),
            start_s=start_s,
            end_s=end_s,
            run_s=run_s,
            milli_gpus=milli_gpus,
            pool=kind if named is None else named,
            priority=None if priority is None else numbers(priority),
            key=keys(name),
            estimate_s=durations(limit, unit_s=60) if limit else durations(limit_text) if limit_text else None,
            user=self.options.users(self.header.column(block, "User"), self._memory("user")),
            never_started=never,
            still_running=state == RUNNING,
            start_later_s=start_later_s,
            end_later_s=end_later_s,
            refused=((reasons.STEP, contains(name, ".")),),
            noted=((reasons.SLICE, self.kinds.slices(kind)),),
        )

    def _memory(self, what: str) -> Memory:
        return self._memories.setdefault(what, Memory())

    def _stamps(self, block: Block, name: str) -> tuple[Int64Array | None, Int64Array | None]:
        column = self.header.column(block, name)
        return (None, None) if column is None else stamps(column, self.options.clock, self._memory("zone"))

    def _states(self, block: Block) -> Int64Array:
        column = self.header.column(block, "State")
        return np.full(block.rows, OVER) if column is None else self._memory("state").labels(column, _state)

    def _run_s(self, block: Block) -> Int64Array | None:
        column = self.header.column(block, "ElapsedRaw", "Elapsed")
        return None if column is None else durations(column)

    def _gpus(self, block: Block) -> tuple[Int64Array, Int64Array]:
        """Thousandths of GPUs, and the number of their kind."""
        result = np.full(block.rows, ABSENT)
        for source in self._sources:
            column = self.header.column(block, source)
            if column is None or known(result).all():
                continue
            parse = self._tres if source.endswith("TRES") else self._gres
            found = self._memory(source).labels(column, parse)
            if source == "ReqGRES":
                found = np.where(found > 0, found + (found & MILLI_MASK) * (self._nodes(block) - 1), found)
            result = np.where(known(result), result, found)
        if self._sources[-1].endswith("GRES"):
            result = np.where(result == ABSENT, 0, result)
        kind = np.where(known(result), result >> GPU_BITS, 0)
        return np.where(known(result), result & MILLI_MASK, result), kind

    def _nodes(self, block: Block) -> Int64Array:
        column = self.header.column(block, "AllocNodes", "NNodes", "ReqNodes")
        return np.ones(block.rows, np.int64) if column is None else np.maximum(numbers(column), 1)

    def _tres(self, text: str) -> int:
        return self._packed(text, tres_gpus(text))

    def _gres(self, text: str) -> int:
        return self._packed(text, gres_gpus(text))

    def _packed(self, text: str, gpus: tuple[int, str]) -> int:
        if text.casefold() in NO_VALUE or text == "(null)":
            return ABSENT
        if gpus[0] > MILLI_MASK:
            return UNREADABLE
        return gpus[0] | self.kinds.code(gpus[1]) << GPU_BITS


def _state(text: str) -> int:
    """CANCELLED by 1234 and CANCELLED+ are both CANCELLED."""
    return STATES.get(text.split(" ")[0].rstrip("+").upper(), OVER)


def read_sacct(stream: BinaryIO, options: ReadOptions) -> JobLog:
    """Read a dump of ``sacct``.

    Raises:
        BadQuestionError: The dump has no header, or no column of GPUs.
    """
    header = read_header(stream)
    reader, intake = SacctReader(header, options), Intake("sacct")
    for block in blocks(stream, header.delimiter, len(header.names), joins_lines=True):
        intake.ragged(block.ragged_rows)
        intake.add(reader.rows(block))
    return intake.finish(pools=reader.pools, clock=options.clock.describe())
