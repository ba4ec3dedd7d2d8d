"""Every rule against published builds with a known answer: the confusion table rule by rule.

For each rule: how often a known fault was found (right severity), missed (the rule says ok) or left open (unknown), and
how often the rule reports a fault in a list where none is known. Below, the verdicts of whole lists.

Run: python benchmarks/check_builds.py [LISTS.jsonl]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from payback.assembly.check import check_list
from payback.assembly.model import Finding, Severity, Status
from payback.assembly.partslist import read_json
from payback.assembly.rulebook import rules
from payback.catalogue.components import load_components

SAMPLE = Path(__file__).parents[2] / "shared" / "data" / "builds" / "builds-sample.jsonl"
COLUMNS = ("found", "left open", "missed", "alarm", "ok", "unknown")
WANTED = {
    "error": (Status.VIOLATED, Severity.ERROR),
    "warning": (Status.VIOLATED, Severity.WARNING),
    "unknown": (Status.UNKNOWN, Severity.ERROR),
}


def outcome(finding: Finding, fault: dict[str, Any] | None) -> str:
    """Where a rule's finding on one list belongs in the table; `fault` is what is known of that list."""
    if fault is not None and fault["severity"] in WANTED:
        status, severity = WANTED[fault["severity"]]
        if (finding.status, finding.severity) == (status, severity):
            return "found"
        return "left open" if finding.status is Status.UNKNOWN else "missed"
    if finding.status is Status.VIOLATED:
        return "alarm" if finding.severity is Severity.ERROR else "ok"
    return "unknown" if finding.status is Status.UNKNOWN else "ok"


def tables(records: list[dict[str, Any]]) -> tuple[dict[str, Counter[str]], Counter[tuple[str, str]]]:
    """Outcomes by rule, and verdicts of whole lists as (known, said)."""
    components = load_components()
    by_rule: dict[str, Counter[str]] = {rule.name: Counter() for rule in rules()}
    whole: Counter[tuple[str, str]] = Counter()
    for record in records:
        judgement = check_list(read_json(json.dumps(record), "sample"), components)
        faults = {fault["rule"]: fault for fault in record["expected"]["violations"]}
        for finding in judgement.findings:
            by_rule[finding.rule][outcome(finding, faults.get(finding.rule))] += 1
        whole[str(record["expected"]["compatible"]), str(judgement.compatible)] += 1
    return by_rule, whole


def main() -> None:
    """Print both tables."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    by_rule, whole = tables(records)
    print(f"{len(records)} lists of {source.name}\n{'rule':24}", *(f"{name:>10}" for name in COLUMNS))
    for name, counted in by_rule.items():
        print(f"{name:24}", *(f"{counted[column] or '.':>10}" for column in COLUMNS))
    print("\nwhole lists: known, said, how many")
    for (known, said), number in sorted(whole.items()):
        wrong = "  WRONG" if (known, said) in {("False", "True"), ("True", "False")} else ""
        print(f"  {known:6} {said:6} {number:3}{wrong}")


if __name__ == "__main__":
    main()
