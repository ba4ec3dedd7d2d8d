"""The replay against queueing theory, and the closed forms against published values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from payback.decision.sizing.bounds import erlang_b, erlang_c, mean_wait, newsvendor_gpus, square_root_gpus
from payback.decision.sizing.policies import NEVER, after_wait
from payback.decision.sizing.replay import replay
from payback.decision.sizing.trace import Trace, trace_of
from payback.observe.joblog.jobs import JobLog

LogOf = Callable[..., JobLog]
SEEDS = 16
JOBS = 150_000
SERVICE_S = 5_000.0
"""So long that whole seconds are a rounding of 1 in 5,000."""


def test_erlang_formulas_give_textbook_values() -> None:
    """Two servers with offered load 1: B = (1/2)/(1 + 1 + 1/2) = 0.2; C = 0.2/(1 − 0.5·0.8) = 1/3; W = (1/3)·s/1."""
    assert math.isclose(0.2, erlang_b(2, 1.0))
    assert math.isclose(1 / 3, erlang_c(2, 1.0))
    assert math.isclose(100 / 3, mean_wait(2, 0.01, 100.0))
    assert math.inf == mean_wait(2, 0.02, 100.0)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (8, 0.7), (8, 0.9), (64, 0.9), (64, 0.95), (256, 0.95)])
def test_waits_agree_with_erlang_c(servers: int, load: float) -> None:
    """M/M/c, FIFO, nobody leaves: the mean wait over 16 runs lies within 3 standard errors of theory."""
    waits = [
        replay(_poisson(seed, servers * load), servers, NEVER).waits_s[JOBS // 5 :].mean() for seed in range(SEEDS)
    ]

    assert 3 > abs(_z(waits, mean_wait(servers, servers * load / SERVICE_S, SERVICE_S)))


@pytest.mark.parametrize(("servers", "offered"), [(1, 1.0), (8, 8.0), (64, 60.0), (256, 250.0)])
def test_losses_agree_with_erlang_b(servers: int, offered: float) -> None:
    """M/M/c, a job that cannot start at once leaves: the share that leaves lies within 3 standard errors of theory."""
    lost = [
        (replay(_poisson(seed, offered), servers, after_wait(0)).waits_s[JOBS // 5 :] < 0).mean()
        for seed in range(SEEDS)
    ]

    assert 3 > abs(_z(lost, erlang_b(servers, offered)))


def _poisson(seed: int, offered: float) -> Trace:
    """Poisson arrivals, exponential run times, one GPU each."""
    random = np.random.default_rng([seed, round(offered * 1000)])
    submit_s = np.cumsum(random.exponential(SERVICE_S / offered, JOBS)).astype(np.int64)
    run_s = np.maximum(1, random.exponential(SERVICE_S, JOBS).round().astype(np.int64))
    one = np.full(JOBS, 1000)
    return trace_of(JobLog(format="test", submit_s=submit_s, run_s=run_s, milli_gpus=one, rows_read=JOBS), window_s=1)


def _z(found: Sequence[float], expected: float) -> float:
    """Standard errors between the mean of some runs and what theory says."""
    return float((np.mean(found) - expected) / (np.std(found, ddof=1) / math.sqrt(len(found))))


def test_a_bound_that_is_off_by_five_per_cent_would_be_noticed() -> None:
    """The test of agreement has teeth: one server more than simulated is more than 3 standard errors away."""
    lost = [(replay(_poisson(seed, 60.0), 64, after_wait(0)).waits_s[JOBS // 5 :] < 0).mean() for seed in range(SEEDS)]

    assert 3 < abs(_z(lost, erlang_b(65, 60.0)))


def test_newsvendor_covers_demand_for_the_share_of_time_that_pays(log_of: LogOf) -> None:
    """Of 100 s demand is 1 GPU for 50 s, 2 for 30 s, 4 for 20 s; at own/rent = 0.3 a GPU must be used 30 s."""
    trace = trace_of(log_of([0, 50, 80], [100, 50, 20], [1, 1, 2]), window_s=100)

    assert 2 == newsvendor_gpus(trace, 0.3, 1.0)
    assert 4 == newsvendor_gpus(trace, 0.1, 1.0)
    assert 1 == newsvendor_gpus(trace, 0.6, 1.0)
    assert 0 == newsvendor_gpus(trace, 1.0, 1.0)


def test_square_root_staffing_adds_the_root_of_the_load() -> None:
    """R = 100: 100 + 1·√100 = 110, and 120 for β = 2."""
    assert (110, 120) == (square_root_gpus(100.0), square_root_gpus(100.0, quality=2.0))
