"""A cloud bill in words: where the money went, when GPUs were on, what could not be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.bill import Account, Asked, PricedLine, Use
from payback.observe.bill.lines import (
    COMMITMENT,
    CREDIT,
    DISCOUNT,
    EGRESS,
    GPU,
    OTHER,
    REFUND,
    STORAGE,
    TAX,
    UNKNOWN,
    LineKey,
)

WIDTH = 100
SECTIONS = {
    "gpu": (GPU,),
    "unknown": (UNKNOWN,),
    "storage": (STORAGE,),
    "egress": (EGRESS,),
    "other": (COMMITMENT, DISCOUNT, CREDIT, REFUND, TAX, OTHER),
}
"""Keys of the JSON, and which categories of lines stand there."""
BARS = " ▁▂▃▄▅▆▇█"


def bill_as_dict(account: Account, use: Use | None, asked: Asked | None, no_question: str | None) -> dict[str, Any]:
    """The answer in the form ``payback bill --json`` prints."""
    bill = account.bill
    return {
        "schema": "payback.bill/1",
        "format": bill.format,
        "currency": next(iter(bill.totals), None) if len(bill.totals) == 1 else None,
        "period": _period(account),
        "totals": [{"currency": currency, "cost": _exact(cost)} for currency, cost in bill.totals.items()],
        "total_usd": _usd(account.total_usd),
        "rates": [
            {"currency": rate.currency, "on": rate.on.isoformat(), "usd_per_unit": float(rate.usd_per_unit)}
            for rate in account.rates
        ],
        **{
            name: [_line(priced) for priced in account.lines if priced.line.key.category in categories]
            for name, categories in SECTIONS.items()
        },
        "use": None if use is None else _use(use),
        "rows_read": bill.rows_read,
        "rejected": [_tally(tally.reason, tally.rows, tally.first_row) for tally in bill.rejected],
        "treated": [_tally(tally.reason, tally.rows, tally.first_row) for tally in bill.treated],
        "notes": list(bill.notes),
        "question": None if asked is None else asked.question.model_dump(mode="json"),
        "no_question": no_question,
    }


def _period(account: Account) -> dict[str, Any] | None:
    if account.first is None or account.last is None:
        return None
    return {
        "start": account.first.isoformat(),
        "end": account.last.isoformat(),
        "days": account.days,
        "months": account.months,
    }


def _line(priced: PricedLine) -> dict[str, Any]:
    line, key = priced.line, priced.line.key
    return {
        "category": key.category,
        "provider": key.provider,
        "item": key.item,
        "term": key.term or None,
        "gpu": key.gpu,
        "gpu_count": key.gpu_count,
        "gpu_share": key.gpu_share,
        "hours": line.quantity if key.unit in ("h", "gpu_h") else None,
        "gpu_h": line.gpu_h,
        "gb": line.quantity if key.unit == "gb" else None,
        "gb_months": line.quantity if key.unit == "gb_month" else None,
        "currency": key.currency,
        "cost": _exact(line.cost),
        "effective_cost": _exact(line.effective),
        "usd": _usd(priced.usd),
        "effective_usd": _usd(priced.effective_usd),
        "usd_per_gpu_h": priced.usd_per_gpu_h,
        "rows": line.rows,
    }


def _use(use: Use) -> dict[str, Any]:
    return {
        "gpu": use.gpu,
        "gpu_h": use.gpu_h,
        "unused_gpu_h": use.unused_gpu_h,
        "worked_gpu_h": use.worked_gpu_h,
        "idle_gpu_h": use.idle_gpu_h,
        "gpus_at_once": use.gpus_at_once,
        "always_on_gpus": use.always_on_gpus,
        "around_the_clock": use.around_the_clock,
        "resolution": use.resolution,
        "mean_gpus_by_hour": _list(use.mean_gpus_by_hour),
        "mean_gpus_by_weekday": _list(use.mean_gpus_by_weekday),
    }


def _list(values: tuple[float, ...] | None) -> list[float] | None:
    return None if values is None else list(values)


def _tally(reason: str, rows: int, first_row: int) -> dict[str, Any]:
    return {"reason": reason, "rows": rows, "first_row": first_row}


def _exact(amount: Decimal) -> str:
    return format(amount, "f")


def _usd(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def print_bill(account: Account, use: Use | None, asked: Asked | None, no_question: str | None) -> None:
    """Print where the money went, when GPUs were on, and the question."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    for text in heading(account):
        console.print(Text(text, style="bold"))
    console.print(_table(account))
    for text in use_sentences(use):
        console.print(Text(text))
    for what, tallies in (("left out", account.bill.rejected), ("treated", account.bill.treated)):
        for tally in tallies:
            row = f"the first is row {tally.first_row:,}"
            console.print(Text(f"{what}: {tally.rows:,} rows, {tally.reason}; {row}", style="yellow"))
    for note in account.bill.notes:
        console.print(Text(note, style="dim"))
    for rate in account.rates:
        if rate.currency != "USD":
            console.print(Text(f"1 {rate.currency} = {rate.usd_per_unit} USD on {rate.on} (ECB)", style="dim"))
    if asked is None:
        console.print(Text(f"No question: {no_question}", style="yellow"))
    else:
        console.print(Text("\nThe question it poses (--question FILE writes it):", style="bold"))
        console.print(Text(asked.text.rstrip(), style="dim"))


def heading(account: Account) -> list[str]:
    """What was billed, in which period, in which currency."""
    totals = ", ".join(f"{cost:,.2f} {currency}" for currency, cost in account.bill.totals.items()) or "nothing"
    if account.first is None or account.last is None:
        return [f"Billed: {totals}."]
    span = f"{account.first:%Y-%m-%d} to {account.last:%Y-%m-%d} ({account.days:,.1f} days)"
    foreign = any(currency != "USD" for currency in account.bill.totals)
    usd = f" = {account.total_usd:,.2f} USD" if foreign and account.total_usd is not None else ""
    return [f"Billed from {span}: {totals}{usd}."]


def use_sentences(use: Use | None) -> list[str]:
    """When GPUs were on, and what was surely idle."""
    if use is None:
        return ["No GPU-hours of a GPU that is known."]
    found = [f"{use.gpu}: {use.gpu_h:,.1f} GPU-hours, {use.gpus_at_once} at the same time ({_finely(use)})."]
    if use.mean_gpus_by_hour is not None:
        found.append(f"  GPUs on by hour of the day (UTC): {_bars(use.mean_gpus_by_hour)}  0 to 23")
    if use.mean_gpus_by_weekday is not None:
        found.append(f"  by day of the week: {_bars(use.mean_gpus_by_weekday)}  Monday to Sunday")
    if use.around_the_clock:
        found.append("  Billed around the clock, nights and weekends too: at work or left on, a bill cannot tell.")
    if use.unused_gpu_h:
        found.append(f"  {use.unused_gpu_h:,.1f} GPU-hours were reserved, paid for and not used.")
    if use.idle_gpu_h is not None:
        share = use.idle_gpu_h / use.gpu_h if use.gpu_h else 0.0
        found.append(f"  {use.idle_gpu_h:,.1f} GPU-hours ({share:.0%}) were billed and held by no job of the log.")
    return found


def _finely(use: Use) -> str:
    return {
        "hour": "as billed in 95 % of the hours with any",
        "day": "the fewest that fit: the bill has days, no hours",
        "none": "the fewest that fit: the bill has neither hours nor days",
    }[use.resolution]


def _bars(values: tuple[float, ...]) -> str:
    most = max(values)
    return "".join(BARS[round(value / most * (len(BARS) - 1))] if most > 0 else BARS[0] for value in values)


def _table(account: Account) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("what", "term", "GPU"):
        table.add_column(name)
    for name in ("quantity", "cost", "$/GPU-h"):
        table.add_column(name, justify="right")
    for priced in account.lines:
        line, key = priced.line, priced.line.key
        gpu = "" if key.gpu is None else f"{_count(key.gpu_count)}x {key.gpu}"
        style = {UNKNOWN: "yellow", GPU: "green"}.get(key.category)
        price = "" if priced.usd_per_gpu_h is None else f"{priced.usd_per_gpu_h:.3f}"
        table.add_row(
            _what(key), key.term, gpu, _quantity(priced), f"{line.cost:,.2f} {key.currency}", price, style=style
        )
    return table


def _what(key: LineKey) -> str:
    category = "unknown GPU machine" if key.category == UNKNOWN else key.category
    item = "" if key.item == key.category else f" {key.item}"
    host = " cores and memory" if key.category == GPU and key.gpu is None else ""
    return f"{category}: {key.provider}{item}{host}"


def _count(count: int | None) -> str:
    return "?" if count is None else str(count)


def _quantity(priced: PricedLine) -> str:
    unit = {"h": "h", "gpu_h": "GPU-h", "gb": "GB", "gb_month": "GB-months"}.get(priced.line.key.unit)
    return f"{priced.line.quantity:,.1f} {unit}" if unit and priced.line.quantity else ""
