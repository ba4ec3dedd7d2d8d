"""Philox4x32-10: random numbers that are a function of a counter and a key, not of what was drawn before.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11,
doi 10.1145/2063384.2063405). Scenario i draws the same numbers whoever computes
it and in whatever order, which is why any number of threads gives one answer.

A counter here is (scenario low, scenario high, block, stream); a key is the
seed in two halves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

ROUNDS: Final = 10
MULTIPLIER_0: Final = 0xD2511F53
MULTIPLIER_1: Final = 0xCD9E8D57
WEYL_0: Final = 0x9E3779B9
WEYL_1: Final = 0xBB67AE85
LOW_32: Final = 0xFFFFFFFF

Words = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]


def key_of(seed: int) -> tuple[int, int]:
    """A seed as the two words of a key.

    Example:
        >>> key_of((7 << 32) + 5)
        (5, 7)
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 2^64 - 1, not {seed}")
    return seed & LOW_32, seed >> 32


def philox4x32(counter: Words, key: tuple[int, int]) -> Words:
    """Ten rounds on many counters at once; each word is a 32-bit number in 64 bits.

    Args:
        counter: Four words of equal shape.
        key: The seed, see `key_of`.
    """
    x0, x1, x2, x3 = counter
    low = np.uint64(LOW_32)
    shift = np.uint64(32)
    m0, m1 = np.uint64(MULTIPLIER_0), np.uint64(MULTIPLIER_1)
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = m0 * x0, m1 * x2
        x0, x1, x2, x3 = (p1 >> shift) ^ x1 ^ np.uint64(k0), p1 & low, (p0 >> shift) ^ x3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + WEYL_0) & LOW_32, (k1 + WEYL_1) & LOW_32
    return x0, x1, x2, x3


def words(scenarios: NDArray[np.uint64], block: int, stream: int, key: tuple[int, int]) -> Words:
    """The four words of one block for many scenarios."""
    like = np.zeros_like(scenarios)
    counter = (
        scenarios & np.uint64(LOW_32),
        scenarios >> np.uint64(32),
        like + np.uint64(block),
        like + np.uint64(stream),
    )
    return philox4x32(counter, key)


def share(word: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A word as a number in (0, 1]: its upper 24 bits, which a 32-bit float holds exactly."""
    return ((word >> np.uint64(8)).astype(np.float64) + 1.0) * 2.0**-24


def normals(radius: NDArray[np.uint64], angle: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two standard normals from two words, after Box and Muller (1958).

    The upper two bits of `angle` choose the quarter turn, the next 24 the place within it:
    θ = π/2 · quarter + π/4 · (2t − 1).                                    (U3)
    """
    length = np.sqrt(-2.0 * np.log(share(radius)))
    quarter = (angle >> np.uint64(30)).astype(np.float64)
    within = ((angle >> np.uint64(6)) & np.uint64(0xFFFFFF)).astype(np.float64) * 2.0**-23 - 1.0
    turn = np.pi / 2 * quarter + np.pi / 4 * within
    return length * np.cos(turn), length * np.sin(turn)
