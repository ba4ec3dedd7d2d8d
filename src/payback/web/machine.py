"""The machine that fits, as a page and a program need it: builds, upgrade path, ready-made ones, why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from payback import answers
from payback.assembly.prebuilt_compare import PrebuiltComparison
from payback.assembly.priced import PricedPart
from payback.assembly.search import Build, WhyNot
from payback.assembly.upgrade import UpgradePath
from payback.evidence import Fact
from payback.question import Question
from payback.report.assemble_text import headline, prebuilt_sentence, proof
from payback.report.money import formatter
from payback.web.state import query_from_question
from payback.web.templating import part


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Every machine found, and what was asked of the best."""

    question: Question
    builds: Sequence[Build]
    path: UpgradePath
    prebuilts: Sequence[PrebuiltComparison]
    why_not: WhyNot | None

    @property
    def facts(self) -> dict[str, Fact]:
        """What the prices rest on."""
        priced = [fact for build in self.builds for piece in build.parts for fact in piece.facts]
        others = [*self.path.facts, *(fact for one in self.prebuilts for fact in one.facts)]
        return {fact.id: fact for fact in (*priced, *others)}

    def as_dict(self) -> dict[str, Any]:
        """The form of the JSON interface."""
        return {
            "builds": [build.as_dict() for build in self.builds],
            "upgrade_path": self.path.as_dict(),
            "prebuilts": [one.as_dict() for one in self.prebuilts],
            "why_not": self.why_not.as_dict() if self.why_not else None,
            "facts": {name: fact.as_dict() for name, fact in self.facts.items()},
        }


def machines(question: Question, top: int, why_not: str | None) -> Machines:
    """The cheapest machines that fit, and what belongs to the best.

    Args:
        question: What the machine must do.
        top: How many kinds.
        why_not: A part to ask about.

    Raises:
        PaybackError: As `payback.answers.assemble` and `why_not`.
    """
    builds = answers.assemble(question, top=top)
    return Machines(
        question=question,
        builds=builds,
        path=answers.upgrade_path(builds[0]),
        prebuilts=answers.prebuilts_like(builds[0]),
        why_not=answers.why_not(why_not, question) if why_not else None,
    )


def machines_html(found: Machines) -> str:
    """The machines as a piece of the page."""
    spell = formatter(found.question)
    best = found.builds[0]
    return part(
        "_machines.html",
        share=query_from_question(found.question),
        best=best,
        builds=found.builds,
        headline=headline(best, spell),
        proof=list(proof(best.certificate, spell)),
        parts=[(piece, part_name(piece, best)) for piece in best.parts],
        lanes="/".join("?" if count is None else f"x{count}" for count in best.lanes_per_gpu),
        path=found.path if len(found.path.steps) > 1 else None,
        prebuilts=[prebuilt_sentence(one, spell) for one in found.prebuilts],
        why=found.why_not,
        money=spell,
    )


def part_name(piece: PricedPart, build: Build) -> str:
    """A part as one asks for it in a shop: the card itself where only that one fits."""
    return f"{piece.component}: {build.card}" if piece.category == "gpu" and build.card else piece.component
