"""How sure the answer is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from payback.decision.odds import PlanOdds
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.sensitivity import Threshold
from payback.decision.uncertainty.inputs import GROUPS, SPEED
from payback.decision.uncertainty.outcome import OptionOdds
from payback.decision.uncertainty.wait import BUY_NOW
from payback.report.money import formatter

LEAST_LIKELY = 0.01
"""Thresholds that fewer futures than this lie beyond are not worth a reader's time."""
SPEEDS = GROUPS[SPEED]
MOST_MEASURED = 3
"""Inputs named as worth measuring."""


def share_text(share: float) -> str:
    """A share of futures in whole percent, never rounded to certainty.

    Example:
        >>> [share_text(share) for share in (0.0, 0.0003, 0.876, 0.9999, 1.0)]
        ['0%', 'under 1%', '88%', 'over 99%', '100%']
    """
    if 0.0 < share < LEAST_LIKELY / 2:
        return "under 1%"
    if 1.0 - LEAST_LIKELY / 2 < share < 1.0:
        return "over 99%"
    return f"{share:.0%}"


def _months(months: float) -> str:
    return f"{months:.0f}" if months >= 10.0 else f"{months:.1f}"


def payback_span(one: OptionOdds, horizon: int) -> str:
    """The payback that holds in four futures of five, in months; empty where nothing is to be said.

    Example:
        >>> from types import SimpleNamespace as Odds
        >>> ranges = (9.2, 11.0, 14.1), (19.9, 33.0, None), (None, None, None), None
        >>> [payback_span(Odds(payback_range_months=one), 36) for one in ranges]
        ['9.2-14', '20-36+', 'never', '']
    """
    if one.payback_range_months is None:
        return ""
    early, _, late = one.payback_range_months
    if early is None:
        return "never"
    end = f"{horizon}+" if late is None else _months(late)
    return _months(early) if end == _months(early) else f"{_months(early)}-{end}"


def payback_words(one: OptionOdds, horizon: int) -> str:
    """When owning pays back over all futures: "pays back in 9.2-14 months (80%), never within 36 in 6% of futures"."""
    span, never = payback_span(one, horizon), one.probability_never or 0.0
    if span == "never":
        return f"does not pay back within {horizon} months in {share_text(never)} of futures"
    rest = f"never within {horizon} in {share_text(never)} of futures" if never else f"within {horizon} in every future"
    return f"pays back in {span} months (80%), {rest}"


def odds_sentence(plan: Plan, odds: PlanOdds) -> str:
    """How often the choice is right, in one sentence, and what wins instead where that is likelier."""
    choice, money = plan.advice.choice, formatter(plan.question)
    mine = odds.of(choice.id)
    if len(plan.options) == 1:
        low, _, high = (money(usd) for usd in mine.total_usd)
        return f"In 80% of {odds.odds.scenarios:,} futures it costs {low} to {high}."
    head = f"It is the cheapest in {share_text(mine.probability_best)} of {odds.odds.scenarios:,} futures"
    other = _option(plan, odds.odds.least_expected)
    if other is choice:
        return head + "."
    mean, own_mean = (money(odds.of(one.id).mean_usd) for one in (other, choice))
    return f"{head}; on average over them {other.candidate.label} costs less ({mean} against {own_mean})."


def odds_title(odds: PlanOdds) -> str:
    """What was drawn, from which seed, and whether it is all that was asked for."""
    drawn = odds.odds
    done = f"{drawn.scenarios:,} futures" if drawn.is_complete else (
        f"stopped after {drawn.scenarios:,} of {drawn.asked:,} futures"
    )  # fmt: skip
    return f"How sure is that? ({done}, seed {drawn.seed})"


def odds_lines(plan: Plan, odds: PlanOdds) -> Iterator[str]:
    """What the futures say, a sentence each."""
    choice, owned, money = plan.advice.choice, plan.advice.best_owned, formatter(plan.question)
    one, horizon = odds.of(choice.id), plan.question.work.months
    low, _, high = (money(usd) for usd in one.total_usd)
    yield (
        f"{choice.candidate.label}: {low} to {high} (80%), {money(one.mean_usd)} on average, "
        f"{money(one.cvar95_usd)} in the dearest 5% of futures"
    )
    if owned is not None and odds.of(owned.id).payback_range_months is not None:
        who = "it" if owned is choice else owned.candidate.label
        yield f"{who} {payback_words(odds.of(owned.id), horizon)}"
    if len(plan.options) > 1:
        yield f"cheapest in {share_text(one.probability_best)} of futures"
        yield from _instead(plan, odds)
        yield from _regret(plan, one)
        yield from _measure(plan, odds)
        yield from _timing(plan, odds)


def _regret(plan: Plan, one: OptionOdds) -> Iterator[str]:
    """What choosing it costs where another option turns out cheaper."""
    if one.regret_most_usd > 0:
        money = formatter(plan.question)
        yield (
            f"where another turns out cheaper one loses the difference: {money(one.regret_mean_usd)} on average over "
            f"all futures, {money(one.regret_p95_usd)} in one of twenty, {money(one.regret_most_usd)} at worst"
        )


def _option(plan: Plan, option_id: str) -> Option:
    return next(option for option in plan.options if option.id == option_id)


def _instead(plan: Plan, odds: PlanOdds) -> Iterator[str]:
    """The option that is cheaper on average than the choice at the stated figures, if one is."""
    other, choice = _option(plan, odds.odds.least_expected), plan.advice.choice
    if other is not choice:
        money = formatter(plan.question)
        yield (
            f"{other.candidate.label} is cheaper on average, {money(odds.of(other.id).mean_usd)}: "
            f"cheapest in {share_text(odds.of(other.id).probability_best)}"
        )


def _measure(plan: Plan, odds: PlanOdds) -> Iterator[str]:
    """What to find out before paying, by what knowing it saves."""
    money, worth = formatter(plan.question), odds.odds.measure_first
    if not worth:
        return
    named = [f"{name} (worth {money(usd)})" for name, usd in worth[:MOST_MEASURED] if usd >= 1.0]
    first = ", ".join(named) or "nothing: no input alone would change the choice"
    yield f"find out first: {first}; knowing all of them: {money(odds.odds.perfect_information_usd)}"


def _timing(plan: Plan, odds: PlanOdds) -> Iterator[str]:
    """Whether to buy now, later or not at all."""
    if odds.wait is None:
        return
    money, best = formatter(plan.question), odds.wait.best
    now = next(one for one in odds.wait.strategies if one.name == BUY_NOW)
    share = share_text(best.probability_best)
    if best is now:
        yield f"buy now or wait: now is cheapest on average; the best date in {share} of futures"
    else:
        yield (
            f"buy now or wait: {best.name} - {money(now.mean_usd - best.mean_usd)} less on average "
            f"than buying {_option(plan, odds.wait.own).candidate.label} now; the best way in {share} of futures"
        )


def flip_lines(odds: PlanOdds) -> list[str]:
    """Where the choice flips along each uncertain input, with how likely that is."""
    return [_flip(one) for one in odds.thresholds if LEAST_LIKELY <= one.probability_below <= 1.0 - LEAST_LIKELY]


def _flip(one: Threshold) -> str:
    below = share_text(one.probability_below)
    value = quantity(one.value, one.unit)
    return f"{one.what}: below {value} {one.below}, above it {one.above}; {below} of futures lie below"


def quantity(value: float, unit: str) -> str:
    """A value of an uncertain input.

    Example:
        >>> quantity(0.3956, "share"), quantity(1.429, "ratio"), quantity(0.0171, "1/year"), quantity(3.9, "h")
        ('40%', '1.43x', '0.017 a year', '3.9 h')
    """
    if unit == "share":
        return f"{value:.0%}" if value >= 0.1 else f"{value:.1%}"
    return {"ratio": f"{value:.2f}x", "1/year": f"{value:.2g} a year"}.get(unit, f"{value:.3g} {unit}")


def input_lines(plan: Plan, odds: PlanOdds) -> list[str]:
    """Every uncertain input that touches the choice, the best machine or the baseline: interval, unit, grade, why."""
    heads = [option for option in (plan.advice.choice, plan.advice.best_owned, plan.advice.baseline) if option]
    near = {f"{SPEEDS}, {option.candidate.gpu.gpu}" for option in heads}
    kept = [one for one in odds.odds.inputs if not one.name.startswith(SPEEDS) or one.name in near]
    lines = [
        f"{one.what}: {interval(one.spread.low, one.spread.high, one.unit)} ({one.grade.value}: {one.why})"
        for one in kept
    ]
    hidden = len(odds.odds.inputs) - len(kept)
    return [*lines, f"and the speeds of {hidden} other GPUs (--json lists them)"] if hidden else lines


def interval(low: float, high: float, unit: str) -> str:
    """Two ends of an uncertain input.

    Example:
        >>> interval(4.8, 14.4, "h"), interval(0.39, 1.84, "ratio")
        ('4.8 to 14.4 h', '0.39x to 1.84x')
    """
    return f"{quantity(low, unit).partition(' ')[0]} to {quantity(high, unit)}"
