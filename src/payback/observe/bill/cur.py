"""AWS Cost and Usage Reports: the legacy CSV (``lineItem/UnblendedCost``), CUR 2.0 and Athena (``line_item_...``).

The bill is the sum of the unblended cost over all rows, fees, discounts, credits, refunds and taxes included. Where
discounts stand in a net column instead of rows of their own, the net column is the bill.
"""

from __future__ import annotations

from typing import Final

from payback.observe.bill import lines
from payback.observe.bill.aws import COMPUTE, fee_item, machine_rule, stored_rule, without_money
from payback.observe.bill.form import Form, Names
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import AWS, Machines
from payback.observe.bill.rules import COST, NET, NOTHING, Rule, Texts, hours_factor

RESERVATION, PLAN = "reservation", "savings_plan"
DISCOUNTS: Final = frozenset(
    {"BundledDiscount", "EdpDiscount", "PrivateRateDiscount", "DistributorDiscount", "Discount"}
)
_COVERED: Final = {
    "Usage": (lines.ON_DEMAND, COST),
    "DiscountedUsage": (lines.RESERVED, RESERVATION),
    "SavingsPlanCoveredUsage": (lines.SAVINGS_PLAN, PLAN),
    "SavingsPlanNegation": (lines.SAVINGS_PLAN, NOTHING),
}
"""Term of the use, and the column with its effective cost, by type of row."""
_WHOLE: Final = {
    "RIFee": lines.COMMITMENT,
    "Fee": lines.COMMITMENT,
    "SavingsPlanRecurringFee": lines.COMMITMENT,
    "SavingsPlanUpfrontFee": lines.COMMITMENT,
    "Credit": lines.CREDIT,
    "Refund": lines.REFUND,
    "Tax": lines.TAX,
}


def _both(group: str, name: str, snake: str) -> Names:
    return (f"{group}/{name}", snake)


def rule(texts: Texts, machines: Machines) -> Rule:
    """How the rows with these texts count.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> texts = {"type": "Usage", "usage": "BoxUsage:p3.2xlarge", "unit": "Hrs", "currency": "USD"}
        >>> rule(texts, Machines(load())).key.gpu
        'V100 SXM2 16GB'
    """
    kind, usage, currency = texts.get("type", ""), texts.get("usage", ""), texts["currency"]
    product = texts.get("product", "")
    if kind in _WHOLE:
        item = fee_item(usage, product) if _WHOLE[kind] == lines.COMMITMENT else product
        key = LineKey(category=_WHOLE[kind], provider=AWS, item=item or kind, currency=currency)
        return Rule(key=key, effective=NOTHING)
    term, effective = _COVERED.get(kind, (lines.ON_DEMAND, COST))
    used = _used(texts, machines, term, effective)
    if used is None:
        used = stored_rule(usage, product, texts.get("unit", ""), currency)
    if used is None and kind in DISCOUNTS:
        used = Rule(key=LineKey(category=lines.DISCOUNT, provider=AWS, item=product, currency=currency))
    if used is None:
        used = Rule(key=LineKey(category=lines.OTHER, provider=AWS, item=product or kind, currency=currency))
    if kind in DISCOUNTS:
        return Rule(key=used.key, discount=True)
    return without_money(Rule(key=used.key)) if kind == "SavingsPlanNegation" else used


def _used(texts: Texts, machines: Machines, term: str, effective: str) -> Rule | None:
    kind, usage = texts.get("type", ""), texts.get("usage", "")
    if texts.get("product", "") not in COMPUTE:
        return None
    if texts.get("term", "").casefold() == "spot":
        term = lines.SPOT
    counts = kind in _COVERED and kind != "SavingsPlanNegation"
    hours = (hours_factor(texts.get("unit", "")) or (None if texts.get("unit") else 1.0)) if counts else None
    return machine_rule(machines, usage, term, texts["currency"], hours=hours, effective=effective)


FORM: Final = Form(
    name="cur",
    texts={
        "type": _both("lineItem", "LineItemType", "line_item_line_item_type"),
        "usage": _both("lineItem", "UsageType", "line_item_usage_type"),
        "product": _both("lineItem", "ProductCode", "line_item_product_code"),
        "unit": _both("pricing", "unit", "pricing_unit"),
        "term": _both("pricing", "term", "pricing_term"),
        "currency": _both("lineItem", "CurrencyCode", "line_item_currency_code"),
    },
    money={
        COST: _both("lineItem", "UnblendedCost", "line_item_unblended_cost"),
        NET: _both("lineItem", "NetUnblendedCost", "line_item_net_unblended_cost"),
        RESERVATION: _both("reservation", "EffectiveCost", "reservation_effective_cost"),
        PLAN: _both("savingsPlan", "SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
    },
    quantity={"unit": _both("lineItem", "UsageAmount", "line_item_usage_amount")},
    start=_both("lineItem", "UsageStartDate", "line_item_usage_start_date"),
    end=_both("lineItem", "UsageEndDate", "line_item_usage_end_date"),
    period=(
        _both("bill", "BillingPeriodStartDate", "bill_billing_period_start_date"),
        _both("bill", "BillingPeriodEndDate", "bill_billing_period_end_date"),
    ),
    rule=rule,
)
