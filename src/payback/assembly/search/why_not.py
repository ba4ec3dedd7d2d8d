"""Why not this part: the best machine forced to hold it, and the first rule it breaks in the best machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from payback.assembly.model import Finding, Machine
from payback.assembly.rulebook import rules
from payback.assembly.search.assemble import builds_of, require_prices, speed_of
from payback.assembly.search.build import Build
from payback.assembly.search.candidates import CATEGORIES, Candidate, Candidates, gather
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.topk import Ranked, Solution, solve
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import Components
from payback.errors import NotPricedError


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """What a part would cost, and what speaks against it."""

    part: str
    category: str | None
    best: Build | None
    """The best machine without being forced; None if there is none."""
    forced: Build | None
    """The best machine that holds the part; None if there is none."""
    left_out: str | None
    """Why the part was not considered at all; None if it was."""
    broken: Finding | None
    """The first rule that the part breaks when it takes its place in the best machine."""

    @property
    def extra_usd(self) -> float | None:
        """What having the part costs on top of the best machine. [USD]"""
        if self.best is None or self.forced is None:
            return None
        return self.forced.total_usd - self.best.total_usd

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if self.left_out is not None and self.forced is None:
            return f"{self.part} is not considered: {self.left_out}."
        breaks = f" In the best machine it breaks {self.broken.rule}: {self.broken.why}" if self.broken else ""
        if self.forced is None:
            return f"No machine with {self.part} passes the rules.{breaks}"
        if self.extra_usd is None:
            return f"With {self.part} the machine costs ${self.forced.total_usd:,.2f}."
        if self.extra_usd <= 0.005:
            return f"{self.part} is as good: the machine with it costs no more."
        return f"With {self.part} the machine costs ${self.extra_usd:,.2f} more.{breaks}"

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {
            "part": self.part,
            "category": self.category,
            "sentence": self.sentence,
            "extra_usd": self.extra_usd,
            "left_out": self.left_out,
            "broken": self.broken.as_dict() if self.broken else None,
            "forced": self.forced.as_dict() if self.forced else None,
        }


def why_not(part: str, demand: BuildDemand, catalogue: Catalogue, components: Components, as_of: dt.date) -> WhyNot:
    """Why the best machine for a demand does not hold a part.

    Args:
        part: Name of a part or of a GPU chip.
        demand: What is asked.
        catalogue: Prices.
        components: Specifications.
        as_of: The day of the prices.

    Raises:
        UnknownNameError: Nobody knows the part.
        NotPricedError: A category other than the part's has no usable price.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> answer = why_not("RTX 5090", BuildDemand(vram_gib=24), load(), load_components(), dt.date(2026, 11, 23))
        >>> answer.extra_usd > 0
        True
    """
    with_part = demand.without(
        must_have=(*demand.must_have, part), must_not_have=tuple(n for n in demand.must_not_have if n != part)
    )
    open_field = gather(demand, catalogue, components, as_of)
    forced_field = gather(with_part, catalogue, components, as_of)
    require_prices(open_field, as_of)
    speed = speed_of(demand, catalogue)
    best = solve(open_field, demand, speed)
    forced = _forced(forced_field, with_part, speed, as_of)
    category = next((c for c in CATEGORIES if len(forced_field[c]) < len(open_field[c]) or not forced_field[c]), None)
    offers = forced_field[category] if category else ()
    return WhyNot(
        part=part,
        category=category,
        best=_first(best, demand, as_of, catalogue),
        forced=_first(forced, with_part, as_of, catalogue) if forced else None,
        left_out=_left_out(part, category, forced_field, bool(offers)),
        broken=_nearest_miss(best, offers) if best.ranked and offers else None,
    )


def _forced(field: Candidates, demand: BuildDemand, speed: Any, as_of: dt.date) -> Solution | None:
    try:
        require_prices(field, as_of)
    except NotPricedError:
        return None
    return solve(field, demand, speed)


def _first(solution: Solution, demand: BuildDemand, as_of: dt.date, catalogue: Catalogue) -> Build | None:
    if not solution.ranked:
        return None
    return builds_of(replace(solution, ranked=solution.ranked[:1]), demand, as_of, catalogue, "least cost")[0]


def _left_out(part: str, category: str | None, field: Candidates, offered: bool) -> str | None:
    if offered:
        return None
    said = part.casefold()
    for excluded in field.excluded:
        if excluded.category == category and said in excluded.name.casefold():
            return excluded.reason
    return "nobody had priced it by that day"


def _nearest_miss(best: Solution, offers: Sequence[Candidate]) -> Finding | None:
    """What stops the offer that comes furthest through the rules; None if one of them simply fits."""
    numbers = {rule.name: rule.number for rule in rules()}
    found = [_broken(best, offer) for offer in offers]
    known = [finding for finding in found if finding is not None]
    return max(known, key=lambda finding: numbers[finding.rule]) if len(known) == len(found) else None


def _broken(best: Solution, offer: Candidate) -> Finding | None:
    """The first rule that the best machine breaks with this part in it."""
    ranked: Ranked = best.ranked[0]
    option, machine = ranked.found.option, ranked.found.machine()
    if offer.category == "gpu":
        part: Any = offer.part
        changed = replace(machine, gpus=(part,) * option.count)
        other = replace(option, offer=offer)
        return best.world.court.objects(other, best.world.court.judge(other, changed))
    return best.world.court.objects(option, best.world.court.judge(option, _with(machine, offer)))


def _with(machine: Machine, offer: Candidate) -> Machine:
    part: Any = offer.part
    if offer.category in ("cpu", "board", "case"):
        return replace(machine, **{offer.category: part})
    number = max(1, machine.listed.get(offer.category, 0))
    named: dict[str, Any] = {"memory": "memory", "psu": "psus", "cooler": "coolers", "drive": "drives"}
    changed: dict[str, Any] = {named[offer.category]: (part,) * number}
    return replace(machine, **changed, listed={**machine.listed, offer.category: number})
