"""Honest odds: a published generator, reproducible draws, shares that add up."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from payback import answers
from payback.catalogue.catalogue import load
from payback.decision.plan import Plan
from payback.decision.uncertainty.outcome import Odds
from payback.decision.uncertainty.philox import philox4x32
from payback.decision.uncertainty.simulate import simulate
from payback.question_file import default_question


@pytest.fixture(scope="module")
def plan() -> Plan:
    return answers.plan(default_question(as_of=dt.date(2026, 11, 23)), load())


@pytest.fixture(scope="module")
def odds(plan: Plan) -> Odds:
    return simulate(plan, load(), scenarios=2000, seed=1, threads=1)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_generator_gives_the_published_vectors(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    """Known answers of Philox4x32-10 (Random123)."""
    words = tuple(np.array([word], dtype=np.uint64) for word in counter)

    assert expected == tuple(int(word[0]) for word in philox4x32(words, key))  # type: ignore[arg-type]


def test_any_number_of_threads_gives_the_same_odds(plan: Plan, odds: Odds) -> None:
    """Fixed chunks, reduced in order: bit-identical."""
    assert odds.as_dict() == simulate(plan, load(), scenarios=2000, seed=1, threads=2).as_dict()


def test_another_seed_gives_other_draws(plan: Plan, odds: Odds) -> None:
    """The seed decides, and is printed."""
    other = simulate(plan, load(), scenarios=2000, seed=2, threads=1)

    assert (1, 2) == (odds.seed, other.seed)
    assert odds.as_dict()["options"] != other.as_dict()["options"]


def test_one_option_is_best_in_every_future(odds: Odds) -> None:
    """Probabilities of being cheapest add up to one; regrets are not negative; quantiles are in order."""
    assert sum(one.probability_best for one in odds.options.values()) == pytest.approx(1.0)
    for one in odds.options.values():
        low, middle, high = one.total_usd
        assert low <= middle <= high
        assert one.regret_mean_usd >= -1e-6
