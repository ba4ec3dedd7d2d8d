"""The command for a cloud bill: what was paid for, and the question it poses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from payback.commands.common import day, print_json
from payback.errors import BadQuestionError

Count = Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=1024))]


def bill(
    file: Path,
    *,
    question: Path | None = None,
    format: str | None = None,  # noqa: A002
    columns: str | None = None,
    currency: str = "USD",
    gpus_per_machine: Count = None,
    gpus: Count = None,
    months: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=240))] = None,
    country: str | None = None,
    joblog: Path | None = None,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """What did the cloud bill pay for: GPU-hours, idling, storage, egress? And the question it poses to `payback plan`.

    Args:
        file: The bill, also as .gz or .zip: AWS CUR, FOCUS 1.x, RunPod records, or any CSV with --columns.
        question: Write the question here, a new file for `payback plan`.
        format: cur, focus, runpod or csv; told from the header if absent.
        columns: For csv: cost=NAME,start=NAME,hours=NAME,instance=NAME (also gpu, gpus, end, term, what, currency).
        currency: Currency of rows that name none.
        gpus_per_machine: GPUs in a machine where the bill does not say it (RunPod).
        gpus: GPUs needed at the same time, for the question; by default what the bill shows.
        months: How long the work goes on, for the question; a bill cannot know. Default: 36.
        country: Where a machine would stand, for the question, e.g. DE.
        joblog: A job log of the same time: what no job held was idle.
        as_of: Day of the question, YYYY-MM-DD; written into it. Default: the day `plan` is run.
        json: Print the bill as JSON.
    """
    from payback import answers
    from payback.report import bill_text
    from payback.report.files import write_new
    from payback.report.progress import spinner

    if question is not None and question.exists():
        raise BadQuestionError(str(question), "a file that is there already", "a new name; nothing is overwritten")
    with spinner("reading the bill"):
        answer = answers.bill(
            file,
            as_of=day(as_of),
            dated=as_of is not None,
            format=format,
            columns=columns,
            currency=currency,
            gpus_per_machine=gpus_per_machine,
            joblog=joblog,
            months=months,
            gpus=gpus,
            country=country,
        )
    if question is not None and answer.asked is None:
        raise BadQuestionError(f"--question {question}", answer.no_question or "no question", "a bill with GPU-hours")
    if json:
        print_json(bill_text.bill_as_dict(answer.account, answer.use, answer.asked, answer.no_question))
    else:
        bill_text.print_bill(answer.account, answer.use, answer.asked, answer.no_question)
    if question is not None and answer.asked is not None:
        write_new(question, answer.asked.text)
        sys.stderr.write(f"wrote {question}; ask it with: payback plan {question}\n")
