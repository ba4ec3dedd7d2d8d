"""The rows of the shipped tables as frozen objects, each able to say its facts.

`data/README.md` documents the columns; a class here has one field a column.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

from payback.evidence import Fact, Grade

Condition = Literal["new", "used"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row has: where its figures came from and when they were true."""

    source: str
    locator: str = ""
    observed_on: dt.date | None = None
    grade: Grade
    note: str = ""

    def _fact(self, fact_id: str, value: float | str | None, unit: str, currency: str | None = None) -> Fact:
        return Fact(
            id=fact_id,
            value=value,
            unit=unit,
            currency=currency,
            source=self.source,
            observed_on=self.observed_on,
            grade=self.grade,
            locator=self.locator,
            note=self.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu(Row):
    """A GPU variant; PCIe and SXM, 40 and 80 GB are different variants. None means unknown."""

    gpu: str
    vendor: str
    architecture: str
    form: str
    memory_gib: float
    memory_type: str | None = None
    bandwidth_gb_s: float | None = None
    fp16_tensor_tflops: float | None = None
    """Dense FP16 or BF16 tensor throughput with FP32 accumulation."""
    bf16: bool | None = None
    tf32_tflops: float | None = None
    fp8_tflops: float | None = None
    fp32_tflops: float | None = None
    board_power_w: float | None = None
    slot_width: float | None = None
    length_mm: float | None = None
    power_connectors: str | None = None
    pcie_gen: float | None = None
    nvlink_gb_s: float | None = None
    """Sum of both directions; 0 for a card without NVLink."""
    launch_date: dt.date | None = None
    launch_price_usd: float | None = None
    geforce_licence: bool = False
    """True when the driver's licence forbids use in data centres."""

    def fact(self, field: str, unit: str) -> Fact:
        """One specification as a fact, e.g. ``gpu.fact("board_power_w", "W")``."""
        return self._fact(f"gpu:{self.gpu}/{field}", getattr(self, field), unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuAlias:
    """Another spelling of a GPU, or a name that covers several variants."""

    alias: str
    gpu: str
    kind: Literal["alias", "family"]
    note: str = ""

    @property
    def members(self) -> tuple[str, ...]:
        """The variants this name may mean."""
        return tuple(part.strip() for part in self.gpu.split(";"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Row):
    """A rental price of a whole instance, seen on a day."""

    provider: str
    instance: str
    region: str | None = None
    gpu: str
    gpu_count: int
    vcpus: float | None = None
    memory_gib: float | None = None
    local_disk_gb: float | None = None
    term: str
    price_usd_per_h: float
    upfront_usd: float | None = None
    billing_granularity_s: int | None = None
    valid_until: dt.date | None = None
    via: str = ""

    @property
    def name(self) -> str:
        """The name users write: provider and instance."""
        return f"{self.provider}/{self.instance}"

    @property
    def price_usd_per_gpu_h(self) -> float:
        """Price of one GPU of the instance for one hour."""
        return self.price_usd_per_h / self.gpu_count

    def fact(self) -> Fact:
        """The hourly price of the instance."""
        place = self.region or "any-region"
        day = self.observed_on.isoformat() if self.observed_on else "undated"
        digest = _digest(self.source, self.locator, self.note, self.price_usd_per_h)
        return self._fact(f"offer:{self.name}@{place}/{self.term}/{day}/{digest}", self.price_usd_per_h, "USD/h", "USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrice(Row):
    """A price seen on a day, in the currency and with the tax it was asked with."""

    price: float
    currency: str
    tax_included_share: float | None = None
    """Sales tax or VAT inside the price; 0 for none, None where the source does not say."""
    market: str | None = None
    """ISO code of the shop's country."""
    seller: str | None = None
    via: str = ""
    usd_per_unit: float = 1.0
    """ECB reference rate on the day of the observation; 1 for dollars."""

    @property
    def price_usd(self) -> float:
        """The price in dollars without tax; where the tax is unknown it is left inside."""
        return self.price / (1.0 + (self.tax_included_share or 0.0)) * self.usd_per_unit

    def _facts(self, item: str, kind: str) -> tuple[Fact, ...]:
        day = self.observed_on.isoformat() if self.observed_on else "undated"
        digest = _digest(self.price, self.currency, self.seller, self.locator, self.note)
        fact_id = f"price:{item}/{kind}/{day}/{digest}"
        seen = self._fact(fact_id, self.price, self.currency, self.currency)
        if self.currency == "USD" and not self.tax_included_share:
            return (seen,)
        tax = self.tax_included_share or 0.0
        in_usd = Fact(
            id=fact_id + "/usd",
            value=self.price_usd,
            unit="USD",
            currency="USD",
            source=f"{self.source} ; ecb",
            observed_on=self.observed_on,
            grade=Grade.DERIVED,
            note=f"{self.price:g} {self.currency} / (1 + {tax:g} tax) x {self.usd_per_unit:.4f} USD",
            parents=(fact_id,),
        )
        return (in_usd, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentPrice(AskedPrice):
    """A price of one part."""

    component: str
    category: str
    condition: Condition

    @property
    def item(self) -> str:
        """Name of the part."""
        return self.component

    @property
    def kind(self) -> str:
        """New or used."""
        return self.condition

    def facts(self) -> tuple[Fact, ...]:
        """The price in dollars before tax, then, where it was asked in other terms, the price as seen."""
        return self._facts(self.item, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prebuilt(AskedPrice):
    """A price of a ready-made machine."""

    machine: str
    maker: str | None = None
    category: str
    gpu: str | None = None
    gpu_count: int = 0
    cpu: str | None = None
    memory_gb: float | None = None
    storage_gb: float | None = None
    wall_power_w: float | None = None

    @property
    def item(self) -> str:
        """Name of the machine."""
        return self.machine

    @property
    def kind(self) -> str:
        """Always "prebuilt"."""
        return "prebuilt"

    def facts(self) -> tuple[Fact, ...]:
        """The price in dollars before tax, then, where it was asked in other terms, the price as seen."""
        return self._facts(self.item, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePrice(Row):
    """A price of cloud storage or traffic, seen on a day."""

    provider: str
    item: str
    storage_class: str | None = None
    price_usd: float
    region: str | None = None
    via: str = ""

    def fact(self) -> Fact:
        """The price of a gigabyte: a month of it stored, or one of it sent out."""
        unit = "USD/GB" if self.item == "egress_gb" else "USD/(GB month)"
        name = f"{self.item}/{self.storage_class or 'standard'}"
        digest = _digest(self.locator, self.note, self.price_usd, self.region or "")
        return self._fact(f"storage:{self.provider}/{name}/{self.observed_on}/{digest}", self.price_usd, unit, "USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff(Row):
    """What a kilowatt-hour costs somewhere."""

    place: str
    sector: str
    price_usd_per_kwh: float

    def fact(self) -> Fact:
        """The tariff, taxes included."""
        return self._fact(
            f"electricity:{self.place}/{self.sector}/{self.observed_on}", self.price_usd_per_kwh, "USD/kWh", "USD"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate(Row):
    """Sales tax or value added tax on a purchase somewhere."""

    place: str
    rate_share: float

    def fact(self) -> Fact:
        """The rate as a share of the price before tax."""
        return self._fact(f"tax:{self.place}/{self.observed_on}", self.rate_share, "share")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost(Row):
    """Another cost, rate or measured watt."""

    what: str
    subject: str | None = None
    value: float
    unit: str
    place: str | None = None

    def fact(self) -> Fact:
        """The figure under a name that says what it is of."""
        subject = (self.subject or self.place or "any").replace(" ", "-")
        digest = _digest(self.locator, self.value, self.place or "", self.note)
        return self._fact(f"running:{self.what}/{subject}/{digest}", self.value, self.unit)


def _digest(*parts: object) -> str:
    return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=3).hexdigest()
