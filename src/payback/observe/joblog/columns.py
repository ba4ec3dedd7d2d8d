"""Any table with a header, its columns named by the caller: ``submit=Queued,duration_h=Hours,gpus=Devices``."""

from __future__ import annotations

from typing import BinaryIO, Final

from payback.errors import BadQuestionError
from payback.observe.joblog.jobs import JobLog
from payback.observe.joblog.mapped import MappedReader, Mapping
from payback.observe.joblog.options import ReadOptions
from payback.observe.tables.header import read_header
from payback.observe.tables.pairs import parse_pairs
from payback.observe.tables.table import blocks

UNITS_S: Final = {"": 1.0, "_s": 1.0, "_min": 60.0, "_h": 3600.0}
TIMED: Final = ("duration", "wait", "estimate")
PLAIN: Final = ("submit", "start", "end", "gpus", "id", "user", "pool", "state", "priority")
KEYS: Final = (*PLAIN, *(name + unit for name in TIMED for unit in UNITS_S))


def parse_mapping(text: str) -> Mapping:
    """Read a mapping of columns.

    Args:
        text: ``key=NAME`` pairs joined by commas. Keys: submit and gpus; duration, or start and end; and, where the
            table has them, wait, estimate, id, user, pool, state, priority. duration, wait and estimate are seconds
            or ``[days-]hours:minutes:seconds``; with ``_min`` or ``_h`` they are minutes or hours.

    Raises:
        BadQuestionError: Something is missing, twice there or not of the form.
        UnknownNameError: A key nobody has heard of.

    Example:
        >>> parse_mapping("submit=Queued,duration_h=Hours,gpus=Devices").duration_unit_s
        3600.0
    """
    named = parse_pairs(text, KEYS, "submit=NAME,duration=NAME,gpus=NAME")
    _check(named, text)
    lengths = {name: next((name + unit for unit in UNITS_S if name + unit in named), "") for name in TIMED}
    return Mapping(
        **{key: (named[key],) for key in PLAIN if key in named},  # type: ignore[arg-type]
        **{name: (named[key],) for name, key in lengths.items() if key},  # type: ignore[arg-type]
        **{f"{name}_unit_s": UNITS_S[key.removeprefix(name)] for name, key in lengths.items() if key},  # type: ignore[arg-type]
    )


def read_columns(stream: BinaryIO, options: ReadOptions, mapping: Mapping, format_name: str = "csv") -> JobLog:
    """Read a table whose columns are known.

    Raises:
        UnknownNameError: The table has no column of a name the mapping gives.
    """
    header = read_header(stream)
    for field in (*PLAIN, *TIMED):
        names: tuple[str, ...] = getattr(mapping, field)
        if names and format_name == "csv":
            header.require(*names)
    reader = MappedReader(header, mapping, options)
    return reader.log(format_name, blocks(stream, header.delimiter, len(header.names)))


def _check(named: dict[str, str], text: str) -> None:
    lasts = any(f"duration{unit}" in named for unit in UNITS_S)
    begins = "start" in named or any(f"wait{unit}" in named for unit in UNITS_S)
    if not {"submit", "gpus"} <= named.keys() or not (lasts or (begins and "end" in named)):
        raise BadQuestionError("columns", repr(text), "submit, gpus, and either duration or start and end")
