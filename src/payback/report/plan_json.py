"""The plan as the JSON object ``payback.plan/1``."""

from __future__ import annotations

from typing import Any

from payback.decision.advise import Advice, Comparison, paybacks
from payback.decision.odds import PlanOdds
from payback.decision.options import Option, Rejected
from payback.decision.own_candidates import OwnCandidate
from payback.decision.payback import Payback
from payback.decision.plan import Plan
from payback.decision.ranges import payback_range_months
from payback.decision.rent_candidates import RentCandidate
from payback.report.prose import conditions, sentence

SCHEMA = "payback.plan/1"


def plan_as_dict(plan: Plan, odds: PlanOdds | None = None) -> dict[str, Any]:
    """The answer in the form promised to programs; see docs/json.md.

    Args:
        plan: The answer.
        odds: Its odds; null in the answer where no futures were drawn.
    """
    known = {**plan.facts, **({} if odds is None else odds.facts)}
    return {
        "schema": SCHEMA,
        "as_of": plan.question.as_of.isoformat(),
        "question": plan.question.model_dump(mode="json"),
        "use": plan.use.as_dict() if plan.use else None,
        "advice": _advice(plan, odds),
        "options": [_option(option, plan, odds) for option in plan.options],
        "comparisons": [_comparison(comparison) for comparison in plan.comparisons],
        "rejected": [_rejected(rejected) for rejected in plan.rejected],
        "odds": None if odds is None else odds.as_dict(),
        "facts": {name: fact.as_dict() for name, fact in sorted(known.items())},
        "assumptions": [assumption.as_dict() for assumption in plan.assumptions],
    }


def _advice(plan: Plan, odds: PlanOdds | None) -> dict[str, Any]:
    advice: Advice = plan.advice
    chosen = None if odds is None else odds.of(advice.choice.id)
    return {
        "choice": advice.choice.id,
        "verdict": advice.verdict,
        "sentence": sentence(plan, odds),
        "conditions": conditions(plan),
        "probability_best": None if chosen is None else chosen.probability_best,
        "expected_regret_usd": None if chosen is None else chosen.regret_mean_usd,
        "worst_regret_usd": None if chosen is None else chosen.regret_most_usd,
        "baseline": advice.baseline.id if advice.baseline else None,
        "best_owned": advice.best_owned.id if advice.best_owned else None,
        "payback": advice.payback.as_dict() if advice.payback else None,
    }


def _option(option: Option, plan: Plan, odds: PlanOdds | None) -> dict[str, Any]:
    statement, candidate = option.statement, option.candidate
    found = _payback(option, plan)
    return {
        "id": option.id,
        "kind": option.kind,
        "label": candidate.label,
        "gpu": candidate.gpu.gpu,
        "gpu_count": candidate.gpu_count,
        "term": candidate.term if isinstance(candidate, RentCandidate) else None,
        "capital_usd": candidate.capital_usd if isinstance(candidate, OwnCandidate) else 0.0,
        "total_usd": option.total_usd,
        "cumulative_cash_usd": list(statement.cash_usd),
        "net_usd": list(statement.net_usd),
        "lines": [
            {"name": line.name, "usd": line.usd, "facts": list(line.facts)} for line in statement.lines_with_residual
        ],
        "usd_per_gpu_h": option.usd_per_gpu_h,
        "usd_per_work_unit": option.total_usd / plan.work_units if plan.work_units else None,
        "work_unit": plan.world.unit_per_reference_h[1] if plan.world.unit_per_reference_h else None,
        "speed": {
            "relative": option.speed.value,
            "low": option.speed.low,
            "high": option.speed.high,
            "reference_gpu": plan.world.reference_gpu,
            "why": option.speed.why,
        },
        "payback_months": found.cash if found else None,
        "payback_range_months": _range(option, plan, odds),
        "odds": None if odds is None else odds.of(option.id).as_dict(),
        "payback": found.as_dict() if found else None,
        "not_priced": list(option.not_priced),
        "warnings": list(option.warnings),
        "parts": _parts(candidate),
    }


def _payback(option: Option, plan: Plan) -> Payback | None:
    baseline = plan.advice.baseline
    return paybacks(option, baseline, plan.question) if option.is_owned and baseline else None


def _range(option: Option, plan: Plan, odds: PlanOdds | None) -> list[float | None] | None:
    """The payback's percentiles over all futures; without them, over the speeds of the two GPUs alone."""
    baseline = plan.advice.baseline
    if not option.is_owned or baseline is None:
        return None
    found = None if odds is None else odds.of(option.id).payback_range_months
    return list(found or payback_range_months(option, baseline, plan.question, plan.world))


def _parts(candidate: OwnCandidate | RentCandidate) -> list[dict[str, object]] | None:
    if isinstance(candidate, RentCandidate) or not candidate.parts:
        return None
    return [part.as_dict() for part in candidate.parts]


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "own": comparison.own,
        "rent": comparison.rent,
        "month": comparison.month,
        "own_usd": comparison.own_usd,
        "rent_usd": comparison.rent_usd,
        "ratio": comparison.ratio,
        "payback_months": comparison.payback_months,
    }


def _rejected(rejected: Rejected) -> dict[str, Any]:
    return {"id": rejected.id, "kind": rejected.kind, "label": rejected.label, "reasons": list(rejected.reasons)}
