"""A candidate and a question become a statement."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from payback.catalogue.catalogue import Catalogue
from payback.cost.owning import OwningPlan, owning_statement
from payback.cost.rental import RentalPlan, Term, rental_statement
from payback.cost.statement import Statement
from payback.decision.naming import slug, stated
from payback.decision.own_candidates import OwnCandidate
from payback.decision.reference import SpeedRatio, hours_per_month
from payback.decision.rent_candidates import RentCandidate, own_label
from payback.decision.resale import ResaleModel
from payback.decision.site import SitePrices
from payback.evidence import Fact
from payback.question import Question
from payback.units import W_PER_KW


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudStorage:
    """What keeping and taking out data costs at one provider; None where nobody knows."""

    usd_per_gb_month: float | None
    egress_usd_per_gb: float | None
    storage_facts: tuple[Fact, ...] = ()
    egress_facts: tuple[Fact, ...] = ()


def busy_hours(question: Question, ratio: SpeedRatio) -> float:
    """Hours a month an option is busy: the work in reference hours over its speed. [h]"""
    return hours_per_month(question) / ratio.value


def own_statement(
    candidate: OwnCandidate, question: Question, ratio: SpeedRatio, site: SitePrices, resale: ResaleModel
) -> Statement:
    """The payments of an owned machine. The candidate must have a capital and a power."""
    capital, power = candidate.capital_usd, candidate.wall_power_w
    assert capital is not None
    assert power is not None
    tax = _tax_share(candidate, question, site)
    gpus_usd, gpus_worth_usd = _gpu_price_and_worth(candidate, capital, resale.new_gpu_kept_share)
    return owning_statement(
        OwningPlan(
            capital_usd=capital,
            sales_tax_share=tax,
            wall_power_w=power,
            idle_power_w=candidate.idle_power_w,
            busy_hours_per_month=busy_hours(question, ratio),
            price_usd_per_kwh=site.price_usd_per_kwh,
            pue=question.site.pue,
            hosting_usd_per_month=_hosting_usd(question, site, power),
            repair_share_per_year=candidate.repair_share_per_year,
            setup_hours=candidate.setup_hours,
            hour_value_usd=question.finance.hour_value_usd,
            residual_usd=lambda month: resale.residual_usd(gpus_worth_usd, capital - gpus_usd, month),
            months=question.work.months,
            capital_facts=_ids(candidate.capital_facts),
            tax_facts=_ids(site.tax_facts),
            power_facts=(*_ids(candidate.power_facts), *_ids(ratio.facts)),
            tariff_facts=_ids(site.tariff_facts),
            hosting_facts=_ids(site.hosting_facts),
            residual_facts=_ids(resale.head_facts),
        )
    )


def rent_statement(candidate: RentCandidate, question: Question, ratio: SpeedRatio, storage: CloudStorage) -> Statement:
    """The payments of a rented offer. The candidate must have a price."""
    return rental_statement(rental_plan(candidate, question, ratio, storage))


def rental_plan(candidate: RentCandidate, question: Question, ratio: SpeedRatio, storage: CloudStorage) -> RentalPlan:
    """What the cost of a rented offer depends on: hours, machines, storage. The candidate must have a price."""
    assert candidate.price_usd_per_h is not None
    machines, h_per_day = rented_machines(candidate, question, ratio)
    work = question.work
    return RentalPlan(
        price_usd_per_h=candidate.price_usd_per_h,
        term=Term.parse(candidate.term),
        upfront_usd=candidate.upfront_usd or 0.0,
        instances=machines,
        instance_h_per_day=h_per_day,
        days_per_week=work.days_per_week,
        billing_granularity_s=candidate.billing_granularity_s or 1,
        forgotten_h_per_month=work.forgotten_hours_per_month,
        storage_usd_per_month=work.data_gb * (storage.usd_per_gb_month or 0.0),
        egress_usd_per_month=work.egress_gb_per_month * (storage.egress_usd_per_gb or 0.0),
        months=work.months,
        price_facts=(*_ids(candidate.price_facts), *_ids(ratio.facts)),
        storage_facts=_ids(storage.storage_facts),
        egress_facts=_ids(storage.egress_facts),
    )


def rented_machines(candidate: RentCandidate, question: Question, ratio: SpeedRatio) -> tuple[int, float]:
    """Instances rented side by side, and the hours each works on a working day.

    Enough of them for the GPUs asked; more where a slow GPU would need more than the day has.
    """
    side_by_side = ceil(question.work.gpus / candidate.gpu_count)
    h_per_day = question.work.hours_per_day / ratio.value
    if h_per_day <= 24.0:
        return side_by_side, h_per_day
    times = ceil(h_per_day / 24.0 - 1e-9)
    return side_by_side * times, h_per_day / times


def storage_of(provider: str, question: Question, catalogue: Catalogue) -> CloudStorage:
    """Storage and egress prices of a provider as of the day of the question."""
    block = catalogue.storage_price(provider, question.as_of)
    egress = catalogue.storage_price(provider, question.as_of, "egress_gb")
    return CloudStorage(
        usd_per_gb_month=block.price_usd if block else None,
        egress_usd_per_gb=egress.price_usd if egress else None,
        storage_facts=(block.fact(),) if block else (),
        egress_facts=(egress.fact(),) if egress else (),
    )


def stated_storage(question: Question) -> dict[str, CloudStorage]:
    """Storage and egress prices that the user states for offers with a price of their own, by provider."""
    found = {}
    for index, rent in enumerate(question.rent):
        if rent.price_usd_per_h is not None and rent.gpu is not None:
            kept, sent = rent.storage_usd_per_gb_month, rent.egress_usd_per_gb
            at = f"rent.{index}"
            found[slug(own_label(rent))] = CloudStorage(
                usd_per_gb_month=kept,
                egress_usd_per_gb=sent,
                storage_facts=_stated(f"{at}.storage_usd_per_gb_month", kept, "USD/GB/month"),
                egress_facts=_stated(f"{at}.egress_usd_per_gb", sent, "USD/GB"),
            )
    return found


def _stated(name: str, value: float | None, unit: str) -> tuple[Fact, ...]:
    return () if value is None else (stated(name, value, unit, currency="USD"),)


def _hosting_usd(question: Question, site: SitePrices, power_w: float) -> float | None:
    if question.site.hosting_usd_per_month is not None:
        return question.site.hosting_usd_per_month
    rate = site.hosting_usd_per_kw_month
    return None if rate is None else rate * power_w / W_PER_KW


def _tax_share(candidate: OwnCandidate, question: Question, site: SitePrices) -> float:
    if candidate.tax_included and question.finance.sales_tax is None:
        return 0.0
    return site.sales_tax_share or 0.0


def _gpu_price_and_worth(candidate: OwnCandidate, capital_usd: float, new_kept_share: float) -> tuple[float, float]:
    """What is paid for the GPUs, and what they are worth once bought; a machine without a list is all GPU, and new."""
    gpus = [part for part in candidate.parts if part.category == "gpu" and part.price_usd is not None]
    if not gpus:
        return capital_usd, capital_usd * new_kept_share
    paid = sum(part.price_usd or 0.0 for part in gpus)
    worth = sum((part.price_usd or 0.0) * (new_kept_share if part.condition == "new" else 1.0) for part in gpus)
    scale = min(1.0, capital_usd / paid) if paid else 1.0
    return paid * scale, worth * scale


def _ids(facts: tuple[Fact, ...]) -> tuple[str, ...]:
    return tuple(fact.id for fact in facts)
