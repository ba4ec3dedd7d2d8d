"""What kind of log a file is, told from its beginning."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from payback.errors import BadQuestionError
from payback.observe.tables.header import Header, parse_header
from payback.observe.tables.source import beginning
from payback.observe.watch.log.layout import is_watch_log

FORMATS: Final = ("sacct", "philly", "helios", "alibaba", "swf", "kubernetes", "wandb", "watch", "csv")
SIGNS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "sacct": (
        ("JobID", "JobIDRaw"),
        ("Submit", "Elapsed", "ElapsedRaw"),
        ("ReqTRES", "AllocTRES", "ReqGRES", "AllocGRES"),
    ),
    "alibaba": (("num_gpu",), ("creation_time",), ("deletion_time",)),
    "philly": (("jobid", "job_id"), ("submitted_time",), ("gpu_num", "num_gpus")),
    "helios": (("job_id", "jobid"), ("submit_time",), ("gpu_num",)),
    "wandb": (("Created", "created_at", "createdAt"), ("Runtime", "_runtime", "_wandb.runtime")),
    "kubernetes": (("creationTimestamp", "creation_timestamp"),),
}
"""Of each group one column must be there; the first format that has all its groups is it."""
_JSON_SIGNS: Final = (
    ("philly", re.compile(rb'"attempts"\s*:|"submitted_time"\s*:')),
    ("kubernetes", re.compile(rb'"apiVersion"\s*:|"creationTimestamp"\s*:')),
    ("wandb", re.compile(rb'"created_?[aA]t"\s*:|"_runtime"\s*:|"gpu_count"\s*:')),
)
_SWF_LINE = re.compile(rb"\s*(?:-?\d+(?:\.\d+)?\s+){17}-?\d+(?:\.\d+)?\s*")


def detect(path: Path) -> str:
    """The format of a log.

    Raises:
        BadQuestionError: The file is empty, or like none of the formats known.
    """
    if is_watch_log(path):
        return "watch"
    start = beginning(path)
    found = detect_text(start)
    if found is None:
        line = start.strip().split(b"\n")[0][:80].decode("utf-8", "replace")
        raise BadQuestionError(
            f"job log {str(path)!r}",
            repr(line) if line else "an empty file",
            f"a log like one of {', '.join(FORMATS[:-1])}; name it with --format, or name its columns with --columns",
        )
    return found


def detect_text(start: bytes) -> str | None:
    r"""The format of a log that begins so; None if like none.

    Example:
        >>> detect_text(b"JobID|User|Submit|AllocTRES\n")
        'sacct'
    """
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith((b"[", b"{")):
        return next((name for name, sign in _JSON_SIGNS if sign.search(text)), None)
    if text.startswith(b";"):
        return "swf"
    line = text.split(b"\n")[0]
    if _SWF_LINE.fullmatch(line):
        return "swf"
    return _by_columns(parse_header(line)) if line else None


def _by_columns(header: Header) -> str | None:
    for name, groups in SIGNS.items():
        if all(header.find(*group) is not None for group in groups):
            return name
    return None
