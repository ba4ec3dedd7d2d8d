"""Arithmetic that a claim file may contain: parsed with ``ast``, never run as code, computed exactly.

Allowed are numbers, names, + - * / and parentheses, min, max, ceil, floor, and
the functions of the formula catalogue. Fractions keep every digit, so that
rounding up to whole machines is never decided by binary noise.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from payback.decision.claim.formulas import CATALOGUE, NoValueError
from payback.decision.claim.printed import LARGEST, number
from payback.errors import BadQuestionError, UnknownNameError

MAX_CHARACTERS = 2000
MAX_DEPTH = 100
"""Deeper nesting is no arithmetic a person wrote; a sum of a hundred lines is that deep."""
MAX_BITS = 4096
"""Longer fractions are rounded to a double: nobody prints a thousand digits."""
PLAIN: Mapping[str, Callable[..., Fraction]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "ceil": lambda value: Fraction(ceil(value)),
    "floor": lambda value: Fraction(floor(value)),
}
ALLOWED = "numbers, names, + - * / ( ), min, max, ceil, floor and the formulas of docs/method/claims.md"
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "\n": " "})

Change = Callable[[Fraction], Fraction]
ValueOf = Callable[[str], Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A parsed formula."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    """Inputs, steps and calendar lengths it uses."""
    where: str
    """Its place in the claim file, for errors."""


def parse(text: str, where: str) -> Expression:
    """A formula's text as a tree that holds nothing but arithmetic.

    Raises:
        BadQuestionError: Anything else is in it.
        UnknownNameError: It calls a formula we do not have.

    Example:
        >>> sorted(parse("energy_kwh(gpu_w + cpu_w, hours)", "step").names)
        ['cpu_w', 'gpu_w', 'hours']
        >>> parse("__import__('os')", "step")
        Traceback (most recent call last):
        payback.errors.UnknownNameError: no formula named '__import__'. See them all: docs/method/claims.md (step)
    """
    if len(text) > MAX_CHARACTERS:
        raise BadQuestionError(where, f"{len(text)} characters", f"a formula of at most {MAX_CHARACTERS}")
    try:
        tree = ast.parse(text.translate(_SIGNS).strip(), mode="eval").body
        names = frozenset(_names(tree, where, MAX_DEPTH))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise BadQuestionError(where, repr(text[:80]), ALLOWED) from error
    return Expression(text=text, tree=tree, names=names, where=where)


def _names(node: ast.expr, where: str, depth: int) -> Iterator[str]:
    if depth == 0:
        raise BadQuestionError(
            where, f"more than {MAX_DEPTH} levels of arithmetic", "shorter steps that use each other"
        )
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Call):
        _check_call(node, where)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from _names(argument, where, depth - 1)
    elif isinstance(node, ast.Constant):
        _constant(node, where)
    else:
        for part in _operands(node, where):
            yield from _names(part, where, depth - 1)


def _operands(node: ast.expr, where: str) -> tuple[ast.expr, ...]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        return node.left, node.right
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        return (node.operand,)
    hint = " (write numbers without commas: 1000 or 1_000)" if isinstance(node, ast.Tuple) else ""
    raise BadQuestionError(where, repr(_short(node)), ALLOWED + hint)


def _check_call(node: ast.Call, where: str) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else _short(node.func)
    if name in PLAIN:
        if node.keywords or not node.args or (name in {"ceil", "floor"} and len(node.args) != 1):
            raise BadQuestionError(where, repr(_short(node)), f"{name}(value)")
        return
    if name not in CATALOGUE:
        raise UnknownNameError("formula", name, [*CATALOGUE, *PLAIN], f"See them all: docs/method/claims.md ({where})")
    CATALOGUE[name].check_arguments(len(node.args), [keyword.arg for keyword in node.keywords], where)


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


def _constant(node: ast.Constant, where: str) -> Fraction:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise BadQuestionError(where, repr(_short(node)), ALLOWED)
    return number(node.value, where)


def evaluate(expression: Expression, value_of: ValueOf, changes: Mapping[int, Change] | None = None) -> Fraction:
    """The value of a formula.

    Args:
        expression: The formula.
        value_of: Gives the value of a name.
        changes: What to make of the value of a node, by its identity; see `nodes`.

    Raises:
        ZeroDivisionError: It divides by nothing.
        NoValueError: A formula has no answer here, e.g. a machine that never pays back.

    Example:
        >>> float(evaluate(parse("ceil(81e6 / capacity) * 2", "step"), {"capacity": Fraction(81_000_000)}.__getitem__))
        2.0
    """
    return _value(expression.tree, value_of, changes or {}, expression.where)


def _value(node: ast.expr, value_of: ValueOf, changes: Mapping[int, Change], where: str) -> Fraction:
    value = _bounded(_plain_value(node, value_of, changes, where))
    change = changes.get(id(node))
    return value if change is None else _bounded(change(value))


def _plain_value(node: ast.expr, value_of: ValueOf, changes: Mapping[int, Change], where: str) -> Fraction:
    if isinstance(node, ast.Name):
        return value_of(node.id)
    if isinstance(node, ast.Constant):
        return _constant(node, where)
    if isinstance(node, ast.Call):
        return _call(node, value_of, changes, where)
    values = [_value(part, value_of, changes, where) for part in _operands(node, where)]
    if isinstance(node, ast.UnaryOp):
        return -values[0] if isinstance(node.op, ast.USub) else values[0]
    assert isinstance(node, ast.BinOp)
    left, right = values
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    return left * right if isinstance(node.op, ast.Mult) else left / right


def _call(node: ast.Call, value_of: ValueOf, changes: Mapping[int, Change], where: str) -> Fraction:
    assert isinstance(node.func, ast.Name)
    positional = [_value(argument, value_of, changes, where) for argument in node.args]
    if node.func.id in PLAIN:
        return PLAIN[node.func.id](*positional)
    named = {keyword.arg: _value(keyword.value, value_of, changes, where) for keyword in node.keywords if keyword.arg}
    return CATALOGUE[node.func.id](*positional, **named)


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > LARGEST * LARGEST:
        raise NoValueError(f"the result passes {float(LARGEST * LARGEST):g}")
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        return Fraction(float(value))
    return value


def nodes(expression: Expression) -> list[ast.expr]:
    """Every part of a formula, outermost first; their identities key the `changes` of `evaluate`."""
    return [node for node in ast.walk(expression.tree) if isinstance(node, ast.expr)]


def terms(expression: Expression) -> list[tuple[int, ast.expr]]:
    """The summands of the outermost sum, each with its sign; one term where the formula is no sum.

    Example:
        >>> [(sign, ast.unparse(node)) for sign, node in terms(parse("a - (b * c + 2)", "step"))]
        [(1, 'a'), (-1, 'b * c'), (-1, '2')]
    """
    return list(_terms(expression.tree, 1))


def _terms(node: ast.expr, sign: int) -> Iterator[tuple[int, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if isinstance(node.op, ast.Add) else -sign)
    elif isinstance(node, ast.UnaryOp):
        yield from _terms(node.operand, -sign if isinstance(node.op, ast.USub) else sign)
    else:
        yield sign, node
