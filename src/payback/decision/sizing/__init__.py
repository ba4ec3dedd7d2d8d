"""How many GPUs to own, how much to rent: a job log replayed on every number that can matter.

Nothing here is imported by ``import payback``; the kernels need the extra ``engine`` (numba). Method, equations and
the order of simultaneous events: docs/method/sizing.md.
"""

from __future__ import annotations

from payback.decision.sizing.bootstrap import Spread, over_years, spread
from payback.decision.sizing.compare import compare_policies, size_pools
from payback.decision.sizing.curve import CurvePoint, Prices
from payback.decision.sizing.demand import with_demand
from payback.decision.sizing.fleet import Failures, Fleet
from payback.decision.sizing.policies import (
    NEVER,
    BurstPolicy,
    CloudTerms,
    after_wait,
    on_predicted_wait,
    on_queue_length,
)
from payback.decision.sizing.search import SizingResult, size, sweep

__all__ = [
    "NEVER",
    "BurstPolicy",
    "CloudTerms",
    "CurvePoint",
    "Failures",
    "Fleet",
    "Prices",
    "SizingResult",
    "Spread",
    "after_wait",
    "compare_policies",
    "on_predicted_wait",
    "on_queue_length",
    "over_years",
    "size",
    "size_pools",
    "spread",
    "sweep",
    "with_demand",
]
