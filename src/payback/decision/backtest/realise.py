"""An option's statement played again with the prices that were recorded afterwards.

rent(m)        = planned(m) · price on the first day of month m / price advised     (B1)
commitment(k)  = planned · price on the first day of term k / price advised         (B2)
electricity(m) = planned(m) · tariff in month m / tariff advised                    (B3)
resale         = n · used price of the GPU at the end + assumed share of the rest   (B4)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import fsum

from payback.catalogue.catalogue import Catalogue
from payback.cost.rental import Term
from payback.cost.statement import Line
from payback.decision.backtest.record import Record
from payback.decision.backtest.result import Outcome
from payback.decision.backtest.settings import add_months
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.rent_candidates import RentCandidate
from payback.decision.resale import rest_kept_share
from payback.decision.site import site_prices
from payback.question import Question

BY_USE = frozenset({"rent", "hours forgotten"})
COMMITTED = frozenset({"rent committed", "rent paid upfront"})
ELECTRICITY = frozenset({"electricity busy", "electricity idle"})


class UnknownPriceError(LookupError):
    """A price the outcome depends on was not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Payments as they came, the resale, and the facts they rest on."""

    usd: float
    assumed_usd: float = 0.0
    facts: tuple[str, ...] = ()


def realise(option: Option, question: Question, record: Record) -> Outcome:
    """What an option of a past day cost in the end.

    Args:
        option: One of the options of the day.
        question: The question of the day.
        record: Everything recorded, before and after.
    """
    played: Played | None = None
    why = ""
    try:
        if isinstance(option.candidate, RentCandidate):
            played = _rented(option, option.candidate, question, record)
        else:
            played = _owned(option, option.candidate, question, record)
    except UnknownPriceError as error:
        why = str(error)
    return Outcome(
        option=option.id,
        label=option.candidate.label,
        kind=option.kind,
        expected_usd=option.total_usd,
        realised_usd=played.usd if played else None,
        assumed_usd=played.assumed_usd if played else 0.0,
        why_unknown=why,
        facts=played.facts if played else (),
    )


def _rented(option: Option, candidate: RentCandidate, question: Question, record: Record) -> Played:
    commitment = Term.parse(candidate.term).commitment_months
    pace = commitment or 1
    starts = range(0, question.work.months, pace)
    ratios, facts = [], []
    for start in starts:
        ratio, fact = _rent_ratio(candidate, add_months(question.as_of, start), record)
        ratios.append(ratio)
        facts.append(fact)
    paid = [
        _scaled(line, lambda month: ratios[max(0, month - 1) // pace]) if line.name in BY_USE | COMMITTED else line.usd
        for line in option.statement.lines
    ]
    still_owed = -option.statement.residual_usd[-1] * ratios[-1]
    return Played(usd=fsum(paid) + still_owed, facts=tuple(dict.fromkeys(facts)))


def _rent_ratio(candidate: RentCandidate, day: dt.date, record: Record) -> tuple[float, str]:
    advised = record.offer_of(candidate.price_facts[0].id)
    then = record.rent_on(advised, day)
    if then is None:
        raise UnknownPriceError(f"no rent of {candidate.gpu.gpu} recorded for {day}")
    return then.usd_per_gpu_h / advised.price_usd_per_gpu_h, then.offer.fact().id


def _scaled(line: Line, ratio_of_month: Callable[[int], float]) -> float:
    return fsum(usd * ratio_of_month(month) for month, usd in enumerate(line.payments_usd) if usd)


def _owned(option: Option, candidate: OwnCandidate, question: Question, record: Record) -> Played:
    tariffs = _tariff_ratios(question, record.catalogue)
    paid = [
        _scaled(line, lambda month: tariffs[max(0, month - 1)]) if line.name in ELECTRICITY else line.usd
        for line in option.statement.lines
    ]
    end = add_months(question.as_of, question.work.months)
    sold = record.used_price(candidate.gpu.gpu, end)
    if sold is None:
        raise UnknownPriceError(f"no used price of {candidate.gpu.gpu} recorded near {end}")
    price, row = sold
    rest_usd = _rest_usd(candidate, question, record.catalogue)
    assumed = rest_usd * rest_kept_share(question.work.months)
    resale = price * candidate.gpu_count + assumed
    return Played(usd=fsum(paid) - resale, assumed_usd=assumed, facts=(row.facts()[0].id,))


def _tariff_ratios(question: Question, catalogue: Catalogue) -> list[float]:
    first = site_prices(question, catalogue).price_usd_per_kwh
    days = [add_months(question.as_of, month) for month in range(question.work.months)]
    later = (question.model_copy(update={"as_of": day}) for day in days)
    return [site_prices(asked, catalogue).price_usd_per_kwh / first for asked in later]


def _rest_usd(candidate: OwnCandidate, question: Question, catalogue: Catalogue) -> float:
    """Price of everything but the GPUs: the parts, or a ready-made machine's price less that of its cards when new."""
    assert candidate.capital_usd is not None
    gpus = [part.price_usd for part in candidate.parts if part.category == "gpu" and part.price_usd is not None]
    if gpus:
        return candidate.capital_usd - fsum(gpus)
    card = catalogue.component_quote(candidate.gpu.gpu, question.as_of)
    if card is None:
        raise UnknownPriceError(f"no price of a new {candidate.gpu.gpu} by {question.as_of} to tell card from machine")
    return max(0.0, candidate.capital_usd - card.mid_usd * candidate.gpu_count)
