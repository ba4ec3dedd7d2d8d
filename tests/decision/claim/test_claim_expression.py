"""Arithmetic of claim files: exact, and nothing but arithmetic."""

from __future__ import annotations

import ast
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.decision.claim.expression import evaluate, nodes, parse, terms
from payback.errors import BadInputError


def value(text: str, **names: float) -> Fraction:
    return evaluate(parse(text, "step"), {name: Fraction(str(v)) for name, v in names.items()}.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", "6.5"),
        ("-(2 - 5) + +1", "4"),
        ("min(3, 2, 5) + max(1, 4)", "6"),
        ("ceil(2.01) * floor(2.99)", "6"),
        ("0.1 + 0.2", "0.3"),
        ("2 × 3 − 4 ÷ 2", "4"),
        ("1_000 / 3 * 3", "1000"),
    ],
)
def test_arithmetic_is_exact(text: str, expected: str) -> None:
    """0.1 + 0.2 is 0.3 here, and a thousand over three times three a thousand."""
    assert Fraction(expected) == value(text)


def test_rounding_up_is_not_decided_by_noise() -> None:
    """0.1 x 3 / 0.3 is one machine, not two, as binary arithmetic has it."""
    assert value("ceil(a * 3 / b)", a=0.1, b=0.3) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a ** b", "a % b", "a // b", "a.real", "a[0]", "(a, b)", "[a]", "'a'", "a if b else 1", "lambda: 1", "a < b",
        "a := 1", "__import__('os')", "eval('1')", "open('x')", "min()", "ceil(1, 2)", "min(a, key=b)", "f(*a)",
        "energy_kwh(1)", "energy_kwh(1, 2, 3, 4)", "energy_kwh(1, hours=2, hours=3)", "energy_kwh(watts=1, hours=2)",
        "1e999", "True", "1j", "", "a b", "(" * 300 + "a" + ")" * 300, "-" * 500 + "a", "a+" * 999 + "a", "a" * 2001,
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    """No powers, no attributes, no calls of Python, no depth that would break the interpreter."""
    with pytest.raises(BadInputError):
        parse(text, "step")


@given(
    st.recursive(
        st.sampled_from(["a", "b", "2", "0.5"]),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        max_leaves=12,
    )
)
def test_it_computes_what_python_computes(text: str) -> None:
    """On sums and products the value is Python's own, with exact numbers."""
    names = {"a": Fraction(7, 3), "b": Fraction(-2)}
    exact = text.replace("0.5", "half").replace("2", "two")
    expected = eval(exact, {"__builtins__": {}}, {**names, "two": Fraction(2), "half": Fraction(1, 2)})  # the oracle

    assert expected == evaluate(parse(text, "step"), names.__getitem__)


def test_a_part_can_be_changed() -> None:
    """Leaving b * c out of a - b * c gives a."""
    formula = parse("a - b * c", "step")
    node = next(node for node in nodes(formula) if ast.unparse(node) == "b * c")
    names = {"a": Fraction(10), "b": Fraction(2), "c": Fraction(3)}

    assert evaluate(formula, names.__getitem__) == 4
    assert evaluate(formula, names.__getitem__, {id(node): lambda value: 0 * value}) == 10


def test_the_summands_of_a_sum() -> None:
    """Signs go with the summands; a product is one summand."""
    assert [(s, ast.unparse(n)) for s, n in terms(parse("a + b - c * d", "s"))] == [(1, "a"), (1, "b"), (-1, "c * d")]
    assert [(s, ast.unparse(n)) for s, n in terms(parse("(a + b) * c", "s"))] == [(1, "(a + b) * c")]
