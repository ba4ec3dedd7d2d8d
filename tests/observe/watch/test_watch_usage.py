"""How much GPUs were used: what counts, and what does not."""

from __future__ import annotations

import pytest

from payback.observe.watch.log.reader import Away, Card, Stretch
from payback.observe.watch.usage import Usage, usage_of

HOUR, DAY = 3600.0, 86_400.0
ONE, TWO = Card(key="a", name="x", memory_gib=24.0), Card(key="b", name="x", memory_gib=24.0)


def slot(key: str, begin_s: float, *, watched: float = 300.0, known: float = 300.0, busy: float = 0.0) -> Stretch:
    """A stretch of five minutes."""
    return Stretch(begin_s=begin_s, end_s=begin_s + 300, day="2026-01-01", key=key,
                   watched_s=watched, known_s=known, busy_s=busy, utilised_s=busy,
                   energy_j=0.0, energy_known_s=0.0, counted_s=0.0)  # fmt: skip


def whole(key: str, begin_s: float, end_s: float, busy: float) -> list[Stretch]:
    """Slots from begin to end, each with the same share in use."""
    return [slot(key, float(at), busy=300.0 * busy) for at in range(int(begin_s), int(end_s), 300)]


def use(cards: list[Card], slots: list[Stretch], away: list[Away], end_s: float) -> Usage:
    return usage_of(cards, slots, away, begin_s=0.0, end_s=end_s)


def test_hours_switched_off_are_hours_not_used() -> None:
    """8 h at full use, 16 h off, then it is seen again: in use 33 % of the time, 8 h a day."""
    slots = [*whole("a", 0, 8 * HOUR, 1.0), slot("a", DAY)]
    found = use([ONE], slots, [Away(begin_s=8 * HOUR, end_s=DAY, kind="off")], DAY + 300)

    assert found.in_use_share == pytest.approx(1 / 3, rel=0.01)
    assert found.busy_gpu_h_per_day == pytest.approx(8.0, rel=0.01)
    assert found.covered_share == pytest.approx(1.0, rel=0.01)


def test_hours_nobody_watched_are_neither() -> None:
    """8 h at full use, then no watcher for 16 h while the machine ran: nothing is known of them."""
    found = use([ONE], [*whole("a", 0, 8 * HOUR, 1.0), slot("a", DAY)], [], DAY + 300)

    assert found.in_use_share == pytest.approx(1.0, rel=0.02)
    assert found.covered_share == pytest.approx(1 / 3, rel=0.02)


def test_two_gpus_add_up() -> None:
    """One at full use, one idle, a whole day: 50 % of the GPU time, 24 GPU-hours a day."""
    found = use([ONE, TWO], whole("a", 0, DAY, 1.0) + whole("b", 0, DAY, 0.0), [], DAY)

    assert found.in_use_share == pytest.approx(0.5)
    assert found.busy_gpu_h_per_day == pytest.approx(24.0)


def test_a_card_that_was_replaced_counts_while_it_was_there() -> None:
    """Half in use for the first day, then taken out; its successor the same: 12 h a day, not 24."""
    slots = whole("a", 0, DAY, 0.5) + whole("b", DAY, 2 * DAY, 0.5)
    found = use([ONE, TWO], slots, [], 2 * DAY)

    assert found.busy_gpu_h_per_day == pytest.approx(12.0, rel=0.01)


def test_unknown_utilisation_is_no_idleness() -> None:
    """Watched for an hour without a utilisation: nothing is known, and nothing is said."""
    found = use([ONE], [slot("a", 0.0, known=0.0)], [], HOUR)

    assert (found.in_use_share, found.busy_gpu_h_per_day, found.total.mean_utilisation) == (None, None, None)


def test_an_empty_log_says_nothing() -> None:
    """No card, no time: unknown everywhere, no division by zero."""
    found = use([], [], [], 0.0)

    assert (found.in_use_share, found.covered_share, found.days) == (None, None, 0.0)
    assert found.as_dict()["total"]["energy_kwh"] is None
