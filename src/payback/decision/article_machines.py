"""Claim C13: ready-made machines that cannot become what the article wants, each rejected by a rule with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from payback.assembly.check import check_list
from payback.assembly.model import Demand, Judgement, Severity, Status
from payback.assembly.partslist import read_toml
from payback.catalogue.components import load_components
from payback.catalogue.tables import data_folder
from payback.decision.claims import Claim

FAILING = ("few-lanes", "four-gpus-do-not-fit", "small-supply", "few-cores")


def machine_claims() -> Iterator[Claim]:
    """C13, with the rule that rejects each of the four failing machines."""
    judged = {name: judge_failing(name) for name in FAILING}
    rejected = {name: _broken(judgement) for name, judgement in judged.items() if judgement.compatible is False}
    yield Claim(
        id="C13",
        text="ready-made machines fail: under 36 lanes, boards that do not take 4 GPUs, under 1,400 W, under 8 cores",
        stated=(len(FAILING), len(FAILING)),
        computed=float(len(rejected)),
        unit="of 4 failing machines rejected",
        holds=len(rejected) == len(FAILING),
        detail="; ".join(f"{name}: {', '.join(rules)}" for name, rules in rejected.items()),
        weak="loudness of supplies and looks of cases are known for few parts",
    )


def judge_failing(name: str) -> Judgement:
    """What the rulebook says of one of the article's failing machines, asked for four GPUs at x8."""
    text = (data_folder() / "questions" / "failing" / f"{name}.toml").read_text(encoding="utf-8")
    return check_list(read_toml(text, name), load_components(), Demand.article_four_gpu())


def _broken(judgement: Judgement) -> list[str]:
    return [
        finding.rule
        for finding in judgement.findings
        if finding.status is Status.VIOLATED and finding.severity is Severity.ERROR
    ]
