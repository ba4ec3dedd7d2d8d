"""The answer in sentences."""

from __future__ import annotations

from payback.decision.flips import Flip
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.ranges import payback_range_months
from payback.report.money import formatter


def months_text(months: float | None) -> str:
    """A number of months, or "never".

    Example:
        >>> months_text(1.44), months_text(None)
        ('1.4 months', 'never')
    """
    return "never" if months is None else f"{months:.1f} months"


def sentence(plan: Plan) -> str:
    """The choice in one sentence, with what it is measured against."""
    advice, months = plan.advice, plan.question.work.months
    money = formatter(plan.question)
    choice = advice.choice
    head = f"{_verb(choice)} {choice.candidate.label}: {money(choice.total_usd)} over {months} months"
    if choice.is_owned:
        if advice.baseline is None:
            return head + _why_not_rent(plan)
        against = f"{advice.baseline.candidate.label}, the cheapest feasible rent at {money(advice.baseline.total_usd)}"
        cash = advice.payback.cash if advice.payback else None
        when = f"it pays back in {months_text(cash)}{_span(plan)} against {against}"
        if cash is None:
            when = (
                f"what is paid does not overtake {against}, within {months} months: "
                "only its resale value makes it cheaper"
            )
        return f"{head}, all told and less what it still sells for; {when}."
    return head + _why_not_own(plan)


def _span(plan: Plan) -> str:
    """The payback's range as far as the speeds of the two GPUs are unsure."""
    own, rent = plan.advice.best_owned, plan.advice.baseline
    if own is None or rent is None:
        return ""
    early, _, late = payback_range_months(own, rent, plan.question, plan.world)
    if early is None or (late is not None and late - early < 0.1):
        return ""
    end = f"{late:.1f}" if late is not None else f"more than {plan.question.work.months}"
    return f" ({early:.1f} to {end}, as sure as the speeds are)"


def _verb(choice: Option) -> str:
    return {"rent": "Rent", "prebuilt": "Buy"}.get(choice.kind, "Build")


def _why_not_rent(plan: Plan) -> str:
    kinds = plan.question.options.kinds
    if kinds is not None and "rent" not in kinds and not plan.question.rent:
        return "; renting was left out of the question."
    return "; no rented option does this work at a known price."


def _why_not_own(plan: Plan) -> str:
    advice, money = plan.advice, formatter(plan.question)
    own = advice.best_owned
    if own is None:
        return "; no machine to own does this work at a known price."
    cash = advice.payback.cash if advice.payback else None
    simple = advice.payback.simple if advice.payback else None
    cost = f"the cheapest machine to own ({own.candidate.label}) costs {money(own.total_usd)} all told"
    if cash is not None:
        return f"; {cost} although its payments overtake the rent after {months_text(cash)}."
    if simple is None:
        return f"; {cost} and never pays back: keeping it running costs more than this rent."
    return f"; {cost} and would need {simple:.0f} months to pay back."


def conditions(plan: Plan) -> list[str]:
    """What would change the answer, a sentence each."""
    return [_flip_text(flip) for flip in plan.advice.flips]


def _flip_text(flip: Flip) -> str:
    value = f"{flip.value:,.0f}" if flip.unit == "USD" else f"{flip.value:.2f}"
    return f"{flip.name}: below {value} {flip.unit} {flip.below}, above it {flip.above}"
