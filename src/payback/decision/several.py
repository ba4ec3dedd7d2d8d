"""Several machines of one kind, where one does not hold all the GPUs asked."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from payback.evidence import Fact, Grade

if TYPE_CHECKING:
    from payback.decision.own_candidates import OwnCandidate


def split(gpus: int, slots: int) -> tuple[int, int]:
    """Machines needed for so many GPUs, and the GPUs in each.

    Args:
        gpus: GPUs asked.
        slots: GPUs one machine takes.

    Example:
        >>> split(8, 4), split(6, 4), split(3, 4)
        ((2, 4), (2, 3), (1, 3))
    """
    machines = ceil(gpus / slots)
    return machines, ceil(gpus / machines)


def several(one: OwnCandidate, machines: int) -> OwnCandidate:
    """The same machine bought `machines` times: everything that is counted or paid is multiplied.

    Args:
        one: A machine; its price or power may be unknown and then stays so.
        machines: How many of it.
    """
    if machines == 1:
        return one
    power, fact = one.wall_power_w, _power_fact(one, machines)
    return replace(
        one,
        id=f"{one.id}:{machines}-machines",
        label=f"{machines} machines, each {one.label}",
        machines=machines,
        gpu_count=one.gpu_count * machines,
        capital_usd=_times(one.capital_usd, machines),
        parts=tuple(replace(part, quantity=part.quantity * machines) for part in one.parts),
        wall_power_w=_times(power, machines),
        power_facts=one.power_facts if fact is None else (fact, *one.power_facts),
        idle_power_w=_times(one.idle_power_w, machines),
        setup_hours=_times(one.setup_hours, machines),
        gpu_slots=None if one.gpu_slots is None else one.gpu_slots * machines,
    )


def _times(value: float | None, machines: int) -> float | None:
    return None if value is None else value * machines


def _power_fact(one: OwnCandidate, machines: int) -> Fact | None:
    if one.wall_power_w is None:
        return None
    head = one.power_facts[0]
    return Fact(
        id=f"{head.id}/{machines}-machines",
        value=one.wall_power_w * machines,
        unit="W",
        source=head.source,
        observed_on=head.observed_on,
        grade=Grade.DERIVED,
        note=f"{machines} machines of {one.wall_power_w:.0f} W",
        parents=(head.id,),
    )
