"""Claim files in: TOML text to a checked `Analysis`, or one clear line about what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from payback.decision.claim.calendar import KEYS, Calendar, calendar_from
from payback.decision.claim.comparing import alternatives_from, conclusion_from, same_from
from payback.decision.claim.expression import Expression, parse
from payback.decision.claim.formulas import CATALOGUE
from payback.decision.claim.model import Analysis, Market, Scope, Step
from payback.decision.claim.printed import number, printed
from payback.decision.claim.tables import Table
from payback.errors import BadQuestionError, UnknownNameError
from payback.question_file import MAX_BYTES

MAX_STEPS = 500


def read_claim(path: Path) -> Analysis:
    """The analysis in a claim file.

    Args:
        path: A TOML file; docs/method/claims.md describes it.

    Raises:
        BadQuestionError: The file cannot be read, is no TOML, or holds something that cannot be computed.
        UnknownNameError: A formula names an input, step or formula that is not there.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadQuestionError(str(path), f"{path.stat().st_size} bytes", f"a file of at most {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadQuestionError(str(path), "bytes that are not UTF-8 text", "a TOML text file") from error
    except OSError as error:
        raise BadQuestionError(str(path), error.strerror or "an unreadable file", "a readable TOML file") from error
    return parse_claim(text, name=path.name)


def parse_claim(text: str, *, name: str = "claim") -> Analysis:
    r"""The analysis in a TOML text.

    Example:
        >>> analysis = parse_claim("[inputs]\ngpu_usd = 30_000\nrent_usd_per_h = 4\n"
        ...                        "[[step]]\nname = 'hours'\nformula = 'gpu_usd / rent_usd_per_h'\nstated = 7500")
        >>> [step.id for step in analysis.steps]
        ['hours']
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadQuestionError(name, f"text that is no TOML ({error})", "TOML: see docs/method/claims.md") from error
    return analysis_from_dict(document, name=name)


def analysis_from_dict(document: Mapping[str, Any], *, name: str = "claim") -> Analysis:
    """The analysis in a plain dictionary."""
    top = Table("", document, name)
    about = _about(top, name)
    inputs, labels = _inputs(top.get("inputs"), f"{name}: inputs")
    steps = tuple(_steps(top.get("step"), f"{name}: step", inputs))
    if not steps and not top.get("alternative"):
        raise BadQuestionError(f"{name}: step", "nothing", "at least one [[step]] with name, formula and stated")
    calendar = _calendar(top.get("conventions", {}), f"{name}: conventions")
    known = {*inputs, *(step.id for step in steps), *calendar.names()}
    _check_ids(inputs, steps, name)
    alternatives, recommended = alternatives_from(_rows(top.get("alternative"), f"{name}: alternative"))
    same = tuple(same_from(_rows(top.get("same"), f"{name}: same")))
    for formula in _formulas(steps, alternatives, same):
        _check_names(formula, known)
    return Analysis(
        title=about.text("title") or name,
        author=about.text("author"),
        source=about.text("source"),
        date=str(about.get("date") or ""),
        inputs=inputs,
        labels=labels,
        calendar=calendar,
        steps=steps,
        alternatives=alternatives,
        same=same,
        conclusion=conclusion_from(top.get("verdict"), recommended, alternatives, f"{name}: verdict"),
        scope=_scope(top.get("scope", {}), f"{name}: scope"),
        market=_market(top.get("market"), about, f"{name}: market"),
    )


def _about(top: Table, name: str) -> Table:
    """Title, author and so on, in a table of their own or loose at the top."""
    loose = {key: top.get(key) for key in ("title", "author", "source", "date") if top.has(key)}
    about = Table("analysis", {**loose, **_mapping(top.get("analysis", {}), f"{name}: analysis")}, f"{name}: analysis")
    about.day("date")
    return about


def _mapping(values: object, where: str) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise BadQuestionError(where, repr(values)[:60], "a table")
    return values


def _inputs(values: object, where: str) -> tuple[dict[str, Fraction], dict[str, str]]:
    if not isinstance(values, Mapping) or not values:
        raise BadQuestionError(where, "nothing" if not values else repr(values)[:60], "a table of name = number")
    numbers, labels = {}, {}
    for name, value in values.items():
        _check_identifier(name, f"{where}.{name}")
        plain = value
        if isinstance(value, Mapping):
            table = Table("input", value, f"{where}.{name}")
            plain, labels[name] = table.get("value"), table.text("label")
        numbers[name] = number(plain, f"{where}.{name}")
    return numbers, labels


def _check_identifier(name: str, where: str) -> None:
    if not name.isidentifier() or not name.isascii():
        raise BadQuestionError(where, repr(name), "a name of letters, digits and _, with its unit: desktop_usd")


def _rows(values: object, where: str) -> list[tuple[str | None, object, str]]:
    """Rows of an array of tables, or of a table of tables whose keys are the names."""
    if values is None:
        return []
    if isinstance(values, Mapping):
        return [(str(name), row, f"{where}.{name}") for name, row in values.items()]
    if isinstance(values, list) and len(values) <= MAX_STEPS:
        return [(None, row, f"{where}.{index + 1}") for index, row in enumerate(values)]
    kind = where.rsplit(" ", 1)[-1]
    raise BadQuestionError(where, repr(values)[:60], f"at most {MAX_STEPS} blocks [[{kind}]]")


def _steps(values: object, where: str, inputs: Mapping[str, Fraction]) -> Iterator[Step]:
    for name, row, place in _rows(values, where):
        table = Table("step", row, place)
        label = name if name is not None and not table.has("name") else table.text("name", None)
        unit = table.text("unit")
        place = f"{place} ({label})"
        stated = printed(
            table.get("stated"), f"{place}: stated", tolerance=table.get("tolerance"), unit=unit
        ) if table.has("stated") else None  # fmt: skip
        yield Step(
            id=table.text("id") or name_as_id(label),
            name=label,
            formula=_formula(table, f"{place}: formula", inputs),
            stated=stated,
            unit=unit or (stated.unit if stated else ""),
            note=table.text("note"),
        )


def name_as_id(name: str) -> str:
    """A step's name as formulas write it.

    Example:
        >>> name_as_id("break-even, on demand")
        'break_even_on_demand'
        >>> name_as_id("3 years, local")
        'step_3_years_local'
    """
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return words if words[:1].isalpha() else f"step_{words}"


def _formula(table: Table, where: str, inputs: Mapping[str, Fraction]) -> Expression:
    raw = table.get("formula")
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str) or not raw.strip():
        raise BadQuestionError(where, "nothing" if raw is None else repr(raw)[:60], "a formula in quotes")
    text = raw.strip()
    if text in CATALOGUE and text not in inputs:
        text = _call_text(text, table.get("arguments", {}), where)
    elif table.has("arguments"):
        raise BadQuestionError(where, repr(text[:60]), "the bare name of a formula where arguments are given apart")
    return parse(text, where)


def _call_text(name: str, arguments: object, where: str) -> str:
    """A formula named alone takes its arguments from the table, or from inputs of the same names."""
    if not isinstance(arguments, Mapping):
        raise BadQuestionError(where, repr(arguments)[:60], "arguments = { parameter = 'input' }")
    unknown = [key for key in arguments if key not in CATALOGUE[name].parameters]
    if unknown:
        raise BadQuestionError(where, f"an argument {unknown[0]!r}", CATALOGUE[name].usage)
    if not arguments:
        needed = [key for key, must in CATALOGUE[name].parameters.items() if must]
        return f"{name}({', '.join(f'{key}={key}' for key in needed)})"
    return f"{name}({', '.join(f'{key}=({value})' for key, value in arguments.items())})"


def _calendar(values: object, where: str) -> Calendar:
    if not isinstance(values, Mapping):
        raise BadQuestionError(where, repr(values)[:60], "a table, e.g. month = '720 h'")
    for key in values:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1, cutoff=0.5)
            expected = f"'{near[0]}'?" if near else "one of " + ", ".join(KEYS)
            raise BadQuestionError(f"{where}.{key}", "an unknown key", expected)
    return calendar_from(dict(values), where)


def _check_ids(inputs: Mapping[str, Fraction], steps: tuple[Step, ...], name: str) -> None:
    seen: set[str] = set()
    for step in steps:
        where = f"{name}: step {step.name!r}"
        _check_identifier(step.id, f"{where}: id")
        if step.id in inputs or step.id in seen:
            raise BadQuestionError(f"{where}: id", f"{step.id!r} twice", "one meaning a name; set id = '...'")
        seen.add(step.id)


def _formulas(steps: tuple[Step, ...], alternatives: Any, same: Any) -> Iterator[Expression]:
    yield from (step.formula for step in steps)
    for alternative in alternatives:
        yield alternative.total
        if alternative.work is not None:
            yield alternative.work
    for figure in same:
        yield figure.here
        yield figure.there


def _check_names(formula: Expression, known: set[str]) -> None:
    for name in sorted(formula.names):
        if name not in known:
            raise UnknownNameError("input or step", name, known, f"It is used in {formula.where}.")


def _scope(values: object, where: str) -> Scope:
    table = Table("scope", values, where)
    covers = table.get("covers", [])
    if not isinstance(covers, list) or not all(isinstance(line, str) for line in covers):
        raise BadQuestionError(f"{where}.covers", repr(covers)[:60], "a list of texts")
    return Scope(covers=tuple(covers), excerpt=table.flag("excerpt", default=False))


def _market(values: object, about: Table, where: str) -> Market | None:
    if values is None:
        return None
    table = Table("market", values, where)
    on = table.day("on") or about.day("date")
    if on is None:
        raise BadQuestionError(f"{where}.on", "nothing", "a day as YYYY-MM-DD, here or as date of the analysis")
    price = table.get("usd_per_gpu_h")
    return Market(
        gpu=table.text("gpu", None),
        on=on,
        usd_per_gpu_h=None if price is None else number(price, f"{where}.usd_per_gpu_h"),
    )
