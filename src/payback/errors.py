"""What can go wrong, one small class a failure.

Bad *calls* raise; bad *data* is quarantined row by row and the run goes on.
Every message says what was found, where, what was expected and what to do.

    PaybackError
    ├── BadInputError            exit 2: the caller must change something
    │   ├── BadQuestionError     a question file or flag that cannot be answered
    │   ├── UnknownNameError     a GPU, offer, place or source nobody has heard of
    │   ├── NotLaunchableError   an offer the launcher does not know; says what to do by hand
    │   └── MissingExtraError    an optional dependency is not installed
    ├── BadCatalogueError        the shipped data broke one of its own rules
    ├── NotPricedError           no price on or before the date: never a fallback
    └── NoFeasibleOptionError    exit 1: answered, and the answer is "nothing fits"
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PaybackError(Exception):
    """Root of everything payback raises on purpose."""

    exit_status = 2


class BadInputError(PaybackError):
    """The caller must change what they asked."""


class BadQuestionError(BadInputError):
    """A question that cannot be answered as it stands.

    Args:
        where: Path of the value inside the question, e.g. ``question.toml: work.hours_per_day``.
        found: What stood there.
        expected: What may stand there, and what to do.

    Example:
        >>> str(BadQuestionError("work.hours_per_day", "25", "a number of hours from 0 to 24"))
        'work.hours_per_day: found 25; expected a number of hours from 0 to 24'
    """

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}; expected {expected}")


class UnknownNameError(BadInputError):
    """A name that is not in the catalogue, with the nearest ones that are.

    Args:
        kind: What was looked for: "GPU", "offer", "country"...
        name: What the caller wrote.
        known: Every name that would have been understood.
        hint: The command that lists them.

    Example:
        >>> str(UnknownNameError("GPU", "RTX 309O", ["RTX 3090", "RTX 4090"]))
        "no GPU named 'RTX 309O'. Did you mean 'RTX 3090', 'RTX 4090'?"
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        by_folded = {candidate.casefold(): candidate for candidate in known}
        near = [by_folded[match] for match in get_close_matches(name.casefold(), list(by_folded), n=3, cutoff=0.5)]
        guess = f" Did you mean {', '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"no {kind} named {name!r}.{guess}{' ' + hint if hint else ''}")


class NotLaunchableError(BadInputError):
    """An offer that a launcher cannot start; a name is never guessed.

    Example:
        >>> str(NotLaunchableError("a 1x L40", "SkyPilot", "it does not know the seller", "rent it at its page"))
        'SkyPilot cannot launch a 1x L40: it does not know the seller. By hand: rent it at its page'
    """

    def __init__(self, what: str, launcher: str, why: str, by_hand: str) -> None:
        super().__init__(f"{launcher} cannot launch {what}: {why}. By hand: {by_hand}")


class MissingExtraError(BadInputError):
    """A feature whose optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional package. Install it with: pip install 'payback[{extra}]'")


class BadCatalogueError(PaybackError):
    """The shipped data broke one of its own rules; a bug of ours, not of the caller."""


class NotPricedError(PaybackError):
    """No price was observed on or before the asked day. A missing price is never guessed."""


class NoFeasibleOptionError(PaybackError):
    """The question is clear and nothing satisfies it."""

    exit_status = 1
