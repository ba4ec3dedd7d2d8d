"""Machines that the search finds stand among the options of a plan, priced and dated like any other."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from payback.assembly.search import Build
from payback.catalogue.catalogue import Catalogue, load
from payback.decision import searched as room
from payback.decision.own_candidates import OwnCandidate, owned
from payback.decision.searched import searched
from payback.question import Preferences, Question, Work

DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def facts() -> Catalogue:
    return load()


def asked(*, gpus: int = 1, kinds: tuple[str, ...] | None = None, used: bool = True, day: dt.date = DAY) -> Question:
    options = Preferences.model_validate({"kinds": kinds, "used": used})
    return Question(as_of=day, work=Work(gpus=gpus, vram_gib=24), options=options)


def found(question: Question, catalogue: Catalogue) -> list[OwnCandidate]:
    """Candidates of the search."""
    return [candidate for candidate in owned(question, catalogue) if candidate.label.endswith("found by the search")]


@pytest.mark.parametrize("gpus", [1, 2, 4])
def test_every_part_is_priced_dated_and_sourced(gpus: int, facts: Catalogue) -> None:
    """The capital is the sum of the lines, no line is without day and fact, and the label names GPU and platform."""
    candidates = found(asked(gpus=gpus), facts)

    assert candidates
    for candidate in candidates:
        assert not candidate.not_priced
        assert candidate.capital_usd == pytest.approx(sum(part.price_usd or 0.0 for part in candidate.parts))
        assert all(part.observed_on and part.observed_on <= DAY and part.facts for part in candidate.parts)
        assert candidate.gpu_count == gpus
        assert candidate.label.startswith(f"{gpus}x {candidate.gpu.gpu} on ")
        assert candidate.wall_power_w


def test_it_is_no_dearer_than_the_shipped_lists_that_fit(facts: Catalogue) -> None:
    """The cheapest machine of all costs no more than any list of one GPU of 24 GiB whose parts are all priced."""
    every = list(owned(asked(), facts))
    machines = [c for c in every if c.id.split(":")[0] in ("build", "used") and (c.gpu.memory_gib or 0) >= 24]
    priced = [c.capital_usd for c in machines if c.capital_usd is not None and not c.not_priced]

    assert min(c.capital_usd or 0.0 for c in found(asked(), facts)) == min(priced)


def test_kinds_and_used_parts_are_respected(facts: Catalogue) -> None:
    """Nothing is enumerated for kinds = [], no used part where none is wanted, no build where only used is asked."""
    assert not found(asked(kinds=()), facts)
    assert {"build"} == {candidate.kind for candidate in found(asked(used=False), facts)}
    assert {"used"} >= {candidate.kind for candidate in found(asked(kinds=("used",)), facts)}
    new_only = found(asked(used=False), facts)
    assert all(part.condition == "new" for candidate in new_only for part in candidate.parts)


def test_a_day_without_prices_gives_nothing_and_no_error(facts: Catalogue) -> None:
    """In September 2018 boards, memory, supplies and cases have no price: no machine, and the plan goes on."""
    assert not found(asked(day=dt.date(2018, 9, 26)), facts)


def test_the_answer_is_remembered_until_a_price_changes(
    facts: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time the search is not asked; another price, another machine file; a damaged file is made again."""
    first = list(searched(asked(), facts, tmp_path))
    calls: list[Question] = []
    honest = room._found

    def counted(question: Question, catalogue: Catalogue) -> list[Build]:
        calls.append(question)
        return honest(question, catalogue)

    monkeypatch.setattr(room, "_found", counted)
    again = list(searched(asked(), facts, tmp_path))
    assert first == again
    assert not calls

    rows = tuple(
        replace(row, price=row.price * 3) if row.component == "RTX 3090" else row for row in facts.component_prices
    )
    dearer = list(searched(asked(), replace(facts, component_prices=rows), tmp_path))
    assert len(calls) == 1
    assert dearer != first

    for file in tmp_path.iterdir():
        file.write_text("{damaged", encoding="utf-8")
    assert list(searched(asked(), facts, tmp_path)) == first
    assert len(calls) == 2
