"""Questions of those who rent: what did the bill pay for, and what question does it pose?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payback.catalogue.catalogue import Catalogue, load
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.decision.bill import Account, Asked, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class BillAnswer:
    """A bill, how its GPUs were used, and the question it poses."""

    account: Account
    use: Use | None
    """Of the GPU on which most was spent; None for a bill without GPU-hours."""
    asked: Asked | None
    no_question: str | None
    """Why there is no question."""


def bill(
    file: Path,
    *,
    as_of: dt.date,
    dated: bool = False,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    currency: str = "USD",
    gpus_per_machine: int | None = None,
    joblog: Path | None = None,
    months: int | None = None,
    gpus: int | None = None,
    country: str | None = None,
    catalogue: Catalogue | None = None,
) -> BillAnswer:
    """What a cloud bill paid for, and the question it poses.

    Args:
        file: The bill: AWS CUR, FOCUS, RunPod records, or any CSV whose columns are named.
        as_of: Day of the question.
        dated: Whether the question names that day.
        format: "cur", "focus", "runpod" or "csv"; told from the header if None.
        columns: For "csv": ``cost=NAME,start=NAME,hours=NAME,instance=NAME``.
        currency: Of rows that name none.
        gpus_per_machine: GPUs in a machine where the bill does not say it.
        joblog: What people ran in the same period, to tell work from idling.
        months: How long the work goes on. [months]
        gpus: GPUs needed at the same time, if you know better than the bill.
        country: Where a machine would stand.
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        BadQuestionError: The bill cannot be read.
    """
    from payback.decision.bill import account, ask, use_of
    from payback.decision.bill.use import main_gpu, why_no_gpu
    from payback.observe.bill import read_bill, with_gpu_counts
    from payback.observe.joblog.read import read_joblog

    facts = catalogue or load()
    jobs = read_joblog(joblog) if joblog else None
    read = read_bill(file, facts, format=format, columns=columns, currency=currency)
    if gpus_per_machine is not None:
        read = with_gpu_counts(read, gpus_per_machine)
    priced = account(read, as_of=as_of)
    gpu = main_gpu(priced)
    if gpu is None:
        return BillAnswer(account=priced, use=None, asked=None, no_question=why_no_gpu(priced))
    use = use_of(priced, gpu, jobs)
    try:
        asked = ask(priced, use, facts, as_of=as_of, dated=dated, months=months, gpus=gpus, country=country)
    except BadQuestionError as error:
        return BillAnswer(account=priced, use=use, asked=None, no_question=str(error))
    return BillAnswer(account=priced, use=use, asked=asked, no_question=None)
