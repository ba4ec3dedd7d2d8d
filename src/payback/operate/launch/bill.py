"""The expected bill of a launched offer: the statement of `payback plan`, a month of it, with its facts.

bill = price · hours · machines + storage + egress                     (L1)
"""

from __future__ import annotations

from payback.cost.rental import used_hours_per_month
from payback.decision.costing import rental_plan
from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.evidence import Fact
from payback.operate.launch.request import BillLine


def expected_bill(option: Option, plan: Plan) -> tuple[BillLine, ...]:
    """The lines of a month's bill (L1); they add up to the option's total over the horizon. [USD/month]"""
    months = plan.question.work.months
    how = _explanations(option, plan)
    return tuple(
        BillLine(
            name=line.name,
            usd_per_month=line.usd / months,
            how=how.get(line.name, "as in payback plan"),
            facts=line.facts,
        )
        for line in option.statement.lines_with_residual
    )


def bill_facts(lines: tuple[BillLine, ...], plan: Plan) -> dict[str, Fact]:
    """The facts the bill names."""
    return {name: plan.facts[name] for line in lines for name in line.facts if name in plan.facts}


def hours_and_machines(option: Option, plan: Plan) -> tuple[float, int]:
    """Hours billed a month and machine, and how many machines. [h/month]"""
    offer = option.candidate
    assert isinstance(offer, RentCandidate)
    rental = rental_plan(offer, plan.question, option.speed, plan.world.storage[offer.provider])
    return used_hours_per_month(rental), rental.instances


def _explanations(option: Option, plan: Plan) -> dict[str, str]:
    offer = option.candidate
    assert isinstance(offer, RentCandidate)
    hours, machines = hours_and_machines(option, plan)
    work, storage = plan.question.work, plan.world.storage[offer.provider]
    several = f" x {machines} machines" if machines > 1 else ""
    price = f"{offer.price_usd_per_h:g} USD/h"
    return {
        "rent": f"{price} x {hours:.1f} h a month{several}",
        "hours forgotten": f"{price} x {work.forgotten_hours_per_month:g} h a month left on by mistake{several}",
        "storage": f"{work.data_gb:g} GB x {storage.usd_per_gb_month or 0:g} USD/GB-month, also while nothing runs",
        "egress": f"{work.egress_gb_per_month:g} GB x {storage.egress_usd_per_gb or 0:g} USD/GB",
    }
