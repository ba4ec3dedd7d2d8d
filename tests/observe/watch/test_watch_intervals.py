"""What two samples say about the time between them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.observe.watch.watch_fakes import gpu, sample

from payback.observe.watch.intervals import between, energy_between_j
from payback.observe.watch.sample import GpuReading, Moment, Sample

Known = st.one_of(st.none(), st.floats(0, 1000))


def test_the_counter_outranks_the_integral() -> None:
    """Counter: 7000 - 4000 = 3000 J, though (100 + 300) / 2 x 10 s = 2000 J."""
    one, two = gpu(energy_j=4000.0, power_w=100.0), gpu(energy_j=7000.0, power_w=300.0)

    assert energy_between_j(one, two, 10.0) == (3000.0, True)


def test_without_a_counter_power_is_integrated() -> None:
    """(100 + 300) / 2 x 10 s = 2000 J, as on a GTX 1080, which has no counter."""
    assert energy_between_j(gpu(power_w=100.0), gpu(power_w=300.0), 10.0) == (2000.0, False)


def test_a_counter_set_back_is_not_believed() -> None:
    """The driver was loaded anew: 5 J after 4000 J says nothing; power still does."""
    before, after = gpu(energy_j=4000.0, power_w=100.0), gpu(energy_j=5.0, power_w=100.0)

    assert energy_between_j(before, after, 10.0) == (1000.0, False)
    assert energy_between_j(gpu(energy_j=4000.0), gpu(energy_j=5.0), 10.0) == (None, False)


@given(Known, Known, Known, Known, Known, Known, st.floats(0.1, 29))
def test_what_is_unknown_never_becomes_a_number(
    u1: float | None, u2: float | None, p1: float | None, p2: float | None, e1: float | None, e2: float | None, t: float
) -> None:
    """A figure of an interval is known exactly if both of its ends are."""
    one = gpu(utilisation=None if u1 is None else u1 / 1000, power_w=p1, energy_j=e1)
    two = gpu(utilisation=None if u2 is None else u2 / 1000, power_w=p2, energy_j=e2)
    found = between(sample(0, one), sample(t, two)).gpus[0]

    assert (found.utilisation is None) == (u1 is None or u2 is None)
    assert (found.busy_share is None) == (found.utilisation is None)
    counted = e1 is not None and e2 is not None and e2 >= e1
    assert (found.energy_j is None) == (not counted and (p1 is None or p2 is None))


def test_a_late_sample_leaves_a_gap() -> None:
    """31 s where 10 s were due: nobody knows what happened; 30 s still counts."""
    assert between(sample(0, gpu(power_w=1.0)), sample(31, gpu(power_w=1.0))).kind == "unwatched"
    assert between(sample(0, gpu(power_w=1.0)), sample(31, gpu(power_w=1.0))).gpus == ()
    assert between(sample(0), sample(30)).kind == "watched"


def test_a_suspended_machine_did_not_compute() -> None:
    """One clock went on for 8 h, the other for 5 s: 28,795 s of sleep; no energy is supposed."""
    at = Moment(unix_s=1_700_028_800.0, elapsed_s=29_800.0, awake_s=1005.0, boot="boot1")
    found = between(sample(0, gpu(power_w=100.0)), Sample(at=at, gpus=(gpu(power_w=100.0),)))

    assert (found.kind, found.gpus) == ("suspended", ())
    assert found.seconds == pytest.approx(28_795)


def test_a_restarted_machine_was_off_until_it_started() -> None:
    """Last seen at 0, seen again 7200 s later, 200 s after its start: off for 7000 s, from 0 on."""
    at = Moment(unix_s=1_700_007_200.0, elapsed_s=200.0, awake_s=200.0, boot="boot2")
    found = between(sample(0, gpu(power_w=100.0)), Sample(at=at, gpus=(gpu(power_w=100.0),)))

    assert (found.kind, found.seconds, found.begin_s) == ("off", 7000.0, 1_700_000_000.0)


def test_a_container_on_another_host_was_not_watched() -> None:
    """The other host has run for months: its clocks say nothing of the hour between, so nothing is claimed."""
    at = Moment(unix_s=1_700_003_600.0, elapsed_s=9e6, awake_s=9e6, boot="host2")
    found = between(sample(0, gpu(power_w=100.0)), Sample(at=at, gpus=(gpu(power_w=100.0),)))

    assert (found.kind, found.seconds, found.gpus) == ("unwatched", 3600.0, ())


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0, 86_400.0 * 400])
def test_a_set_wall_clock_changes_nothing(jump_s: float) -> None:
    """Energy is counted on the clock that only runs forward: 100 W x 10 s = 1000 J whatever the wall clock says."""
    after = sample(10, gpu(power_w=100.0))
    jumped = replace(after, at=replace(after.at, unix_s=after.at.unix_s + jump_s))
    found = between(sample(0, gpu(power_w=100.0)), jumped)

    assert (found.kind, found.seconds, found.gpus[0].energy_j) == ("watched", 10.0, 1000.0)


def test_a_recording_whose_clock_ran_backwards_is_not_integrated() -> None:
    """Recordings have the wall clock alone: -5 s is no time."""
    one, two = (Sample(at=Moment(unix_s=t), gpus=(gpu(power_w=100.0),)) for t in (100.0, 95.0))

    assert (between(one, two).kind, between(one, two).gpus) == ("none", ())


def test_a_card_that_sleeps_is_not_in_use_but_its_watts_are_unknown() -> None:
    """Powered down by the kernel: utilisation 0 is certain, energy is not."""
    found = between(sample(0, gpu(asleep=True)), sample(10, gpu(asleep=True))).gpus[0]

    assert (found.utilisation, found.busy_share, found.energy_j) == (0.0, 0.0, None)


def test_a_lost_sensor_leaves_no_figures() -> None:
    """Between a sample and a lost one no GPU is in both."""
    assert between(sample(0, gpu(power_w=100.0)), sample(10, lost="driver unloaded")).gpus == ()


def test_a_sample_survives_json() -> None:
    """What is unknown is left out of JSON and comes back as unknown."""
    whole = sample(0, GpuReading(key="a", name="x", utilisation=0.0, power_w=None), lost=None)

    assert Sample.from_dict(whole.as_dict()) == whole
    assert "power_w" not in whole.as_dict()["gpus"][0]
    assert whole.as_dict()["gpus"][0]["utilisation"] == 0.0
