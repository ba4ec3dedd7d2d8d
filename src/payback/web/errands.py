"""What is done with an uploaded file, in a process of its own: each errand is one answer and its JSON.

Runs in the child of `payback.web.sandbox`; nothing here may be imported by the
server for its effect, and nothing but JSON goes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from payback import answers

Tell = Callable[[str], None]
Errand = Callable[[Path, Mapping[str, Any], Tell], dict[str, Any]]


def size(path: Path, asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """How many GPUs to own for a job log: curve, recommendation, picture, and the question of one such machine."""
    from payback.decision.sizing.policies import NEVER, after_wait
    from payback.decision.sizing.study import StudyRequest
    from payback.question_file import parse_duration_s, shipped_question
    from payback.report import size_figure, size_json, size_text
    from payback.web.state import query_from_question, question_from_query

    today = dt.date.fromisoformat(asked["today"])
    query = asked["question"]
    question = question_from_query(query, today=today) if query else shipped_question("fleet", as_of=today)
    tell("Reading the log and replaying it on many numbers of GPUs")
    burst_after_s = parse_duration_s(asked["burst_after"])
    answer = answers.size(
        path,
        question=question,
        request=StudyRequest(
            policies=(NEVER if burst_after_s is None else after_wait(burst_after_s),), queue=asked["queue"]
        ),
        stated=answers.StatedPrices(
            own_usd_per_gpu_h=asked["own_usd_per_gpu_h"], rent_usd_per_gpu_h=asked["rent_usd_per_gpu_h"]
        ),
        format=asked["format"],
        columns=asked["columns"],
    )
    result, handed = answer.study.result, answer.handover
    owns = handed is not None and result.best.owned_gpus > 0
    return {
        "answer": size_json.size_as_dict(answer),
        "sentence": size_text.sentence(result),
        "figure": size_figure.size_figure(result),
        "machine_query": query_from_question(handed.question) if handed is not None and owns else None,
    }


def claim(path: Path, _asked: Mapping[str, Any], _tell: Tell) -> dict[str, Any]:
    """A published analysis, recomputed."""
    return answers.claim(path).as_dict()


def bench(path: Path, _asked: Mapping[str, Any], _tell: Tell) -> dict[str, Any]:
    """A result of `payback bench` beside what the same parts should show."""
    from payback.report.bench_text import finding_as_dict

    return {"findings": [finding_as_dict(finding) for finding in answers.bench_compare(path)]}


ERRANDS: Mapping[str, Errand] = {"size": size, "claim": claim, "bench": bench}
"""Every errand by its name; the child runs no other."""
