"""How many GPUs to own, in the form ``payback size --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from payback.decision.handover import Handover, SizeAnswer
from payback.decision.sizing.bootstrap import Spread
from payback.decision.sizing.compare import Alternative
from payback.decision.sizing.curve import CurvePoint
from payback.decision.sizing.search import SizingResult
from payback.decision.sizing.what_if import WhatIfResult
from payback.observe.tables.ledger import Tally


def size_as_dict(answer: SizeAnswer) -> dict[str, Any]:
    """One JSON object; ``curve`` and ``best`` are those of the cheapest rule and term."""
    study, prices = answer.study, answer.prices
    result = study.result
    stated = result.asked.prices
    return {
        "curve": [_point(point) for point in result.curve],
        "best": _point(result.best),
        "knee": _point(result.knee) if result.knee else None,
        "jobs": result.jobs,
        "period_h": result.period_h,
        "offered_gpus": result.offered_gpus,
        "peak_gpus": result.peak_gpus,
        "policy": str(result.asked.policy),
        "term": stated.rent_term,
        "own_usd_per_gpu_h": stated.own_usd_per_gpu_h,
        "rent_usd_per_gpu_h": stated.rent_usd_per_gpu_h,
        "reserved_usd_per_gpu_h": stated.reserved_usd_per_gpu_h,
        "own": prices.own if prices else None,
        "rent": prices.rent if prices else None,
        "alternatives": [_alternative(one) for one in study.alternatives],
        "observed": asdict(study.observed) if study.observed else None,
        "now": _point(study.now) if study.now else None,
        "spread": _spread(study.spread) if study.spread else None,
        "years": [_best(year) for year in study.years],
        "what_if": [_what_if(one) for one in study.what_if],
        "pools": {name: _pool(pool) for name, pool in study.pools.items()},
        "handover": _handover(answer.handover) if answer.handover else None,
        "rejected": _tallies(result.rejected),
        "treated": _tallies(result.treated),
        "notes": list(result.notes),
    }


def _point(point: CurvePoint) -> dict[str, Any]:
    return {
        "owned_gpus": point.owned_gpus,
        "total_usd": point.total_usd,
        "wait_p50_h": point.wait_p50_h,
        "wait_p95_h": point.wait_p95_h,
        "burst_gpu_h": point.burst_gpu_h,
        "utilisation": point.utilisation,
        "own_usd": point.own_usd,
        "reserved_gpus": point.reserved_gpus,
        "reserved_usd": point.reserved_usd,
        "rent_usd": point.rent_usd,
        "billed_gpu_h": point.billed_gpu_h,
        "burst_jobs": point.burst_jobs,
        "wait_mean_h": point.wait_mean_h,
        "waits_by_class": [asdict(wait) for wait in point.waits_by_class],
        "impossible_jobs": point.impossible_jobs,
        "unfinished_gpu_h": point.unfinished_gpu_h,
        "lost_gpu_h": point.lost_gpu_h,
        "keeps_up": point.keeps_up,
    }


def _best(result: SizingResult) -> dict[str, Any]:
    return {"jobs": result.jobs, "offered_gpus": result.offered_gpus, "best": _point(result.best)}


def _pool(result: SizingResult) -> dict[str, Any]:
    return {**_best(result), "curve": [_point(point) for point in result.curve]}


def _alternative(one: Alternative) -> dict[str, Any]:
    return {
        "policy": str(one.policy),
        "term": one.term,
        "best": _point(one.result.best) if one.result else None,
        "refused": one.refused,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {**asdict(spread), "owned_gpus": list(spread.owned_gpus)}


def _what_if(one: WhatIfResult) -> dict[str, Any]:
    return {
        "what_if": str(one.what_if),
        **_best(one.result),
        "worth_up_to_usd_per_gpu_h": one.worth_up_to_usd_per_gpu_h,
    }


def _handover(handed: Handover) -> dict[str, Any]:
    return {
        "machine": handed.machine,
        "machines": handed.machines,
        "gpus_per_machine": handed.gpus_per_machine,
        "offer": handed.offer,
        "reserved_offer": handed.reserved_offer,
        "rented_gpu_h_per_month": handed.rented_gpu_h_per_month,
        "own_usd_per_gpu_h": handed.own_usd_per_gpu_h,
        "question": handed.question.model_dump(mode="json"),
    }


def _tallies(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    return [{"reason": tally.reason, "rows": tally.rows, "first_row": tally.first_row} for tally in tallies]
