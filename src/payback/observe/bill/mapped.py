"""Any table of charges whose columns the caller names: ``cost=Amount,start=Date,hours=Hours,instance=Type``.

For invoices without a published form, such as Lambda's.
"""

from __future__ import annotations

from typing import Final

from payback.errors import BadQuestionError
from payback.observe.bill import lines
from payback.observe.bill.form import Form
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import MachineGpus, Machines
from payback.observe.bill.rules import COST, Rule, Texts, gpu_key
from payback.observe.tables.pairs import parse_pairs

HOURS: Final = {"hours": 1.0, "minutes": 1 / 60, "seconds": 1 / 3600}
TEXTS: Final = ("instance", "gpu", "gpus", "term", "provider", "what", "currency")
KEYS: Final = ("cost", "start", "end", *HOURS, *TEXTS)
EXAMPLE: Final = "cost=NAME,start=NAME,hours=NAME,instance=NAME"


def parse_form(text: str) -> Form:
    """Read a mapping of columns.

    Args:
        text: ``key=NAME`` pairs joined by commas. ``cost`` and ``start`` must be there. ``hours`` (or minutes, or
            seconds) are those of the machine; ``instance`` is its type, or ``gpu`` names its GPU and ``gpus`` says how
            many it has. ``end``, ``term``, ``provider``, ``currency`` and ``what`` (kind of charge) where the table has
            them.

    Raises:
        BadQuestionError: Something is missing, twice there or not of the form.
        UnknownNameError: A key nobody has heard of.

    Example:
        >>> parse_form("cost=Amount,start=Date,hours=Hours,instance=Type").money["cost"]
        ('Amount',)
    """
    named = parse_pairs(text, KEYS, EXAMPLE)
    unit = next((key for key in HOURS if key in named), None)
    if not {"cost", "start"} <= named.keys():
        raise BadQuestionError("columns", repr(text), f"cost and start: {EXAMPLE}")
    return Form(
        name="csv",
        texts={key: (named[key],) for key in TEXTS if key in named},
        money={COST: (named["cost"],)},
        quantity={"unit": (named[unit],)} if unit else {},
        start=(named["start"],),
        end=(named["end"],) if "end" in named else (),
        rule=lambda texts, machines: rule(texts, machines, HOURS[unit] if unit else None),
        dated=True,
    )


def rule(texts: Texts, machines: Machines, hours: float | None) -> Rule:
    """How the rows with these texts count."""
    provider = texts.get("provider", "").casefold() or "invoice"
    term = "-".join(texts.get("term", "").casefold().split()) or lines.ON_DEMAND
    provider, item, found = _gpus(texts, provider, machines)
    if found is not None:
        return Rule(key=gpu_key(provider, item, term, found, texts["currency"]), factor=hours)
    if item:
        category, unit = (lines.UNKNOWN, "h") if hours is not None else (lines.OTHER, "")
        key = LineKey(category=category, provider=provider, item=item, term=term, unit=unit, currency=texts["currency"])
        return Rule(key=key, factor=hours if unit else None)
    what = texts.get("what", "")
    category = _category(what)
    item = "charges" if category == lines.OTHER else category
    return Rule(key=LineKey(category=category, provider=provider, item=item, currency=texts["currency"]))


def _gpus(texts: Texts, provider: str, machines: Machines) -> tuple[str, str, MachineGpus | None]:
    item, gpu = texts.get("instance", ""), texts.get("gpu", "")
    if item:
        found = machines.machine(provider, item)
        if found is not None:
            return provider, item, found
        elsewhere = machines.anywhere(item) if provider == "invoice" else None
        if elsewhere is not None:
            return elsewhere[0], item, elsewhere[1]
    name = machines.gpu(provider, gpu) if gpu else None
    if name is None:
        return provider, item or gpu, None
    count = texts.get("gpus", "")
    number = int(count) if count.isdecimal() and 0 < int(count) <= 64 else None
    return provider, item or gpu, MachineGpus(gpu=name, count=number)


def _category(what: str) -> str:
    """The kind of charge that a text speaks of; the text itself may name people and machines, and is not kept."""
    words = what.casefold()
    signs = (
        (("tax", "vat"), lines.TAX),
        (("credit",), lines.CREDIT),
        (("refund",), lines.REFUND),
        (("discount",), lines.DISCOUNT),
        (("storage", "filesystem", "volume", "disk", "snapshot"), lines.STORAGE),
        (("egress", "transfer", "bandwidth"), lines.EGRESS),
    )
    return next((category for marks, category in signs if any(mark in words for mark in marks)), lines.OTHER)
