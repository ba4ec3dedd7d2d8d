"""Judge the article's machine with some parts replaced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.assembly.article_machine import ARTICLE, Part, list_of

from payback.assembly.check import check_list
from payback.assembly.model import Demand, Finding, Judgement
from payback.catalogue.components import Components, load_components


@pytest.fixture(scope="session")
def components() -> Components:
    """The parts we ship."""
    return load_components()


@pytest.fixture(scope="session")
def judged(components: Components) -> Callable[..., Judgement]:
    """Judge the article's machine with some parts replaced."""

    def judge(demand: Demand | None = None, *, whole: bool | None = None, **changes: Part) -> Judgement:
        return check_list(list_of({**ARTICLE, **changes}, whole=whole), components, demand or Demand())

    return judge


@pytest.fixture(scope="session")
def finding(judged: Callable[..., Judgement]) -> Callable[..., Finding]:
    """What one rule says of the article's machine with some parts replaced."""

    def found(rule: str, demand: Demand | None = None, *, whole: bool | None = None, **changes: Part) -> Finding:
        judgement = judged(demand, whole=whole, **changes)
        return next(finding for finding in judgement.findings if finding.rule == rule)

    return found
