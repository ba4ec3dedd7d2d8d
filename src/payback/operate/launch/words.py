"""What `payback launch` prints: the files, the commands, the expected bill with its facts."""

from __future__ import annotations

from collections.abc import Iterator

from payback.evidence import Fact
from payback.operate.launch.names import TITLES
from payback.operate.launch.request import BillLine, Launch
from payback.report.money import money


def launch_text(launch: Launch) -> str:
    """The whole answer as plain text; a shell shows it unchanged."""
    return "\n".join(_lines(launch)) + "\n"


def bill_text(launch: Launch) -> str:
    """The expected bill, a line a reason, each with its facts."""
    return "\n".join(_bill(launch)) + "\n"


def commands_text(launch: Launch) -> str:
    """What to type; nothing was started."""
    return "\n".join(["Nothing is running yet. To launch:", *(f"  {line}" for line in launch.commands)]) + "\n"


def _lines(launch: Launch) -> Iterator[str]:
    yield f"{TITLES[launch.tool]} for {launch.label}"
    for file in launch.files:
        yield ""
        yield f"--- {file.name} ({file.what})"
        yield file.content.rstrip("\n")
    yield ""
    yield commands_text(launch).rstrip("\n")
    yield ""
    yield from _bill(launch)
    if launch.notes:
        yield ""
        yield "Mind"
        yield from (f"  {note}" for note in launch.notes)


def _bill(launch: Launch) -> Iterator[str]:
    yield f"Expected bill: {money(launch.usd_per_month)} a month for {launch.months} months"
    for line in launch.bill:
        yield f"  {line.name}: {money(line.usd_per_month)} a month = {line.how}{_named(line)}"
    for name, fact in launch.facts.items():
        yield f"  [{name}] {_fact(fact)}"


def _named(line: BillLine) -> str:
    return f"  [{', '.join(line.facts)}]" if line.facts else ""


def _fact(fact: Fact) -> str:
    day = f", {fact.observed_on}" if fact.observed_on else ""
    return f"{fact.value} {fact.unit} ({fact.source}{day}, {fact.grade.value})"
