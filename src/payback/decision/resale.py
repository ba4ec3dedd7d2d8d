"""What an owned machine would sell for, from used prices that were known on the day of the question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from payback.catalogue.asof import known_on
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import ComponentPrice
from payback.cost.capital import (
    NewAndUsed,
    Resale,
    RetentionCurve,
    fit_retention,
    new_to_used_share,
    straight_line_residual_usd,
)
from payback.evidence import Assumption, Fact, Grade
from payback.question import Question
from payback.units import DAYS_PER_MONTH

PAIR_DAYS = 45
"""A used and a new price within so many days count as of one day."""
REST_KEPT_SHARE_BY_YEAR = (1.0, 0.8, 0.6, 0.4)
"""Share of its price the computer around the GPUs keeps after 0..3 years, as a published cost report assumes
(Excelfore, 2026-02); half of the last value each further year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResaleModel:
    """Residual of a machine made of GPUs and the rest."""

    residual_usd: Callable[[float, float, int], float | None]
    """(worth of the GPUs, price of the rest, month) to dollars; None where nobody knows. [USD]"""
    new_gpu_kept_share: float = 1.0
    """Worth of a GPU over its price on the day it is bought new; one bought used is worth what was paid."""
    facts: tuple[Fact, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def head_facts(self) -> tuple[Fact, ...]:
        """The derived figures that a residual is computed from; the prices behind them are their parents."""
        return tuple(fact for fact in self.facts if fact.id.startswith("resale:"))


def resale_model(question: Question, catalogue: Catalogue) -> ResaleModel:
    """The residual the question asks for: a straight line, or the market's."""
    if question.finance.depreciation == "straight-line":
        return _straight_line(question.finance.useful_life_months)
    curve, facts = _market_curve(catalogue, question.as_of)
    if curve is None:
        why = f"fewer than 12 used prices were known on {question.as_of}: an owned machine counts as worth nothing"
        nothing = Assumption(name="resale", value=None, unit="USD", why=why)
        return ResaleModel(residual_usd=lambda gpus, rest, month: None, facts=(), assumptions=(nothing,))
    kept, pair_facts = _new_to_used(catalogue, question.as_of)
    return ResaleModel(
        residual_usd=lambda gpus, rest, month: gpus * curve.kept_share(month) + rest * rest_kept_share(month),
        new_gpu_kept_share=1.0 if kept is None else kept,
        facts=(*facts, *pair_facts),
        assumptions=(_curve_assumption(curve), _step_assumption(kept, len(pair_facts) // 2), _REST_ASSUMPTION),
    )


_REST_ASSUMPTION = Assumption(
    name="resale of the rest of the computer",
    value="80/60/40 %",
    unit="of price after 1/2/3 years",
    why="assumed by a published cost report (Excelfore, 2026-02); no sales data found",
)


def _curve_assumption(curve: RetentionCurve) -> Assumption:
    return Assumption(
        name="resale of GPUs: decay",
        value=round(curve.decay_per_year, 3),
        unit="1/year",
        why=f"median of {curve.observations} used prices over launch prices; "
        f"80 % of them between {curve.low_decay_per_year:.2f} and {curve.high_decay_per_year:.2f}",
        grade=Grade.DERIVED,
    )


def _step_assumption(kept: float | None, pairs: int) -> Assumption:
    name, unit = "resale of new GPUs: first step", "share of the price paid"
    if kept is None:
        why = "too few used and new prices of one day were known to tell what a new GPU loses at once: flatters owners"
        return Assumption(name=name, value=None, unit=unit, why=why)
    why = f"median of {pairs} GPUs: used price over new price within {PAIR_DAYS} days; the decay comes on top"
    return Assumption(name=name, value=round(kept, 3), unit=unit, why=why, grade=Grade.DERIVED)


def _straight_line(life_months: int) -> ResaleModel:
    why = "the question asks for a straight line to zero; the market's resale differs"
    return ResaleModel(
        residual_usd=lambda gpus, rest, month: straight_line_residual_usd(gpus + rest, month, life_months),
        facts=(),
        assumptions=(Assumption(name="depreciation: life", value=life_months, unit="months", why=why),),
    )


def rest_kept_share(month: float) -> float:
    """Share of its price that everything but the GPUs keeps at an age. [months]

    Example:
        >>> [round(rest_kept_share(m), 2) for m in (0, 6, 12, 36, 48)]
        [1.0, 0.9, 0.8, 0.4, 0.2]
    """
    year = month / 12
    known = REST_KEPT_SHARE_BY_YEAR
    if year >= len(known) - 1:
        return float(known[-1] * 0.5 ** (year - (len(known) - 1)))
    low = int(year)
    return known[low] + (known[low + 1] - known[low]) * (year - low)


def _market_curve(catalogue: Catalogue, as_of: dt.date) -> tuple[RetentionCurve | None, tuple[Fact, ...]]:
    """The curve through the newest used price of every GPU, so that no long series outvotes the rest."""
    newest: dict[str, ComponentPrice] = {}
    for row in known_on(catalogue.component_prices, as_of):
        if row.condition == "used" and row.component in catalogue.gpus:
            newest[row.component] = row
    resales, facts = [], []
    for name, row in newest.items():
        gpu = catalogue.gpus[name]
        if gpu.launch_price_usd and gpu.launch_date is not None and row.observed_on is not None:
            age_months = (row.observed_on - gpu.launch_date).days / DAYS_PER_MONTH
            fact = row.facts()[0]
            kept = row.price_usd / gpu.launch_price_usd
            resales.append(Resale(age_months=age_months, kept_share=kept, fact=fact.id))
            facts.append(fact)
    curve = fit_retention(resales)
    if curve is None:
        return None, ()
    decay = Fact(
        id=f"resale:gpu-decay/{as_of}",
        value=curve.decay_per_year,
        unit="1/year",
        source=" ; ".join(sorted({fact.source for fact in facts})),
        observed_on=max(fact.observed_on for fact in facts if fact.observed_on),
        grade=Grade.DERIVED,
        note="median of -12 ln(used price / launch price) / age in months, newest used price of each GPU",
        parents=curve.facts,
    )
    return curve, (decay, *facts)


def _new_to_used(catalogue: Catalogue, as_of: dt.date) -> tuple[float | None, tuple[Fact, ...]]:
    """What a new GPU keeps on becoming a used one, and the facts behind it."""
    rows = [row for row in known_on(catalogue.component_prices, as_of) if row.component in catalogue.gpus]
    fresh = [row for row in rows if row.condition == "new"]
    newest = {row.component: row for row in rows if row.condition == "used" and _partner(row, fresh) is not None}
    pairs: list[NewAndUsed] = []
    facts: list[Fact] = []
    for used in newest.values():
        new = _partner(used, fresh)
        assert new is not None
        seen = (used.facts()[0], new.facts()[0])
        facts += seen
        pairs.append(NewAndUsed(used_usd=used.price_usd, new_usd=new.price_usd, facts=tuple(fact.id for fact in seen)))
    kept = new_to_used_share(pairs)
    if kept is None:
        return None, ()
    return kept, (_step_fact(kept, facts, as_of), *facts)


def _partner(used: ComponentPrice, fresh: list[ComponentPrice]) -> ComponentPrice | None:
    """The new price of the same GPU in the same country seen nearest in time, if within `PAIR_DAYS`."""

    def days(row: ComponentPrice) -> int:
        assert row.observed_on is not None
        assert used.observed_on is not None
        return abs((row.observed_on - used.observed_on).days)

    same = [row for row in fresh if row.component == used.component and row.market == used.market]
    near = min(same, key=days, default=None)
    return near if near is not None and days(near) <= PAIR_DAYS else None


def _step_fact(kept: float, facts: list[Fact], as_of: dt.date) -> Fact:
    return Fact(
        id=f"resale:new-to-used/{as_of}",
        value=kept,
        unit="share",
        source=" ; ".join(sorted({fact.source for fact in facts})),
        observed_on=max(fact.observed_on for fact in facts if fact.observed_on),
        grade=Grade.DERIVED,
        note=f"median of used price over new price of one GPU, seen within {PAIR_DAYS} days",
        parents=tuple(fact.id for fact in facts),
    )
