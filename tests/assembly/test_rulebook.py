"""The registry, and what an undecided rule means under each policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from payback.assembly.model import Demand, Finding, Machine, Policy, Severity, Status, Verdict
from payback.assembly.rulebook import compatible, rule, rule_named, rules

ASSEMBLY = Path(__file__).parents[2] / "src" / "payback" / "assembly"


def found(status: Status, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule="X", status=status, severity=severity, why="Because.")


def test_rules_are_numbered_one_to_fifty_without_a_gap() -> None:
    """Forty-six rules of the trade and four about the list itself."""
    assert list(range(1, 51)) == [known.number for known in rules()]


def test_names_are_unique_over_both_vocabularies() -> None:
    """Nobody is misunderstood for using the other name of a rule."""
    names = [name for known in rules() for name in (known.name, known.also_called) if name]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("other", "name"),
    [("GPU_SLOT_FIT", "GPU_SLOT_WIDTH"), ("RAM_REG", "RAM_REGISTERED"), ("M2_SHARE", "M2_SHARES_SLOT")],
)
def test_a_rule_answers_to_both_of_its_names(other: str, name: str) -> None:
    """Either name finds the same rule."""
    assert rule_named(name) is rule_named(other)


def test_every_rule_has_a_source_and_a_docstring() -> None:
    """Who says so, and what is demanded, is written next to the rule."""
    assert [] == [known.name for known in rules() if not known.source or not known.judge.__doc__]


def test_a_second_rule_of_the_same_name_is_refused() -> None:
    """A name means one thing."""
    register = rule(1, "SOCKET", Severity.ERROR, "nobody")

    def judge(_machine: Machine, _demand: Demand) -> Verdict:
        return Verdict(status=Status.OK, why="Fine.")

    with pytest.raises(ValueError, match="registered twice"):
        register(judge)


@pytest.mark.parametrize(
    ("policy", "expected"), [(Policy.STRICT, False), (Policy.WARN, None), (Policy.OPTIMISTIC, True)]
)
def test_an_undecided_hard_rule_means_what_the_policy_says(policy: Policy, expected: bool | None) -> None:
    """Strict rejects what it does not know, optimistic lets it pass, the default says so."""
    assert expected is compatible([found(Status.OK), found(Status.UNKNOWN)], policy)


@pytest.mark.parametrize("policy", list(Policy))
def test_a_broken_hard_rule_rejects_under_every_policy(policy: Policy) -> None:
    """No optimism makes a cooler shorter."""
    assert False is compatible([found(Status.UNKNOWN), found(Status.VIOLATED)], policy)


@pytest.mark.parametrize("policy", list(Policy))
def test_warnings_and_notes_never_reject(policy: Policy) -> None:
    """A machine with idle memory channels still works."""
    soft = [found(status, severity) for status in Status for severity in (Severity.WARNING, Severity.INFO)]

    assert True is compatible([found(Status.OK), *soft], policy)


def test_every_rule_is_in_the_method_document() -> None:
    """Number, name and order of the document are those of the code."""
    text = (Path(__file__).parents[2] / "docs" / "method" / "assembly.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)

    assert [(str(known.number), known.name) for known in rules()] == documented


def test_every_formula_of_the_search_is_in_its_method_document() -> None:
    """B1 to B20: whatever the search's code names, the document explains, and nothing is numbered twice."""
    text = (Path(__file__).parents[2] / "docs" / "method" / "search.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| (B\d+) \|", text, re.MULTILINE)
    code = "\n".join(path.read_text(encoding="utf-8") for path in ASSEMBLY.rglob("*.py"))

    assert len(documented) == len(set(documented))
    assert set() == set(re.findall(r"\b(B\d{1,2})\b(?=[)., ])", code)) - set(documented) - {"B550", "B760"}


@pytest.mark.parametrize("module", sorted(ASSEMBLY.glob("*.py")), ids=lambda path: path.stem)
def test_every_formula_that_code_names_is_in_the_method_document(module: Path) -> None:
    """A function that says (A9) points at a line that exists."""
    text = (Path(__file__).parents[2] / "docs" / "method" / "assembly.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\((A\d+)", module.read_text(encoding="utf-8")))

    assert set() == named - set(re.findall(r"^\| (A\d+) \|", text, re.MULTILINE))
