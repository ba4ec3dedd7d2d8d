"""Which random number plays which part: the one table that the kernel and its oracle share.

A stream is (group, replicate); replicate 1 is the second, independent sample
that Sobol indices need. Within a stream, blocks of four words follow each other.

| stream | block | words | part |
|---|---|---|---|
| hours | 0 | 0, 1 | normal: hours of use |
| rent | 0 | 0, 1 | normal: drift |
| rent | b ≥ 1 | 0, 1 | normals: swings of months 2b − 1 and 2b |
| rent | b ≥ 1 | 2, 3 | jumps of months 2b − 1 and 2b |
| resale | 0 | all | normals: decay, stray, power of the rest, step of a generation |
| resale | 1 | 0 | when the next generation comes |
| electricity, spot | 0 | 0, 1 | normal |
| failures | 0 | 0, 1 | normals: rate, days lost |
| failures | b ≥ 1 | all | exponentials between breakdowns |
| speeds | g div 4 | pairs | normal of GPU g |
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from payback.decision.uncertainty import philox
from payback.decision.uncertainty.inputs import (
    ELECTRICITY,
    FAILURES,
    GROUPS,
    HOURS,
    RENT,
    RESALE,
    SPEED,
    SPOT,
    Failures,
)
from payback.units import MONTHS_PER_YEAR

Floats = NDArray[np.float64]

FIRST_SAMPLE: Final = (0,) * len(GROUPS)
MOST_EVENTS: Final = 16
"""Breakdowns of one machine that are followed; see `events_followed`."""
NEGLIGIBLE: Final = 1e-6
NO_JUMP: Final = 2**32 - 1


def stream(group: int, replicate: int) -> int:
    """Fourth word of the counter."""
    return 2 * group + replicate


def swapped(group: int) -> tuple[int, ...]:
    """Replicates of a sample that takes one group from the second sample and the rest from the first."""
    return tuple(int(index == group) for index in range(len(GROUPS)))


def events_followed(failures: Failures | None, months: int) -> int:
    """Breakdowns to draw so that more are rarer than one in a million at the 99th percentile of the rate.

    Example:
        >>> events_followed(None, 36)
        0
    """
    if failures is None:
        return 0
    expected = expected_failures(failures, failures.rate_per_year.at(2.326), months)
    probability, tail, count = exp(-expected), 1.0 - exp(-expected), 0
    while tail > NEGLIGIBLE and count < MOST_EVENTS:
        count += 1
        probability *= expected / count
        tail -= probability
    return 4 * -(-count // 4)


def expected_failures(failures: Failures, rate_per_year: float, months: float) -> float:
    """H(t) of formula U6."""
    years = months / MONTHS_PER_YEAR
    reference = failures.reference_years
    return rate_per_year * reference * float((years / reference) ** failures.shape)


@dataclass(frozen=True, slots=True)
class Draws:
    """Standard normals, words and exponentials of some scenarios; the last axis counts scenarios."""

    hours: Floats
    drift: Floats
    swings: Floats
    jumps: NDArray[np.uint64]
    decay: Floats
    stray: Floats
    rest: Floats
    step: Floats
    generation: Floats
    growth: Floats
    rate: Floats
    downtime: Floats
    waits: Floats
    """Exponentials between breakdowns; infinite where none are drawn."""
    spot: Floats
    speeds: Floats

    @property
    def scenarios(self) -> int:
        """How many."""
        return int(self.hours.shape[-1])


def draw(
    first: int,
    scenarios: int,
    *,
    months: int,
    gpus: int,
    events: int,
    seed: int,
    replicates: tuple[int, ...] = FIRST_SAMPLE,
) -> Draws:
    """The random numbers of scenarios `first` to `first + scenarios`.

    Args:
        first: Number of the first scenario.
        scenarios: How many.
        months: Horizon.
        gpus: Rows of the speed table.
        events: Breakdowns followed.
        seed: The seed.
        replicates: Which sample each group is taken from.
    """
    key = philox.key_of(seed)
    numbers = np.arange(first, first + scenarios, dtype=np.uint64)

    def block(group: int, index: int) -> philox.Words:
        return philox.words(numbers, index, stream(group, replicates[group]), key)

    def pair(group: int, index: int = 0) -> tuple[Floats, Floats]:
        words = block(group, index)
        return philox.normals(words[0], words[1])

    resale = block(RESALE, 0)
    decay, stray = philox.normals(resale[0], resale[1])
    rest, step = philox.normals(resale[2], resale[3])
    rate, downtime = pair(FAILURES)
    rent_blocks = [block(RENT, 1 + index) for index in range(-(-months // 2))]
    swings = [normal for words in rent_blocks for normal in philox.normals(words[0], words[1])]
    waits = [-np.log(philox.share(word)) for index in range(events // 4) for word in block(FAILURES, 1 + index)]
    speeds: list[Floats] = []
    for index in range(-(-gpus // 4)):
        words = block(SPEED, index)
        speeds += [*philox.normals(words[0], words[1]), *philox.normals(words[2], words[3])]
    return Draws(
        hours=pair(HOURS)[0],
        drift=pair(RENT)[0],
        swings=_stack(swings[:months], scenarios),
        jumps=np.array([word for words in rent_blocks for word in words[2:]][:months]),
        decay=decay,
        stray=stray,
        rest=rest,
        step=step,
        generation=philox.share(block(RESALE, 1)[0]),
        growth=pair(ELECTRICITY)[0],
        rate=rate,
        downtime=downtime,
        waits=_stack(waits, scenarios),
        spot=pair(SPOT)[0],
        speeds=_stack(speeds[:gpus], scenarios),
    )


def _stack(rows: list[Floats], scenarios: int) -> Floats:
    return np.array(rows).reshape(len(rows), scenarios)


def still(scenarios: int, *, months: int, gpus: int) -> Draws:
    """Scenarios in which nothing strays from its middle."""
    return Draws(
        hours=np.zeros(scenarios),
        drift=np.zeros(scenarios),
        swings=np.zeros((months, scenarios)),
        jumps=np.full((months, scenarios), NO_JUMP, np.uint64),
        decay=np.zeros(scenarios),
        stray=np.zeros(scenarios),
        rest=np.zeros(scenarios),
        step=np.zeros(scenarios),
        generation=np.full(scenarios, 0.5),
        growth=np.zeros(scenarios),
        rate=np.zeros(scenarios),
        downtime=np.zeros(scenarios),
        waits=np.zeros((0, scenarios)),
        spot=np.zeros(scenarios),
        speeds=np.zeros((gpus, scenarios)),
    )
