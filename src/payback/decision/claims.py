"""A claim of the 2018 article beside what our own engine makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from payback.evidence import Fact

TOLERANCE = 0.05
"""A recomputed figure within 5 % of the article's range counts as agreeing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim: what the article states, what comes out here, and where the article's assumption is weak."""

    id: str
    text: str
    stated: tuple[float, float] | None
    """Low and high of the article's figure; None where it gives none."""
    computed: float | None
    """Our figure; None where it cannot be computed from the catalogue."""
    unit: str
    computed_range: tuple[float, float] | None = None
    """Low and high where the claim spans several cases."""
    holds: bool | None
    """None where nobody can say."""
    detail: str
    weak: str = ""
    facts: tuple[Fact, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback article --json` prints a claim."""
        return {
            "id": self.id,
            "text": self.text,
            "stated": list(self.stated) if self.stated else None,
            "computed": self.computed,
            "computed_range": list(self.computed_range) if self.computed_range else None,
            "unit": self.unit,
            "holds": self.holds,
            "detail": self.detail,
            "weak": self.weak,
            "facts": [fact.id for fact in self.facts],
        }


def within(computed: float, stated: tuple[float, float]) -> bool:
    """Whether a figure lies in the stated range, give or take 5 %.

    Example:
        >>> within(9.74, (10, 10)), within(9.4, (10, 10))
        (True, False)
    """
    low, high = stated
    return low * (1 - TOLERANCE) <= computed <= high * (1 + TOLERANCE)
