"""What stopping saved: hours off, rent or electricity not paid, and the storage that is billed all the same.

Numbered as in docs/method/usage.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from payback.catalogue.asof import known_on
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import StoragePrice
from payback.observe.watch.log.reader import Away, Event
from payback.observe.watch.log.writer import STOPS_WITHIN_S
from payback.units import HOURS_PER_MONTH, SECONDS_PER_HOUR, W_PER_KW

ENDS: Final = ("busy", "cancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stop, done or supposed."""

    at_s: float
    dry: bool
    """Only supposed: a dry run, or a recording."""
    hours: float | None
    """Off, or idling on after a supposed stop; None while it is not over, or nobody saw the machine go down. [h]"""
    power_w: float | None = None
    """What the GPUs drew when it was decided. [W]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """All stops of a log, in money where prices are known."""

    stops: tuple[Stop, ...]
    rent_usd_per_h: float | None
    usd_per_kwh: float | None
    rest_power_w: float | None
    storage: StoragePrice | None
    storage_gb: float | None
    not_priced: tuple[str, ...]

    def hours(self, *, dry: bool) -> float:
        """Hours that stops saved, or would have. [h]"""
        return sum(stop.hours or 0.0 for stop in self.stops if stop.dry == dry)

    def rent_usd(self, *, dry: bool) -> float | None:
        """Rent not paid: hours x price of the whole instance. [USD]       (U7)"""
        return None if self.rent_usd_per_h is None else self.hours(dry=dry) * self.rent_usd_per_h

    def electricity_usd(self, *, dry: bool) -> float | None:
        """Electricity not paid on an owned machine: hours x (GPUs + rest) x tariff; None if no power is known. [USD]"""
        stops = [stop for stop in self.stops if stop.dry == dry and stop.hours is not None]
        if self.usd_per_kwh is None or any(stop.power_w is None for stop in stops):
            return None
        rest_w = self.rest_power_w or 0.0
        return sum(((s.power_w or 0.0) + rest_w) / W_PER_KW * (s.hours or 0.0) * self.usd_per_kwh for s in stops)

    @property
    def storage_usd_per_month(self) -> float | None:
        """What the disk of a stopped machine goes on costing. [USD/month]"""
        if self.storage is None or self.storage_gb is None:
            return None
        return self.storage.price_usd * self.storage_gb

    def storage_usd(self, *, dry: bool) -> float | None:
        """Storage billed over the hours off. [USD]                                               (U8)"""
        monthly = self.storage_usd_per_month
        return None if monthly is None else monthly * self.hours(dry=dry) / HOURS_PER_MONTH

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stops": [
                {"at_s": stop.at_s, "dry": stop.dry, "hours": stop.hours, "power_w": stop.power_w}
                for stop in self.stops
            ],
            **{name: self._money(dry=dry) for name, dry in (("saved", False), ("would_have_saved", True))},
            "storage_usd_per_month": self.storage_usd_per_month,
            "storage_fact": self.storage.fact().as_dict() if self.storage else None,
            "not_priced": list(self.not_priced),
        }

    def _money(self, *, dry: bool) -> dict[str, float | None]:
        return {
            "hours": self.hours(dry=dry),
            "rent_usd": self.rent_usd(dry=dry),
            "electricity_usd": self.electricity_usd(dry=dry),
            "storage_usd": self.storage_usd(dry=dry),
        }


def stops_of(events: Sequence[Event], away: Sequence[Away], end_s: float) -> tuple[Stop, ...]:
    """Stops in the events of a log, with the hours each saved.

    Args:
        events: What the rule did, oldest first.
        away: When the machine was off.
        end_s: Last sample. [s]
    """
    found = []
    for index, event in enumerate(events):
        power_w = event.detail.get("power_w")
        if event.kind == "dry-run":
            end = next((later.unix_s for later in events[index + 1 :] if later.kind in ENDS), end_s)
            hours = max(0.0, end - event.unix_s) / SECONDS_PER_HOUR
            found.append(Stop(at_s=event.unix_s, dry=True, hours=hours, power_w=power_w))
        elif event.kind == "accepted" and not _again(event, events[index + 1 :]):
            found.append(Stop(at_s=event.unix_s, dry=False, hours=_off_h(event.unix_s, away), power_w=power_w))
    return tuple(found)


def _again(event: Event, later: Sequence[Event]) -> bool:
    """Whether the action had to be tried again soon after: then the later one counts."""
    return bool(later) and later[0].kind == "accepted" and later[0].unix_s - event.unix_s < STOPS_WITHIN_S


def _off_h(at_s: float, away: Sequence[Away]) -> float | None:
    for each in away:
        if each.kind == "off" and -300.0 <= each.begin_s - at_s <= STOPS_WITHIN_S:
            return max(0.0, each.end_s - max(each.begin_s, at_s)) / SECONDS_PER_HOUR
    return None


def storage_while_stopped(catalogue: Catalogue, provider: str, as_of: dt.date) -> StoragePrice | None:
    """What a cloud charges for the disk of a stopped machine, as of a day; None if nobody had seen it.

    Some charge more for it than for that of a running one, and list it as a class of its own.

    Args:
        catalogue: Facts.
        provider: The cloud's name in the catalogue.
        as_of: Day of the question.
    """
    rows = [row for row in known_on(catalogue.cloud_storage, as_of) if row.provider == provider]
    stopped = [row for row in rows if row.item == "block_gb_month" and (row.storage_class or "").endswith("-stopped")]
    return stopped[-1] if stopped else catalogue.storage_price(provider, as_of)


def saving_of(
    stops: tuple[Stop, ...],
    *,
    rent_usd_per_h: float | None,
    usd_per_kwh: float | None,
    rest_power_w: float | None,
    storage: StoragePrice | None,
    storage_gb: float | None,
) -> Saving:
    """Stops with their prices, and a list of what has none."""
    gaps = []
    if rent_usd_per_h is None and usd_per_kwh is None:
        gaps.append("neither the rent of this machine nor its electricity is known")
    if storage_gb is None:
        gaps.append("storage: its size is not stated (--storage-gb)")
    elif storage is None:
        gaps.append("storage: no price of this provider is known")
    if usd_per_kwh is not None and rest_power_w is None:
        gaps.append("electricity of everything but the GPUs: not metered (--rest-w)")
    return Saving(
        stops=stops,
        rent_usd_per_h=rent_usd_per_h,
        usd_per_kwh=usd_per_kwh,
        rest_power_w=rest_power_w,
        storage=storage,
        storage_gb=storage_gb,
        not_priced=tuple(gaps),
    )
