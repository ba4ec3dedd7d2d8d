"""How sure a plan is: the futures drawn for it, what moves the choice, where it flips, when to buy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from payback.catalogue.catalogue import Catalogue
from payback.decision.plan import Plan
from payback.decision.sensitivity import Threshold, Tornado, thresholds, tornado
from payback.decision.uncertainty import simulate as simulation
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.inputs import Inputs
from payback.decision.uncertainty.outcome import Odds, OptionOdds
from payback.decision.uncertainty.wait import DEFAULT_SCENARIOS as WAIT_SCENARIOS
from payback.decision.uncertainty.wait import WaitOdds, wait_or_buy
from payback.evidence import Fact


@dataclass(frozen=True)
class PlanOdds:
    """The answer to "how sure is that?", beside the plan it is about."""

    odds: Odds
    """Every option over all futures."""
    tornado: Tornado | None
    """What each input alone does; None where there is nothing to own or nothing to rent."""
    thresholds: tuple[Threshold, ...]
    """Where the choice between owning and renting flips, the other inputs in their middle."""
    wait: WaitOdds | None
    """Buy now, rent for a while and buy then, or rent all along; None where one of the two is missing."""

    def of(self, option_id: str) -> OptionOdds:
        """The odds of one option."""
        return self.odds.options[option_id]

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The facts that the uncertain inputs rest on, and those they were computed from."""
        seen = {fact.id: fact for one in self.odds.inputs for fact in (*one.facts, *one.parents)}
        return dict(sorted(seen.items()))

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it; what is said of one option stands with the option."""
        whole = self.odds.as_dict()
        del whole["options"]
        return {
            **whole,
            "tornado": None if self.tornado is None else self.tornado.as_dict(),
            "thresholds": [one.as_dict() for one in self.thresholds],
            "wait": None if self.wait is None else self.wait.as_dict(),
        }


def odds_of(
    plan: Plan,
    catalogue: Catalogue,
    *,
    scenarios: int = simulation.DEFAULT_SCENARIOS,
    seed: int = simulation.DEFAULT_SEED,
    progress: Callable[[int, int], None] | None = None,
    inputs: Inputs | None = None,
) -> PlanOdds:
    """Draw futures for a plan and say how each option fares in them.

    The futures come last, so that an interruption leaves the rest and those
    drawn so far.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices; nothing after the day of the question is used.
        scenarios: How many futures to draw.
        seed: Any whole number from 0 to 2^64 − 1.
        progress: Called with futures done and asked.
        inputs: Other inputs than those gathered, for instance with hours from the user's own log.

    Raises:
        BadQuestionError: `scenarios` or `seed` make no sense.
    """
    simulation.check_request(scenarios, seed)
    varied = gather(plan, catalogue) if inputs is None else inputs
    waiting = min(scenarios, WAIT_SCENARIOS)
    return PlanOdds(
        tornado=tornado(plan, catalogue, inputs=varied),
        thresholds=thresholds(plan, catalogue, inputs=varied),
        wait=wait_or_buy(plan, catalogue, scenarios=waiting, seed=seed, inputs=varied),
        odds=simulation.simulate(plan, catalogue, scenarios=scenarios, seed=seed, progress=progress, inputs=varied),
    )
