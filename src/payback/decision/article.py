"""The claims C1-C7 and the other money claims of the 2018 article, each by changing its question.

The engine is the one that answers everybody; the figures come from the
catalogue and the article's own question file, never from constants here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payback.catalogue.catalogue import Catalogue
from payback.decision.advise import Comparison
from payback.decision.claims import Claim, within
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan, plan
from payback.evidence import Fact
from payback.question import Own, Question, Rent
from payback.units import MONTHS_PER_YEAR

AROUND_THE_CLOCK = "24 hours a day for years is not how people use a machine"
POWER = "1 kW is well above what one GPU draws"
USED_TEXT, USED_STATED = "buying used makes it cheaper still", (500 / 700, 600 / 700)
HOURS = "compares hours, not work: a V100 does more in an hour"


def money_claims(base: Question, catalogue: Catalogue) -> Iterator[Claim]:
    """Claims about cost: C1 to C7, C11, C12, C14, C15, C17."""
    one = plan(base, catalogue)
    four = plan(four_gpu_question(base), catalogue)
    machine, rtx = _own(one, "gtx-1080-ti"), _own(one, "rtx-2080-ti")
    yield _ratio(
        one,
        machine,
        "C1",
        "a year around the clock is 10x cheaper than p3.2xlarge on demand",
        (10, 10),
        ["on-demand"],
        f"{AROUND_THE_CLOCK}; {POWER}; {HOURS}",
    )
    yield _ratio(
        one,
        machine,
        "C2",
        "4-6x cheaper than contracts of one to three years",
        (4, 6),
        ["reserved-3y-no-upfront", "reserved-1y-all-upfront", "reserved-1y-no-upfront"],
        AROUND_THE_CLOCK,
    )
    yield _ratio(
        four,
        _own(four, "4x"),
        "C3",
        "with 4 GPUs 21x cheaper within a year",
        (21, 21),
        ["on-demand"],
        f"{AROUND_THE_CLOCK}; {HOURS}",
    )
    yield _ratio(
        one,
        rtx,
        "C4",
        "with an RTX 2080 Ti still 4-9x cheaper",
        (4, 9),
        ["on-demand", "reserved-3y-no-upfront"],
        AROUND_THE_CLOCK,
    )
    yield _payback(one, machine, "C5", "one GPU pays for itself in 2 months of steady use", (0, 2))
    yield _payback(four, _own(four, "4x"), "C6", "four GPUs pay for themselves in less than a month", (0, 1))
    yield _value_lost(machine)
    yield _licence(base, catalogue)
    yield _storage(base, catalogue)
    yield _cost_per_gpu(machine, _own(four, "4x"))
    yield _used(base, catalogue)


def four_gpu_question(base: Question) -> Question:
    """The article's question with four GPUs: the same machine filled up, against p3.8xlarge."""
    work = base.work.model_copy(update={"gpus": 4})
    own = (Own(machine="article-2018-4gpu", wall_power_w=2000.0),)
    return base.model_copy(update={"work": work, "own": own, "rent": (Rent(offer="aws/p3.8xlarge"),)})


def _own(answer: Plan, part_of_id: str) -> Option:
    return next(option for option in answer.options if option.is_owned and part_of_id in option.id)


def _at(answer: Plan, own: Option, term: str, instance: str = "") -> Comparison:
    return next(
        c
        for c in answer.comparisons
        if c.own == own.id
        and c.month == MONTHS_PER_YEAR
        and c.rent.endswith(term)
        and "p2." not in c.rent
        and instance in c.rent
    )


def _ratio(
    answer: Plan, own: Option, name: str, text: str, stated: tuple[float, float], terms: list[str], weak: str
) -> Claim:
    found = [_at(answer, own, term) for term in terms]
    ratios = [c.ratio for c in found if c.ratio is not None]
    each = "; ".join(
        f"{term}: {c.rent_usd:,.0f} / {c.own_usd:,.0f} = {c.ratio:.2f}x"
        for term, c in zip(terms, found, strict=True)
        if c.ratio is not None
    )
    return Claim(
        id=name,
        text=text,
        stated=stated,
        computed=ratios[0],
        unit="x",
        computed_range=(min(ratios), max(ratios)) if len(ratios) > 1 else None,
        holds=within(ratios[0], stated),
        detail=f"after 12 months, {each}",
        weak=weak,
        facts=_facts(answer, [own.id, *(c.rent for c in found)]),
    )


def _facts(answer: Plan, ids: list[str]) -> tuple[Fact, ...]:
    names = {
        fact for option in answer.options if option.id in ids for line in option.statement.lines for fact in line.facts
    }
    return tuple(fact for name, fact in answer.facts.items() if name in names)


def _payback(answer: Plan, own: Option, name: str, text: str, stated: tuple[float, float]) -> Claim:
    comparison = _at(answer, own, "on-demand")
    months = comparison.payback_months
    return Claim(
        id=name,
        text=text,
        stated=stated,
        computed=months,
        unit="months",
        holds=None if months is None else stated[0] <= months <= stated[1],
        detail="first month from which cumulative payments for the machine stay below the rent on demand",
        weak=f"{AROUND_THE_CLOCK}; against a dearer rent than the cheapest",
        facts=_facts(answer, [own.id, comparison.rent]),
    )


def _value_lost(own: Option) -> Claim:
    residual = own.statement.residual_usd
    lost = 1 - residual[2] / residual[0]
    return Claim(
        id="C7",
        text="when it pays back you still own a machine that has lost only 2 months of its value",
        stated=(2 / 36, 2 / 36),
        computed=lost,
        unit="share of its price",
        holds=within(lost, (2 / 36, 2 / 36)),
        detail=f"after 2 months it still counts {residual[2]:,.0f} of {residual[0]:,.0f} USD",
        weak="a straight line is a book value; used prices fell and rose otherwise",
    )


def _licence(base: Question, catalogue: Catalogue) -> Claim:
    centre = base.model_copy(update={"site": base.site.model_copy(update={"kind": "datacentre"})})
    rejected = [r for r in plan(centre, catalogue).rejected if any("licence" in reason for reason in r.reasons)]
    home = [r for r in plan(base, catalogue).rejected if any("licence" in reason for reason in r.reasons)]
    return Claim(
        id="C11",
        text="GeForce cards may not be deployed in data centres",
        stated=None,
        computed=float(len(rejected)),
        unit="machines refused",
        holds=bool(rejected) and not home,
        detail="the same machines are accepted at home and refused in a data centre, with the licence as the reason",
    )


def _storage(base: Question, catalogue: Catalogue) -> Claim:
    changes: dict[str, Any] = {"data_gb": 1000.0, "hours_per_day": 0.0, "months": 1}
    off = base.model_copy(
        update={"work": base.work.model_copy(update=changes), "rent": (Rent(offer="aws/p3.2xlarge"),)}
    )
    answer = plan(off, catalogue)
    rent = next(option for option in answer.options if not option.is_owned)
    return Claim(
        id="C12",
        text="even switched off, the cloud machine costs: storage reached 100 USD a month",
        stated=(100, 100),
        computed=rent.total_usd,
        unit="USD/month",
        holds=within(rent.total_usd, (100, 100)),
        detail="1 TB kept at Amazon for a month in which nothing runs; hours forgotten are a line of their own",
        facts=_facts(answer, [rent.id]),
    )


def _cost_per_gpu(one: Option, four: Option) -> Claim:
    first, each = _capital(one), _capital(four) / 4
    return Claim(
        id="C14",
        text="start with 1 GPU and add 3: the rest of the machine is paid once",
        stated=None,
        computed=each / first,
        unit="price per GPU, 1-GPU machine = 1",
        holds=each < first,
        detail=f"{first:,.0f} USD for the first GPU, {each:,.0f} USD a GPU with four",
    )


def _capital(option: Option) -> float:
    assert isinstance(option.candidate, OwnCandidate)
    assert option.candidate.capital_usd is not None
    return option.candidate.capital_usd


def _used(base: Question, catalogue: Catalogue) -> Claim:
    new = catalogue.component_quote("GTX 1080 Ti", base.as_of)
    used = catalogue.component_quote("GTX 1080 Ti", base.as_of, condition="used")
    if new is None or used is None:
        return Claim(
            id="C17",
            text=USED_TEXT,
            stated=USED_STATED,
            computed=None,
            unit="used over new price",
            holds=None,
            detail="not priced",
        )
    ratio = used.mid_usd / new.mid_usd
    return Claim(
        id="C17",
        text=USED_TEXT,
        stated=USED_STATED,
        computed=ratio,
        unit="used over new price",
        holds=ratio < 1,
        detail=f"GTX 1080 Ti on {base.as_of}: {used.mid_usd:.0f} used, {new.mid_usd:.0f} new",
        weak="no warranty, unknown hours",
        facts=(*new.newest.facts(), *used.newest.facts()),
    )


def all_claims(base: Question, catalogue: Catalogue) -> list[Claim]:
    """Every claim of the article in its order, from the stage of the engine that can answer it."""
    from payback.decision.article_machines import machine_claims
    from payback.decision.article_speed import speed_claims

    claims = [*money_claims(base, catalogue), *speed_claims(base, catalogue), *machine_claims()]
    return sorted(claims, key=lambda claim: int(claim.id[1:]))
