"""Assembled machines for a terminal: the parts to buy, what to check first, the proof, and the ways around."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from payback.assembly.prebuilt_compare import PrebuiltComparison
from payback.assembly.search.build import Build
from payback.assembly.search.certificate import Certificate
from payback.assembly.search.levers import Lever
from payback.assembly.search.why_not import WhyNot
from payback.assembly.upgrade import UpgradePath, UpgradeStep
from payback.report.money import money

WIDTH = 100
Money = Callable[[float], str]


def builds_text(
    builds: Sequence[Build],
    *,
    spell: Money = money,
    levers: Sequence[Lever] = (),
    prebuilts: Sequence[PrebuiltComparison] = (),
    path: UpgradePath | None = None,
    why: Sequence[WhyNot] = (),
    growth: Sequence[UpgradePath] = (),
) -> RenderableType:
    """The best machine part by part, the next best as a table, then whatever else was asked.

    Args:
        builds: Machines, best first.
        spell: Writes an amount of dollars.
        levers: Changes of the demand that would save money.
        prebuilts: Ready-made machines with the same GPUs as the best.
        path: How the machine grows.
        why: Answers to "why not this part?".
        growth: Machines with room for more GPUs, each with its path.
    """
    return Group(*_blocks(builds, spell, levers, prebuilts, path, why, growth))


def _blocks(
    builds: Sequence[Build],
    spell: Money,
    levers: Sequence[Lever],
    prebuilts: Sequence[PrebuiltComparison],
    path: UpgradePath | None,
    why: Sequence[WhyNot],
    growth: Sequence[UpgradePath],
) -> Iterator[RenderableType]:
    best = builds[0]
    yield Text(headline(best, spell), style="bold")
    yield Text("")
    yield parts_table(best, spell)
    yield from _section("Check before buying", [f"{f.rule}: {f.why}" for f in best.open_questions])
    yield from _section("Know before buying", [*(f"{f.rule}: {f.why}" for f in best.warnings), *best.cautions])
    yield from _section("Proof", list(proof(best.certificate, spell)))
    if len(builds) > 1:
        yield Text("")
        yield Text(f"The cheapest of each kind (throughput: {best.throughput_unit})", style="bold")
        yield machines_table(builds, spell)
    if path is not None and len(path.steps) > 1:
        yield Text("")
        yield Text(f"Upgrade path of {path.label}", style="bold")
        yield path_table(path, spell)
    yield from _section("Room to grow", [growth_sentence(best, roomy, spell) for roomy in growth])
    saved = [f"{lever.what}: {spell(lever.cost_usd)} ({spell(lever.cost_usd - best.total_usd)})" for lever in levers]
    yield from _section("Cheaper if one thing changes", saved)
    yield from _section("Bought ready-made", [prebuilt_sentence(comparison, spell) for comparison in prebuilts])
    yield from _section("Why not", [answer.sentence for answer in why])


def headline(build: Build, spell: Money = money) -> str:
    """One line: what, how much, how hungry."""
    lanes = "/".join("?" if count is None else f"x{count}" for count in build.lanes_per_gpu)
    room = f", made to take {build.grown_gpus}" if build.grown_gpus > build.gpu_count else ""
    return (
        f"{build.label}: {spell(build.total_usd)} before tax as of {build.as_of}, about {build.wall_power_w:,.0f} W at "
        f"the wall, lanes {lanes or 'unknown'}{room}"
    )


def parts_table(build: Build, spell: Money = money) -> Table:
    """The parts, each with price, condition and the day the price was seen."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("part", overflow="fold", ratio=1)
    for name in ("each", "price", "seen"):
        table.add_column(name, justify="right", no_wrap=True)
    for part in build.parts:
        name = f"{part.component}: {build.card}" if part.category == "gpu" and build.card else part.component
        each = "-" if part.unit_price_usd is None else spell(part.unit_price_usd)
        price = "not priced" if part.price_usd is None else spell(part.price_usd)
        seen = f"{part.condition}, {part.observed_on}" if part.observed_on else part.condition
        table.add_row(f"{part.quantity}x", name, each, price, seen)
    table.add_row("", "all parts before tax", "", spell(build.total_usd), "", style="bold")
    return table


def proof(certificate: Certificate, spell: Money = money) -> Iterator[str]:
    """Why there is no cheaper machine, in a few lines."""
    standing = "no machine that passes costs less" if certificate.proved else "not proved"
    yield (
        f"{certificate.objective}: {spell(certificate.cost_usd)}, lower bound {spell(certificate.lower_bound_usd)}: "
        f"{standing} (rule set {certificate.rule_set})"
    )
    kept = (f"{category} {certificate.parts_priced[category]}>{n}" for category, n in certificate.parts_kept.items())
    yield f"parts priced>undominated: {', '.join(kept)}"
    if certificate.binding:
        yield "cheaper parts stopped by " + ", ".join(f"{rule} ({n})" for rule, n in certificate.binding.items())
    if certificate.discarded:
        yield "machines stopped by " + ", ".join(f"{rule} ({n})" for rule, n in certificate.discarded.items())
    out = [f"{category}: {_counted(reasons)}" for category, reasons in certificate.left_out.items()]
    if out:
        yield f"prices not used: {'; '.join(out)}"


def _counted(reasons: object) -> str:
    assert isinstance(reasons, dict)
    return ", ".join(f"{number} {kind}" for kind, number in reasons.items())


def machines_table(builds: Sequence[Build], spell: Money = money) -> Table:
    """One row a machine: cost, throughput, watts, what is open."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("machine", overflow="fold", ratio=1)
    for name in ("cost", "a GPU", "throughput", "$ a unit", "at the wall", "open", "warnings"):
        table.add_column(name, justify="right", no_wrap=True)
    for build in builds:
        speed = build.throughput
        table.add_row(
            build.label,
            spell(build.total_usd),
            spell(build.usd_per_gpu),
            "-" if speed is None else f"{speed:,.0f}",
            "-" if not speed else f"{build.total_usd / speed:,.2f}",
            f"{build.wall_power_w:,.0f} W",
            str(len(build.open_questions)),
            str(len(build.warnings)),
        )
    return table


def path_table(path: UpgradePath, spell: Money = money) -> Table:
    """One row a step: what is paid now, what in all, what a GPU costs then."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("GPUs", "this step", "in all", "a GPU", "basis"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what else must change", overflow="fold", ratio=1)
    for step in path.steps:
        table.add_row(
            str(step.gpus),
            spell(step.added_usd),
            spell(step.total_usd),
            spell(step.usd_per_gpu),
            step.basis,
            _also(step),
        )
    return table


def _also(step: UpgradeStep) -> str:
    return "; ".join(f"{finding.rule}: {finding.why}" for finding in step.problems) or "nothing"


def growth_sentence(best: Build, path: UpgradePath, spell: Money = money) -> str:
    """What room for more GPUs costs now, and what they cost together later."""
    first, last = path.steps[0], path.steps[-1]
    more = spell(first.total_usd - best.total_usd)
    return (
        f"{path.label}, room for {last.gpus}: {spell(first.total_usd)} now ({more} more than the machine above), "
        f"{spell(path.gpu_usd)} a further {path.gpu}, {spell(last.usd_per_gpu)} a GPU with {last.gpus}"
    )


def prebuilt_sentence(comparison: PrebuiltComparison, spell: Money = money) -> str:
    """What buying it ready-made costs, and what it saves."""
    more = "more" if comparison.markup_usd >= 0 else "less"
    differ = f" ({'; '.join(comparison.differences)})" if comparison.differences else ""
    markup = f"{abs(comparison.markup_share):.0%} {more} than the parts"
    hours = f"{comparison.hours_saved:g} hours saved"
    return (
        f"{comparison.machine}: {spell(comparison.prebuilt_usd)}, {markup}, for {hours}; "
        f"price seen {comparison.age_days} days before{differ}"
    )


def front_text(builds: Sequence[Build], *, spell: Money = money) -> RenderableType:
    """The front of cost against throughput, cheapest first."""
    unit = builds[0].throughput_unit
    title = Text(f"{len(builds)} machines that no other beats in both cost and throughput ({unit})", style="bold")
    return Group(title, machines_table(builds, spell))


def _section(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    if lines:
        yield Text("")
        yield Text(title, style="bold")
        for line in lines:
            yield Text(f"  {line}")


def print_text(text: RenderableType, *, width: int | None = None) -> None:
    """Print on standard output."""
    Console(width=width or max(WIDTH, Console().width), highlight=False).print(text)
