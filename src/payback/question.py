"""What the user asks, and the only definition of it.

Field docstrings are the help text, the JSON schema and the labels of the web
page. A question file is TOML with these keys; an unknown key is an error.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LARGEST = 1e12
"""No price, power or size in a question is larger; beyond it floats lose cents."""
SMALLEST = 1e-9
"""Anything less counts as nothing: below it reciprocals and ratios leave what floats can hold."""


def _or_nothing(value: float) -> float:
    return 0.0 if value < SMALLEST else value


NonNegative = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False), AfterValidator(_or_nothing)]
Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_or_nothing)]
Kind = Literal["build", "prebuilt", "used", "rent", "hybrid"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, defer_build=True)


class Work(_Part):
    """What is to be done."""

    gpus: Annotated[int, Field(ge=1, le=1024)] = 1
    """GPUs needed at the same time."""
    hours_per_day: Annotated[float, Field(ge=0, le=24, allow_inf_nan=False), AfterValidator(_or_nothing)] = 8.0
    """Hours of work a day on the reference GPU(s). [h]"""
    days_per_week: Annotated[float, Field(ge=0, le=7, allow_inf_nan=False), AfterValidator(_or_nothing)] = 7.0
    """Working days a week."""
    hours_measured: bool = False
    """Whether the hours come from a log of yours, not from a guess: the odds then hold them to within 20 %."""
    usage: str | None = None
    """A log of `payback watch`: its measured hours replace `hours_per_day` and `days_per_week`."""
    months: Annotated[int, Field(ge=1, le=240)] = 36
    """How long the work goes on. [months]"""
    workload: str = "resnet50"
    """What is trained; decides how GPUs compare. `payback speed` lists the names."""
    equal: Literal["work", "hours"] = "work"
    """Compare options that do the same work (a faster GPU needs fewer hours), or that run the same hours."""
    reference_gpu: str | None = None
    """GPU whose hours `hours_per_day` counts; by default the first machine named in `own`, else one of the day."""
    vram_gib: NonNegative | None = None
    """Memory that every GPU must have at least. [GiB]"""
    data_gb: NonNegative = 0.0
    """Data kept all month, also while nothing runs. [GB]"""
    egress_gb_per_month: NonNegative = 0.0
    """Data taken out of the cloud. [GB/month]"""
    forgotten_hours_per_month: NonNegative = 0.0
    """Hours a rented machine is left on by mistake. [h/month]"""
    expand_to_gpus: Annotated[int, Field(ge=1, le=64)] | None = None
    """GPUs the machine must be able to take later."""


class Outlet(_Part):
    """The socket the machine is plugged into."""

    volts: Positive = 120.0
    """Voltage. [V]"""
    amps: Positive = 15.0
    """Breaker rating; 80 % of it may be drawn continuously. [A]"""


class Site(_Part):
    """Where an owned machine stands."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    """ISO 3166 code."""
    region: str | None = None
    """State, e.g. "CA"; decides tariff and sales tax in the US."""
    price_usd_per_kwh: NonNegative | None = None
    """Electricity price; by default the tariff of the place. [USD/kWh]"""
    pue: Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)] = 1.0
    """Facility energy over machine energy: 1.0 at home without cooling."""
    outlet: Outlet | None = None
    """Limit of the socket, if it matters."""
    kind: Literal["home", "office", "datacentre"] = "home"
    """Decides hosting cost and which licences apply."""
    hosting_usd_per_month: NonNegative | None = None
    """What a place in a data centre costs; by default the colocation rate per kW. [USD/month]"""
    noise_dba: Positive | None = None
    """Loudest acceptable machine. [dB(A)]"""
    download_mbit_s: Positive | None = None
    """Speed of the line towards the machine; by default the mean of the country, where known. [Mbit/s]"""
    upload_mbit_s: Positive | None = None
    """Speed of the line away from the machine; by default the mean of the country, where known. [Mbit/s]"""


class Finance(_Part):
    """How money is counted."""

    discount_rate: Share = 0.05
    """Yearly rate for net present values and levelised costs. [1/year]"""
    depreciation: Literal["market", "straight-line"] = "market"
    """What an owned machine is still worth: what used ones sell for, or a straight line to zero."""
    useful_life_months: Annotated[int, Field(ge=1, le=240)] = 36
    """Life of the straight line. [months]"""
    sales_tax: Share | None = None
    """Tax on purchases as a share; by default that of the place for parts we price, none for a stated total."""
    hour_value_usd: NonNegative = 0.0
    """What an hour of your own time is worth. [USD/h]"""
    budget_usd: Positive | None = None
    """Most that may be spent on day one. [USD]"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """Currency the printed report uses; JSON is always in dollars."""


class Preferences(_Part):
    """Which options are looked at."""

    kinds: tuple[Kind, ...] | None = None
    """Kinds to enumerate from the catalogue; all if absent, none if empty."""
    providers: tuple[str, ...] | None = None
    """Clouds to consider; all if absent."""
    terms: tuple[str, ...] | None = None
    """Rental terms to consider; all if absent."""
    used: bool = True
    """Whether used parts are acceptable."""
    spot: bool = False
    """Whether machines that may be taken away at any time are acceptable."""
    cuda_only: bool = True
    """Whether machines put together from parts get only GPUs that run CUDA; false also allows AMD and Intel."""
    max_price_age_days: Annotated[int, Field(ge=1)] = 180
    """Older prices of rents, GPUs, memory, drives and ready-made machines are not acted on. [days]"""


class NamedPart(_Part):
    """One line of a parts list in a question."""

    component: str
    """Name of the part."""
    category: str | None = None
    """gpu, cpu, board, memory, drive, psu, case, cooler..."""
    quantity: Annotated[int, Field(ge=1, le=64)] = 1
    """How many."""
    condition: Literal["new", "used"] = "new"
    """Whether to look up the new or the used price."""
    price_usd: NonNegative | None = None
    """Price of one, if you know it better. [USD]"""


class Own(_Part):
    """A machine you name yourself; it is charged what you state here and nothing you do not."""

    label: str = "your machine"
    """What to call it."""
    machine: str | None = None
    """A parts list of the catalogue, e.g. "article-2018-1gpu"; keys below override it."""
    gpu: str | None = None
    """The GPU in it."""
    gpus: Annotated[int, Field(ge=1, le=64)] | None = None
    """How many of them; 1 if nothing says otherwise."""
    capital_usd: NonNegative | None = None
    """What the whole machine costs, tax included. [USD]"""
    parts: tuple[NamedPart, ...] | None = None
    """Or its parts, priced from the catalogue."""
    wall_power_w: Positive | None = None
    """Power at the wall while it works; computed from the parts if absent. [W]"""
    idle_power_w: NonNegative | None = None
    """Power at the wall while it waits; absent means switched off. [W]"""
    repair_share_per_year: Share | None = None
    """Repairs a year as a share of the capital. [1/year]"""
    setup_hours: NonNegative | None = None
    """Your hours to build and set it up. [h]"""
    bench: str | None = None
    """A result of `payback bench` on it."""

    @model_validator(mode="after")
    def _has_a_price(self) -> Own:
        if self.capital_usd is not None and self.parts is not None:
            raise ValueError("give either capital_usd or parts, not both")
        if self.machine is None and self.capital_usd is None and self.parts is None:
            raise ValueError("give capital_usd, parts or machine")
        if self.machine is None and self.gpu is None and not any(p.category == "gpu" for p in self.parts or ()):
            raise ValueError("give gpu, or a part of category gpu")
        return self


class Rent(_Part):
    """An offer you name yourself."""

    label: str | None = None
    """What to call it."""
    offer: str | None = None
    """Name in the catalogue: provider/instance, e.g. "aws/p3.2xlarge"."""
    term: str = "on-demand"
    """on-demand, spot, monthly, reserved-1y-no-upfront, ..."""
    region: str | None = None
    """Region; the cheapest if absent."""
    price_usd_per_h: NonNegative | None = None
    """Or your own price of the whole instance. [USD/h]"""
    gpu: str | None = None
    """The GPU in it, with your own price."""
    gpus: Annotated[int, Field(ge=1, le=1024)] = 1
    """GPUs in the instance, with your own price."""
    storage_usd_per_gb_month: NonNegative | None = None
    """What keeping data costs there, with your own price. [USD/GB/month]"""
    egress_usd_per_gb: NonNegative | None = None
    """What taking data out costs there, with your own price. [USD/GB]"""

    @model_validator(mode="after")
    def _is_named_or_priced(self) -> Rent:
        if self.offer is None and (self.price_usd_per_h is None or self.gpu is None):
            raise ValueError("give either offer, or price_usd_per_h and gpu")
        return self


class Question(_Part):
    """A question with every default filled in."""

    as_of: dt.date
    """Day of the question; nothing seen later is used."""
    work: Work = Field(default_factory=Work.model_construct)
    site: Site = Field(default_factory=Site.model_construct)
    finance: Finance = Field(default_factory=Finance.model_construct)
    options: Preferences = Field(default_factory=Preferences.model_construct)
    own: tuple[Own, ...] = ()
    """Machines of yours, compared beside the enumerated ones."""
    rent: tuple[Rent, ...] = ()
    """Offers of yours, compared beside the enumerated ones."""
