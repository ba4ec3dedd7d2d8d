"""Published machines at their stated totals, for days on which no cheapest machine can be found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payback.assembly.model import Severity, Status
from payback.assembly.stated import StatedMachine
from payback.report.assemble_text import Money, path_table
from payback.report.check_text import VERDICTS
from payback.report.money import money


def stated_text(machines: Sequence[StatedMachine], *, spell: Money = money) -> RenderableType:
    """Each machine with its parts, what the rulebook says, and its upgrade path.

    Args:
        machines: Machines, cheapest first.
        spell: Writes an amount of dollars.
    """
    return Group(*(block for machine in machines for block in _blocks(machine, spell)))


def _blocks(stated: StatedMachine, spell: Money) -> Iterator[RenderableType]:
    machine = stated.machine
    told = (
        f"{machine.label}: {spell(stated.total_usd)} in all, as its source states ({machine.source}, {machine.as_of})"
    )
    yield Text(told, style="bold")
    yield _parts(stated, spell)
    verdict = VERDICTS[stated.judgement.compatible]
    yield Text(f"The rulebook: {verdict}, {len(stated.judgement.of_status(Status.OK))} rules hold.")
    for finding in stated.judgement.of_status(Status.UNKNOWN, Severity.ERROR):
        yield Text(f"  open: {finding.rule}: {finding.why}", style="yellow")
    yield Text("")
    yield Text("Upgrade path", style="bold")
    yield path_table(stated.path, spell)
    yield Text("")


def _parts(stated: StatedMachine, spell: Money) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("part", overflow="fold", ratio=1)
    table.add_column("price of the day", justify="right", no_wrap=True)
    for part in stated.parts:
        known = "not known" if part.price_usd is None else f"{spell(part.price_usd)}, {part.observed_on}"
        table.add_row(f"{part.quantity}x", part.component, known)
    return table
