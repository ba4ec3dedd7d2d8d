"""How much the GPUs of a log were used: the share of time, the hours, the energy; by GPU and by day.

Numbered as in docs/method/usage.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payback.observe.watch.log.reader import Away, Card, Stretch, WatchReader
from payback.units import HOURS_PER_DAY, JOULES_PER_KWH, SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Hours and energy of some GPUs over some time."""

    watched_h: float
    """GPU-hours between samples. [h]"""
    known_h: float
    """Of them, with a known utilisation. [h]"""
    busy_h: float
    """Of those, in use. [h]"""
    mean_utilisation: float | None
    energy_kwh: float | None
    """Drawn by the GPUs' boards; None where no sensor told. [kWh]"""
    energy_known_h: float
    """GPU-hours over which it was drawn. [h]"""

    def as_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {name: _rounded(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """One GPU over the part of the log in which it was there."""

    card: Card
    use: Use
    present_share: float
    """From its first to its last reading, over the whole log. [0..1]"""
    away_h: float
    """Of that time, with the machine off or suspended. [h]"""

    @property
    def in_use_share(self) -> float | None:
        """Hours in use over hours of which it is known; None where there are none.

        u = busy / (known + away)                                          (U3)
        """
        known_h = self.use.known_h + self.away_h
        return self.use.busy_h / known_h if known_h > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a log says about the use of a machine."""

    begin_s: float
    """First sample, Unix time. [s]"""
    end_s: float
    cards: tuple[CardUse, ...]
    total: Use
    by_day: dict[str, Use]
    away_h: float
    """Machine-hours switched off or suspended, when nothing can have computed. [h]"""

    @property
    def days(self) -> float:
        """From the first sample to the last. [days]"""
        return max(0.0, self.end_s - self.begin_s) / SECONDS_PER_HOUR / HOURS_PER_DAY

    @property
    def known_gpu_h(self) -> float:
        """GPU-hours of which it is known whether they were used. [h]"""
        return sum(each.use.known_h + each.away_h for each in self.cards)

    @property
    def in_use_share(self) -> float | None:
        """Share of the known GPU-hours in which a GPU was in use: U3 over all GPUs."""
        return sum(each.use.busy_h for each in self.cards) / self.known_gpu_h if self.known_gpu_h > 0 else None

    @property
    def busy_gpu_h_per_day(self) -> float | None:
        """Hours in use on a mean day, all GPUs together; None where nothing is known.

        h = 24 · Σ u · (share of the log in which the card was there)      (U4)
        """
        known = [each for each in self.cards if each.in_use_share is not None]
        return sum(HOURS_PER_DAY * (each.in_use_share or 0.0) * each.present_share for each in known) if known else None

    @property
    def covered_share(self) -> float | None:
        """Known GPU-hours over all GPU-hours from first to last sample."""
        whole_h = sum(self.days * HOURS_PER_DAY * each.present_share for each in self.cards)
        return min(1.0, self.known_gpu_h / whole_h) if whole_h > 0 else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "begin_s": self.begin_s,
            "end_s": self.end_s,
            "days": _rounded(self.days),
            "gpus": [_card_dict(each) for each in self.cards],
            "in_use_share": _rounded(self.in_use_share),
            "busy_gpu_h_per_day": _rounded(self.busy_gpu_h_per_day),
            "covered_share": _rounded(self.covered_share),
            "away_h": _rounded(self.away_h),
            "total": self.total.as_dict(),
            "by_day": [{"day": day, **use.as_dict()} for day, use in self.by_day.items()],
        }


def read_usage(path: Path) -> Usage:
    """The use of the GPUs of a log.

    Args:
        path: A log of `payback watch`.

    Raises:
        BadQuestionError: There is no log there.
    """
    with WatchReader(path) as reader:
        samples, begun_s = reader.samples(newest=1), reader.begun_s()
        end_s = samples[-1].at.unix_s if samples else 0.0
        begin_s = end_s if begun_s is None else begun_s
        return usage_of(reader.cards(), reader.stretches(), reader.away(), begin_s=begin_s, end_s=end_s)


def usage_of(
    cards: Sequence[Card], stretches: Sequence[Stretch], away: Sequence[Away], *, begin_s: float, end_s: float
) -> Usage:
    """Add up what a log holds."""
    by_key: dict[str, list[Stretch]] = {card.key: [] for card in cards}
    by_day: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        by_key[stretch.key].append(stretch)
        by_day.setdefault(stretch.day, []).append(stretch)
    return Usage(
        begin_s=begin_s,
        end_s=end_s,
        cards=tuple(_card_use(card, by_key[card.key], away, begin_s, end_s) for card in cards),
        total=_use(stretches),
        by_day={day: _use(rows) for day, rows in sorted(by_day.items())},
        away_h=sum(max(0.0, each.end_s - each.begin_s) for each in away) / SECONDS_PER_HOUR,
    )


def _card_use(card: Card, stretches: list[Stretch], away: Sequence[Away], begin_s: float, end_s: float) -> CardUse:
    first_s = max(begin_s, min((stretch.begin_s for stretch in stretches), default=end_s))
    last_s = min(end_s, max((stretch.end_s for stretch in stretches), default=end_s))
    away_s = sum(max(0.0, min(each.end_s, last_s) - max(each.begin_s, first_s)) for each in away)
    whole_s = end_s - begin_s
    return CardUse(
        card=card,
        use=_use(stretches),
        present_share=min(1.0, max(0.0, last_s - first_s) / whole_s) if whole_s > 0 else 1.0,
        away_h=away_s / SECONDS_PER_HOUR,
    )


def _use(stretches: Iterable[Stretch]) -> Use:
    rows = list(stretches)
    watched, known, busy, used, energy_j, energy_s = (
        sum(getattr(stretch, name) for stretch in rows)
        for name in ("watched_s", "known_s", "busy_s", "utilised_s", "energy_j", "energy_known_s")
    )
    return Use(
        watched_h=watched / SECONDS_PER_HOUR,
        known_h=known / SECONDS_PER_HOUR,
        busy_h=busy / SECONDS_PER_HOUR,
        mean_utilisation=used / known if known > 0 else None,
        energy_kwh=energy_j / JOULES_PER_KWH if energy_s > 0 else None,
        energy_known_h=energy_s / SECONDS_PER_HOUR,
    )


def _card_dict(each: CardUse) -> dict[str, Any]:
    card = each.card
    return {
        "key": card.key,
        "name": card.name,
        "memory_gib": _rounded(card.memory_gib),
        "in_use_share": _rounded(each.in_use_share),
        **each.use.as_dict(),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
