"""One public function a question: the only thing the command line, the web app and the assistants call."""

from __future__ import annotations

from payback.catalogue.catalogue import Catalogue, load
from payback.decision.plan import Plan
from payback.decision.plan import plan as make_plan
from payback.question import Question


def plan(question: Question, catalogue: Catalogue | None = None) -> Plan:
    """Build, buy or rent: every option ranked at equal work, the choice, and when it pays back.

    Args:
        question: What is asked; see `payback.question`.
        catalogue: Facts to use; the shipped ones if None.

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
    return make_plan(question, catalogue or load())
