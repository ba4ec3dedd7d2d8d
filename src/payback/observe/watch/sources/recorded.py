"""Recordings: JSON lines of `payback watch`, and the CSV of ``nvidia-smi --query-gpu=... --format=csv -l``.

https://docs.nvidia.com/deploy/nvidia-smi/ lists the query's fields. ``[N/A]``, ``[Not Supported]`` and
``[Unknown Error]`` are unknown.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Final

from payback.errors import BadQuestionError
from payback.observe.watch.sample import GpuReading, Moment, Sample, card_key, share

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
TIMES: Final = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
SAME_SAMPLE_S: Final = 0.5
"""nvidia-smi writes one row a GPU, each with a time of its own, milliseconds apart."""
SHORTEST_S: Final = 0.1


def read_recording(path: Path) -> list[Sample]:
    """Samples of a recording, in the order of the file.

    Args:
        path: JSON lines, or CSV with the header that nvidia-smi writes.

    Raises:
        BadQuestionError: The file cannot be read, or a line of it; the message names the line.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuestionError(str(path), f"a file that cannot be read ({error})", "a recording as text") from error
    lines = content.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    samples = _from_json(lines, path) if first.startswith("{") else _from_csv(lines, path)
    if not samples:
        raise BadQuestionError(str(path), "no sample", "JSON lines of payback watch, or CSV of nvidia-smi with header")
    return samples


def _from_json(lines: list[str], path: Path) -> list[Sample]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Sample.from_dict(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                continue  # the recorder was killed while it wrote this line
            raise BadQuestionError(f"{path}, line {number}", repr(line[:60]), f"a sample ({error!r})") from error
    return found


def _from_csv(lines: list[str], path: Path) -> list[Sample]:
    rows = csv.DictReader(lines, skipinitialspace=True)
    fields = {name: _field(name) for name in rows.fieldnames or ()}
    if "timestamp" not in fields.values():
        raise BadQuestionError(
            str(path), f"columns {', '.join(fields) or '(none)'}", "a column timestamp, as nvidia-smi writes"
        )
    read = [_row({fields[name]: value for name, value in row.items() if name in fields}, path) for row in rows]
    groups = [list(group) for group in _together(read)]
    begins = [group[0][0] for group in groups]
    step_s = median([b - a for a, b in pairwise(begins)]) if len(begins) > 1 else 1.0
    return [
        Sample(at=Moment(unix_s=group[0][0]), gpus=tuple(gpu for _, gpu in group), next_s=max(step_s, SHORTEST_S))
        for group in groups
    ]


def _together(read: list[tuple[float, GpuReading]]) -> Iterator[Iterable[tuple[float, GpuReading]]]:
    """Rows of one sample: close in time, and no GPU twice."""
    label, seen, last_s = 0, set[str](), float("-inf")
    labelled = []
    for time_s, gpu in read:
        if gpu.key in seen or abs(time_s - last_s) > SAME_SAMPLE_S:
            label, seen = label + 1, set()
        seen.add(gpu.key)
        last_s = time_s
        labelled.append((label, (time_s, gpu)))
    for _, group in groupby(labelled, key=lambda pair: pair[0]):
        yield [row for _, row in group]


def _field(header: str) -> str:
    """Name of a column without its unit: ``utilization.gpu [%]`` is ``utilization.gpu``."""
    return header.split("[")[0].strip().casefold()


def _row(row: dict[str, str | None], path: Path) -> tuple[float, GpuReading]:
    identity = row.get("uuid") or row.get("gpu_uuid") or f"index {row.get('index') or row.get('pci.bus_id') or '0'}"
    used, total = (_number(row.get(name)) for name in ("memory.used", "memory.total"))
    reading = GpuReading(
        key=card_key(identity),
        name=row.get("name") or row.get("gpu_name") or "NVIDIA GPU",
        utilisation=share(_number(row.get("utilization.gpu"))),
        memory_used_gib=None if used is None else used / 1024,
        memory_total_gib=None if total is None else total / 1024,
        power_w=_number(row.get("power.draw") or row.get("power.draw.average")),
        sm_clock_mhz=_number(row.get("clocks.sm") or row.get("clocks.current.sm")),
        memory_clock_mhz=_number(row.get("clocks.mem") or row.get("clocks.current.memory")),
    )
    return _time_s(row.get("timestamp") or "", path), reading


def _number(text: str | None) -> float | None:
    found = _NUMBER.match((text or "").strip())
    return float(found.group()) if found else None


def _time_s(text: str, path: Path) -> float:
    for pattern in TIMES:
        try:
            return dt.datetime.strptime(text.strip(), pattern).astimezone().timestamp()
        except ValueError:
            continue
    raise BadQuestionError(f"{path}, timestamp", repr(text[:40]), "a time such as 2026/11/23 12:00:00.123")
