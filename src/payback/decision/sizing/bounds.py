"""Closed forms: where to look for the answer, and what the replay must agree with.

The replay answers for the log at hand; these answer for ideal demand. They bracket the search and serve as oracles.
"""

from __future__ import annotations

import math

import numpy as np

from payback.decision.sizing.arrays import RUN, SUBMIT, UNITS, Int64Array
from payback.decision.sizing.trace import Trace


def erlang_b(servers: int, offered: float) -> float:
    """Share of Poisson arrivals that find every server busy and are lost.

    B(0) = 1,  B(c) = a·B(c−1) / (c + a·B(c−1))                                                     (S2)

    Args:
        servers: Servers c. [-]
        offered: Offered load a, arrival rate times mean service time. [-]

    Returns:
        Blocking probability. [-]

    Example:
        >>> round(erlang_b(8, 8.0), 5)
        0.23557

    References:
        A. K. Erlang (1917). The recursion is exact and never overflows.
    """
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Share of Poisson arrivals that wait when nobody leaves the queue.

    C = B / (1 − ρ·(1 − B)),  ρ = a/c                                                               (S3)

    Args:
        servers: Servers c. [-]
        offered: Offered load a. [-]

    Returns:
        Probability of waiting, 1 from a = c on. [-]

    Example:
        >>> round(erlang_c(8, 7.2), 5)
        0.70153
    """
    if offered >= servers:
        return 1.0
    blocked = erlang_b(servers, offered)
    return blocked / (1 - offered / servers * (1 - blocked))


def mean_wait(servers: int, arrivals_per_s: float, service_s: float) -> float:
    """Mean wait of an M/M/c queue, over all arrivals.

    W = C(c, a) · s / (c − a),  a = λ·s                                                             (S4)

    Args:
        servers: Servers c. [-]
        arrivals_per_s: Arrival rate λ. [1/s]
        service_s: Mean service time s. [s]

    Returns:
        Mean wait, infinite from a = c on. [s]

    Example:
        >>> round(mean_wait(8, 7.2, 1.0), 5)
        0.87692
    """
    offered = arrivals_per_s * service_s
    if offered >= servers:
        return math.inf
    return erlang_c(servers, offered) * service_s / (servers - offered)


def newsvendor_gpus(trace: Trace, own_usd_per_gpu_h: float, rent_usd_per_gpu_h: float) -> int:
    """GPUs to own were every job rented that cannot start at once.

    An owned GPU pays for itself if demand reaches it often enough: N is the smallest with
    F(N) ≥ 1 − own/rent, F the share of time in which all jobs together, each started at once,
    hold at most N GPUs.                                                                            (S5)

    Example: at own = 1 and rent = 4 a GPU must be busy a quarter of the time, so N covers demand three quarters of
    the time.
    """
    if own_usd_per_gpu_h >= rent_usd_per_gpu_h:
        return 0
    demand_units, lasting_s = _demand(trace)
    order = np.argsort(demand_units, kind="stable")
    share_below = np.cumsum(lasting_s[order]) / trace.window_s
    at = int(np.searchsorted(share_below, 1 - own_usd_per_gpu_h / rent_usd_per_gpu_h - 1e-12))
    units = int(demand_units[order][min(at, len(order) - 1)])
    return -(-units // trace.units_per_gpu)


def square_root_gpus(offered_gpus: float, quality: float = 1.0) -> int:
    """The staffing rule of thumb N = R + β·√R; β between 1 and 2 keeps waits short for smooth demand.       (S6)

    Example:
        >>> square_root_gpus(374.0)
        394
    """
    return math.ceil(offered_gpus + quality * math.sqrt(offered_gpus))


def _demand(trace: Trace) -> tuple[Int64Array, Int64Array]:
    """Units held by all jobs together were each started at once, and how long each level lasts."""
    submit, run, units = (trace.rows[:, column].astype(np.int64) for column in (SUBMIT, RUN, UNITS))
    moments = np.concatenate([submit, submit + run])
    steps = np.concatenate([units, -units])
    order = np.argsort(moments, kind="stable")
    lasting_s = np.diff(moments[order], append=max(trace.window_s, int(moments.max())))
    return np.cumsum(steps[order]), lasting_s
