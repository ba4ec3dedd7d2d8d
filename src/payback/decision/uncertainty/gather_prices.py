"""Rents, resale and tariffs as uncertain inputs, fitted to the catalogue as of the day of the question."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from math import exp, log, sqrt

from payback.catalogue.asof import known_on
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import ComponentPrice, Gpu, Offer
from payback.cost.capital import MIN_AGE_MONTHS, RetentionCurve, fit_retention
from payback.cost.capital import Resale as Resold
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.decision.uncertainty import priors
from payback.decision.uncertainty.fit import (
    PathFit,
    Sighting,
    fit_path,
    fit_step,
    likeliest_deviation,
    moves_of,
    span_noise,
)
from payback.decision.uncertainty.inputs import GROUPS, RENT, RESALE, PricePath, Resale, UncertainInput
from payback.decision.uncertainty.model import LARGE_CLOUDS, SPOT_TERM, rent_class
from payback.decision.uncertainty.spread import Z_80, Spread
from payback.evidence import Fact, Grade
from payback.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

LITTLE_HISTORY_MOVES = 8
"""Below this many moves a fit is the prior, and says so."""


def rent_paths(plan: Plan, catalogue: Catalogue) -> tuple[dict[str, PricePath], list[UncertainInput]]:
    """A price path for every class of offer in the plan, and for the market that used prices follow."""
    question = plan.question
    years = question.work.months / MONTHS_PER_YEAR
    used = {rent_class(o.candidate) for o in plan.options if isinstance(o.candidate, RentCandidate)}
    paths, named = {}, []
    for name in sorted(used | {"market"}):
        fit = fit_path(_offer_sightings(catalogue.offers, question.as_of, name), priors.RENTS)
        paths[name] = PricePath(
            drift=fit.drift_over(years), wander=fit.wander, jumps_per_year=fit.jumps_per_year, jump_sizes=fit.jump_sizes
        )
        if name in used:
            named.append(_rent_input(name, fit, question.work.months, question.as_of))
    return paths, named


def _offer_sightings(offers: Iterable[Offer], as_of: dt.date, name: str) -> list[Sighting]:
    return [
        Sighting(
            series=f"{offer.name}|{offer.region}|{offer.term}|{offer.gpu}|{offer.gpu_count}",
            group=f"{offer.provider}|{offer.gpu}",
            day=offer.observed_on,
            price_usd=offer.price_usd_per_h,
            fact=offer.fact(),
        )
        for offer in known_on(offers, as_of)
        if offer.observed_on is not None and offer.price_usd_per_h > 0 and _class_of(offer) == name
    ]


def _class_of(offer: Offer) -> str:
    if offer.term == SPOT_TERM:
        return "spot"
    return "list" if offer.provider in LARGE_CLOUDS else "market"


SELLERS = {
    "market": "rents of small clouds and marketplaces",
    "list": "price lists of the four large clouds",
    "spot": "spot prices",
}


def _rent_input(name: str, fit: PathFit, months: int, as_of: dt.date) -> UncertainInput:
    years = months / MONTHS_PER_YEAR
    drift = fit.drift_over(years)
    middle = drift.middle * years
    deviation = sqrt((drift.halves[0] * years) ** 2 + fit.wander.deviation(months) ** 2)
    width = Z_80 * deviation
    fitted = fit.moves >= LITTLE_HISTORY_MOVES
    text = (
        f"drift {drift.middle:+.0%} a year, 80 % between {drift.low:+.0%} and {drift.high:+.0%}; "
        f"stray {fit.wander.deviation(MONTHS_PER_YEAR):.0%} within a year; "
        f"{fit.moves} moves of {fit.groups} offers over {fit.series_years:.0f} offer-years seen by {as_of}"
    )
    return UncertainInput(
        name=f"{GROUPS[RENT]}, {name}",
        what=f"{SELLERS[name]} after {months} months over today's",
        spread=Spread.lognormal(exp(middle - width), exp(middle), exp(middle + width)),
        unit="ratio",
        why=text if fitted else f"{text}: too few to say more than that rents may halve or double",
        grade=Grade.DERIVED if fitted else Grade.ASSUMED,
        facts=(_fit_fact(f"odds:rent-{name}/{as_of}", fit, "drift of the logarithm of rents", as_of),)
        if fitted
        else (),
        parents=fit.facts if fitted else (),
    )


def _fit_fact(fact_id: str, fit: PathFit, note: str, as_of: dt.date) -> Fact:
    return Fact(
        id=fact_id,
        value=fit.drift.middle,
        unit="1/year",
        source="payback",
        observed_on=as_of,
        grade=Grade.DERIVED,
        note=f"{note}; formulas U12 and U13 on {fit.moves} moves",
        parents=tuple(fact.id for fact in fit.facts),
    )


def resale_input(plan: Plan, catalogue: Catalogue) -> tuple[Resale | None, list[UncertainInput]]:
    """Resale of GPUs around the curve of the statements; None where the statements hold no market resale."""
    question = plan.question
    rows = _used_rows(catalogue, question.as_of)
    resold = _resold(rows, catalogue)
    curve = fit_retention(resold)
    if question.finance.depreciation == "straight-line" or curve is None or not any(o.is_owned for o in plan.options):
        return None, []
    fit = fit_path(_used_sightings(rows), priors.USED_PRICES, trend_per_year=-curve.decay_per_year)
    launches = generation_launches(catalogue.gpus.values(), question.as_of, geforce=_geforce(plan))
    step = fit_step(
        moves_of(_used_sightings(rows), -curve.decay_per_year),
        launches,
        prior_step=priors.GENERATION_STEP,
        prior_moves=priors.GENERATION_STEP_MOVES,
    )
    resale = Resale(
        decay=_decay(curve, resold, fit, question.work.months),
        wander=fit.wander,
        rent_correlation=priors.RENT_RESALE_CORRELATION,
        next_generation_months=next_generation(launches, question.as_of),
        generation_interval_months=MONTHS_PER_YEAR * sum(priors.GENERATION_YEARS) / 2,
        generation_step=Spread.normal(0.0, step, 2.0 * step),
        rest_power=priors.REST_POWER,
    )
    return resale, [_resale_named(resale, fit, question.work.months, question.as_of)]


def _used_rows(catalogue: Catalogue, as_of: dt.date) -> list[ComponentPrice]:
    rows = known_on(catalogue.component_prices, as_of)
    return [row for row in rows if row.condition == "used" and row.component in catalogue.gpus]


def _used_sightings(rows: Sequence[ComponentPrice]) -> list[Sighting]:
    return [
        Sighting(
            series=row.component,
            group=row.component,
            day=row.observed_on,
            price_usd=row.price_usd,
            fact=row.facts()[0],
        )
        for row in rows
        if row.observed_on is not None and row.price_usd > 0
    ]


def _resold(rows: Sequence[ComponentPrice], catalogue: Catalogue) -> list[Resold]:
    """The newest used price of every GPU over its launch price: the points of the statements' own curve."""
    newest = {row.component: row for row in rows}
    points = []
    for name, row in newest.items():
        gpu = catalogue.gpus[name]
        if gpu.launch_price_usd and gpu.launch_date is not None and row.observed_on is not None:
            age = (row.observed_on - gpu.launch_date).days / DAYS_PER_MONTH
            kept = row.price_usd / gpu.launch_price_usd
            points.append(Resold(age_months=age, kept_share=kept, fact=row.facts()[0].id))
    return points


def _decay(curve: RetentionCurve, resold: Sequence[Resold], fit: PathFit, months: int) -> Spread:
    """Decay of a GPU drawn at random: the curve's, give or take what differs between GPUs beyond the market's stray.

    Over a horizon longer than the oldest of them, what differs is held to what was seen.
    """
    old = [point for point in resold if point.age_months >= MIN_AGE_MONTHS]
    years = [point.age_months / MONTHS_PER_YEAR for point in old]
    residuals = [-log(p.kept_share) / year - curve.decay_per_year for p, year in zip(old, years, strict=True)]
    deviation = likeliest_deviation(residuals, span_noise(years, fit.wander), priors.USED_PRICES)
    seen = min(1.0, max(point.age_months for point in old) / months)
    return Spread.gaussian(curve.decay_per_year, deviation * seen)


def _geforce(plan: Plan) -> bool:
    return any(option.is_owned and option.candidate.gpu.geforce_licence for option in plan.options)


def generation_launches(gpus: Iterable[Gpu], as_of: dt.date, *, geforce: bool) -> list[dt.date]:
    """First launch of each NVIDIA architecture known by a day, oldest first; Titans herald no generation of their own."""
    first: dict[str, dt.date] = {}
    for gpu in gpus:
        launched = gpu.launch_date
        if launched is None or launched > as_of or gpu.vendor != "NVIDIA" or gpu.geforce_licence != geforce:
            continue
        if "Titan" not in gpu.gpu:
            first[gpu.architecture] = min(launched, first.get(gpu.architecture, launched))
    return sorted(first.values())


def next_generation(launches: Sequence[dt.date], as_of: dt.date) -> tuple[float, float]:
    """Earliest and latest month of the next launch, from the last four intervals between launches."""
    intervals = [(b - a).days / DAYS_PER_MONTH for a, b in itertools.pairwise(launches)][-4:]
    if len(intervals) < 2:
        intervals = [years * MONTHS_PER_YEAR for years in priors.GENERATION_YEARS]
    elapsed = (as_of - launches[-1]).days / DAYS_PER_MONTH if launches else 0.0
    early = max(0.0, min(intervals) - elapsed)
    return early, max(early + MONTHS_PER_YEAR / 2, max(intervals) - elapsed)


def _resale_named(resale: Resale, fit: PathFit, months: int, as_of: dt.date) -> UncertainInput:
    years = months / MONTHS_PER_YEAR
    middle = -resale.decay.middle * years
    width = Z_80 * sqrt((resale.decay.halves[0] * years) ** 2 + resale.wander.deviation(months) ** 2)
    early, late = resale.next_generation_months
    why = (
        f"decay {resale.decay.middle:.2f} a year, 80 % between {resale.decay.low:.2f} and {resale.decay.high:.2f}; "
        f"stray {resale.wander.deviation(MONTHS_PER_YEAR):.0%} within a year ({fit.moves} moves of {fit.groups} GPUs "
        f"seen by {as_of}), half of it shared with rents; a new generation in {early:.0f} to {late:.0f} months "
        f"costs another {resale.generation_step.low:.0%} to {resale.generation_step.high:.0%}; "
        "counted up to what was paid, so that no answer rests on a profit"
    )
    return UncertainInput(
        name=GROUPS[RESALE],
        what=f"share of their price GPUs fetch after {months} months (at most 100% counts)",
        spread=Spread.lognormal(exp(middle - width), exp(middle), exp(middle + width)),
        unit="share",
        why=why,
        grade=Grade.DERIVED,
        facts=(_fit_fact(f"odds:resale/{as_of}", fit, "stray of used prices about their decay", as_of),),
        parents=fit.facts,
    )
