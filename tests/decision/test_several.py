"""Several machines where one does not hold all the GPUs asked."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.answers import plan
from payback.decision.own_candidates import OwnCandidate
from payback.decision.several import several, split
from payback.question import Preferences, Question, Site, Work

DAY = dt.date(2026, 11, 23)


def machines_for(gpus: int) -> dict[str, OwnCandidate]:
    """Owned machines for so many GPUs of 24 GiB, by id."""
    asked = Question(
        as_of=DAY,
        work=Work(gpus=gpus, vram_gib=24, hours_per_day=8),
        site=Site(country="US", region="MA"),
        options=Preferences(kinds=("used", "rent")),
    )
    return {o.id: o.candidate for o in plan(asked).options if isinstance(o.candidate, OwnCandidate)}


@given(st.integers(1, 200), st.integers(1, 16))
def test_enough_machines_and_none_too_many(gpus: int, slots: int) -> None:
    """All GPUs find a slot, and one machine fewer would not do."""
    machines, each = split(gpus, slots)

    assert each <= slots
    assert machines * each >= gpus
    assert (machines - 1) * slots < gpus


def test_two_machines_cost_and_draw_twice_one() -> None:
    """Eight GPUs are two machines of four: price, watts, hours and every part twice."""
    four = machines_for(4)["used:2026-4x-3090-used-wrx80:4x"]
    eight = machines_for(8)["used:2026-4x-3090-used-wrx80:4x:2-machines"]

    assert (eight.machines, eight.gpu_count) == (2, 8)
    assert four.capital_usd is not None
    assert four.wall_power_w is not None
    assert four.setup_hours is not None
    assert eight.capital_usd == pytest.approx(2 * four.capital_usd)
    assert eight.wall_power_w == pytest.approx(2 * four.wall_power_w)
    assert eight.setup_hours == 2 * four.setup_hours
    assert [part.quantity for part in eight.parts] == [2 * part.quantity for part in four.parts]
    assert eight.power_facts[0].parents == (four.power_facts[0].id,)


def test_the_parts_of_several_machines_add_up_to_their_price() -> None:
    """The list printed is the list paid for."""
    for machine in machines_for(8).values():
        assert machine.capital_usd == pytest.approx(sum(part.price_usd or 0.0 for part in machine.parts))


def test_several_machines_are_said_to_be_several() -> None:
    """A job across GPUs does not run across towers at full speed; the answer warns."""
    asked = Question(as_of=DAY, work=Work(gpus=8, vram_gib=24), site=Site(country="US", region="MA"))
    warnings = {option.id: option.warnings for option in plan(asked).options}

    assert any("2 separate machines" in line for line in warnings["used:2026-4x-3090-used-wrx80:4x:2-machines"])


def test_one_machine_stays_as_it_is() -> None:
    """Nothing is renamed where one machine is enough."""
    one = machines_for(4)["used:2026-4x-3090-used-wrx80:4x"]

    assert several(one, 1) is one
