"""What an analysis leaves out, counts twice, or counts differently at two places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from payback.decision.claim.expression import Expression, nodes, terms
from payback.decision.claim.formulas import NoValueError
from payback.decision.claim.model import Analysis, Step
from payback.decision.claim.scene import Scene
from payback.decision.claim.slips import ONE_TIME
from payback.decision.claim.stepcheck import plain
from payback.errors import BadQuestionError

LINES: dict[str, re.Pattern[str]] = {
    "power": re.compile(r"^(electric\w*|power|kwh|energy|watts?|w|kw|tariff)$"),
    "host machine": re.compile(
        r"^(hosts?|desktops?|workstations?|servers?|machines?|nodes?|builds?|cpus?|pcs?|systems?|replicas?|computers?)$"
    ),
    "network": re.compile(r"^(network\w*|internet|egress|bandwidth|transfer|traffic|switch\w*|nics?)$"),
    "labour": re.compile(
        r"^(labou?r|staff|admins?|administration|engineers?|salary|salaries|wages?|operations?|ops|maintenance|people)$"
    ),
}
"""Lines of the owner's cost, and the words that show a figure holds them."""
USE = re.compile(r"^(util\w*|use|used|usage|busy|active|duty|runs?|jobs?|requests?|tokens?|peak|idle|load)$")
WORK_TIME = re.compile(r"(^|_)(hours|h|runs|days)_(per|a)_(day|week|month|year)(_|$)")
FULL_TIME = {Fraction(n) for n in (720, 730, 8760, 8736, 8766, 8640)}
NO_PURCHASE = frozenset(
    ("per", "electricity", "energy", "tariff", "kwh", "rent", "rental", "rate", "spot", "demand", "hourly", "monthly",
     "yearly", "month", "year", "hour", "api", "cloud", "internet", "residual", "resale", "salvage", "total", "net")
)  # fmt: skip
"""Words of amounts that may well stand in several summands."""
SAME_SHARE = Fraction(2, 100)
"""Two counts of one quantity may differ by this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """One quantity, two amounts."""

    name: str
    here: Fraction
    there: Fraction
    here_label: str
    there_label: str

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        times = f" ({float(max(self.here, self.there) / min(self.here, self.there)):.1f} times)" if self._ratio else ""
        return f"{self.name}: {plain(self.here)} in {self.here_label}, {plain(self.there)} in {self.there_label}{times}"

    @property
    def _ratio(self) -> bool:
        return min(self.here, self.there) > 0

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print it."""
        return {"name": self.name, "here": float(self.here), "there": float(self.there), "text": self.text}


def inconsistencies(analysis: Analysis, scene: Scene) -> Iterator[Inconsistency]:
    """Quantities that the analysis counts differently at two places.

    Raises:
        BadQuestionError: One of the two cannot be computed.
    """
    for same in analysis.same:
        try:
            here, there = scene.amount(same.here), scene.amount(same.there)
        except (ZeroDivisionError, NoValueError) as error:
            raise BadQuestionError(same.here.where, "a division by zero", f"figures for {same.name!r}") from error
        if abs(here - there) > SAME_SHARE * max(abs(here), abs(there)):
            yield Inconsistency(
                name=same.name, here=here, there=there, here_label=same.here_label, there_label=same.there_label
            )


def lines_left_out(analysis: Analysis) -> tuple[str, ...]:
    """Lines of the owner's cost that no name or label of the analysis mentions.

    Nothing is said about an excerpt, or about an analysis in which nobody buys anything.
    """
    if analysis.scope.excerpt or not any(_is_purchase(name) for name in analysis.inputs):
        return ()
    words = _words(analysis)
    covered = {line.casefold() for line in analysis.scope.covers}
    return tuple(line for line, pattern in LINES.items() if line not in covered and not any(map(pattern.match, words)))


def takes_full_use(analysis: Analysis, scene: Scene) -> bool:
    """Whether hours of a month or a year are taken as hours of work, with no word about use."""
    covered = {line.casefold() for line in analysis.scope.covers}
    if "use" in covered or any(map(USE.match, _words(analysis))):
        return False
    return any(_whole_period(step, scene) for step in analysis.steps)


def _whole_period(step: Step, scene: Scene) -> bool:
    if scene.used_by(step.formula) & {"hours_per_month", "hours_per_year"}:
        return True
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and Fraction(str(node.value)) in FULL_TIME
        for node in nodes(step.formula)
    )


def _is_purchase(name: str) -> bool:
    words = set(name.casefold().split("_"))
    return bool(ONE_TIME.search(name)) and not words & NO_PURCHASE


def _words(analysis: Analysis) -> set[str]:
    names = [*analysis.inputs, *(step.id for step in analysis.steps)]
    texts = [*analysis.labels.values(), *(step.name for step in analysis.steps), *analysis.scope.covers]
    names_without_period = [re.sub(r"_per_(day|week|month|year|h|hour)s?(?=_|$)", "", name) for name in names]
    own = {word for name in names_without_period for word in name.casefold().split("_")}
    timed = any(WORK_TIME.search(name) and value not in FULL_TIME for name, value in analysis.inputs.items())
    return (
        own
        | ({"used"} if timed else set())
        | {word for text in texts for word in re.findall(r"[a-z]+", text.casefold())}
    )


def counted_twice(step: Step, scene: Scene) -> str | None:
    """A purchase that enters one sum in full by two ways, e.g. as a price and again as its depreciation.

    Each summand is asked how much it grows when the purchase grows by a
    dollar; two that both grow by about as much count it twice. A yearly share
    of the price, such as repairs, grows by far less.
    """
    parts = terms(step.formula)
    for name in sorted(scene.used_by(step.formula) & scene.inputs.keys()) if len(parts) > 1 else ():
        if not _is_purchase(name):
            continue
        slopes = [(_slope(sign, node, step, name, scene), node) for sign, node in parts]
        most = max((slope for slope, _ in slopes), default=Fraction(0))
        full = [node for slope, node in slopes if slope > 0 and slope >= most / 2]
        if len(full) > 1:
            ways = " and ".join(repr(ast.unparse(node)) for node in full)
            return f"{name} is counted {len(full)} times: in {ways}"
    return None


def _slope(sign: int, node: ast.expr, step: Step, name: str, scene: Scene) -> Fraction:
    formula = step.formula
    part = Expression(text=ast.unparse(node), tree=node, names=formula.names, where=formula.where)
    more = scene.with_input(name, scene.inputs[name] + 1)
    try:
        return sign * (more.amount(part) - scene.amount(part))
    except (ZeroDivisionError, NoValueError):
        return Fraction(0)
