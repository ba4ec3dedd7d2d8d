"""What the place of the machine decides: electricity price, purchase tax, hosting."""

from __future__ import annotations

from dataclasses import dataclass

from payback.catalogue.catalogue import Catalogue
from payback.decision.naming import stated
from payback.errors import BadQuestionError, NotPricedError
from payback.evidence import Fact
from payback.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePrices:
    """Prices of a place, each with its fact."""

    price_usd_per_kwh: float
    tariff_facts: tuple[Fact, ...]
    sales_tax_share: float | None
    """None where nobody knows the rate."""
    tax_facts: tuple[Fact, ...]
    hosting_usd_per_kw_month: float | None = None
    hosting_facts: tuple[Fact, ...] = ()


def site_prices(question: Question, catalogue: Catalogue) -> SitePrices:
    """Electricity, tax and hosting at the question's site.

    Raises:
        NotPricedError: No tariff of the place was known by then and the question states none.
    """
    usd_per_kwh, tariff_facts = _tariff(question, catalogue)
    tax, tax_facts = _tax(question, catalogue)
    hosting, hosting_facts = _hosting(question, catalogue)
    return SitePrices(
        price_usd_per_kwh=usd_per_kwh,
        tariff_facts=tariff_facts,
        sales_tax_share=tax,
        tax_facts=tax_facts,
        hosting_usd_per_kw_month=hosting,
        hosting_facts=hosting_facts,
    )


def places(question: Question) -> tuple[str, ...]:
    """Names of the place in the tables, the most precise first."""
    country, region = question.site.country, question.site.region
    return (f"{country}-{region}", country) if region else (country,)


def _tariff(question: Question, catalogue: Catalogue) -> tuple[float, tuple[Fact, ...]]:
    price = question.site.price_usd_per_kwh
    if price is not None:
        return price, (stated("site.price_usd_per_kwh", price, "USD/kWh", currency="USD"),)
    known = {row.place for row in catalogue.electricity}
    unknown = [place for place in places(question)[:1] if place not in known]
    if unknown:
        raise BadQuestionError("site", repr(unknown[0]), "a place we have a tariff of; or state site.price_usd_per_kwh")
    sector = "residential" if question.site.kind == "home" else "commercial"
    for place in places(question):
        row = catalogue.tariff(place, question.as_of, sector) or catalogue.tariff(place, question.as_of)
        if row is not None:
            return row.price_usd_per_kwh, (row.fact(),)
    raise NotPricedError(
        f"no electricity price of {places(question)[0]} was known on {question.as_of}; state site.price_usd_per_kwh"
    )


def _tax(question: Question, catalogue: Catalogue) -> tuple[float | None, tuple[Fact, ...]]:
    if question.finance.sales_tax is not None:
        return question.finance.sales_tax, (stated("finance.sales_tax", question.finance.sales_tax, "share"),)
    for place in places(question):
        row = catalogue.tax_rate(place, question.as_of)
        if row is not None:
            return row.rate_share, (row.fact(),)
    return None, ()


def _hosting(question: Question, catalogue: Catalogue) -> tuple[float | None, tuple[Fact, ...]]:
    if question.site.kind != "datacentre":
        return None, ()
    rows = [
        row
        for row in catalogue.running_costs
        if row.what == "colocation_usd_per_kw_month" and row.observed_on and row.observed_on <= question.as_of
    ]
    newest = max(rows, key=lambda row: (row.observed_on, row.value), default=None)
    return (newest.value, (newest.fact(),)) if newest else (None, ())
