"""The plan for a terminal: one sentence, one table, what would change it, what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from payback.decision.advise import paybacks
from payback.decision.odds import PlanOdds
from payback.decision.options import Option
from payback.decision.own_candidates import OwnCandidate
from payback.decision.plan import Plan
from payback.evidence import Fact, Grade
from payback.report.money import formatter
from payback.report.odds_prose import flip_lines, input_lines, odds_lines, odds_title, payback_span, share_text
from payback.report.odds_text import tornado_table
from payback.report.prose import conditions, sentence
from payback.units import MONTHS_PER_YEAR

MIN_WIDTH = 100
"""Columns used when the output is no terminal, or a narrow one."""
MIN_WIDTH_ODDS = 110
"""The same with the two columns of the odds."""


def plan_text(plan: Plan, odds: PlanOdds | None = None, *, rows: int = 5) -> RenderableType:
    """Everything a reader needs to act, compactly.

    Args:
        plan: The answer.
        odds: Its odds, where futures were drawn.
        rows: Options shown of each side, owning and renting.
    """
    return Group(*_blocks(plan, odds, rows))


def _blocks(plan: Plan, odds: PlanOdds | None, rows: int) -> Iterator[RenderableType]:
    yield Text(_asked(plan), style="dim")
    if plan.use is not None:
        yield Text(plan.use.sentence)
    yield Text("")
    yield Text(sentence(plan, odds), style="bold")
    yield Text("")
    yield _options_table(plan, _shown(plan, rows), odds)
    if plan.comparisons and any(option.candidate.named for option in plan.options):
        yield Text("")
        yield _comparison_table(plan)
    yield from _odds_blocks(plan, odds)
    yield from _section("What would change the answer", conditions(plan) or ["nothing within sensible bounds"])
    yield from _parts_block(plan)
    yield from _section("Not priced", sorted({gap for option in _shown(plan, rows) for gap in option.not_priced}))
    yield from _section("Assumed", [f"{a.name}: {_value(a.value)} {a.unit} ({a.why})" for a in plan.assumptions])
    if odds is not None:
        yield from _section("Unsure, and drawn anew in each future", input_lines(plan, odds))
    yield from _rejected(plan)
    yield from _section("Prices", list(_price_lines(plan)))


def _odds_blocks(plan: Plan, odds: PlanOdds | None) -> Iterator[RenderableType]:
    if odds is None:
        return
    yield from _section(odds_title(odds), list(odds_lines(plan, odds)))
    table = tornado_table(plan, odds)
    if table is not None:
        yield Text("")
        yield table
        yield from _section(
            "Where owning and renting change places, all else in its middle",
            flip_lines(odds) or ["nowhere that more than one future in a hundred reaches"],
        )


def _value(value: object) -> str:
    return "" if value is None else str(value)


def _asked(plan: Plan) -> str:
    work, site = plan.question.work, plan.question.site
    place = f"{site.country}-{site.region}" if site.region else site.country
    memory = f" of {work.vram_gib:g} GiB or more" if work.vram_gib else ""
    return (
        f"As of {plan.question.as_of}: {work.gpus} GPU{'s' if work.gpus > 1 else ''}{memory}, "
        f"{work.hours_per_day:g} h a day, {work.days_per_week:g} days a week, {work.months} months, {work.workload}, "
        f"equal {work.equal} (hours of a {plan.world.reference_gpu}); {place}, "
        f"{plan.world.site.price_usd_per_kwh:.3f} USD/kWh."
    )


def _shown(plan: Plan, rows: int) -> list[Option]:
    named = {option.id for option in plan.options if option.candidate.named}
    owned = [option for option in plan.options if option.is_owned][:rows]
    rented = [option for option in plan.options if not option.is_owned][:rows]
    keep = {option.id for option in (*owned, *rented)} | named
    return [option for option in plan.options if option.id in keep]


def _options_table(plan: Plan, options: list[Option], odds: PlanOdds | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("option", overflow="fold", ratio=1)
    for name in ("total", "up front", "$/GPU-h", "speed", "pays back", *(() if odds is None else ODDS_COLUMNS)):
        table.add_column(name, justify="right", no_wrap=True)
    for option in options:
        cells = (*_row(option, plan), *_odds_cells(option, plan, odds))
        table.add_row(*cells, style="green" if option is plan.advice.choice else None)
    return table


ODDS_COLUMNS = ("in months, 80%", "cheapest")
"""What the futures say of an option: when it pays back, how often it is the cheapest."""


def _odds_cells(option: Option, plan: Plan, odds: PlanOdds | None) -> tuple[str, ...]:
    if odds is None:
        return ()
    one = odds.of(option.id)
    return payback_span(one, plan.question.work.months), share_text(one.probability_best)


def _row(option: Option, plan: Plan) -> tuple[str, ...]:
    money = formatter(plan.question)
    per_hour = "-" if option.usd_per_gpu_h is None else f"{option.usd_per_gpu_h:.3f}"
    baseline = plan.advice.baseline
    when = ""
    if option.is_owned and baseline:
        cash = paybacks(option, baseline, plan.question).cash
        when = "never" if cash is None else f"{cash:.1f} mo"
    elif option is baseline:
        when = "(baseline)"
    first = money(option.statement.cash_usd[0])
    return option.candidate.label, money(option.total_usd), first, per_hour, f"{option.speed.value:.2f}x", when


def _comparison_table(plan: Plan) -> Table:
    labels = {option.id: option.candidate.label for option in plan.options}
    money = formatter(plan.question)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("owning", "against renting"):
        table.add_column(name, overflow="fold")
    for name in ("month", "own", "rent", "ratio", "pays back"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = {min(MONTHS_PER_YEAR, plan.question.work.months), plan.question.work.months}
    for c in (comparison for comparison in plan.comparisons if comparison.month in shown):
        ratio = "-" if c.ratio is None else f"{c.ratio:.1f}x"
        when = "never" if c.payback_months is None else f"{c.payback_months:.2f} mo"
        table.add_row(labels[c.own], labels[c.rent], str(c.month), money(c.own_usd), money(c.rent_usd), ratio, when)
    return table


def _parts_block(plan: Plan) -> Iterator[RenderableType]:
    own = plan.advice.best_owned
    if own is None or not isinstance(own.candidate, OwnCandidate) or not own.candidate.parts:
        return
    yield Text("")
    yield Text(f"Parts of {own.candidate.label}", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    money = formatter(plan.question)
    for justify in ("right", "left", "right", "left"):
        table.add_column(justify="right" if justify == "right" else "left", overflow="fold")
    for part in own.candidate.parts:
        price = "not priced" if part.price_usd is None else money(part.price_usd)
        seen = f"{part.condition}, seen {part.observed_on}" if part.observed_on else ""
        table.add_row(f"{part.quantity}x", part.component, price, seen)
    yield table


def _rejected(plan: Plan) -> Iterator[RenderableType]:
    counts: dict[str, int] = {}
    for rejected in plan.rejected:
        reason = rejected.reasons[0] if rejected.reasons else "no reason"
        key = "price too old" if reason.startswith("price is") else reason
        counts[key] = counts.get(key, 0) + 1
    most = sorted(counts.items(), key=lambda item: -item[1])[:6]
    yield from _section(f"{len(plan.rejected)} candidates left out", [f"{n} x {reason}" for reason, n in most])


def _price_lines(plan: Plan) -> Iterator[str]:
    """The prices behind the choice, the best machine to own and the baseline; what a price was made of is left out."""
    advice = plan.advice
    heads = dict.fromkeys(o.id for o in (advice.choice, advice.best_owned, advice.baseline) if o is not None)
    seen: set[str] = set()
    for option in (option for option in plan.options if option.id in heads):
        facts = [plan.facts[name] for name in option.statement.lines[0].facts if name in plan.facts]
        within = {parent for fact in facts for parent in fact.parents}
        for fact in facts:
            if fact.id in seen or fact.id in within or fact.currency is None:
                continue
            seen.add(fact.id)
            yield f"{_fact_name(fact)}: {_amount(fact)} {fact.unit}, {fact.observed_on}, {_where(fact, plan)}"
    yield "those of the other options, and what each was made of: --json"


def _fact_name(fact: Fact) -> str:
    return fact.id.split("/")[0].split(":", 1)[-1]


def _amount(fact: Fact) -> str:
    return f"{fact.value:,.2f}" if isinstance(fact.value, float) else str(fact.value)


def _where(fact: Fact, plan: Plan) -> str:
    """The page a price was read on; of a price computed from others, the first of theirs."""
    parents = [plan.facts[name] for name in fact.parents if name in plan.facts]
    if fact.grade is not Grade.DERIVED or not parents:
        return fact.locator or fact.source
    others = f" and {len(parents) - 1} more" if len(parents) > 1 else ""
    first = next((parent for parent in parents if parent.locator), parents[0])
    return f"{_where(first, plan)}{others}"


def _section(title: str, lines: list[str]) -> Iterator[RenderableType]:
    if lines:
        yield Text("")
        yield Text(title, style="bold")
        for line in lines:
            yield Text(f"  {line}")


def print_plan(plan: Plan, odds: PlanOdds | None = None, *, width: int | None = None) -> None:
    """Print the plan on standard output."""
    console = Console(highlight=False)
    least = MIN_WIDTH if odds is None else MIN_WIDTH_ODDS
    Console(width=width or max(least, console.width), highlight=False).print(plan_text(plan, odds))
