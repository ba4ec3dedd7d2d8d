"""Reading the log: sums, spells of use, times away, events."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from payback.observe.watch.log.layout import SLOT_S, SUMS, open_for_reading
from payback.observe.watch.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What is known of one GPU on one day; times in seconds."""

    begin_s: float
    end_s: float
    day: str
    key: str
    watched_s: float
    """Time between samples that lie close together."""
    known_s: float
    """Of it, with a known utilisation."""
    busy_s: float
    """Of that, in use."""
    utilised_s: float
    """Utilisation summed over time."""
    energy_j: float
    energy_known_s: float
    counted_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One GPU in use, short pauses included."""

    key: str
    begin_s: float
    end_s: float
    busy_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """The machine switched off or suspended."""

    begin_s: float
    end_s: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: a notice, an action, its outcome."""

    unix_s: float
    kind: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A GPU that the log has seen."""

    key: str
    name: str
    memory_gib: float | None


class WatchReader:
    """A log opened for reading; use it as a context manager.

    Args:
        path: The log.

    Raises:
        BadQuestionError: There is no log there.
    """

    def __init__(self, path: Path) -> None:
        self._db = open_for_reading(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def begun_s(self) -> float | None:
        """When the first sample was taken, Unix time; None for an empty log. [s]"""
        row = self._db.execute("SELECT value FROM about WHERE name = 'begun_s'").fetchone()
        return None if row is None else row[0]

    def cards(self) -> list[Card]:
        """Every GPU ever seen."""
        rows = self._db.execute("SELECT key, name, memory_gib FROM gpu ORDER BY id")
        return [Card(key=key, name=name, memory_gib=memory) for key, name, memory in rows]

    def stretches(self) -> list[Stretch]:
        """Everything that was added up, by day and GPU: the days that were folded first, then the newer ones."""
        days = self._db.execute(
            f"SELECT day, key, {', '.join(SUMS)} FROM day JOIN gpu ON gpu.id = day.gpu ORDER BY day"  # noqa: S608
        )
        found = [_stretch(*_midnights_s(day), day, key, sums) for day, key, *sums in days]
        sums = ", ".join(f"sum({column})" for column in SUMS)
        rows = self._db.execute(
            f"SELECT min(begin_s), max(begin_s), date(begin_s, 'unixepoch', 'localtime') AS day, key, {sums} "  # noqa: S608
            "FROM slot JOIN gpu ON gpu.id = slot.gpu GROUP BY day, gpu.id ORDER BY day, gpu.id"
        )
        return found + [_stretch(begin, end + SLOT_S, day, key, values) for begin, end, day, key, *values in rows]

    def spells(self) -> list[Spell]:
        """When each GPU was in use, by beginning."""
        rows = self._db.execute(
            "SELECT key, begin_s, end_s, busy_s FROM spell JOIN gpu ON gpu.id = spell.gpu ORDER BY begin_s, spell.id"
        )
        return [Spell(key=key, begin_s=begin, end_s=end, busy_s=busy) for key, begin, end, busy in rows]

    def away(self) -> list[Away]:
        """When the machine was off or suspended."""
        rows = self._db.execute("SELECT begin_s, end_s, kind FROM away ORDER BY id")
        return [Away(begin_s=begin, end_s=end, kind=kind) for begin, end, kind in rows]

    def events(self) -> list[Event]:
        """What happened, oldest first."""
        rows = self._db.execute("SELECT unix_s, kind, detail FROM event ORDER BY id")
        return [Event(unix_s=at, kind=kind, detail=json.loads(detail)) for at, kind, detail in rows]

    def samples(self, newest: int | None = None) -> list[Sample]:
        """Raw samples still kept, oldest first.

        Args:
            newest: Only so many of the newest; all if None.
        """
        query, values = "SELECT document FROM sample ORDER BY id DESC LIMIT ?", (-1 if newest is None else newest,)
        return [Sample.from_dict(json.loads(row[0])) for row in reversed(self._db.execute(query, values).fetchall())]


def _stretch(begin_s: float, end_s: float, day: str, key: str, sums: list[float]) -> Stretch:
    return Stretch(begin_s=begin_s, end_s=end_s, day=day, key=key, **dict(zip(SUMS, sums, strict=True)))


def _midnights_s(day: str) -> tuple[float, float]:
    begin = dt.datetime.fromisoformat(day)
    return begin.astimezone().timestamp(), (begin + dt.timedelta(days=1)).astimezone().timestamp()
