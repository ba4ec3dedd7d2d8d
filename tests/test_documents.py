"""Documents are part of the contract: they name every command, key, formula and source that exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from payback import cli
from payback.catalogue.catalogue import load
from payback.question import Question

ROOT = Path(__file__).parents[1]


def keys(model: type[BaseModel]) -> set[str]:
    """Names of all keys of a question, nested ones included."""
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                found |= keys(candidate)
    return found


def test_every_key_of_a_question_is_documented() -> None:
    """docs/questions.md shows each key once, in a block that is itself valid TOML."""
    text = (ROOT / "docs" / "questions.md").read_text()
    block = re.search(r"```toml\n(.*?)```", text, re.DOTALL)

    assert block is not None
    tomllib.loads(block.group(1))
    missing = {key for key in keys(Question) if not re.search(rf"\b{key}\b", text)}
    assert missing == set()


def test_every_field_of_a_question_says_what_it_is() -> None:
    """Field docstrings are the help text, the JSON schema and the web labels."""
    schema = Question.model_json_schema()
    bare = [
        f"{name}.{key}"
        for name, part in {"Question": schema, **schema["$defs"]}.items()
        for key, field in part.get("properties", {}).items()
        if "description" not in field and "$ref" not in field and key != "as_of"
    ]

    assert bare == []


def test_every_command_is_in_the_readme() -> None:
    """A command nobody can find does not exist."""
    readme = (ROOT / "README.md").read_text()
    commands = [name for name in cli.app if not name.startswith("-")]

    assert commands
    assert [] == [name for name in commands if f"payback {name}" not in readme]


def test_the_readme_shows_what_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the example in README.md is a line that the command beside it prints."""
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    monkeypatch.chdir(ROOT)
    cli.main(["plan", "examples/lab.toml", "--as-of", "2026-11-23"])
    printed = {line.rstrip() for line in capsys.readouterr().out.splitlines()}

    assert shown is not None
    assert [] == [line for line in shown.group(1).splitlines() if line.rstrip() not in printed]


def test_the_readme_counts_the_catalogue_as_it_is() -> None:
    """GPUs, offers, prices, machines, lists and sources named in the README are those of the tables."""
    readme, catalogue = (ROOT / "README.md").read_text(), load()
    counts = {
        "GPUs": len(catalogue.gpus),
        "rental offers": len(catalogue.offers),
        "part prices": len(catalogue.component_prices),
        "ready-made machines": len({row.machine for row in catalogue.prebuilts}),
        "complete parts lists": len(catalogue.machines),
        "sources": len(catalogue.sources),
    }

    assert [] == [f"{count:,} {what}" for what, count in counts.items() if f"{count:,} {what}" not in readme]


@pytest.mark.parametrize("document", sorted((ROOT / "docs" / "method").glob("*.md")), ids=lambda path: path.name)
def test_functions_named_in_the_method_exist(document: Path) -> None:
    """Each `module.function` in a formula table of docs/method can be found in the source."""
    names = re.findall(r"`(?:[a-z_]+\.)*([A-Za-z_]+)`", document.read_text())
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    code_names = [name for name in names if "_" in name]

    assert [] == [name for name in code_names if not re.search(rf"\b{re.escape(name)}\b", source)]


def test_the_shipped_article_is_the_example() -> None:
    """`payback article` and examples/article-2018.toml ask the same question."""
    shipped = ROOT / "src" / "payback" / "data" / "questions" / "article-2018.toml"

    assert shipped.read_text() == (ROOT / "examples" / "article-2018.toml").read_text()


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of a developer's machine stands in the repository."""
    pattern = re.compile(r"(?<![\w.])/(work|home|root)/\w")
    suspects = [
        *ROOT.glob("*.md"),
        *ROOT.rglob("src/**/*.py"),
        *ROOT.rglob("docs/**/*.md"),
        *ROOT.rglob("src/**/*.csv"),
    ]

    assert [] == [str(path) for path in suspects if pattern.search(path.read_text(encoding="utf-8"))]
