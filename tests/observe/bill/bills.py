"""Bills that tests make: synthetic, in the columns that the providers document (docs/bill.md names the pages)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DAY = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
CUR_LEGACY = (
    "identity/LineItemId", "identity/TimeInterval", "bill/PayerAccountId", "bill/BillType", "lineItem/UsageAccountId",
    "lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/UsageEndDate", "lineItem/ProductCode",
    "lineItem/UsageType", "lineItem/Operation", "lineItem/ResourceId", "lineItem/UsageAmount", "lineItem/CurrencyCode",
    "lineItem/UnblendedRate", "lineItem/UnblendedCost", "lineItem/LineItemDescription", "product/instanceType",
    "pricing/term", "pricing/unit", "reservation/EffectiveCost", "savingsPlan/SavingsPlanEffectiveCost",
    "resourceTags/user:owner",
)  # fmt: skip
CUR_2 = (
    "bill_payer_account_id", "line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date",
    "line_item_product_code", "line_item_usage_type", "line_item_resource_id", "line_item_usage_amount",
    "line_item_currency_code", "line_item_unblended_cost", "pricing_term", "pricing_unit",
    "reservation_effective_cost", "savings_plan_savings_plan_effective_cost", "product", "resource_tags",
)  # fmt: skip
FOCUS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountId", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "ConsumedQuantity", "ConsumedUnit", "EffectiveCost", "ListCost", "PricingCategory", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "ServiceName", "SkuId", "SubAccountId", "SubAccountName", "Tags",
)  # fmt: skip
FOCUS_AWS_1_0 = (*FOCUS, "x_CostCategories", "x_Discounts", "x_Operation", "x_ServiceCode", "x_UsageType")
FOCUS_AWS_1_2 = (*FOCUS_AWS_1_0, "ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "InvoiceId")
FOCUS_AZURE = (*FOCUS, "x_SkuMeterCategory", "x_SkuMeterName", "x_SkuMeterSubcategory", "x_SkuDetails")
FOCUS_GOOGLE = (*FOCUS, "ServiceSubcategory", "SkuMeter", "SkuPriceDetails")
SECRETS = ("123456789012", "i-0abc123secret", "alice", "secret-project")
"""Account, machine, person and project as they stand in every bill below; nothing printed may hold them."""


def stamp(hours: float | str, start: dt.datetime = DAY) -> str:
    """A time so many hours after the start, as AWS and FOCUS write it."""
    return (start + dt.timedelta(hours=float(hours))).strftime("%Y-%m-%dT%H:%M:%SZ")


def cur(
    kind: str, usage: str, cost: str, *, hours: float | str = 0, amount: str = "1", unit: str = "Hrs", **more: str
) -> dict[str, str]:
    """A row of the legacy report."""
    return {
        "identity/LineItemId": "x7", "bill/PayerAccountId": SECRETS[0], "lineItem/UsageAccountId": SECRETS[0],
        "lineItem/LineItemType": kind, "lineItem/UsageStartDate": stamp(hours),
        "lineItem/UsageEndDate": stamp(float(hours) + 1), "lineItem/ProductCode": "AmazonEC2",
        "lineItem/UsageType": usage,
        "lineItem/ResourceId": SECRETS[1], "lineItem/UsageAmount": amount, "lineItem/CurrencyCode": "USD",
        "lineItem/UnblendedCost": cost, "lineItem/LineItemDescription": "$3.06 per hour, on demand",
        "pricing/unit": unit, "resourceTags/user:owner": SECRETS[2], **more,
    }  # fmt: skip


def focus(cost: str, *, hours: float | str = 0, length: float | str = 1, **more: str) -> dict[str, str]:
    """A row of FOCUS."""
    return {
        "BilledCost": cost, "EffectiveCost": cost, "BillingAccountId": SECRETS[0], "BillingAccountName": SECRETS[2],
        "BillingCurrency": "USD", "BillingPeriodStart": stamp(0), "BillingPeriodEnd": stamp(720),
        "ChargeCategory": "Usage", "ChargePeriodStart": stamp(hours),
        "ChargePeriodEnd": stamp(float(hours) + float(length)),
        "PricingCategory": "Standard", "ResourceId": SECRETS[1], "ResourceName": SECRETS[2],
        "SubAccountName": SECRETS[3], "Tags": json.dumps({"owner": SECRETS[2]}), "ServiceCategory": "Compute", **more,
    }  # fmt: skip


def text(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), restval="", extrasaction="raise", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Path:
    """A table as a CSV file."""
    path.write_text(text(columns, rows), encoding="utf-8")
    return path


def cur_month() -> list[dict[str, str]]:
    """Two days of a lab: a p3.2xlarge ten hours a day, a spot g5.12xlarge, a reserved p3, storage, egress, fees."""
    day_and_night = [24 * day + hour for day in range(2) for hour in range(8, 18)]
    plan = {"savingsPlan/SavingsPlanEffectiveCost": "0.5", "lineItem/ProductCode": "AmazonEC2"}
    return [
        *(cur("Usage", "USW2-BoxUsage:p3.2xlarge", "3.06", hours=hour) for hour in day_and_night),
        *(cur("Usage", "USW2-SpotUsage:g5.12xlarge", "1.7014", hours=hour) for hour in (8, 9)),
        cur("DiscountedUsage", "BoxUsage:p3.8xlarge", "0", hours=3, **{"reservation/EffectiveCost": "7.96"}),
        cur("SavingsPlanCoveredUsage", "BoxUsage:g5.xlarge", "1.006", hours=4, **plan),
        cur("SavingsPlanNegation", "BoxUsage:g5.xlarge", "-1.006", hours=4),
        cur("SavingsPlanRecurringFee", "ComputeSP:1yrNoUpfront", "0.6", hours=4),
        cur("RIFee", "HeavyUsage:p3.8xlarge", "5700.96", amount="720"),
        cur("Usage", "UnusedBox:p4d.24xlarge", "32.7726", hours=5),
        cur("Usage", "BoxUsage:p9.48xlarge", "99.5", hours=6),
        cur("Usage", "BoxUsage:m5.large", "0.096", hours=6),
        cur("Usage", "EBS:VolumeUsage.gp3", "80.000000000001", amount="1000", unit="GB-Mo"),
        cur("Usage", "EBS:SnapshotUsage", "5.5", amount="110", unit="GB-Mo"),
        cur("Usage", "USW2-TimedStorage-ByteHrs", "2.3", amount="100", unit="GB-Mo",
            **{"lineItem/ProductCode": "AmazonS3"}),
        cur("Usage", "USW2-DataTransfer-Out-Bytes", "9", amount="100", unit="GB"),
        cur("EdpDiscount", "USW2-BoxUsage:p3.2xlarge", "-6.12", hours=8),
        cur("Credit", "USW2-BoxUsage:p3.2xlarge", "-10"),
        cur("Refund", "", "-1.25"),
        cur("Tax", "", "4.81"),
    ]  # fmt: skip


def aws_day(columns_1_2: bool) -> list[dict[str, str]]:
    """FOCUS of AWS: ten hours of a p3.8xlarge, spot, a savings plan used and unused, storage, egress, a credit."""
    aws = {"ProviderName": "AWS", "PublisherName": "Amazon Web Services, Inc.", "x_ServiceCode": "AmazonEC2",
           "ServiceName": "Amazon Elastic Compute Cloud", "ConsumedUnit": "Hours"}  # fmt: skip
    details = {"SkuPriceDetails": json.dumps({"InstanceType": "p3.8xlarge", "GpuCount": 4})} if columns_1_2 else {}
    plan = {"PricingCategory": "Committed", "CommitmentDiscountType": "Compute Savings Plans"}
    space = {"ConsumedUnit": "GB-Mo", "ConsumedQuantity": "500"}
    return [
        *(focus("12.24", hours=hour, ConsumedQuantity="1", x_UsageType="USE1-BoxUsage:p3.8xlarge", **details, **aws)
          for hour in range(9, 19)),
        focus("0.49", hours=9, ConsumedQuantity="1", x_UsageType="SpotUsage:g5.xlarge", PricingCategory="Dynamic",
              **aws),
        focus("0", hours=9, ConsumedQuantity="1", x_UsageType="BoxUsage:g5.xlarge", CommitmentDiscountStatus="Used",
              **{**aws, **plan, "EffectiveCost": "0.6"}),
        focus("0", hours=10, x_UsageType="ComputeSP:1yrNoUpfront", CommitmentDiscountStatus="Unused",
              **{**aws, **plan, "EffectiveCost": "0.4"}),
        focus("1.0", ChargeCategory="Purchase", CommitmentDiscountType="Compute Savings Plans", length=720,
              **{**aws, "EffectiveCost": "0"}),
        focus("40", x_UsageType="EBS:VolumeUsage.gp3", **{**aws, **space}),
        focus("4.5", x_UsageType="USE1-DataTransfer-Out-Bytes",
              **{**aws, "ConsumedUnit": "GB", "ConsumedQuantity": "50"}),
        focus("-20", ChargeCategory="Credit", **aws),
        focus("7.77", ChargeCategory="Tax", **{**aws, "EffectiveCost": "0"}),
    ]  # fmt: skip


def azure_days() -> list[dict[str, str]]:
    """FOCUS of Azure, by the day: an A100 eight hours a day, its spot twin, an unknown machine, disks, bandwidth."""
    azure = {"ProviderName": "Microsoft", "PublisherName": "Microsoft", "BillingCurrency": "EUR",
             "ServiceName": "Virtual Machines", "ConsumedUnit": "Hours"}  # fmt: skip
    sku = {"x_SkuDetails": json.dumps({"ServiceType": "Standard_NC24ads_A100_v4", "VCPUs": "24"})}
    disks = {"ServiceName": "Azure Disk Storage", "ServiceCategory": "Storage", "x_SkuMeterName": "P30 LRS Disk"}
    return [
        *(focus("29.384", hours=24 * day, length=24, ConsumedQuantity="8", x_SkuMeterName="NC24ads A100 v4",
                **sku, **azure) for day in range(5)),
        focus("4.1", length=24, ConsumedQuantity="6", PricingCategory="Dynamic",
              x_SkuMeterName="NC24ads A100 v4 Spot", **azure),
        focus("55.5", length=24, ConsumedQuantity="3", x_SkuMeterName="ND999isr GB900 v9", **azure),
        focus("2.2", length=24, ConsumedQuantity="24", x_SkuMeterName="D4s v5", **azure),
        focus("19.71", length=24, ConsumedQuantity="0.2",
              **{**azure, **disks, "ConsumedUnit": "1/Month"}),
        focus("3", length=24, ConsumedQuantity="150",
              **{**azure, **disks, "x_SkuMeterName": "Data Stored", "ChargeDescription": "Hot LRS Blob",
                 "ConsumedUnit": "GB/Month"}),
        focus("1.74", length=24, ConsumedQuantity="20", x_SkuMeterName="Standard Data Transfer Out",
              **{**azure, "ServiceName": "Bandwidth", "ServiceCategory": "Networking", "ConsumedUnit": "GB"}),
    ]  # fmt: skip


def google_hours() -> list[dict[str, str]]:
    """FOCUS of Google Cloud: an a2-highgpu-1g as cores, memory and GPU, a T4 beside N1 cores, a disk, egress."""
    google = {"ProviderName": "Google Cloud", "PublisherName": "Google Cloud", "ServiceName": "Compute Engine",
              "ConsumedUnit": "seconds"}  # fmt: skip

    def row(cost: str, words: str, quantity: str, hours: float = 9, **more: str) -> dict[str, str]:
        return focus(cost, hours=hours, ChargeDescription=words, ConsumedQuantity=quantity, **{**google, **more})

    return [
        *(row("2.9339", "Nvidia Tesla A100 GPU running in Americas", "3600", hour) for hour in range(9, 13)),
        *(row("0.38", "A2 Instance Core running in Americas", "43200", hour) for hour in range(9, 13)),
        *(row("0.36", "A2 Instance Ram running in Americas", "328000000000", hour, ConsumedUnit="byte-seconds")
          for hour in range(9, 13)),
        row("0.11", "Nvidia Tesla T4 GPU attached to Spot Preemptible VMs running in Americas", "3600"),
        row("0.19", "N1 Predefined Instance Core running in Americas", "14400"),
        row("7.5", "Nvidia Tesla Z900 GPU running in Americas", "7200"),
        row("17", "SSD backed PD Capacity", "100", ConsumedUnit="gibibyte month"),
        row("2.4", "Network Internet Data Transfer Out from Americas to EMEA", "20", ConsumedUnit="gibibyte"),
        row("0.3", "Storage PD Snapshot in US", "10", ConsumedUnit="gibibyte month"),
    ]  # fmt: skip


def oci_hours() -> list[dict[str, str]]:
    """FOCUS of Oracle: GPU-hours by themselves."""
    oci = {"ProviderName": "Oracle", "PublisherName": "Oracle", "ServiceName": "COMPUTE", "PricingUnit": "GPU Per Hour"}
    return [
        focus("8", hours=hour, ChargeDescription="Compute - GPU - A10", PricingQuantity="4", **oci) for hour in range(3)
    ] + [focus("5", ChargeDescription="Compute - GPU Standard - V2", PricingQuantity="2", **oci)]


RUNPOD = [
    {"amount": 5.52, "diskSpaceBilledGb": 50, "gpuTypeId": "NVIDIA GeForce RTX 4090", "podId": "xedezhzb9la3ye",
     "time": "2026-09-01T00:00:00Z", "timeBilledMs": 8 * 3_600_000},
    {"amount": 5.52, "diskSpaceBilledGb": 50, "gpuTypeId": "NVIDIA GeForce RTX 4090", "podId": "xedezhzb9la3ye",
     "time": "2026-09-02T00:00:00Z", "timeBilledMs": 8 * 3_600_000},
    {"amount": 0.9, "gpuTypeId": "NVIDIA Zeta 9", "podId": "q", "time": "2026-09-02T00:00:00Z", "timeBilledMs": 3.6e6},
    {"amount": 1.23, "endpointId": "jpnw0v75y3qoql", "gpuTypeId": "NVIDIA A100-SXM4-80GB",
     "time": "2026-09-02T00:00:00Z", "timeBilledMs": 3_600_000},
    {"amount": 7.0, "diskSpaceBilledGb": 100, "networkVolumeId": "agv6w2qcg7", "time": "2026-09-01T00:00:00Z"},
]  # fmt: skip
"""Records as RunPod's API returns them."""
LAMBDA = """Date,Description,Instance type,Hours,Amount
2026-09-01,On-demand instance,gpu_8x_a100_80gb_sxm4,6.5,$79.30
2026-09-02,On-demand instance,gpu_1x_h100_sxm5,24,$71.76
2026-09-02,On-demand instance,gpu_2x_q900,2,$20.00
2026-09-02,Filesystem storage,,,$4.00
2026-09-02,Sales tax,,,$10.94
,Total,,,"$1,186.00"
"""
"""An invoice of the kind Lambda sends; its form is not documented, so its columns must be named."""
LAMBDA_COLUMNS = "cost=Amount,start=Date,hours=Hours,instance=Instance type,what=Description"
