"""Blocks of a claim file that compare: alternatives, figures counted twice, and the conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from payback.decision.claim.expression import Expression, parse
from payback.decision.claim.model import Alternative, Conclusion, SameFigure, Side
from payback.decision.claim.tables import Table
from payback.errors import BadQuestionError, UnknownNameError

Row = tuple[str | None, object, str]
_SIDES: dict[str, Side] = {
    "own": "own", "owned": "own", "buy": "own", "build": "own", "prebuilt": "own", "used": "own", "local": "own",
    "rent": "rent", "rented": "rent", "cloud": "rent", "spot": "rent", "api": "rent", "hosted": "rent",
}  # fmt: skip


def alternatives_from(rows: Sequence[Row]) -> tuple[tuple[Alternative, ...], str | None]:
    """The alternatives, and the name of the one marked as recommended."""
    found: list[Alternative] = []
    recommended: list[str] = []
    for name, row, where in rows:
        table = Table("alternative", row, where)
        alternative = _alternative(name, table, where)
        if any(other.name == alternative.name for other in found):
            raise BadQuestionError(f"{where}.name", f"{alternative.name!r} twice", "one alternative a name")
        found.append(alternative)
        if table.flag("recommended", default=False):
            recommended.append(alternative.name)
    if len(recommended) > 1:
        raise BadQuestionError(
            "alternative.recommended", " and ".join(map(repr, recommended)), "one recommended option"
        )
    if any(one.work is None for one in found) and any(one.work is not None for one in found):
        missing = next(one.name for one in found if one.work is None)
        raise BadQuestionError("alternative.work", f"none for {missing!r}", "work for every alternative or for none")
    return tuple(found), next(iter(recommended), None)


def _alternative(name: str | None, table: Table, where: str) -> Alternative:
    label = name if name is not None and not table.has("name") else table.text("name", None)
    side = table.text("side", None).casefold()
    if side not in _SIDES:
        raise BadQuestionError(f"{where}.side", repr(side), "'own' or 'rent'")
    gpus, used = table.count("gpus"), table.count("gpus_used")
    if used is not None and (gpus is None or used > gpus):
        raise BadQuestionError(f"{where}.gpus_used", str(used), "at most gpus, which must be given too")
    return Alternative(
        name=label,
        side=_SIDES[side],
        total=_amount(table, "total", where),
        work=_amount(table, "work", where) if table.has("work") else None,
        feasible=table.flag("feasible", default=True),
        why=table.text("why"),
        gpus=gpus,
        gpus_used=used,
    )


def _amount(table: Table, key: str, where: str) -> Expression:
    value = table.get(key)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        found = "nothing" if value is None else repr(value)[:60]
        raise BadQuestionError(f"{where}.{key}", found, "a number, or a formula of inputs and steps in quotes")
    return parse(value, f"{where}.{key}")


def same_from(rows: Sequence[Row]) -> Iterator[SameFigure]:
    """Quantities that stand at two places of the analysis."""
    for name, row, where in rows:
        table = Table("same", row, where)
        yield SameFigure(
            name=name if name is not None and not table.has("name") else table.text("name", None),
            here=_amount(table, "here", where),
            there=_amount(table, "there", where),
            here_label=table.text("here_label") or "one place",
            there_label=table.text("there_label") or "another",
        )


def conclusion_from(
    values: object, recommended: str | None, alternatives: Sequence[Alternative], where: str
) -> Conclusion | None:
    """What the analysis recommends, in whichever of the two places it is said."""
    if isinstance(values, str):
        values = {"text": values}
    if values is None and recommended is None:
        return None
    table = Table("verdict", values if values is not None else {}, where)
    said = table.text("recommends") or None
    if said and recommended and said != recommended:
        raise BadQuestionError(
            f"{where}.recommends", repr(said), f"the alternative marked recommended, {recommended!r}"
        )
    conclusion = Conclusion(
        recommends=said or recommended, against=table.text("against") or None, text=table.text("text")
    )
    names = [alternative.name for alternative in alternatives]
    for name in (conclusion.recommends, conclusion.against):
        if name is not None and name not in names:
            raise UnknownNameError("alternative", name, names, f"The verdict names it ({where}).")
    return conclusion
