"""Logarithm, exponential, sine and cosine in 32-bit floats without branches, so that loops over lanes vectorise.

Coefficients are our own weighted least-squares fits on Chebyshev points,
close to minimax; `tests` states and checks the error bounds.
"""

from __future__ import annotations

import numpy as np

from payback.decision.uncertainty.jit import part

F = np.float32
I32 = np.int32

LN2_HIGH = F(0.693359375)
LN2_LOW = F(-2.12194440e-4)
LOG2_E = F(1.44269504)
ROOT_HALF_BITS = I32(0x3F3504F3)
TO_WHOLE = F(12582912.0)
"""1.5 · 2^23: adding it leaves a whole number in the low bits."""
TO_WHOLE_BITS = I32(0x4B400000)
MOST_EXPONENT = F(87.0)

LOG_0, LOG_1, LOG_2, LOG_3 = F(0.33333327), F(-0.25000281), F(0.2000188), F(-0.16643488)
LOG_4, LOG_5, LOG_6, LOG_7 = F(0.14190238), F(-0.1294342), F(0.12798897), F(-0.08305379)
EXP_0, EXP_1, EXP_2, EXP_3, EXP_4 = F(0.5), F(0.16666577), F(0.04166638), F(0.00836318), F(0.00139411)
SIN_0, SIN_1, SIN_2, SIN_3 = F(7.85398163e-01), F(-8.07455120e-02), F(2.49039321e-03), F(-3.65723943e-05)
COS_0, COS_1, COS_2, COS_3 = F(1.0), F(-3.08425135e-01), F(1.58543252e-02), F(-3.25938614e-04)
SIN_4, COS_4 = F(3.08997544e-07), F(3.52981133e-06)
ONE, HALF = F(1.0), F(0.5)


@part
def _bits(x: np.float32) -> np.int32:
    return F(x).view(np.int32)


@part
def _from_bits(x: np.int32) -> np.float32:
    return I32(x).view(np.float32)


@part
def log32(x: np.float32) -> np.float32:
    """Natural logarithm of a positive normal number.

    x = m·2^e with m in [√½, √2), t = m − 1: ln x = t − t²/2 + t³·P(t) + e·ln 2
    """
    bits = _bits(x)
    exponent = I32(I32(bits - ROOT_HALF_BITS) >> I32(23))
    t = _from_bits(I32(bits - I32(exponent << I32(23)))) - ONE
    e = F(exponent)
    p = LOG_7
    p = p * t + LOG_6
    p = p * t + LOG_5
    p = p * t + LOG_4
    p = p * t + LOG_3
    p = p * t + LOG_2
    p = p * t + LOG_1
    p = p * t + LOG_0
    square = t * t
    return e * LN2_HIGH + (t + (e * LN2_LOW + (square * t * p - HALF * square)))


@part
def exp32(x: np.float32) -> np.float32:
    """Exponential, exactly 1 at zero; arguments beyond ±87 are taken as ±87.

    x = n·ln 2 + r: exp x = 2^n · (1 + r + r²·Q(r))
    """
    x = min(max(x, -MOST_EXPONENT), MOST_EXPONENT)
    shifted = x * LOG2_E + TO_WHOLE
    n = shifted - TO_WHOLE
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    q = EXP_4
    q = q * r + EXP_3
    q = q * r + EXP_2
    q = q * r + EXP_1
    q = q * r + EXP_0
    value = ONE + (r + r * r * q)
    power = I32(I32(_bits(shifted) - TO_WHOLE_BITS) << I32(23))
    return _from_bits(I32(_bits(value) + power))


@part
def sin_turn(t: np.float32) -> np.float32:
    """sin(π/4 · t) for t from −1 to 1."""
    s = t * t
    return t * ((((SIN_4 * s + SIN_3) * s + SIN_2) * s + SIN_1) * s + SIN_0)


@part
def cos_turn(t: np.float32) -> np.float32:
    """cos(π/4 · t) for t from −1 to 1."""
    s = t * t
    return (((COS_4 * s + COS_3) * s + COS_2) * s + COS_1) * s + COS_0
