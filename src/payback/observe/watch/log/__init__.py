"""The watcher's log: one SQLite file, bounded, that survives the death of its writer."""

from __future__ import annotations

from payback.observe.watch.log.layout import default_log, is_watch_log
from payback.observe.watch.log.reader import Away, Event, Spell, Stretch, WatchReader
from payback.observe.watch.log.writer import LogWriter, add_event

__all__ = ["Away", "Event", "LogWriter", "Spell", "Stretch", "WatchReader", "add_event", "default_log", "is_watch_log"]
