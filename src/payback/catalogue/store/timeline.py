"""The price of one item through time: events that are added and never rewritten.

An event says "this price was first seen on `valid_from` and again, unchanged,
up to `last_seen`". A later sighting of the same price moves `last_seen`
forward; any other price is a new event. Nothing else ever changes, so every
price that was once believed can be found again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Event:
    """One price, from the first day it was seen to the last. Days are proleptic ordinals."""

    valid_from: int
    seq: int
    price: float
    detail: int
    last_seen: int
    first_file: int
    last_file: int
    stored: bool = False
    """True for an event that came out of the database."""
    moved: bool = False
    """True when `last_seen` of a stored event went forward."""

    def says(self, price: float, detail: int) -> bool:
        """Whether this event holds exactly that price under those conditions."""
        return self.price == price and self.detail == detail


@dataclass(slots=True)
class Timeline:
    """The events of one item, oldest first.

    Example:
        >>> line = Timeline()
        >>> for day, price in [(10, 3.06), (20, 3.06), (30, 2.5)]:
        ...     line.add(day=day, price=price, detail=0, file=1)
        >>> [(event.price, event.valid_from, event.last_seen) for event in line.events]
        [(3.06, 10, 20), (2.5, 30, 30)]
    """

    events: list[Event] = field(default_factory=list)
    listed: Sequence[int] = ()
    """Days on which the source listed everything it had; an item missing from one of them was gone that day."""

    def current(self, day: int) -> Event | None:
        """The newest event that began on or before a day."""
        after = bisect_right(self.events, day, key=lambda event: event.valid_from)
        return self.events[after - 1] if after else None

    def add(self, *, day: int, price: float, detail: int, file: int) -> None:
        """Take in one sighting; seeing the same thing twice changes nothing.

        A sighting that falls inside a run of equal sightings and contradicts it
        becomes an event of its own, and the run's last day is written down
        once more after it, so that the price asked last still stands last.
        """
        now = self.current(day)
        if now is not None and now.says(price, detail) and not self._gone_between(now.last_seen, day):
            if day > now.last_seen:
                now.last_seen, now.last_file, now.moved = day, file, now.stored
            return
        if any(event.says(price, detail) for event in self._on(day)):
            return
        self._insert(day, price, detail, file)
        if now is not None and now.last_seen > day and not self._begins_in(day + 1, now.last_seen):
            self._insert(now.last_seen, now.price, now.detail, now.last_file)

    def changes(self) -> tuple[list[Event], list[Event]]:
        """New events and stored ones whose `last_seen` moved."""
        new = [event for event in self.events if not event.stored]
        return new, [event for event in self.events if event.stored and event.moved]

    def _gone_between(self, seen: int, again: int) -> bool:
        at = bisect_right(self.listed, seen)
        return at < len(self.listed) and self.listed[at] < again

    def _on(self, day: int) -> list[Event]:
        first = bisect_left(self.events, day, key=lambda event: event.valid_from)
        return self.events[first : bisect_right(self.events, day, key=lambda event: event.valid_from)]

    def _begins_in(self, first: int, last: int) -> bool:
        at = bisect_left(self.events, first, key=lambda event: event.valid_from)
        return at < len(self.events) and self.events[at].valid_from <= last

    def _insert(self, day: int, price: float, detail: int, file: int) -> None:
        event = Event(
            valid_from=day,
            seq=len(self._on(day)),
            price=price,
            detail=detail,
            last_seen=day,
            first_file=file,
            last_file=file,
        )
        self.events.insert(bisect_right(self.events, day, key=lambda known: known.valid_from), event)


def replay(
    sightings: Iterable[tuple[int, float, int, int]], events: list[Event] | None = None, listed: Sequence[int] = ()
) -> Timeline:
    """The timeline after several sightings of (day, price, detail, file), oldest first."""
    line = Timeline(events or [], listed)
    for day, price, detail, file in sorted(sightings, key=lambda sighting: sighting[0]):
        line.add(day=day, price=price, detail=detail, file=file)
    return line
