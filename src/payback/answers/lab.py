"""Questions of a lab: how many GPUs to own for its job log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from payback.answers.choice import plan
from payback.catalogue.catalogue import Catalogue
from payback.question import Question

if TYPE_CHECKING:
    from payback.decision.fleet_prices import FleetPrices
    from payback.decision.sizing.search import SizingResult


def size(
    log: Path,
    *,
    question: Question,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    owned: list[int] | None = None,
    queue: Literal["fifo", "easy"] = "fifo",
    burst_after_s: int | None = 3600,
    own_usd_per_gpu_h: float | None = None,
    rent_usd_per_gpu_h: float | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[SizingResult, FleetPrices | None]:
    """How many GPUs to own for a lab's job log, and how much to rent.

    Args:
        log: The job log; its format is told from its beginning if not named.
        question: The kind of machine; gives the two hourly prices where they are not stated.
        format: "sacct", "philly", "helios", "alibaba", "swf", "csv"...
        columns: For "csv": ``submit=NAME,duration=NAME,gpus=NAME``.
        owned: Numbers of GPUs to replay; a search if None.
        queue: First come first served, or with backfilling.
        burst_after_s: A job that has waited so long is rented; None = never. [s]
        own_usd_per_gpu_h: Cost of owning a GPU for an hour. [USD/h]
        rent_usd_per_gpu_h: Price of renting one. [USD/h]
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        BadQuestionError: The log cannot be read.
        NoFeasibleOptionError: No price is known, or no number of GPUs keeps up.
    """
    from payback.decision.fleet_prices import fleet_prices
    from payback.decision.sizing.search import size as search
    from payback.observe.joblog.read import read_joblog

    jobs = read_joblog(log, format=format, columns=columns)
    prices = None
    if own_usd_per_gpu_h is None or rent_usd_per_gpu_h is None:
        prices = fleet_prices(plan(question, catalogue))
    result = search(
        jobs,
        own_usd_per_gpu_h=_stated_or(own_usd_per_gpu_h, prices.own_usd_per_gpu_h if prices else None),
        rent_usd_per_gpu_h=_stated_or(rent_usd_per_gpu_h, prices.rent_usd_per_gpu_h if prices else None),
        owned=owned,
        queue=queue,
        burst_after_s=burst_after_s,
    )
    return result, prices


def _stated_or(stated: float | None, found: float | None) -> float:
    value = found if stated is None else stated
    assert value is not None
    return value
