"""Random numbers for a block of scenarios side by side, one lane a scenario (the compiled form of `philox`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from payback.decision.uncertainty import philox
from payback.decision.uncertainty.elementary import cos_turn, exp32, log32, sin_turn
from payback.decision.uncertainty.jit import kernel, part

LANES = 96
"""Scenarios side by side: enough to fill the vector registers many times, few enough to stay in the nearest cache."""

Array = Any
"""numba infers the types; a kernel's array is whatever it is called with."""
U64, U32, F, I32 = np.uint64, np.uint32, np.float32, np.int32

M0, M1 = U64(philox.MULTIPLIER_0), U64(philox.MULTIPLIER_1)
W0, W1 = U64(philox.WEYL_0), U64(philox.WEYL_1)
LOW, WORD = U64(philox.LOW_32), U64(32)
TO_SHARE = F(2.0**-24)
TO_TURN = F(2.0**-23)
MINUS_TWO, ONE = F(-2.0), F(1.0)


@kernel
def philox_lanes(first: int, block: int, stream: int, key: Array, out: Array) -> None:
    """The four words of one block for LANES scenarios from `first` on.

    Args:
        first: Number of the first scenario.
        block: Third word of the counter.
        stream: Fourth word of the counter.
        key: The two halves of the seed, 64-bit unsigned.
        out: 4 x LANES words, 32-bit unsigned.
    """
    a0, a1, a2, a3 = out[0], out[1], out[2], out[3]
    for lane in range(LANES):
        scenario = U64(first) + U64(lane)
        x0, x1, x2, x3 = scenario & LOW, scenario >> WORD, U64(block), U64(stream)
        k0, k1 = key[0], key[1]
        for _ in range(10):
            p0 = M0 * x0
            p1 = M1 * x2
            x0 = (p1 >> WORD) ^ x1 ^ k0
            x2 = (p0 >> WORD) ^ x3 ^ k1
            x1 = p1 & LOW
            x3 = p0 & LOW
            k0 = (k0 + W0) & LOW
            k1 = (k1 + W1) & LOW
        a0[lane] = U32(x0)
        a1[lane] = U32(x1)
        a2[lane] = U32(x2)
        a3[lane] = U32(x3)


@part
def log_share(word: np.uint32) -> np.float32:
    """Ln of a word as a number in (0, 1]."""
    return log32((F(I32(word >> U32(8))) + ONE) * TO_SHARE)


@kernel
def normal_lanes(radius: Array, angle: Array, first: Array, second: Array) -> None:
    """Two standard normals a lane from two words (U3)."""
    for lane in range(LANES):
        length = np.sqrt(MINUS_TWO * log_share(radius[lane]))
        word = angle[lane]
        quarter = I32(word >> U32(30))
        t = F(I32((word >> U32(6)) & U32(0xFFFFFF))) * TO_TURN - ONE
        s, c = sin_turn(t), cos_turn(t)
        odd = (quarter & I32(1)) != I32(0)
        along = s if odd else c
        across = c if odd else s
        along = -along if quarter == I32(1) or quarter == I32(2) else along
        across = -across if quarter >= I32(2) else across
        first[lane] = length * along
        second[lane] = length * across


@kernel
def exponential_lanes(word: Array, out: Array) -> None:
    """A standard exponential a lane from a word: −ln u."""
    for lane in range(LANES):
        out[lane] = -log_share(word[lane])


@kernel
def spread_lanes(spread: Array, z: Array, out: Array) -> None:
    """Values of a spread (U1, U2) a lane.

    Args:
        spread: Kind (0 normal, 1 lognormal), middle, deviation below, deviation above.
        z: Standard normals.
        out: The values, 64-bit.
    """
    middle = spread[1]
    below, above = F(spread[2]), F(spread[3])
    if spread[0] == 0.0:
        for lane in range(LANES):
            half = below if z[lane] < F(0.0) else above
            out[lane] = middle + np.float64(z[lane] * half)
    else:
        for lane in range(LANES):
            half = below if z[lane] < F(0.0) else above
            out[lane] = middle * np.float64(exp32(z[lane] * half))


MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)


@part
def bits64(x: float) -> np.int64:
    """A 64-bit float as the whole number of the same bits."""
    return np.float64(x).view(np.int64)


@part
def from_bits64(x: np.int64) -> np.float64:
    """The 64-bit float of these bits."""
    return np.int64(x).view(np.float64)


@part
def ordered(bits: np.int64) -> np.int64:
    """Whole numbers in the order of the floats with these bits; applied twice it gives the bits back.

    The least and the largest of many are found in whole numbers, because the
    compiler may not reorder comparisons of floats.
    """
    return bits ^ ((bits >> np.int64(63)) & MAGNITUDE)
