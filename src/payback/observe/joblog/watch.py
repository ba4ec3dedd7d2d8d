"""A log of `payback watch` as a job log: a spell in which a GPU was in use is a job on it.

Spells of several GPUs that begin and end together are one job. A job starts when it is submitted: what waited, or
was never tried because the machine was full, no sensor sees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from payback.observe.joblog.intake import Intake, Rows
from payback.observe.joblog.jobs import MILLI, JobLog
from payback.observe.watch.log.reader import Spell, WatchReader

TOGETHER_S: Final = 60.0
"""Spells whose beginnings, and whose ends, lie this close belong to one job (assumed). [s]"""
MERGED: Final = "spells of several GPUs that begin and end together: counted as one job"
NO_QUEUE: Final = "seen by sensors: what waited is not in the log"


def read_watch(path: Path) -> JobLog:
    """Read the spells of use of a watcher's log.

    Raises:
        BadQuestionError: There is no log there.
    """
    with WatchReader(path) as reader:
        spells = reader.spells()
        kinds = {card.key: card.name for card in reader.cards()}
    jobs = together(spells)
    intake = Intake("watch")
    if jobs:
        pools = sorted({kinds[job[0].key] for job in jobs})
        intake.add(_rows(jobs, [pools.index(kinds[job[0].key]) for job in jobs]))
        return intake.finish(pools=pools)
    return intake.finish()


def together(spells: list[Spell]) -> list[list[Spell]]:
    """Spells grouped into jobs; a GPU is in a job once.

    Example:
        >>> one, two = (Spell(key=key, begin_s=0, end_s=100, busy_s=90) for key in "ab")
        >>> [len(job) for job in together([one, two, Spell(key="a", begin_s=500, end_s=600, busy_s=90)])]
        [2, 1]
    """
    jobs: list[list[Spell]] = []
    open_jobs: list[list[Spell]] = []
    for spell in sorted(spells, key=lambda spell: spell.begin_s):
        open_jobs = [job for job in open_jobs if spell.begin_s - job[0].begin_s <= TOGETHER_S]
        home = next((job for job in open_jobs if _belongs(spell, job)), None)
        if home is None:
            jobs.append([spell])
            open_jobs.append(jobs[-1])
        else:
            home.append(spell)
    return jobs


def _belongs(spell: Spell, job: list[Spell]) -> bool:
    return abs(spell.end_s - job[0].end_s) <= TOGETHER_S and all(spell.key != other.key for other in job)


def _rows(jobs: list[list[Spell]], pools: list[int]) -> Rows:
    numbers = np.arange(1, len(jobs) + 1)
    begins = np.array([min(spell.begin_s for spell in job) for job in jobs])
    ends = np.array([max(spell.end_s for spell in job) for job in jobs])
    counts = np.array([len(job) for job in jobs])
    return Rows(
        row_numbers=numbers,
        submit_s=begins.astype(np.int64),
        run_s=np.maximum(1, np.rint(ends - begins)).astype(np.int64),
        milli_gpus=(counts * MILLI).astype(np.int64),
        pool=np.array(pools, np.int64),
        noted=((MERGED, counts > 1), (NO_QUEUE, np.ones(len(jobs), bool))),
    )
