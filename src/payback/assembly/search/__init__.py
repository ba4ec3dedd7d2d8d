"""The search: the cheapest machines that the rulebook passes, with a proof that there is no cheaper one."""

from payback.assembly.search.advice import ways_to_save
from payback.assembly.search.assemble import assemble, pareto, worth_a_look
from payback.assembly.search.build import Build
from payback.assembly.search.demand import BuildDemand, demand_from_question
from payback.assembly.search.levers import Lever
from payback.assembly.search.why_not import WhyNot, why_not

__all__ = [
    "Build",
    "BuildDemand",
    "Lever",
    "WhyNot",
    "assemble",
    "demand_from_question",
    "pareto",
    "ways_to_save",
    "why_not",
    "worth_a_look",
]
