"""Random numbers: the compiled lanes draw what the readable generator draws, and both draw what they should."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from payback.decision.uncertainty import philox
from payback.decision.uncertainty.draws import FIRST_SAMPLE, NEGLIGIBLE, draw, events_followed, stream, swapped
from payback.decision.uncertainty.inputs import GROUPS, Failures
from payback.decision.uncertainty.jit import COMMON
from payback.decision.uncertainty.lanes import LANES, normal_lanes, philox_lanes
from payback.decision.uncertainty.spread import Spread

SEED = (5 << 32) + 7


@pytest.mark.parametrize("first", [0, 1000, 2**32 - 3, 2**40])
def test_lanes_draw_the_words_of_the_published_generator(first: int) -> None:
    """Bit for bit, where the scenario's number crosses 2^32 too."""
    out = np.zeros((4, LANES), np.uint32)

    @numba.njit(**COMMON)  # type: ignore[untyped-decorator]
    def run(start: int, key: Any, out: Any) -> None:
        philox_lanes(start, 3, 5, key, out)

    run(first, np.array(philox.key_of(SEED), np.uint64), out)
    numbers = np.arange(first, first + LANES, dtype=np.uint64)
    expected = philox.words(numbers, 3, 5, philox.key_of(SEED))
    assert all(np.array_equal(row, word.astype(np.uint32)) for row, word in zip(out, expected, strict=True))


def test_lanes_draw_the_normals_of_the_readable_form() -> None:
    """U3 in 32-bit floats: within 1e-6 of 64-bit floats wherever the normal is within five deviations."""
    numbers = np.arange(LANES, dtype=np.uint64)
    words = philox.words(numbers, 0, 0, philox.key_of(SEED))
    first, second = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)

    @numba.njit(**COMMON)  # type: ignore[untyped-decorator]
    def run(radius: Any, angle: Any, one: Any, two: Any) -> None:
        normal_lanes(radius, angle, one, two)

    run(words[0].astype(np.uint32), words[1].astype(np.uint32), first, second)
    exact = philox.normals(words[0], words[1])
    assert first == pytest.approx(exact[0], abs=1e-6)
    assert second == pytest.approx(exact[1], abs=1e-6)


def test_normals_have_the_moments_of_normals() -> None:
    """Mean 0, variance 1, skewness 0, kurtosis 3, no correlation between a pair; |z| < 4 with n = 400,000."""
    n = 400_000
    one, two = philox.normals(*philox.words(np.arange(n, dtype=np.uint64), 0, 0, (1, 2))[:2])
    errors = {"mean": 1.0, "square": 2.0, "cube": 15.0, "fourth": 96.0, "pair": 1.0}
    found = {
        "mean": one.mean(),
        "square": (one**2).mean() - 1,
        "cube": (one**3).mean(),
        "fourth": (one**4).mean() - 3,
        "pair": (one * two).mean(),
    }

    assert dict.fromkeys(errors, True) == {name: abs(found[name]) < 4 * (errors[name] / n) ** 0.5 for name in errors}


def test_streams_do_not_overlap() -> None:
    """Two samples of seven groups are fourteen different streams; a swapped sample changes one group only."""
    assert len({stream(group, replicate) for group in range(len(GROUPS)) for replicate in (0, 1)}) == 2 * len(GROUPS)
    settings: dict[str, Any] = {"months": 6, "gpus": 2, "events": 4, "seed": SEED}
    plain = draw(0, 50, replicates=FIRST_SAMPLE, **settings)
    other = draw(0, 50, replicates=swapped(0), **settings)
    assert not np.array_equal(plain.hours, other.hours)
    assert np.array_equal(plain.swings, other.swings)
    assert np.array_equal(plain.waits, other.waits)


def test_a_scenario_is_the_same_whoever_draws_it() -> None:
    """Scenarios 30 to 39 drawn alone are scenarios 30 to 39 drawn among others."""
    settings: dict[str, Any] = {"months": 6, "gpus": 2, "events": 4, "seed": SEED}
    assert np.array_equal(draw(30, 10, **settings).swings, draw(0, 40, **settings).swings[:, 30:])


def test_enough_breakdowns_are_followed() -> None:
    """At a rate of 0.5 a year over 3 years 1.5 are expected; more than the 12 followed are rarer than 1e-6."""
    failures = Failures(rate_per_year=Spread.constant(0.5))
    followed = events_followed(failures, 36)
    tail = 1.0 - sum(np.exp(-1.5) * 1.5**k / float(np.prod(np.arange(1, k + 1))) for k in range(followed + 1))

    assert followed == 12
    assert tail < NEGLIGIBLE


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_is_a_word(seed: int) -> None:
    """Seeds beyond 64 bits are refused."""
    with pytest.raises(ValueError, match="a seed is a whole number"):
        philox.key_of(seed)
