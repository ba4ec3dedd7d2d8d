"""What a refresh tells: of each source and file, how many rows were believed, and why the others were not."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from payback.catalogue.store.batch import FileRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of the rows of one file."""

    file: str
    observed_on: dt.date | None
    dated_by: str
    rows: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]
    ignored: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one source gave: every row is either accepted or quarantined for one reason.

    A file that cannot be read at all counts as one quarantined row.
    """

    name: str
    rows: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]
    seconds: float
    files: tuple[FileReport, ...] = ()
    ignored: dict[str, int] = field(default_factory=dict)
    """Cells left aside in accepted rows, by reason."""
    error: str = ""
    """Why nothing new could be had; the old data stay."""

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback prices refresh --json` prints a source."""
        return {
            "name": self.name,
            "rows": self.rows,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "reasons": self.reasons,
        }


def file_report(record: FileRecord, dated_by: str, seconds: float) -> FileReport:
    """The report on one file."""
    return FileReport(
        file=record.name,
        observed_on=record.observed_on if dated_by else None,
        dated_by=dated_by,
        rows=record.rows,
        accepted=record.accepted,
        quarantined=len(record.rejected),
        reasons=dict(record.reasons().most_common()),
        ignored=dict(record.ignored.most_common()),
        seconds=seconds,
    )


def source_report(name: str, reports: Sequence[FileReport], error: str) -> SourceReport:
    """The report on all files of one source."""
    reasons: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.reasons)
        ignored.update(report.ignored)
    return SourceReport(
        name=name,
        rows=sum(report.rows for report in reports),
        accepted=sum(report.accepted for report in reports),
        quarantined=sum(report.quarantined for report in reports),
        reasons=dict(reasons.most_common()),
        seconds=sum(report.seconds for report in reports),
        files=tuple(reports),
        ignored=dict(ignored.most_common()),
        error=error,
    )
