"""The answer in sentences."""

from __future__ import annotations

from payback.decision.flips import Flip
from payback.decision.odds import PlanOdds
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.ranges import payback_range_months
from payback.decision.reference import hours_per_month
from payback.report.money import formatter
from payback.report.odds_prose import odds_sentence, payback_words


def months_text(months: float | None) -> str:
    """A number of months, or "never".

    Example:
        >>> months_text(1.44), months_text(None)
        ('1.4 months', 'never')
    """
    return "never" if months is None else f"{months:.1f} months"


def sentence(plan: Plan, odds: PlanOdds | None = None) -> str:
    """The choice in one sentence, with what it is measured against, and how sure it is.

    Args:
        plan: The answer.
        odds: Its odds, where futures were drawn.
    """
    said = _choice(plan, odds)
    if odds is None or hours_per_month(plan.question) == 0:
        return said
    return f"{said} {odds_sentence(plan, odds)}"


def _choice(plan: Plan, odds: PlanOdds | None) -> str:
    advice, months = plan.advice, plan.question.work.months
    money = formatter(plan.question)
    choice = advice.choice
    if hours_per_month(plan.question) == 0:
        return _no_work(plan)
    head = f"{_verb(choice)} {choice.candidate.label}: {money(choice.total_usd)} over {months} months"
    if not choice.is_owned:
        return head + _why_not_own(plan, odds)
    if advice.baseline is None:
        return head + _why_not_rent(plan)
    against = f"{advice.baseline.candidate.label}, the cheapest feasible rent at {money(advice.baseline.total_usd)}"
    cash = advice.payback.cash if advice.payback else None
    when = f"it pays back in {months_text(cash)}{_span(plan, odds)} against {against}"
    if cash is None:
        when = (
            f"what is paid does not overtake {against}, within {months} months: only its resale value makes it cheaper"
        )
    return f"{head}, all told and less what it still sells for; {when}."


def _no_work(plan: Plan) -> str:
    """Nothing to do: what is left is what having a machine, or data in the cloud, costs by itself."""
    choice, months, money = plan.advice.choice, plan.question.work.months, formatter(plan.question)
    said = (
        "No hours of work are asked, so nothing has to be bought or rented; "
        f"the cheapest way to be ready ({choice.candidate.label}) costs {money(choice.total_usd)} over {months} months"
    )
    own = plan.advice.best_owned
    if own is None or own is choice:
        return said + "."
    return f"{said}, owning {own.candidate.label} {money(own.total_usd)}."


def _span(plan: Plan, odds: PlanOdds | None) -> str:
    """The payback's range over all futures; without them, as far as the speeds of the two GPUs are unsure."""
    own, rent = plan.advice.best_owned, plan.advice.baseline
    if own is None or rent is None:
        return ""
    if odds is not None:
        words = payback_words(odds.of(own.id), plan.question.work.months)
        sure = words.removeprefix("pays back ").replace(" (80%)", " (80%) with all that is unsure")
        return f" as asked, {sure}," if sure != words else f" as asked, but {words},"
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


def _why_not_own(plan: Plan, odds: PlanOdds | None) -> str:
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
    late = "" if odds is None else f"; it {payback_words(odds.of(own.id), plan.question.work.months)}"
    return f"; {cost} and would need {simple:.0f} months to pay back{late}."


def conditions(plan: Plan) -> list[str]:
    """What would change the answer, a sentence each."""
    return [_flip_text(flip) for flip in plan.advice.flips]


def _flip_text(flip: Flip) -> str:
    value = f"{flip.value:,.0f}" if flip.unit == "USD" else f"{flip.value:.2f}"
    return f"{flip.name}: below {value} {flip.unit} {flip.below}, above it {flip.above}"
