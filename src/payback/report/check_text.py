"""What the rulebook says of a parts list, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from payback.assembly.model import Finding, Judgement, Severity, Status

WIDTH = 100
VERDICTS = {True: "fits together", False: "does not fit together", None: "nobody can tell yet"}
STYLES = {Status.VIOLATED: "red", Status.UNKNOWN: "yellow", Status.OK: "green"}


def print_judgements(judgements: Sequence[Judgement]) -> None:
    """Print each list's verdict, what is broken, what is unknown and which facts would decide."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    for judgement in judgements:
        console.print(Text(f"{judgement.id}: {VERDICTS[judgement.compatible]}", style="bold"))
        for text in _lines(judgement):
            console.print(text)


def _lines(judgement: Judgement) -> Iterator[Text]:
    order = list(Severity)
    for status in (Status.VIOLATED, Status.UNKNOWN):
        for finding in sorted(judgement.of_status(status), key=lambda f: order.index(f.severity)):
            yield Text(f"  {finding.severity.value:7} {finding.rule:18} {_why(finding)}", style=STYLES[status])
    yield Text(f"  {len(judgement.of_status(Status.OK))} rules hold", style="dim")


def _why(finding: Finding) -> str:
    missing = f" (would decide: {', '.join(finding.missing)})" if finding.missing else ""
    return f"{finding.why}{missing}"
