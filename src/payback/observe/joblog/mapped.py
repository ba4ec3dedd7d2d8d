"""Any table whose columns can be named: what most formats are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from payback.observe.joblog import reasons
from payback.observe.joblog.intake import Intake, Rows
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.joblog.options import Names, ReadOptions
from payback.observe.tables.arrays import Int64Array
from payback.observe.tables.clock import stamps
from payback.observe.tables.fields import ABSENT, Memory, durations, keys, known, numbers
from payback.observe.tables.header import Header
from payback.observe.tables.table import Block, Column

NEVER, OPEN, OVER = range(3)
STATES: Final = {"pending": NEVER, "queued": NEVER, "waiting": NEVER, "running": OPEN, "suspended": OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which column holds what; several names are tried in turn."""

    submit: tuple[str, ...]
    gpus: tuple[str, ...]
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    wait: tuple[str, ...] = ()
    wait_unit_s: float = 1.0
    duration: tuple[str, ...] = ()
    duration_unit_s: float = 1.0
    duration_outranks_end: bool = True
    """Whether a stated duration is believed rather than end minus start."""
    estimate: tuple[str, ...] = ()
    estimate_unit_s: float = 1.0
    id: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    milli_gpus: Callable[[Header, Block], Int64Array] | None = None
    """Reads thousandths of GPUs where one column does not say it all."""


class MappedReader:
    """Reads the blocks of one table."""

    def __init__(self, header: Header, mapping: Mapping, options: ReadOptions) -> None:
        self.header, self.mapping, self.options = header, mapping, options
        self.pools = Names()
        self._zones, self._states, self._users = Memory(), Memory(), Memory()
        header.require(*mapping.submit)
        header.require(*mapping.gpus)
        header.require_all(options.pool_column, options.priority_column)

    def log(self, format_name: str, blocks: Iterable[Block]) -> JobLog:
        """Read all blocks."""
        intake = Intake(format_name)
        for block in blocks:
            intake.ragged(block.ragged_rows)
            intake.add(self.rows(block))
        return intake.finish(pools=self.pools.names, clock=self.options.clock.describe())

    def rows(self, block: Block) -> Rows:
        """Understand a block."""
        mapping, header = self.mapping, self.header
        submit_s, _ = stamps(block.column(header.require(*mapping.submit)), self.options.clock, self._zones)
        start_s, start_later_s = self._stamps(block, mapping.start)
        end_s, end_later_s = self._stamps(block, mapping.end)
        wait_s = self._lengths(block, mapping.wait, mapping.wait_unit_s)
        if start_s is None and wait_s is not None:
            start_s = np.where(known(wait_s) & known(submit_s), submit_s + wait_s, wait_s)
        run_s = self._lengths(block, mapping.duration, mapping.duration_unit_s)
        if run_s is not None and start_s is not None and end_s is not None and not mapping.duration_outranks_end:
            run_s = np.where(known(start_s) & known(end_s), ABSENT, run_s)
        state = header.column(block, *mapping.state)
        states = None if state is None else self._states.labels(state, lambda text: STATES.get(text.casefold(), OVER))
        pool = self.pools.codes(header.column(block, *_in_place_of(mapping.pool, self.options.pool_column)))
        name = header.column(block, *mapping.id)
        priority = header.column(block, *_in_place_of(mapping.priority, self.options.priority_column))
        return Rows(
            row_numbers=block.row_numbers,
            submit_s=submit_s,
            start_s=start_s,
            end_s=end_s,
            run_s=run_s,
            milli_gpus=self._milli_gpus(block),
            estimate_s=self._lengths(block, mapping.estimate, mapping.estimate_unit_s),
            priority=None if priority is None else numbers(priority),
            pool=pool,
            key=None if name is None else keys(name),
            user=self.options.users(header.column(block, *mapping.user), self._users),
            never_started=None if states is None else states == NEVER,
            still_running=None if states is None else states == OPEN,
            start_later_s=start_later_s,
            end_later_s=end_later_s,
            noted=() if pool is None else ((reasons.SLICE, self.pools.slices(pool)),),
        )

    def _milli_gpus(self, block: Block) -> Int64Array:
        if self.mapping.milli_gpus is not None:
            return self.mapping.milli_gpus(self.header, block)
        return numbers(block.column(self.header.require(*self.mapping.gpus)), scale=MILLI)

    def _stamps(self, block: Block, names: tuple[str, ...]) -> tuple[Int64Array | None, Int64Array | None]:
        column = self.header.column(block, *names)
        return (None, None) if column is None else stamps(column, self.options.clock, self._zones)

    def _lengths(self, block: Block, names: tuple[str, ...], unit_s: float) -> Int64Array | None:
        column: Column | None = self.header.column(block, *names)
        return None if column is None else durations(column, unit_s=unit_s)


def _in_place_of(names: tuple[str, ...], stated: str | None) -> tuple[str, ...]:
    return names if stated is None else (stated,)
