"""What `payback access` prints: every file first, then the line, then what is left to do."""

from __future__ import annotations

from collections.abc import Iterator

from payback.decision.line_speed import LineSpeed
from payback.operate.access.notes import HEADING
from payback.operate.access.request import AccessKit, KitFile, Transfer

HOURS_SHOWN_AS_DAYS = 48.0


def access_text(kit: AccessKit) -> str:
    """The whole answer as plain text; a shell shows it unchanged."""
    return "\n".join(_lines(kit)) + "\n"


def _lines(kit: AccessKit) -> Iterator[str]:
    yield "Nothing is changed by this command. The files:"
    for file in kit.files:
        yield ""
        yield f"--- {file.path}{_whereto(file)}"
        yield f"    {file.why}"
        yield file.content.rstrip("\n")
    yield ""
    yield from _line(kit)
    if kit.power_cap is not None:
        yield f"Power cap: {kit.power_cap.watts} W a GPU; {kit.power_cap.why}"
    yield ""
    yield HEADING
    yield from (f"  {note}" for note in kit.notes)
    yield ""
    yield "Write them with --out DIR; then there: sudo ./apply.sh --dry-run"


def _whereto(file: KitFile) -> str:
    if file.installs is None:
        return ""
    needs = {
        "authorized-key": ", if a key that can log in exists",
        "payback": ", if payback is found",
        "jupyter": ", if jupyter is found",
    }.get(file.needs or "", f", if {file.needs} is there" if file.needs else "")
    return f" -> {file.installs} ({file.mode:04o}{needs})"


def _line(kit: AccessKit) -> Iterator[str]:
    yield f"Line: {_speed(kit.download)} down; {_speed(kit.upload)} up"
    for transfer in kit.transfers:
        yield f"  {_transfer(transfer)}"
    for fact in kit.facts:
        yield f"  [{fact.id}] {fact.value} {fact.unit} ({fact.source}, {fact.observed_on or 'undated'})"


def _speed(line: LineSpeed) -> str:
    return line.why if line.mbit_s is None else f"{line.mbit_s:g} Mbit/s ({line.why})"


def _transfer(transfer: Transfer) -> str:
    way = {"down": "to the machine", "up": "from the machine"}[transfer.direction]
    return f"{transfer.what}, {transfer.data_gb:g} GB {way}: {hours_text(transfer.hours)}"


def hours_text(hours: float | None) -> str:
    """A duration as people say it.

    Example:
        >>> hours_text(3.41), hours_text(0.2), hours_text(72.0), hours_text(None)
        ('3.4 hours', '12 minutes', '3.0 days', 'unknown')
    """
    if hours is None:
        return "unknown"
    if hours >= HOURS_SHOWN_AS_DAYS:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"
