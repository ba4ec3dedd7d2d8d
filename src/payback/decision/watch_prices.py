"""What watched hours cost: electricity at the site's tariff, and the same GPU-hours rented."""

from __future__ import annotations

from dataclasses import dataclass

from payback.catalogue.catalogue import Catalogue
from payback.cost.energy import energy_cost_usd
from payback.cost.rental import Term
from payback.decision.options import Option
from payback.decision.plan import plan
from payback.decision.rent_candidates import RentCandidate
from payback.decision.site import places, site_prices
from payback.errors import PaybackError
from payback.evidence import Fact
from payback.question import Question
from payback.units import W_PER_KW


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPrices:
    """Prices that turn watched hours into money; None where nobody knows one, with the reason."""

    place: str
    """Where the machine stands, ``US-CA``."""
    price_usd_per_kwh: float | None
    pue: float
    rest_power_w: float | None
    """Power at the wall of everything but the GPUs, where the user metered it. [W]"""
    rent_usd_per_gpu_h: float | None
    """Of the cheapest feasible offer paid by use, for the work that the watched GPU does in an hour. [USD/h]"""
    rent: str
    """The offer, or why there is none."""
    facts: tuple[Fact, ...] = ()
    why_no_tariff: str = ""

    def electricity_usd(self, gpu_kwh: float | None, machine_h: float) -> float | None:
        """Cost of energy that GPUs drew, with the rest of the machine where its power is known; C6.

        Args:
            gpu_kwh: Energy of the GPUs' boards. [kWh]
            machine_h: Hours the machine was on. [h]
        """
        if gpu_kwh is None or self.price_usd_per_kwh is None:
            return None
        gpus_usd = energy_cost_usd(gpu_kwh * W_PER_KW, 1.0, price_usd_per_kwh=self.price_usd_per_kwh, pue=self.pue)
        if self.rest_power_w is None:
            return gpus_usd
        price = self.price_usd_per_kwh
        return gpus_usd + energy_cost_usd(self.rest_power_w, machine_h, price_usd_per_kwh=price, pue=self.pue)

    def rent_usd(self, gpu_h: float) -> float | None:
        """What so many hours of the watched GPU would have cost rented. [USD]                    (U6)"""
        return None if self.rent_usd_per_gpu_h is None else gpu_h * self.rent_usd_per_gpu_h


def watch_prices(
    question: Question, catalogue: Catalogue, *, gpu: str | None, rest_power_w: float | None = None
) -> WatchPrices:
    """Prices for a watched machine.

    Args:
        question: Site and preferences.
        catalogue: Facts.
        gpu: The watched GPU's name in the catalogue; None if it has none, or if there are several kinds.
        rest_power_w: Power of everything but the GPUs, if known. [W]
    """
    try:
        site = site_prices(question, catalogue)
        tariff, facts, why = site.price_usd_per_kwh, site.tariff_facts, ""
    except PaybackError as error:
        tariff, facts, why = None, (), str(error)
    rate, offer, rent_facts = _rent(question, catalogue, gpu)
    return WatchPrices(
        place=places(question)[0],
        price_usd_per_kwh=tariff,
        pue=question.site.pue,
        rest_power_w=rest_power_w,
        rent_usd_per_gpu_h=rate,
        rent=offer,
        facts=(*facts, *rent_facts),
        why_no_tariff=why,
    )


def _rent(question: Question, catalogue: Catalogue, gpu: str | None) -> tuple[float | None, str, tuple[Fact, ...]]:
    if gpu is None:
        return None, "the catalogue does not know this GPU, or there are several kinds", ()
    memory_gib = catalogue.gpu_names.resolve(gpu).memory_gib  # an offer with less would not have done the same
    work = {"reference_gpu": gpu, "gpus": 1, "vram_gib": memory_gib, "data_gb": 0.0, "usage": None}
    options = {"kinds": ("rent",)}
    asked = question.model_copy(
        update={
            "work": question.work.model_copy(update=work),
            "options": question.options.model_copy(update=options),
            "own": (),
        }
    )
    try:
        found = plan(asked, catalogue)
    except PaybackError as error:
        return None, str(error), ()
    paid_by_use = [option for option in found.options if _is_paid_by_use(option)]
    cheapest = min(paid_by_use, key=_usd_per_gpu_h, default=None)
    if cheapest is None:
        return None, "no offer paid by use does this work at a known price", ()
    return _usd_per_gpu_h(cheapest), cheapest.candidate.label, cheapest.candidate.price_facts  # type: ignore[union-attr]


def _is_paid_by_use(option: Option) -> bool:
    candidate = option.candidate
    return isinstance(candidate, RentCandidate) and Term.parse(candidate.term).commitment_months == 0


def _usd_per_gpu_h(option: Option) -> float:
    """Price of what one watched GPU does in an hour, on one GPU of the offer; the whole instance is paid."""
    candidate = option.candidate
    assert isinstance(candidate, RentCandidate)
    assert candidate.price_usd_per_h is not None
    return candidate.price_usd_per_h / option.speed.value
