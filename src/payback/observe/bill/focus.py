"""FOCUS 1.0 to 1.2: one table for all providers, with columns of their own beside it.

The bill is the sum of BilledCost; EffectiveCost says what the use cost once commitments are spread over it. The
machine type stands in SkuPriceDetails (from 1.1 on), else in a column of the provider's, else in its words for the
meter or the charge.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final

from payback.observe.bill import lines
from payback.observe.bill.aws import COMPUTE, machine_of, machine_rule, stored_rule
from payback.observe.bill.focus_gpus import gpu_sku_rule
from payback.observe.bill.form import Form
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import AWS, AZURE, GOOGLE, OCI, Machines
from payback.observe.bill.rules import COST, EFFECTIVE, NOTHING, Rule, Texts, gpu_key, hours_factor, space_factor

_PROVIDERS: Final = (
    (re.compile(r"amazon|aws", re.IGNORECASE), AWS),
    (re.compile(r"microsoft|azure", re.IGNORECASE), AZURE),
    (re.compile(r"google", re.IGNORECASE), GOOGLE),
    (re.compile(r"oracle|\boci\b", re.IGNORECASE), OCI),
)
_WHOLE: Final = {"Tax": lines.TAX, "Credit": lines.CREDIT, "Purchase": lines.COMMITMENT}
_STORED: Final = (
    (re.compile(r"snapshot|backup", re.IGNORECASE), "snapshot"),
    (re.compile(r"\b(pd|disks?|hyperdisk|block|volumes?)\b", re.IGNORECASE), "volume"),
    (re.compile(r"\b(file|files|filestore|nfs)\b", re.IGNORECASE), "file"),
    (re.compile(r"\b(blob|object|bucket|standard storage|nearline|coldline|archive)\b", re.IGNORECASE), "object"),
)
_PLACED: Final = re.compile(
    r"capacity|snapshot|disk|block volume|object storage|standard storage|file storage", re.IGNORECASE
)
_SENT: Final = re.compile(r"egress|outbound data|data transfer out|internet data transfer|transfer out", re.IGNORECASE)
_NEAR: Final = re.compile(r"inter[- ]?(zone|region)|between|zone", re.IGNORECASE)


def rule(texts: Texts, machines: Machines) -> Rule:
    """How the rows with these texts count.

    The quantity is the consumed one, or the priced one where nothing is said of what was consumed.
    """
    if texts.get("unit") or not texts.get("priced_unit"):
        return _rule(texts, machines)
    return replace(_rule({**texts, "unit": texts["priced_unit"]}, machines), quantity="priced_unit")


def _rule(texts: Texts, machines: Machines) -> Rule:
    provider = provider_of(texts)
    kind = texts.get("category", "")
    if kind in _WHOLE:
        return _whole(texts, provider, _WHOLE[kind])
    if texts.get("commitment_status", "") == "Unused":
        item = f"{texts.get('commitment') or 'commitment'}, unused"
        key = LineKey(category=lines.COMMITMENT, provider=provider, item=item, currency=texts["currency"])
        return Rule(key=key, effective=EFFECTIVE)
    return (
        _machine(texts, provider, machines)
        or gpu_sku_rule(texts, provider, machines, term_of(texts))
        or _data(texts, provider)
        or Rule(key=_other(texts, provider), effective=EFFECTIVE)
    )


def provider_of(texts: Texts) -> str:
    """Our name of the provider; its own in small letters if we have none."""
    name = texts.get("provider") or texts.get("publisher") or ""
    return next((ours for pattern, ours in _PROVIDERS if pattern.search(name)), name.casefold() or "unnamed")


def term_of(texts: Texts) -> str:
    """How a use was paid."""
    category, meter = texts.get("pricing", ""), f"{texts.get('meter', '')} {texts.get('description', '')}"
    if category == "Dynamic" or re.search(r"\b(spot|preemptible|low priority)\b", meter, re.IGNORECASE):
        return lines.SPOT
    if category == "Committed" or texts.get("commitment_status"):
        return lines.SAVINGS_PLAN if "saving" in texts.get("commitment", "").casefold() else lines.RESERVED
    return lines.ON_DEMAND


def _whole(texts: Texts, provider: str, category: str) -> Rule:
    bought = texts.get("commitment") or texts.get("service") or category
    key = LineKey(category=category, provider=provider, item=bought, currency=texts["currency"])
    return Rule(key=key, effective=NOTHING)


def _machine(texts: Texts, provider: str, machines: Machines) -> Rule | None:
    details = _details(texts.get("details", ""))
    hours = hours_factor(texts.get("unit", ""))
    if provider == AZURE and hours is None and texts.get("unit", "").casefold() in ("", "units", "unit"):
        hours = 1.0
    if provider == AWS and texts.get("service_code", "") not in COMPUTE:
        return None
    if provider == AWS:
        found = machine_rule(
            machines, texts.get("usage", ""), term_of(texts), texts["currency"], hours=hours, effective=EFFECTIVE
        )
        if found is not None or texts.get("usage"):
            return found
    for name in _type_names(texts, details):
        known = machines.machine(provider, name)
        if known is not None:
            return Rule(
                key=gpu_key(provider, _shown(name), term_of(texts), known, texts["currency"]),
                factor=hours,
                effective=EFFECTIVE,
            )
    return _unknown(texts, provider, machines, details, hours)


def _unknown(
    texts: Texts, provider: str, machines: Machines, details: dict[str, Any], hours: float | None
) -> Rule | None:
    gpus = details.get("GpuCount")
    for name in _type_names(texts, details):
        if machines.is_gpu_type(provider, name) or (isinstance(gpus, int | float) and gpus > 0):
            key = LineKey(
                category=lines.UNKNOWN,
                provider=provider,
                item=_shown(name),
                term=term_of(texts),
                unit="h",
                currency=texts["currency"],
            )
            return Rule(key=key, factor=hours, effective=EFFECTIVE)
    return None


def _type_names(texts: Texts, details: dict[str, Any]) -> list[str]:
    """Texts that may be a machine type, the most reliable first."""
    azure = _details(texts.get("azure_details", ""))
    named = machine_of(texts.get("usage", ""))
    candidates = [
        details.get("InstanceType"),
        details.get("x_InstanceType"),
        azure.get("ServiceType"),
        named[1] if named else None,
        texts.get("meter"),
    ]
    return [name for name in candidates if isinstance(name, str) and name]


def _details(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _shown(name: str) -> str:
    return re.sub(r"(?i)^standard_|( |/)(spot|low priority)$", "", name).replace(" ", "_")


def _data(texts: Texts, provider: str) -> Rule | None:
    """Storage and traffic."""
    if provider == AWS and texts.get("usage"):
        found = stored_rule(texts["usage"], texts.get("service", ""), texts.get("unit", ""), texts["currency"])
        return found and Rule(key=found.key, factor=found.factor, effective=EFFECTIVE)
    words = " ".join(texts.get(name, "") for name in ("subcategory", "meter", "description"))
    space = space_factor(texts.get("unit", ""))
    if _SENT.search(words):
        return _space_rule(texts, provider, lines.EGRESS, "between" if _NEAR.search(words) else "internet", space)
    stored = texts.get("service_category") == "Storage" or (space is not None and space[0] == "gb_month")
    if stored or (_PLACED.search(words) and texts.get("service_category") == "Compute" and space is not None):
        item = next((name for pattern, name in _STORED if pattern.search(words)), "storage")
        return _space_rule(texts, provider, lines.STORAGE, item, space)
    return None


def _space_rule(texts: Texts, provider: str, category: str, item: str, space: tuple[str, float] | None) -> Rule:
    counted = "gb_month" if category == lines.STORAGE else "gb"
    item = "between regions or zones" if item == "between" else item
    key = LineKey(category=category, provider=provider, item=item, unit=counted, currency=texts["currency"])
    return Rule(key=key, factor=space[1] if space and space[0] == counted else None, effective=EFFECTIVE)


def _other(texts: Texts, provider: str) -> LineKey:
    item = texts.get("service") or texts.get("category") or "unnamed"
    return LineKey(category=lines.OTHER, provider=provider, item=item, currency=texts["currency"])


FORM: Final = Form(
    name="focus",
    texts={
        "category": ("ChargeCategory",),
        "pricing": ("PricingCategory",),
        "provider": ("ProviderName", "ServiceProviderName"),
        "publisher": ("PublisherName", "InvoiceIssuerName"),
        "service": ("ServiceName",),
        "service_category": ("ServiceCategory",),
        "subcategory": ("ServiceSubcategory",),
        "commitment": ("CommitmentDiscountType",),
        "commitment_status": ("CommitmentDiscountStatus",),
        "details": ("SkuPriceDetails",),
        "azure_details": ("x_SkuDetails",),
        "meter": ("x_SkuMeterName", "SkuMeter", "x_SkuDescription"),
        "description": ("ChargeDescription",),
        "usage": ("x_UsageType",),
        "service_code": ("x_ServiceCode",),
        "unit": ("ConsumedUnit",),
        "priced_unit": ("PricingUnit",),
        "currency": ("BillingCurrency",),
    },
    money={COST: ("BilledCost",), EFFECTIVE: ("EffectiveCost",)},
    quantity={"unit": ("ConsumedQuantity",), "priced_unit": ("PricingQuantity",)},
    start=("ChargePeriodStart",),
    end=("ChargePeriodEnd",),
    period=(("BillingPeriodStart",), ("BillingPeriodEnd",)),
    rule=rule,
)
