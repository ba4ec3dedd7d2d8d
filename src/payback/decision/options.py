"""Options: candidates that were costed, and those that were not, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from payback.catalogue.catalogue import Catalogue
from payback.cost.present_value import levelised_usd_per_gpu_h
from payback.cost.statement import Statement
from payback.decision.costing import (
    CloudStorage,
    own_statement,
    rent_statement,
    rented_machines,
    stated_storage,
    storage_of,
)
from payback.decision.feasible import is_stale, own_doubts, own_obstacles, rent_obstacles
from payback.decision.own_candidates import OwnCandidate, owned
from payback.decision.reference import SpeedRatio, hours_per_month, reference_gpu
from payback.decision.rent_candidates import RentCandidate, rented
from payback.decision.resale import ResaleModel, resale_model
from payback.decision.site import SitePrices, site_prices
from payback.decision.speeds import Asked, Host, speed_ratios, work_unit
from payback.evidence import Assumption, FactBook
from payback.question import Question
from payback.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One costed way to get the work done."""

    candidate: OwnCandidate | RentCandidate
    statement: Statement
    speed: SpeedRatio
    gpu_h_per_month: float
    """Useful hours a month, counted on reference GPUs. [h]"""
    discount_rate: float
    not_priced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Id of the option; stable from run to run."""
        return self.candidate.id

    @property
    def kind(self) -> str:
        """build, prebuilt, used or rent."""
        return self.candidate.kind if isinstance(self.candidate, OwnCandidate) else "rent"

    @property
    def is_owned(self) -> bool:
        """Whether one owns the machine."""
        return isinstance(self.candidate, OwnCandidate)

    @property
    def total_usd(self) -> float:
        """What it costs in the end. [USD]"""
        return self.statement.total_usd

    @property
    def usd_per_gpu_h(self) -> float | None:
        """Levelised cost of an hour of a reference GPU; None where no work is done. [USD/h]"""
        return levelised_usd_per_gpu_h(self.statement, self.gpu_h_per_month, self.discount_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A candidate that is no option, and every reason why."""

    id: str
    kind: str
    label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a question needs to be costed again with other numbers: prices looked up once."""

    reference_gpu: str
    unit_per_reference_h: tuple[float, str] | None = None
    """What one reference GPU does in an hour; None where hours are compared."""
    site: SitePrices
    resale: ResaleModel
    own: tuple[OwnCandidate, ...]
    rent: tuple[RentCandidate, ...]
    storage: dict[str, CloudStorage] = field(default_factory=dict)
    ratios: dict[Asked, SpeedRatio | None] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()


def look_up(question: Question, catalogue: Catalogue) -> World:
    """Prices, speeds and places of a question, as of its day."""
    own, rent = tuple(owned(question, catalogue)), tuple(rented(question, catalogue))
    named = next((candidate.gpu.gpu for candidate in own if candidate.named), None)
    reference, assumption = reference_gpu(question, catalogue, named)
    resale = resale_model(question, catalogue)
    asked = {_own_asked(candidate) for candidate in own} | {
        _rent_asked(offer, question) for offer in rent if not is_stale(offer, question)
    }
    return World(
        reference_gpu=reference,
        unit_per_reference_h=work_unit(reference, question),
        site=site_prices(question, catalogue),
        resale=resale,
        own=own,
        rent=rent,
        storage={p: storage_of(p, question, catalogue) for p in {candidate.provider for candidate in rent}}
        | stated_storage(question),
        ratios=speed_ratios(asked, reference, question),
        assumptions=(assumption, *resale.assumptions),
    )


def _own_asked(candidate: OwnCandidate) -> Asked:
    cpu = next((part.component for part in candidate.parts if part.category == "cpu"), None)
    return candidate.gpu.gpu, Host(cpu=cpu, gpus=candidate.gpu_count // candidate.machines if cpu else 1)


def _rent_asked(candidate: RentCandidate, question: Question) -> Asked:
    used = min(candidate.gpu_count, question.work.gpus)
    return candidate.gpu.gpu, Host(vcpus_per_gpu=candidate.vcpus / used if candidate.vcpus else None)


def cost_all(question: Question, world: World) -> tuple[list[Option], list[Rejected]]:
    """Every candidate as an option or a rejection; options cheapest first."""
    options: list[Option] = []
    rejected: list[Rejected] = []
    for candidate in world.own:
        _sort(_own_option(candidate, question, world), options, rejected)
    for offer in world.rent:
        _sort(_rent_option(offer, question, world), options, rejected)
    options.sort(key=lambda option: (option.total_usd, option.id))
    return options, rejected


def _sort(result: Option | Rejected, options: list[Option], rejected: list[Rejected]) -> None:
    if isinstance(result, Option):
        options.append(result)
    else:
        rejected.append(result)


def _own_option(candidate: OwnCandidate, question: Question, world: World) -> Option | Rejected:
    ratio = _measured_ratio(candidate, question, world) or world.ratios[_own_asked(candidate)]
    reasons = [*own_obstacles(candidate, question, ratio)]
    reasons += [
        f"not priced: {name}" for name in (*candidate.not_priced, *_unknown_site_prices(candidate, question, world))
    ]
    if reasons or ratio is None:
        return Rejected(id=candidate.id, kind=candidate.kind, label=candidate.label, reasons=tuple(reasons))
    doubts = tuple(own_doubts(candidate, question))
    statement = own_statement(candidate, question, ratio, world.site, world.resale)
    return _option(candidate, statement, ratio, question, tuple(_left_out(candidate)), doubts)


def _measured_ratio(candidate: OwnCandidate, question: Question, world: World) -> SpeedRatio | None:
    """Speed of a machine that was measured, over the reference; None where this workload was not measured on it."""
    unit = world.unit_per_reference_h
    rate = candidate.measured.rate(question.work.workload) if candidate.measured else None
    if unit is None or rate is None:
        return None
    value = rate * SECONDS_PER_HOUR / unit[0]
    return SpeedRatio(value=value, low=value, high=value, why="measured on the machine itself by payback bench")


def _unknown_site_prices(candidate: OwnCandidate, question: Question, world: World) -> Iterator[str]:
    if not candidate.tax_included and world.site.sales_tax_share is None:
        yield "sales tax of the place is unknown; state finance.sales_tax"
    hosted = question.site.kind == "datacentre" and not candidate.named
    if hosted and world.site.hosting_usd_per_kw_month is None and question.site.hosting_usd_per_month is None:
        yield "no hosting price known; state site.hosting_usd_per_month"


def _left_out(candidate: OwnCandidate) -> Iterator[str]:
    if candidate.idle_power_w is None:
        yield "electricity while idle: counted as switched off"
    if candidate.repair_share_per_year is None:
        yield "repairs: none stated"


def _rent_option(candidate: RentCandidate, question: Question, world: World) -> Option | Rejected:
    if is_stale(candidate, question):
        old = f"price is {candidate.age_days} days old (options.max_price_age_days)"
        return Rejected(id=candidate.id, kind="rent", label=candidate.label, reasons=(old,))
    ratio = world.ratios[_rent_asked(candidate, question)]
    storage = world.storage[candidate.provider]
    reasons = [*rent_obstacles(candidate, question, ratio), *candidate.not_priced]
    reasons += _unknown_data_prices(candidate, question, storage)
    if reasons or ratio is None:
        return Rejected(id=candidate.id, kind="rent", label=candidate.label, reasons=tuple(reasons))
    warnings = tuple(_rent_warnings(candidate, question, ratio))
    statement = rent_statement(candidate, question, ratio, storage)
    return _option(candidate, statement, ratio, question, (), warnings)


def _unknown_data_prices(candidate: RentCandidate, question: Question, storage: CloudStorage) -> Iterator[str]:
    if question.work.data_gb and storage.usd_per_gb_month is None:
        yield f"not priced: storage at {candidate.provider}"
    if question.work.egress_gb_per_month and storage.egress_usd_per_gb is None:
        yield f"not priced: egress at {candidate.provider}"


def _rent_warnings(candidate: RentCandidate, question: Question, ratio: SpeedRatio) -> Iterator[str]:
    machines, _ = rented_machines(candidate, question, ratio)
    if machines > 1:
        yield f"{machines} separate machines: fine for separate jobs, not for one job across GPUs"
    if candidate.gpu_count > question.work.gpus:
        yield f"uses {question.work.gpus} of its {candidate.gpu_count} GPUs"
    if "partial-upfront" in candidate.term and candidate.upfront_usd is None:
        yield "the amount paid upfront is unknown: spread over the term"
    if candidate.term == "spot":
        yield "may be taken away at any time; interruptions are not priced"


def _option(
    candidate: OwnCandidate | RentCandidate,
    statement: Statement,
    ratio: SpeedRatio,
    question: Question,
    gaps: tuple[str, ...],
    warnings: tuple[str, ...],
) -> Option:
    return Option(
        candidate=candidate,
        statement=statement,
        speed=ratio,
        gpu_h_per_month=hours_per_month(question) * question.work.gpus,
        discount_rate=question.finance.discount_rate,
        not_priced=gaps,
        warnings=(*candidate.warnings, *warnings),
    )


def collect_facts(world: World) -> FactBook:
    """Every fact the costed options may name, under its id."""
    book = FactBook()
    for own in world.own:
        book.add_all((*own.capital_facts, *own.power_facts))
        book.add_all(fact for part in own.parts for fact in part.facts)
    for rent in world.rent:
        book.add_all(rent.price_facts)
    for storage in world.storage.values():
        book.add_all((*storage.storage_facts, *storage.egress_facts))
    for ratio in world.ratios.values():
        book.add_all(ratio.facts if ratio else ())
    site = world.site
    book.add_all((*site.tariff_facts, *site.tax_facts, *site.hosting_facts, *world.resale.facts))
    return book
