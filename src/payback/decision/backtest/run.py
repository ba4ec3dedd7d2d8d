"""The backtest: on each past day ask, with what was known then; judge with what was recorded later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from payback.catalogue.catalogue import Catalogue
from payback.decision.backtest.realise import realise
from payback.decision.backtest.record import Record, known_catalogue
from payback.decision.backtest.result import Backtest, Outcome, Trial
from payback.decision.backtest.settings import Settings, User, question_of
from payback.decision.plan import plan
from payback.errors import NoFeasibleOptionError, NotPricedError

Progress = Callable[[int, int], None]
"""Called with trials done and trials in all."""


def backtest(catalogue: Catalogue, settings: Settings | None = None, progress: Progress | None = None) -> Backtest:
    """Advice on past days, judged.

    Advice is asked of a catalogue from which everything observed later has
    been removed, so it cannot know what came.

    Args:
        catalogue: Everything recorded.
        settings: The grid; by default every quarter since 2016 and every kind of user, 24 months ahead.
        progress: Told after every trial.
    """
    grid = settings or Settings(until=last_day(catalogue))
    record = Record(catalogue=catalogue, seen_days=grid.seen_days, resale_window_days=grid.resale_window_days)
    trials: list[Trial] = []
    total = len(grid.days) * len(grid.users)
    for day in grid.days:
        known = known_catalogue(catalogue, day)
        for user in grid.users:
            trials.append(_trial(user, day, grid, known, record))
            if progress is not None:
                progress(len(trials), total)
    return Backtest(settings=grid, trials=tuple(trials))


def last_day(catalogue: Catalogue) -> dt.date:
    """The newest day on which anybody recorded a rent or a part's price."""
    seen = [row.observed_on for row in (*catalogue.offers, *catalogue.component_prices) if row.observed_on]
    return max(seen)


def _trial(user: User, day: dt.date, grid: Settings, known: Catalogue, record: Record) -> Trial:
    question = question_of(user, day, grid)
    try:
        answer = plan(question, known)
    except (NoFeasibleOptionError, NotPricedError) as error:
        return _no_advice(user, day, str(error))
    outcomes = {option.id: realise(option, question, record) for option in answer.options}
    advised = outcomes[answer.advice.choice.id]
    known_ones = [outcome for outcome in outcomes.values() if outcome.realised_usd is not None]
    return Trial(
        day=day,
        user=user,
        verdict=answer.advice.verdict,
        advised=advised,
        best=_cheapest(known_ones),
        best_owned=_cheapest(outcome for outcome in known_ones if outcome.is_owned),
        best_rented=_cheapest(outcome for outcome in known_ones if not outcome.is_owned),
        on_offer=len(outcomes),
        evaluated=len(known_ones),
        why=advised.why_unknown,
    )


def _cheapest(outcomes: Iterable[Outcome]) -> Outcome | None:
    return min(outcomes, key=lambda outcome: (outcome.realised_usd or 0.0, outcome.option), default=None)


def _no_advice(user: User, day: dt.date, why: str) -> Trial:
    return Trial(
        day=day,
        user=user,
        verdict=None,
        advised=None,
        best=None,
        best_owned=None,
        best_rented=None,
        on_offer=0,
        evaluated=0,
        why=why,
    )
