"""Questions of a lab: how many GPUs to own for its job log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payback.answers.choice import plan
from payback.catalogue.catalogue import Catalogue
from payback.decision.handover import Handover, SizeAnswer, handover, question_at_use
from payback.errors import BadQuestionError
from payback.question import Question

if TYPE_CHECKING:
    from payback.decision.fleet_prices import FleetPrices
    from payback.decision.sizing.curve import Prices
    from payback.decision.sizing.study import Study, StudyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPrices:
    """What an hour of a GPU costs, where the user knows it better than the catalogue. [USD/GPU h]"""

    own_usd_per_gpu_h: float | None = None
    rent_usd_per_gpu_h: float | None = None
    reserved_usd_per_gpu_h: float | None = None
    spot_usd_per_gpu_h: float | None = None

    @property
    def suffice(self) -> bool:
        """Whether nothing needs to be looked up."""
        return self.own_usd_per_gpu_h is not None and self.rent_usd_per_gpu_h is not None


def size(
    log: Path,
    *,
    question: Question,
    request: StudyRequest | None = None,
    stated: StatedPrices | None = None,
    reserve: bool = False,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    time_zone: str | None = None,
    pool_column: str | None = None,
    priority_column: str | None = None,
    catalogue: Catalogue | None = None,
) -> SizeAnswer:
    """How many GPUs to own for a lab's job log, and how much to rent.

    Args:
        log: The job log; its format is told from its beginning if not named.
        question: The kind of machine; gives the hourly prices where they are not stated.
        request: What is asked of the log; a search with an hour of patience if None.
        stated: Prices the user knows better.
        reserve: Whether GPUs rented for a term are looked at, at the catalogue's price unless one is stated.
        format: "sacct", "philly", "helios", "alibaba", "swf", "csv"...
        columns: For "csv": ``submit=NAME,duration=NAME,gpus=NAME``.
        time_zone: IANA name of the zone of stamps that carry none.
        pool_column: Column that tells pools apart, in place of the format's own.
        priority_column: Column of priorities as numbers, higher ones first, likewise.
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        BadQuestionError: The log cannot be read, or the request makes no sense.
        NoFeasibleOptionError: No price is known, or no number of GPUs keeps within the waits accepted.
    """
    from payback.decision.fleet_prices import fleet_prices
    from payback.decision.sizing.study import StudyRequest, study
    from payback.observe.joblog.read import account, read_joblog

    request, stated = request or StudyRequest(), stated or StatedPrices()
    jobs = read_joblog(
        log,
        format=format,
        columns=columns,
        timezone=time_zone,
        pool_column=pool_column,
        priority_column=priority_column,
    )
    if not jobs.jobs:
        raise BadQuestionError(f"job log {str(log)!r}", f"no job that held a GPU: {account(jobs)}", "at least one")
    interrupted = request.cloud.interruptions_per_day > 0
    if interrupted and stated.spot_usd_per_gpu_h is None:
        question = question.model_copy(update={"options": question.options.model_copy(update={"spot": True})})
    found = None if stated.suffice else fleet_prices(plan(question, catalogue))
    answered = study(
        jobs,
        request,
        _prices(stated, found, request, reserve=reserve),
        spot_usd_per_gpu_h=_or(stated.spot_usd_per_gpu_h, found.spot_usd_per_gpu_h if found and interrupted else None),
    )
    handed = _handover(answered, found, question, catalogue) if found else None
    return SizeAnswer(study=answered, prices=found, handover=handed)


def _prices(stated: StatedPrices, found: FleetPrices | None, request: StudyRequest, *, reserve: bool) -> Prices:
    from payback.decision.sizing.curve import Prices

    own = _or(stated.own_usd_per_gpu_h, found.own_usd_per_gpu_h if found else None)
    rent = _or(stated.rent_usd_per_gpu_h, found.rent_usd_per_gpu_h if found else None)
    assert own is not None
    assert rent is not None
    return Prices(
        own_usd_per_gpu_h=own,
        rent_usd_per_gpu_h=rent,
        reserved_usd_per_gpu_h=_or(
            stated.reserved_usd_per_gpu_h, found.reserved_usd_per_gpu_h if found and reserve else None
        ),
        most_owned_gpus=request.most_owned_gpus,
    )


def _handover(answered: Study, found: FleetPrices, question: Question, catalogue: Catalogue | None) -> Handover:
    """The machine and the offer at the use found, which decides what electricity a machine draws and which is best."""
    from payback.decision.fleet_prices import fleet_prices

    best = answered.result.best
    at_use, prices = question, found
    if best.owned_gpus:
        at_use = question_at_use(question, found, best.utilisation)
        prices = fleet_prices(plan(at_use, catalogue))
    spot = answered.result.asked.prices.rent_term == "spot"
    return handover(best, answered.result.period_h, prices, at_use, spot=spot)


def _or(stated: float | None, found: float | None) -> float | None:
    return found if stated is None else stated
