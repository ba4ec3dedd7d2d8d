"""The house stays a house: stages import one way, rooms stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "payback"
ORDER = [
    "units", "errors", "evidence", "question", "question_file", "catalogue", "observe", "performance", "assembly",
    "cost", "decision", "report", "operate", "answers", "web", "mcp_server", "commands", "cli", "__main__",
]  # fmt: skip
EARLIER_HELPERS = {"question_file": {"catalogue"}}
"""The default question is a shipped file, so the reader of question files may ask the catalogue where data lives."""
FILES = sorted(ROOT.rglob("*.py"))


def stage_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imported_stages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "payback" else [f"payback.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("payback."):
                yield name.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_stage_imports_only_from_stages_before_it(path: Path) -> None:
    """Facts, numbers, choice, words: nothing flows back."""
    stage = stage_of(path)
    if stage == "__init__":
        return
    for imported in imported_stages(path):
        allowed = ORDER.index(imported) <= ORDER.index(stage) or imported in EARLIER_HELPERS.get(stage, set())
        assert allowed, f"{path} ({stage}) imports {imported}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_400_lines(path: Path) -> None:
    """Where a room overflows there is a second room inside."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_every_stage_has_its_place() -> None:
    """A new top-level name must be given its place in the order."""
    found = {stage_of(path) for path in FILES} - {"__init__", "__main__"}

    assert found <= set(ORDER)
