"""Parts that can be bought on a day: specifications joined with prices, what is left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from payback.assembly.search.demand import OUTLIER_SHARES, BuildDemand
from payback.assembly.search.plausible import disbelief
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import (
    Board,
    Case,
    Components,
    Cooler,
    Cpu,
    Drive,
    GpuCard,
    Memory,
    Part,
    PowerSupply,
)
from payback.catalogue.described import extreme_cards
from payback.catalogue.identity import fold
from payback.catalogue.schema import Condition
from payback.errors import UnknownNameError

CATEGORIES: Final = ("gpu", "cpu", "board", "memory", "drive", "psu", "case", "cooler")
CONDITIONS: Final[tuple[Condition, ...]] = ("new", "used")
CUDA_VENDOR: Final = "NVIDIA"
SMALLEST_CLASS: Final = 3
"""Fewer prices than this have no median worth the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A part at a price."""

    category: str
    part: Part
    price_usd: float
    condition: Condition = "new"
    listed: str = ""
    """The name that has the price: for a graphics card its chip, unless the card itself is priced."""
    readings: tuple[GpuCard, ...] = ()
    """For "any card with this chip", the smallest and the largest there are: what is bought must suit them all."""

    @property
    def name(self) -> str:
        """What to buy."""
        return self.part.name

    @property
    def order(self) -> tuple[float, str, str]:
        """Cheapest first, then by name, so that results do not depend on the order of tables."""
        return (self.price_usd, self.part.name, self.condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A part that is not considered."""

    category: str
    name: str
    condition: Condition
    reason: str
    kind: str
    """``no price``, ``old price``, ``outlier``, ``not believed``, ``not wanted``, ``no CUDA``, ``used``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Everything that may be bought for one demand on one day."""

    of: Mapping[str, tuple[Candidate, ...]]
    excluded: tuple[Excluded, ...] = ()
    known: Mapping[str, int] = field(default_factory=dict)
    """Parts in the catalogue by category, priced or not."""
    as_of: dt.date | None = None

    def __getitem__(self, category: str) -> tuple[Candidate, ...]:
        return self.of.get(category, ())

    def reasons(self, category: str) -> dict[str, int]:
        """How many parts of a category were left out, by kind of reason."""
        counts: dict[str, int] = {}
        for excluded in self.excluded:
            if excluded.category == category:
                counts[excluded.kind] = counts.get(excluded.kind, 0) + 1
        return counts


def candidates_of(offers: Iterable[Candidate]) -> Candidates:
    """Candidates given one by one, for catalogues that are not ours."""
    grouped: dict[str, list[Candidate]] = {category: [] for category in CATEGORIES}
    for offer in offers:
        grouped[offer.category].append(offer)
    return Candidates(
        of={category: tuple(sorted(group, key=lambda c: c.order)) for category, group in grouped.items()},
        known={category: len(group) for category, group in grouped.items()},
    )


def gather(demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date) -> Candidates:
    """Every part with a price as of a day that the demand does not rule out by itself.

    Args:
        demand: What is asked; brands, used parts, wanted and unwanted parts and price ages are decided here.
        catalogue: Prices.
        components: Specifications.
        as_of: The day.

    Raises:
        UnknownNameError: `must_have` or `must_not_have` names a part that nobody knows.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> found = gather(BuildDemand(), load(), load_components(), dt.date(2026, 11, 23))
        >>> all(found[category] for category in CATEGORIES)
        True
    """
    homes = _categories_named((*demand.must_have, *demand.must_not_have), catalogue, components)
    kept: dict[str, list[Candidate]] = {category: [] for category in CATEGORIES}
    left_out: list[Excluded] = []
    for part, listed, readings, category in _parts(catalogue, components):
        for condition in CONDITIONS:
            quote = catalogue.component_quote(listed, as_of, condition=condition, market=demand.market)
            if quote is None:
                continue
            offer = Candidate(
                category=category,
                part=part,
                price_usd=quote.mid_usd,
                condition=condition,
                listed=listed,
                readings=readings,
            )
            refusal = _refusal(offer, quote.age_days, demand, catalogue)
            if refusal is None:
                kept[category].append(offer)
            else:
                left_out.append(_excluded(offer, *refusal))
    ordered, outliers = _without_outliers(kept, demand)
    return Candidates(
        of=_with_wanted(ordered, demand, {homes[fold(name)] for name in demand.must_have}),
        excluded=(*left_out, *outliers),
        known={category: _count(components, category) for category in CATEGORIES},
        as_of=as_of,
    )


def _count(components: Components, category: str) -> int:
    return len(components.of_category(category))


def _parts(catalogue: Catalogue, components: Components) -> Iterator[tuple[Part, str, tuple[GpuCard, ...], str]]:
    """Every part, the name it is priced under, its readings and its category."""
    for category in CATEGORIES[1:]:
        for part in components.of_category(category).values():
            yield part, part.name, (), category
    of_chip: dict[str, list[GpuCard]] = {}
    for card in components.gpu_cards.values():
        of_chip.setdefault(card.gpu, []).append(card)
        yield card, card.card, (), "gpu"
    for chip, any_card in components.generic_cards.items():
        if any_card.form != "PCIe" or chip not in catalogue.gpus:
            continue
        if chip in components.gpu_ranges or chip not in of_chip:
            yield any_card, chip, extreme_cards(any_card, components.gpu_ranges.get(chip)), "gpu"
        for card in of_chip.get(chip, []):
            yield card, chip, (), "gpu"


def _refusal(offer: Candidate, age_days: int, demand: BuildDemand, catalogue: Catalogue) -> tuple[str, str] | None:
    """Why an offer is not considered, as a sentence and a kind; None if it is."""
    if _named_in(offer, demand.must_not_have):
        return "asked not to have it", "not wanted"
    if offer.condition == "used" and not demand.used:
        return "used", "used"
    limit = demand.price_age_limit_days(offer.category)
    if age_days > limit:
        return f"price is {age_days} days old, more than {limit}", "old price"
    if not _brand_allowed(offer, demand, catalogue):
        return "brand not wanted", "not wanted"
    if demand.cuda_only and not _runs_cuda(offer, catalogue) and not _named_in(offer, demand.must_have):
        return "does not run CUDA", "no CUDA"
    doubt = None if _named_in(offer, demand.must_have) else disbelief(offer.part)
    return None if doubt is None else (doubt, "not believed")


def _excluded(offer: Candidate, reason: str, kind: str) -> Excluded:
    return Excluded(category=offer.category, name=offer.name, condition=offer.condition, reason=reason, kind=kind)


def _brand_allowed(offer: Candidate, demand: BuildDemand, catalogue: Catalogue) -> bool:
    said = f" {fold(offer.name)} "
    if isinstance(offer.part, GpuCard):
        said += f"{fold(catalogue.gpus[offer.part.gpu].vendor)} "
    wanted = demand.only_brands.get(offer.category)
    if wanted is not None and not any(f" {fold(brand)} " in said for brand in wanted):
        return False
    return not any(f" {fold(brand)} " in said for brand in demand.refused_brands)


def _runs_cuda(offer: Candidate, catalogue: Catalogue) -> bool:
    return not isinstance(offer.part, GpuCard) or catalogue.gpus[offer.part.gpu].vendor == CUDA_VENDOR


def _named_in(offer: Candidate, names: Iterable[str]) -> bool:
    mine = {fold(name) for name in _names(offer)}
    return any(fold(name) in mine for name in names)


def _names(offer: Candidate) -> Iterator[str]:
    yield from (offer.part.name, offer.listed, *offer.part.aliases)
    if isinstance(offer.part, GpuCard):
        yield offer.part.gpu


def _categories_named(names: Iterable[str], catalogue: Catalogue, components: Components) -> dict[str, str]:
    """The category of every name, by its folded spelling."""
    wanted = tuple(names)
    if not wanted:
        return {}
    spelt = dict.fromkeys(catalogue.gpus, "gpu")
    for category in CATEGORIES:
        for part in components.of_category(category).values():
            spelt |= dict.fromkeys((part.name, *part.aliases), category)
    folded = {fold(name): category for name, category in spelt.items()}
    for name in wanted:
        if fold(name) not in folded:
            raise UnknownNameError("part", name, spelt, "See them all: payback prices")
    return folded


def _with_wanted(
    kept: Mapping[str, list[Candidate]], demand: BuildDemand, asked: set[str]
) -> dict[str, tuple[Candidate, ...]]:
    """Where a part must be had, its category holds nothing else, even if that leaves nothing."""
    chosen = {}
    for category, offers in kept.items():
        held = [offer for offer in offers if category not in asked or _named_in(offer, demand.must_have)]
        chosen[category] = tuple(sorted(held, key=lambda offer: offer.order))
    return chosen


def _without_outliers(
    kept: Mapping[str, list[Candidate]], demand: BuildDemand
) -> tuple[dict[str, list[Candidate]], list[Excluded]]:
    """Prices outside 0.4 to 2.5 times the median of their class are not believed (B2)."""
    low, high = OUTLIER_SHARES
    plausible: dict[str, list[Candidate]] = {}
    outliers = []
    for category, offers in kept.items():
        middles = _class_medians(offers)
        plausible[category] = []
        for offer in offers:
            middle = middles.get(price_class(offer))
            if middle is None or low * middle <= offer.price_usd <= high * middle or _named_in(offer, demand.must_have):
                plausible[category].append(offer)
            else:
                why = f"${offer.price_usd:,.0f} against ${middle:,.0f} for its class"
                outliers.append(_excluded(offer, why, "outlier"))
    return plausible, outliers


def _class_medians(offers: Iterable[Candidate]) -> dict[Hashable, float]:
    prices: dict[Hashable, dict[str, float]] = {}
    for offer in offers:
        prices.setdefault(price_class(offer), {})[offer.listed or offer.name] = offer.price_usd
    return {name: median(of.values()) for name, of in prices.items() if len(of) >= SMALLEST_CLASS}


def price_class(offer: Candidate) -> Hashable:
    """What makes two parts worth about the same (B2); what a case or a cooler is worth, its maker decides too."""
    part, condition = offer.part, offer.condition
    if isinstance(part, GpuCard):
        return ("gpu", part.gpu, condition)
    if isinstance(part, Cpu):
        return ("cpu", part.socket, part.cores, condition)
    if isinstance(part, Board):
        return ("board", part.socket, part.chipset, condition)
    if isinstance(part, Memory):
        return ("memory", part.memory_type, part.dimm_class, part.module_count, part.module_gb, condition)
    if isinstance(part, Drive):
        return ("drive", part.kind, part.capacity_gb, condition)
    if isinstance(part, PowerSupply):
        return ("psu", round(part.watts / 200), part.efficiency, condition)
    if isinstance(part, Cooler):
        return (
            "cooler",
            part.name.split()[0],
            part.kind,
            part.radiator_mm,
            round((part.height_mm or 0) / 15),
            condition,
        )
    if isinstance(part, Case):
        return ("case", part.name.split()[0], part.kind, part.slots, condition)
    return None
