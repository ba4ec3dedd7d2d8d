"""Commands for a lab: how many GPUs to own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from payback.commands.common import day, print_json, write_svg
from payback.commands.lab_flags import (
    Around,
    Computing,
    Owning,
    Pricing,
    Reading,
    Renting,
    Waiting,
    request_of,
    stated_of,
)
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.decision.handover import SizeAnswer

READING, OWNING, RENTING, WAITING = Reading(), Owning(), Renting(), Waiting()
PRICING, AROUND, COMPUTING = Pricing(), Around(), Computing()


def size(
    joblog: Path,
    *,
    reading: Reading = READING,
    owning: Owning = OWNING,
    renting: Renting = RENTING,
    waiting: Waiting = WAITING,
    pricing: Pricing = PRICING,
    around: Around = AROUND,
    computing: Computing = COMPUTING,
    question: Path | None = None,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    svg: Path | None = None,
    plan_to: Path | None = None,
) -> None:
    """How many GPUs should we own, and how much should we rent? From the lab's own job log.

    Args:
        joblog: The log: sacct -P, Philly, Helios, Acme, Alibaba, SWF, Kubernetes, W&B, a log of payback watch, or any
            CSV.
        reading: How the log is read.
        owning: The owned part.
        renting: The rented part.
        waiting: What waits people accept.
        pricing: What an hour of a GPU costs.
        around: What else is asked.
        computing: Where replays run.
        question: The kind of machine (TOML); gives the hourly prices. Default: four cards of 24 GiB in an office.
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print the curve as JSON.
        svg: Also write the chart here, as SVG.
        plan_to: Also write the question payback plan answers for the owned machines, as busy as found, here.
    """
    from payback import answers
    from payback.question_file import read_question, shipped_question
    from payback.report import size_figure, size_json, size_text
    from payback.report.progress import spinner

    today = day(as_of)
    asked = read_question(question, as_of=today) if question else shipped_question("fleet", as_of=today)
    with spinner("replaying the log"):
        answer = answers.size(
            joblog,
            question=asked,
            request=request_of(owning, renting, waiting, around, computing, reading),
            stated=stated_of(pricing),
            reserve=renting.reserve,
            format=reading.format,
            columns=reading.columns,
            time_zone=reading.time_zone,
            pool_column=reading.pool_column,
            priority_column=reading.priority_column,
        )
    if json:
        print_json(size_json.size_as_dict(answer))
    else:
        size_text.print_size(answer)
    if svg:
        write_svg(svg, size_figure.size_figure(answer.study.result))
    if plan_to:
        _write_question(answer, plan_to)


def _write_question(answer: SizeAnswer, path: Path) -> None:
    from payback.report.files import write_atomically
    from payback.report.question_text import question_toml

    if answer.handover is None:
        raise BadQuestionError(
            "--plan-to", "prices stated by you alone", "no stated price, so that a machine is chosen"
        )
    write_atomically(path, question_toml(answer.handover.question))
    sys.stderr.write(f"wrote {path}\n")
