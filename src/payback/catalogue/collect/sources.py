"""Every source: who publishes it, under which licence, and how fresh our copy is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from payback.catalogue.collect.registry import COLLECTORS
from payback.catalogue.store.store import SourceState, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """One source as `payback prices sources` shows it."""

    name: str
    source: str
    """Its id in SOURCES.yml."""
    publisher: str
    url: str
    licence: str
    live: bool
    """Whether `refresh` fetches it; the others are read from files with `--from`."""
    needs_key: str
    observed_on: dt.date | None
    """The newest day any of its figures was true; None for a source never read."""
    age_days: int | None
    items: int
    events: int
    quarantined: int
    succeeded_at: str | None
    error: str | None
    """Why the last try failed; the data shown are older."""


def sources(store: Store, today: dt.date | None = None) -> list[SourceInfo]:
    """All sources, those the store has never heard of included.

    Args:
        store: An open store.
        today: The day from which ages are counted, if not this one.
    """
    today = today or dt.datetime.now(tz=dt.UTC).date()
    states = {state.source: state for state in store.states()}
    out = []
    for collector in COLLECTORS:
        state = states.get(collector.source) or _never(collector.source)
        age = (today - state.observed_on).days if state.observed_on else None
        out.append(
            SourceInfo(
                name=collector.name,
                source=collector.source,
                publisher=collector.publisher,
                url=collector.url,
                licence=collector.licence,
                live=collector.remote is not None,
                needs_key=collector.needs_key,
                observed_on=state.observed_on,
                age_days=age,
                items=state.items,
                events=state.events,
                quarantined=state.quarantined,
                succeeded_at=state.succeeded_at,
                error=state.error,
            )
        )
    return out


def _never(source: str) -> SourceState:
    return SourceState(
        source=source,
        files=0,
        items=0,
        events=0,
        quarantined=0,
        observed_on=None,
        tried_at=None,
        succeeded_at=None,
        error=None,
    )
