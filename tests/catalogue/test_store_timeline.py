"""The history of one item: events are added, extended forward, and never rewritten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payback.catalogue.store.timeline import Event, Timeline, replay


def seen(*sightings: tuple[int, float]) -> Timeline:
    return replay((day, price, 0, 1) for day, price in sightings)


def story(line: Timeline) -> list[tuple[float, int, int]]:
    return [(event.price, event.valid_from, event.last_seen) for event in line.events]


def test_the_same_price_seen_again_extends_its_event() -> None:
    """3.06 on days 10, 20 and 30 is one event, seen from 10 to 30."""
    assert [(3.06, 10, 30)] == story(seen((10, 3.06), (20, 3.06), (30, 3.06)))


def test_another_price_is_another_event() -> None:
    """A price that returns is a third event: the middle one is not forgotten."""
    assert [(1.0, 1, 1), (2.0, 2, 2), (1.0, 3, 3)] == story(seen((1, 1.0), (2, 2.0), (3, 1.0)))


def test_seeing_everything_twice_changes_nothing() -> None:
    """Importing the same files again is no news."""
    line = seen((1, 1.0), (2, 2.0), (3, 1.0))
    before = story(line)

    for day, price in [(1, 1.0), (2, 2.0), (3, 1.0)]:
        line.add(day=day, price=price, detail=0, file=1)

    assert before == story(line)


def test_two_prices_of_one_day_are_both_kept_and_the_later_one_stands() -> None:
    """A feed that is read twice a day may change its mind in between."""
    line = Timeline()
    line.add(day=5, price=1.0, detail=0, file=1)
    line.add(day=5, price=2.0, detail=0, file=2)

    now = line.current(5)

    assert now is not None
    assert (2.0, 1) == (now.price, now.seq)
    assert 2 == len(line.events)


def test_an_old_file_that_contradicts_a_run_splits_it() -> None:
    """1.0 was seen on days 10 and 30; an old file says 2.0 on day 20: on day 30 it is 1.0 again."""
    line = seen((10, 1.0), (30, 1.0))
    line.add(day=20, price=2.0, detail=0, file=2)

    assert [1.0, 2.0, 1.0] == [line.current(day).price for day in (15, 25, 35)]  # type: ignore[union-attr]


def test_other_conditions_are_another_event() -> None:
    """The same price for a machine with more memory is news."""
    line = Timeline()
    line.add(day=1, price=1.0, detail=7, file=1)
    line.add(day=2, price=1.0, detail=8, file=1)

    assert [7, 8] == [event.detail for event in line.events]


def test_nothing_was_known_before_the_first_sighting() -> None:
    """An unknown price is None, never the first one."""
    assert seen((10, 1.0)).current(9) is None


days = st.dictionaries(st.integers(1, 60), st.sampled_from([1.0, 2.0, 3.0]), min_size=1)


@given(days)
def test_every_observed_day_gives_back_its_price(prices: dict[int, float]) -> None:
    """Read in order of days, the store answers each observed day with what was seen on it."""
    line = seen(*prices.items())

    assert prices == {day: line.current(day).price for day in prices}  # type: ignore[union-attr]


@given(days, st.randoms(use_true_random=False))
def test_two_batches_in_any_order_keep_every_price_ever_seen(prices: dict[int, float], random: object) -> None:
    """Whatever was read first, no sighting is lost: each (day, price) lies inside an event of that price."""
    shuffled = list(prices.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    line = Timeline()
    for day, price in shuffled:
        line.add(day=day, price=price, detail=0, file=1)

    for day, price in prices.items():
        assert any(event.price == price and event.valid_from <= day <= event.last_seen for event in line.events)


@given(days)
def test_stored_events_are_only_ever_extended(prices: dict[int, float]) -> None:
    """What came out of the database goes back with the same price and first day, and a later last day at most."""
    line = seen(*prices.items())
    stored = [
        Event(
            valid_from=e.valid_from, seq=e.seq, price=e.price, detail=e.detail, last_seen=e.last_seen,
            first_file=1, last_file=1, stored=True,
        )
        for e in line.events
    ]  # fmt: skip
    before = [(e.valid_from, e.seq, e.price, e.last_seen) for e in stored]

    after = replay([(70, 9.0, 0, 2), (71, 9.0, 0, 2), (65, 1.0, 0, 2)], stored)
    kept = [e for e in after.events if e.stored]

    assert [one[:3] for one in before] == [(e.valid_from, e.seq, e.price) for e in kept]
    assert all(e.last_seen >= one[3] for e, one in zip(kept, before, strict=True))
