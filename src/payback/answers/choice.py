"""Questions about choosing: build, buy or rent, and whether others chose well."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.merged import catalogue_on
from payback.decision.claims import Claim
from payback.decision.plan import Plan
from payback.decision.plan import plan as make_plan
from payback.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from payback.decision.backtest import Backtest, Calibration
    from payback.decision.claim import ClaimCheck
    from payback.decision.odds import PlanOdds


def plan(question: Question, catalogue: Catalogue | None = None) -> Plan:
    """Build, buy or rent: every option ranked at equal work, the choice, and when it pays back.

    Args:
        question: What is asked; see `payback.question`.
        catalogue: Facts to use; the shipped ones and the user's collected prices if None.

    Raises:
        NoFeasibleOptionError: Nothing does the work at a known price.
        BadInputError: The question names something unknown.

    Example:
        >>> import datetime as dt
        >>> from payback.question import Question
        >>> answer = plan(Question(as_of=dt.date(2026, 11, 23)))
        >>> answer.advice.verdict in {"build", "buy", "rent"}
        True
    """
    return make_plan(question, catalogue or catalogue_on(question.as_of))


def odds(
    answer: Plan,
    catalogue: Catalogue | None = None,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PlanOdds:
    """How sure a plan is: every option over thousands of futures, what moves the choice, where it flips, when to buy.

    The same plan and seed give the same odds to the last bit. Interrupted with
    Ctrl-C, it returns the futures drawn so far and says so.

    Args:
        answer: The plan.
        catalogue: Histories of prices; those the plan was made from if None.
        scenarios: How many futures to draw; 8,192 if None.
        seed: Any whole number from 0 to 2^64 - 1; always the same one if None.
        progress: Called with futures done and asked.

    Raises:
        BadQuestionError: `scenarios` or `seed` make no sense.

    Example:
        >>> import datetime as dt
        >>> from payback.question import Question
        >>> answer = plan(Question(as_of=dt.date(2026, 11, 23)))
        >>> one = odds(answer, scenarios=500).of(answer.advice.choice.id)
        >>> 0.0 <= one.probability_best <= 1.0
        True
    """
    from payback.decision.odds import odds_of
    from payback.decision.uncertainty.simulate import DEFAULT_SCENARIOS, DEFAULT_SEED

    return odds_of(
        answer,
        catalogue or catalogue_on(answer.question.as_of),
        scenarios=DEFAULT_SCENARIOS if scenarios is None else scenarios,
        seed=DEFAULT_SEED if seed is None else seed,
        progress=progress,
    )


def article(catalogue: Catalogue | None = None) -> list[Claim]:
    """The claims of the 2018 article, recomputed from the catalogue, in their order."""
    from payback.decision.article import all_claims
    from payback.question_file import shipped_question

    question = shipped_question("article-2018", as_of=dt.date(2018, 9, 26))
    return all_claims(question, catalogue or load())


def claim(path: Path, catalogue: Catalogue | None = None) -> ClaimCheck:
    """Recompute a published rent-or-buy analysis and name the first step that does not follow.

    Args:
        path: The analysis as TOML; see docs/method/claims.md.
        catalogue: Facts for the cheapest baseline of its day; the shipped ones if None.

    Raises:
        BadQuestionError: The file is no analysis; the message names the place.
    """
    from payback.decision.claim import check_claim, read_claim

    return check_claim(read_claim(path), catalogue or load())


def backtest(catalogue: Catalogue | None = None, *, progress: Callable[[int, int], None] | None = None) -> Backtest:
    """Advice given on past days with what was known then, against what then happened."""
    from payback.decision.backtest import backtest as run

    return run(catalogue or load(), progress=progress)


def calibration(
    catalogue: Catalogue | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Calibration:
    """How often what then happened lay within the 80 % interval given on the day."""
    from payback.decision.backtest import calibrate

    return calibrate(catalogue or load(), progress=progress)
