"""What the tools answer: typed, so that an assistant knows what comes back before it asks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An answer with no key that is not described."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class FactOut(Answer):
    """One value somebody can be held to."""

    id: str
    value: float | int | str | None
    unit: str
    currency: str | None
    observed_on: str | None
    source: str
    """Publisher and address of each source."""
    grade: str
    """sold, quoted, listed, measured, derived or assumed."""
    locator: str
    note: str
    parents: list[str]
    """Facts it was computed from."""


class LeftOut(Answer):
    """Candidates that are no options."""

    count: int
    reason: str


class PlanOut(Answer):
    """Build, buy or rent, with what the answer rests on."""

    sentence: str
    verdict: str
    choice: str
    """Id of the cheapest option."""
    as_of: str
    question: dict[str, Any]
    """The question with every default filled in."""
    options: list[dict[str, Any]]
    """Named ones and the cheapest of each side, cheapest first, each with lines that add up to its total."""
    options_in_all: int
    payback_months: dict[str, float | None] | None
    """Owning against renting by four definitions; null = not within the time."""
    would_change_the_answer: list[str]
    probability_best: float | None
    """Share of futures in which the choice is the cheapest option."""
    how_sure: list[str]
    """What the futures drawn for it say: ranges, regret, what to find out, when to buy, where the choice flips."""
    seed: int
    """Seed of the futures; the same seed gives the same odds."""
    not_priced: list[str]
    """What the shown options leave uncounted."""
    rejected_in_all: int
    rejected: list[LeftOut]
    """Candidates left out, by reason."""
    assumptions: list[dict[str, Any]]
    facts: list[FactOut]
    """The facts that the shown lines name, and those they were computed from."""


class CheckOut(Answer):
    """Whether the parts of each list fit together."""

    judgements: list[dict[str, Any]]
    """compatible: true (proved), false (a rule is broken), null (nobody can tell); findings say why."""
    undecided_in_all: int
    """Findings that a missing fact leaves open."""


class PricesOut(Answer):
    """What things cost as of a day."""

    as_of: str
    prices: list[dict[str, Any]]
    history: list[dict[str, Any]]
    """Newest observations first, if asked for."""
    observations_in_all: int
    """How many observations the history has."""
    not_priced: list[str]
    """What nobody had seen a price of by then."""


class SpeedOut(Answer):
    """Training speeds, each with an interval that holds four times out of five."""

    speeds: list[dict[str, Any]]
    not_known: list[str]
    """What nobody can say, with the reason."""
    facts: list[FactOut]


class ArticleOut(Answer):
    """The article's claims, recomputed."""

    claims: list[dict[str, Any]]
    facts: list[FactOut]
    unknown: list[str]
    """Claims that nobody can decide from the catalogue."""


class AssembleOut(Answer):
    """The cheapest machines that fit, each proved."""

    as_of: str
    builds: list[dict[str, Any]]
    """Cheapest of each kind, best first: parts, prices, watts, lanes, open questions, certificate."""
    upgrade_path: dict[str, Any]
    """Of the first machine."""
    prebuilts: list[dict[str, Any]]
    """Ready-made machines with the GPUs of the first."""
    why_not: str | None
    """About the part that was asked after."""
    undecided_in_all: int
    """Hard rules that a missing fact leaves open; settle them before buying."""
    not_priced: list[str]
    """Kinds of parts with prices that were not used, by reason."""
    facts: list[FactOut]


class SizeOut(Answer):
    """How many GPUs a lab should own for its job log, and how much it should rent."""

    sentence: str
    best: dict[str, Any]
    """owned_gpus, total_usd, waits, rented GPU-hours, utilisation."""
    curve: list[dict[str, Any]]
    jobs: int
    period_h: float
    own_usd_per_gpu_h: float
    rent_usd_per_gpu_h: float
    own: str | None
    rent: str | None
    handover: dict[str, Any] | None
    """The machines and offers that do it."""
    rejected: list[dict[str, Any]]
    """Rows of the log that could not be used, by reason."""
    treated: list[dict[str, Any]]
    """Rows that were used with a decision of ours, by reason."""
    notes: list[str]


class ClaimOut(Answer):
    """Whether a published analysis follows from its own inputs."""

    outcome: str
    """follows, follows with gaps, a step fails, or the conclusion fails."""
    verdict: str
    title: str
    steps: list[dict[str, Any]]
    """Each stated and recomputed figure, and how or why not it follows."""
    first_failure: dict[str, Any] | None
    comparison: dict[str, Any] | None
    left_out: list[str]
    """Lines of the owner's cost that no figure mentions."""
    warnings: list[str]
