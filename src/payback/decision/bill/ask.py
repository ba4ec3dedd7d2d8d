"""The question a bill poses: the same GPU-hours for years to come, with what was paid for them as the offer to beat."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Final

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.currency import usd_per_unit
from payback.decision.bill.account import Account, PricedLine
from payback.decision.bill.use import Use, lines_of
from payback.errors import BadQuestionError
from payback.observe.bill.lines import COMMITTED, EGRESS, ON_DEMAND, RESERVED, SAVINGS_PLAN, SPOT, STORAGE, UNUSED
from payback.question import Question
from payback.question_file import parse_question

MOST_OFFERS: Final = 8
MEASURED_DAYS: Final = 28
"""A bill of a few days says little about the hours of years to come."""
MOST_GPUS: Final = 1024
KEPT: Final = ("volume", "file", "object")
"""Kinds of storage that hold data; snapshots are copies of volumes."""
SENT: Final = ("internet",)
TERMS: Final = {RESERVED: COMMITTED, SAVINGS_PLAN: COMMITTED, ON_DEMAND: ON_DEMAND, SPOT: SPOT}
"""A commitment's effective price is one per hour used; a question would bill "reserved-1y" around the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and the text of the file that asks it."""

    question: Question
    text: str


def ask(
    account: Account,
    use: Use,
    catalogue: Catalogue,
    *,
    as_of: dt.date,
    dated: bool = False,
    months: int | None = None,
    gpus: int | None = None,
    country: str | None = None,
) -> Asked:
    """Turn a bill into a question.

    Args:
        account: The bill, priced.
        use: How its GPU was used.
        catalogue: Knows the GPU's memory.
        as_of: Day of the question.
        dated: Whether the file names that day; without it ``plan`` takes the day it is asked.
        months: How long the work goes on; a bill cannot know. Default: that of a question, 36. [months]
        gpus: GPUs needed at the same time, if you know better than the bill.
        country: Where a machine would stand, ISO 3166.

    Raises:
        BadQuestionError: The bill has no period, no price for its GPU, or a GPU the catalogue does not describe.
    """
    _check_counts(lines_of(account, use.gpu))
    offers = [priced for priced in lines_of(account, use.gpu) if _is_offer(priced)]
    if account.days is None or use.gpu not in catalogue.gpus or not offers:
        raise BadQuestionError(
            "bill",
            f"{use.gpu}, of which the bill or the catalogue does not say enough",
            "a period, and hours with a cost; where rows are longer than a day, name the column with their end",
        )
    at_once = min(gpus or use.gpus_at_once, MOST_GPUS)
    sections = [
        _heading(account, use),
        *([f"as_of = {as_of.isoformat()}"] if dated else []),
        _work(account, use, catalogue, at_once, months),
        *([f"[site]\ncountry = {json.dumps(country)}"] if country else []),
        *_finance(account),
        *([_as_billed(use.gpu, offers, account)] if len(offers) > 1 else []),
        *(_machine(priced, account) for priced in offers[:MOST_OFFERS]),
    ]
    text = "\n\n".join(sections) + "\n"
    return Asked(question=parse_question(text, as_of=as_of, name="the bill's question"), text=text)


def _check_counts(lines: list[PricedLine]) -> None:
    if any(priced.line.key.gpu_count is None and priced.line.quantity > 0 for priced in lines):
        raise BadQuestionError(
            "bill", "machines whose number of GPUs it does not say", "that number: --gpus-per-machine N"
        )


def _is_offer(priced: PricedLine) -> bool:
    key = priced.line.key
    return priced.usd_per_gpu_h is not None and key.gpu_count is not None and not key.gpu_share and key.term != UNUSED


def _heading(account: Account, use: Use) -> str:
    lines = [
        "# Made by `payback bill`: what was really used and paid. Change a line and see what changes.",
        f"# Period: {account.first:%Y-%m-%d} to {account.last:%Y-%m-%d}, {account.days:.1f} days.",
    ]
    others = sorted({priced.line.key.gpu for priced in account.lines if priced.line.key.gpu} - {use.gpu})
    if others:
        lines.append(f"# Most was spent on {use.gpu}; not in this question: {', '.join(others)}.")
    if use.resolution != "hour":
        lines.append(
            "# The bill has no hours: gpus is that of a machine, or the fewest billed so much. Set what you need."
        )
    if use.around_the_clock:
        lines.append("# It was billed around the clock: at work or left on, a bill cannot tell.")
    return "\n".join(lines)


def _work(account: Account, use: Use, catalogue: Catalogue, gpus: int, months: int | None) -> str:
    assert account.days is not None
    assert account.months is not None
    busy_h = use.gpu_h if use.worked_gpu_h is None else min(use.gpu_h, use.worked_gpu_h)
    hours = busy_h / account.days / gpus
    lines = [
        "[work]",
        f"gpus = {gpus}",
        f"hours_per_day = {min(24.0, hours):.4g}    # {busy_h:,.1f} GPU-hours over {account.days:.1f} days",
        "days_per_week = 7",
        *(["hours_measured = true"] if account.days >= MEASURED_DAYS else []),
        f"months = {months or 36}    # how long it goes on is for you to say; the bill covers {account.months:.1f}",
        f"reference_gpu = {json.dumps(use.gpu)}",
        f"vram_gib = {catalogue.gpus[use.gpu].memory_gib:g}    # that of the GPU billed; less if your work needs less",
    ]
    if hours > 24:
        lines[2] += f"; {hours:.1f} h a day do not fit {gpus} GPUs"
    kept = _monthly(account, STORAGE, KEPT)
    sent = _monthly(account, EGRESS, SENT)
    if kept:
        lines.append(f"data_gb = {kept:.4g}    # volumes, files and objects kept, without snapshots")
    if sent:
        lines.append(f"egress_gb_per_month = {sent:.4g}")
    if use.idle_gpu_h:
        idle_h = min(use.idle_gpu_h / gpus / account.months, 730.0)
        lines.append(f"forgotten_hours_per_month = {idle_h:.4g}    # billed and held by no job of the log")
    return "\n".join(lines)


def _monthly(account: Account, category: str, items: tuple[str, ...]) -> float:
    total = sum(priced.line.quantity for priced in _of(account, category, items))
    return max(0.0, total) / (account.months or 1.0)


def _of(account: Account, category: str, items: tuple[str, ...]) -> list[PricedLine]:
    return [
        priced for priced in account.lines if priced.line.key.category == category and priced.line.key.item in items
    ]


def _unit_price(account: Account, category: str, items: tuple[str, ...]) -> float | None:
    """What one unit of a kind of storage or traffic cost; None where the bill has none. [USD]"""
    found = _of(account, category, items)
    quantity = sum(priced.line.quantity for priced in found)
    return None if quantity <= 0 else max(0.0, sum(float(priced.effective_usd or 0) for priced in found) / quantity)


def _finance(account: Account) -> list[str]:
    currencies = list(account.bill.totals)
    if len(currencies) != 1 or currencies == ["USD"] or account.last is None:
        return []
    try:
        usd_per_unit(currencies[0], account.last.date())
    except BadQuestionError:
        return []
    return [f"[finance]\ncurrency = {json.dumps(currencies[0])}"]


def _as_billed(gpu: str, offers: list[PricedLine], account: Account) -> str:
    """What a GPU-hour cost in the mean, all machines and terms together."""
    gpu_h = sum(priced.line.gpu_h or 0.0 for priced in offers)
    usd = sum((priced.usd_per_gpu_h or 0.0) * (priced.line.gpu_h or 0.0) for priced in offers)
    name = f"your bill: {gpu}, all machines together"
    return _offer(name, gpu, 1, ON_DEMAND, usd / gpu_h, f"{gpu_h:,.1f} GPU-hours", account)


def _machine(priced: PricedLine, account: Account) -> str:
    key = priced.line.key
    assert priced.usd_per_gpu_h is not None
    assert key.gpu is not None
    assert key.gpu_count is not None
    name = f"your bill: {key.provider} {key.item} {key.term}"
    term, billed = TERMS.get(key.term, ON_DEMAND), f"{priced.line.quantity:,.1f} {_hours(key.unit)}"
    return _offer(name, key.gpu, key.gpu_count, term, priced.usd_per_gpu_h * key.gpu_count, billed, account)


def _offer(name: str, gpu: str, gpus: int, term: str, usd_per_h: float, billed: str, account: Account) -> str:
    kept, sent = _unit_price(account, STORAGE, KEPT), _unit_price(account, EGRESS, SENT)
    lines = [
        "[[rent]]",
        f"label = {json.dumps(name)}",
        f"gpu = {json.dumps(gpu)}",
        f"gpus = {gpus}",
        f"term = {json.dumps(term)}",
        f"price_usd_per_h = {usd_per_h:.6g}    # {billed} billed",
        *([] if kept is None else [f"storage_usd_per_gb_month = {kept:.6g}"]),
        *([] if sent is None else [f"egress_usd_per_gb = {sent:.6g}"]),
    ]
    return "\n".join(lines)


def _hours(unit: str) -> str:
    return "GPU-hours" if unit == "gpu_h" else "machine-hours"
