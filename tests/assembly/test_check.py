"""Whole lists judged: the article's machine, its failing rivals, published builds, names with several meanings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.assembly.article_machine import ARTICLE, list_of

from payback.assembly.check import MOST_READINGS, check_list
from payback.assembly.model import Demand, Judgement, PartsList, Policy, Severity, Status
from payback.assembly.partslist import read_json, read_lists
from payback.catalogue.components import Components
from payback.catalogue.tables import data_folder

Judge = Callable[..., Judgement]
FILES = Path(__file__).parent / "files"
SAMPLE = Path(__file__).parents[2] / ".." / "shared" / "data" / "builds" / "builds-sample.jsonl"
RECORDS: list[dict[str, Any]] = (
    [json.loads(line) for line in SAMPLE.read_text().splitlines()] if SAMPLE.exists() else []
)
TURBO = "ASUS Turbo GeForce GTX 1080 Ti 11GB"
FOUNDERS = "NVIDIA GeForce GTX 1080 Ti Founders Edition"
EXPECTED_STATUS = {
    "error": (Status.VIOLATED, Severity.ERROR),
    "warning": (Status.VIOLATED, Severity.WARNING),
    "unknown": (Status.UNKNOWN, Severity.ERROR),
    "ok": (Status.OK, Severity.ERROR),
}


def broken_hard(judgement: Judgement) -> set[str]:
    """Names of the hard rules that are broken."""
    return {finding.rule for finding in judgement.of_status(Status.VIOLATED, Severity.ERROR)}


@pytest.mark.parametrize("card", [TURBO, FOUNDERS])
@pytest.mark.parametrize("cards", [1, 2, 3, 4])
def test_the_articles_machine_is_proved_compatible(card: str, cards: int, judged: Judge) -> None:
    """Threadripper 1920X, MSI X399 SLI PLUS, EVGA 1600 P2, PC-O11 Air: one card today, four later."""
    judgement = judged(gpu=(card, cards))

    assert judgement.compatible is True, judgement.of_status(Status.UNKNOWN, Severity.ERROR)


@pytest.mark.parametrize("policy", list(Policy))
def test_the_articles_machine_can_become_what_the_article_wants(policy: Policy, components: Components) -> None:
    """Four cards at x8, eight cores, a tenth in reserve: true under every policy, so nothing was left open."""
    assert True is check_list(list_of(ARTICLE), components, Demand.article_four_gpu(), policy).compatible


@pytest.mark.parametrize(
    ("reason", "expected", "changes"),
    [
        ("fewer than 36 lanes", "CPU_LANES", {"cpu": "Intel Core i7-5820K", "board": "MSI X99A GODLIKE GAMING"}),
        ("fewer than 36 lanes", "CPU_LANES", {"cpu": "Intel Core i7-7820X", "board": "MSI MEG X299 CREATION"}),
        ("four cards do not fit", "GPU_SLOT_WIDTH", {"cpu": "Intel Core i7-6900K", "board": "MSI X99A GAMING 7"}),
        ("four cards do not fit", "CASE_SLOTS", {"case": "Corsair 4000D Airflow"}),
        ("under 1,400 W", "PSU_POWER", {"psu": "EVGA SuperNOVA 1200 P2"}),
        ("under 1,400 W", "PSU_POWER", {"psu": "EVGA SuperNOVA 1300 G2"}),
        ("fewer than 8 cores", "CPU_CORES", {"cpu": "Intel Core i7-6850K", "board": "MSI X99A GODLIKE GAMING"}),
    ],
)
def test_failing_ready_made_machines_are_rejected_for_the_articles_reason(
    reason: str, expected: str, changes: dict[str, str], judged: Judge
) -> None:
    """Each of the four faults that the article finds in ready-made machines is found by its rule."""
    judgement = judged(Demand.article_four_gpu(), **changes)

    assert judgement.compatible is False, reason
    assert expected in broken_hard(judgement)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("few-lanes", "CPU_LANES"),
        ("four-gpus-do-not-fit", "GPU_SLOT_WIDTH"),
        ("small-supply", "EXPAND_TO_N"),
        ("few-cores", "CPU_CORES"),
    ],
)
def test_the_shipped_failing_lists_ask_what_the_article_asks(name: str, expected: str, components: Components) -> None:
    """`payback check` on the four lists rejects each for its reason: the question stands in the list itself."""
    [listed] = read_lists(Path(str(data_folder())) / "questions" / "failing" / f"{name}.toml")

    assert listed.demand == Demand.article_four_gpu()
    assert expected in broken_hard(check_list(listed, components))


def test_a_1300_w_supply_carries_four_cards_but_not_the_articles_reserve(judged: Judge) -> None:
    """1,272 W fit on 1,300 W; with a tenth in reserve 1,399 W do not."""
    without = {f.rule: f for f in judged(gpu=(TURBO, 4), psu="EVGA SuperNOVA 1300 G2").findings}
    wanted = {f.rule: f for f in judged(Demand.article_four_gpu(), psu="EVGA SuperNOVA 1300 G2").findings}

    assert (Status.VIOLATED, Severity.WARNING) == (without["PSU_POWER"].status, without["PSU_POWER"].severity)
    assert (Status.VIOLATED, Severity.ERROR) == (wanted["PSU_POWER"].status, wanted["PSU_POWER"].severity)


def test_the_reader_who_could_not_close_his_case_is_told_so(components: Components) -> None:
    """A cooler of 165 mm under 155 mm (Lian Li PC-O11 Air): the list is incompatible, and the sentence says why."""
    judgement = check_list(read_lists(FILES / "two-lists.jsonl")[0], components)
    height = next(finding for finding in judgement.findings if finding.rule == "COOLER_HEIGHT")

    assert judgement.compatible is False
    assert "165 mm" in height.why
    assert "155 mm" in height.why


def test_a_supply_for_200_v_is_refused_at_100_v(components: Components) -> None:
    """The outlet of the question decides what the supply can give."""
    judgement = check_list(read_lists(FILES / "two-lists.jsonl")[1], components)

    assert "PSU_INLET" in broken_hard(judgement)


@pytest.mark.parametrize("category", list(ARTICLE))
def test_an_unknown_part_is_never_called_compatible(category: str, judged: Judge) -> None:
    """Whatever part nobody knows, the answer is not "true"; under the optimistic policy it may be."""
    judgement = judged(**{category: "Zorblax 9000"})

    assert judgement.compatible is None
    assert "PART_NOT_IN_CATALOGUE" in {found.rule for found in judgement.of_status(Status.UNKNOWN)}


def test_strict_rejects_what_warn_leaves_open(components: Components) -> None:
    """The same list under the three policies."""
    doubtful = list_of({**ARTICLE, "psu": "Seasonic PRIME PX-2200"})
    verdicts = [check_list(doubtful, components, policy=policy).compatible for policy in Policy]

    assert [False, None, True] == verdicts


def test_a_name_with_several_meanings_holds_only_if_all_of_them_do(components: Components) -> None:
    """Any RTX 3090 fits an open frame; in a PC-O11 Air beside a second one only some do."""
    apart = check_list(list_of({**ARTICLE, "gpu": "RTX 3090", "case": "open frame"}), components)
    together = check_list(list_of({**ARTICLE, "gpu": ("RTX 3090", 4)}), components)
    width = next(finding for finding in together.findings if finding.rule == "GPU_SLOT_WIDTH")

    assert apart.readings > 1
    assert apart.compatible is True
    assert width.status is Status.UNKNOWN
    assert width.why.startswith("It depends")


def test_too_many_meanings_count_as_unknown(components: Components) -> None:
    """More readings than anybody would check: the ambiguous names are treated as unknown, not guessed."""
    cards = [
        {"category": "gpu", "name": name} for name in ("RTX 3090", "RTX 3080", "RTX 2080 Ti", "RTX 4080", "RTX 5070")
    ]
    judgement = check_list(read_json(json.dumps({"id": "many", "parts": cards}), "many"), components)

    assert judgement.readings <= MOST_READINGS
    assert judgement.compatible is None


def test_an_empty_list_proves_nothing(components: Components) -> None:
    """Nothing named, nothing known."""
    assert check_list(PartsList(id="empty", lines=()), components).compatible is None


def test_a_judgement_has_the_form_that_the_command_prints(judged: Judge) -> None:
    """`payback check --json`: id, compatible, findings with rule, status, severity, why, missing, rule_source."""
    document = json.loads(json.dumps(judged().as_dict()))

    assert {"id", "compatible", "findings"} == set(document)
    assert {"rule", "status", "severity", "why", "missing", "rule_source"} == set(document["findings"][0])


@pytest.mark.skipif(not RECORDS, reason="the published builds are not beside this repository")
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["id"]))
def test_published_build_is_judged_as_its_builder_found(record: dict[str, Any], components: Components) -> None:
    """No list is called compatible that is not, none incompatible that works, and every known fault is found."""
    judgement = check_list(read_json(json.dumps(record), "sample"), components)
    found = {finding.rule: (finding.status, finding.severity) for finding in judgement.findings}
    expected = record["expected"]

    assert judgement.compatible in (None, expected["compatible"])
    assert expected["compatible"] is not False or judgement.compatible is False
    for fault in expected["violations"]:
        assert EXPECTED_STATUS[fault["severity"]] == found[fault["rule"]], fault["why"]


@pytest.mark.skipif(not RECORDS, reason="the published builds are not beside this repository")
def test_known_whole_builds_are_proved_and_not_only_left_open(components: Components) -> None:
    """A checker that knows nothing is never wrong: at least six published builds must come out true."""
    proved = [r["id"] for r in RECORDS if check_list(read_json(json.dumps(r), "sample"), components).compatible is True]

    assert len(proved) >= 6
