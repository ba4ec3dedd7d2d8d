"""How many GPUs to own: the curve as a table and a picture, the recommendation in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.handover import Handover, SizeAnswer
from payback.decision.sizing.bootstrap import Spread
from payback.decision.sizing.compare import Alternative
from payback.decision.sizing.curve import CurvePoint
from payback.decision.sizing.search import SizingResult
from payback.decision.sizing.study import Study
from payback.decision.sizing.what_if import WhatIfResult
from payback.report.money import money

WIDTH, TABLE_WIDTH = 110, 140
HOURS_PER_DAY = 24
PROMPT_H = 1 / 60
"""Nobody minds a minute. [h]"""


def sentence(result: SizingResult) -> str:
    """How many to own, how much to rent, what it costs and how long one waits."""
    best = result.best
    parts = [f"Own {count(best.owned_gpus, 'GPU')}"]
    if best.reserved_gpus:
        parts.append(f"reserve {best.reserved_gpus}")
    if best.burst_jobs:
        parts.append(f"rent {best.burst_gpu_h:,.0f} GPU-hours {_term(result)}")
    what = _listed(parts) if len(parts) > 1 else f"{parts[0]} and rent nothing"
    busy = f" (busy {best.utilisation:.0%} of the time)" if best.steady_gpus else ""
    return (
        f"{what}{busy}: {money(best.total_usd)} over the log's {days(result.period_h)}; "
        f"{waits(best.wait_p50_h, best.wait_p95_h)}"
        + (f"; {best.impossible_jobs:,} of {result.jobs:,} jobs cannot run." if best.impossible_jobs else ".")
    )


def waits(p50_h: float, p95_h: float, wait: str = "wait") -> str:
    """Two quantiles of waits in a clause.

    Example:
        >>> waits(0.0, 0.0), waits(0.0, 3.5)
        ('95 % of the jobs wait 0 min', 'half of the jobs wait 0 min, 95 % up to 3.5 h')
        >>> waits(0.25, 3.5, wait="waited")
        'half of the jobs waited up to 15 min, 95 % up to 3.5 h'
    """
    if p95_h == 0:
        return f"95 % of the jobs {wait} 0 min"
    half = f"up to {hours(p50_h)}" if p50_h else "0 min"
    return f"half of the jobs {wait} {half}, 95 % up to {hours(p95_h)}"


def _term(result: SizingResult) -> str:
    return "on spot terms" if result.asked.prices.rent_term == "spot" else "on demand"


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def hours(value: float) -> str:
    """A wait as people say it.

    Example:
        >>> hours(0.0), hours(0.25), hours(0.005), hours(3.21), hours(134.4)
        ('0 min', '15 min', '18 s', '3.2 h', '5.6 days')
    """
    if 0 < value < 1 / 60:
        return f"{value * 3600:.0f} s"
    if value < 1:
        return f"{value * 60:.0f} min"
    return f"{value:.1f} h" if value < 2 * HOURS_PER_DAY else f"{value / HOURS_PER_DAY:.1f} days"


def count(number: int, what: str) -> str:
    """A number of things.

    Example:
        >>> count(1, "job"), count(6203, "job")
        ('1 job', '6,203 jobs')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def days(period_h: float) -> str:
    """The length of a log as people say it.

    Example:
        >>> days(1.5), days(24 * 30)
        ('1.5 h', '30 days')
    """
    return f"{period_h:.1f} h" if period_h < 2 * HOURS_PER_DAY else f"{period_h / HOURS_PER_DAY:,.0f} days"


def print_size(answer: SizeAnswer) -> None:
    """Print the recommendation, the curve, what surrounds it, what was left out of the log."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    study = answer.study
    result = study.result
    console.print(
        Text(
            f"{count(result.jobs, 'job')}, {result.offered_gpus:.1f} GPUs busy on average, {result.peak_gpus} at most."
        )
    )
    for line in _price_lines(answer):
        console.print(Text(line, style="dim"))
    console.print(Text(sentence(result), style="bold"))
    for line in (*_without_waiting(result), *_today(study), *_spread_lines(study.spread)):
        console.print(Text(line))
    wide = Console(width=max(TABLE_WIDTH, Console().width), highlight=False)
    wide.print(_table(result))
    for title, table in _tables(study):
        console.print(Text(title, style="bold"))
        wide.print(table)
    if answer.handover:
        for line in _next_steps(answer.handover):
            console.print(Text(line))
    for what, tallies in (("left out", result.rejected), ("treated", result.treated)):
        for tally in tallies:
            console.print(
                Text(
                    f"{what}: {count(tally.rows, 'row')}, {tally.reason} (first: row {tally.first_row})", style="yellow"
                )
            )
    for note in result.notes:
        console.print(Text(note, style="dim"))


def _price_lines(answer: SizeAnswer) -> Iterator[str]:
    prices, found = answer.study.result.asked.prices, answer.prices
    line = (
        f"An owned GPU costs {prices.own_usd_per_gpu_h:.3f} USD an hour, busy or not; a rented one "
        f"{prices.rent_usd_per_gpu_h:.3f} ({prices.rent_term})"
    )
    reserved = prices.reserved_usd_per_gpu_h
    yield line + (f"; one reserved for a term {reserved:.3f}." if reserved is not None else ".")
    if found is not None:
        rented = found.spot if prices.rent_term == "spot" else found.rent
        yield f"Owned: {found.own}. Rented: {rented}." + (f" Reserved: {found.reserved}." if reserved else "")


def _today(study: Study) -> Iterator[str]:
    """What the log says of today, and what the answer changes."""
    seen, now, best = study.observed, study.now, study.result.best
    if seen is not None:
        yield (
            f"As the log has it: {waits(seen.wait_p50_h, seen.wait_p95_h, 'waited')}; up to {seen.busiest_gpus} GPUs "
            "were busy at once."
        )
    if now is not None:
        yield (
            f"Now, with {now.owned_gpus} GPUs and nothing rented: {money(now.total_usd)}, busy {now.utilisation:.0%}; "
            + waits(now.wait_p50_h, now.wait_p95_h)
            + (f"; {now.impossible_jobs:,} jobs cannot run." if now.impossible_jobs else ".")
        )
        more = best.total_usd - now.total_usd
        change = f"costs {money(more)} more" if more >= 0 else f"saves {money(-more)}"
        yield (
            f"The recommendation {change} over the log's period and changes the p95 wait from "
            f"{hours(now.wait_p95_h)} to {hours(best.wait_p95_h)}."
        )


def _without_waiting(result: SizingResult) -> Iterator[str]:
    """What the waiting of the recommendation buys."""
    best = result.best
    prompt = [point for point in result.curve if point.wait_p95_h < PROMPT_H and point.keeps_up]
    if best.wait_p95_h < PROMPT_H or not prompt or best.impossible_jobs:
        return
    point = min(prompt, key=lambda point: point.total_usd)
    extra = point.total_usd - best.total_usd
    yield (
        f"The waiting buys {money(extra)}: with p95 under a minute the cheapest is to own {point.owned_gpus}"
        + (f", reserve {point.reserved_gpus}" if point.reserved_gpus else "")
        + f" and rent {point.burst_gpu_h:,.0f} GPU-hours, {money(point.total_usd)}. State a longest wait "
        "(--max-wait-p95) for anything between."
    )


def _spread_lines(spread: Spread | None) -> Iterator[str]:
    if spread is not None:
        yield (
            f"How sure: over {len(spread.owned_gpus)} logs made of its {spread.blocks} pieces drawn at random, the "
            f"best number lies between {spread.owned_gpus_p10} and {spread.owned_gpus_p90} in four of five "
            f"(median {spread.owned_gpus_p50}); sticking to the recommended one costs up to "
            f"{money(spread.regret_usd_p90)} more than the best of a draw in nine of ten."
        )


def _next_steps(handed: Handover) -> Iterator[str]:
    if handed.machine is not None:
        yield (
            f"Machines: {handed.machines} of {handed.machine!r} ({handed.gpus_per_machine} GPUs each; as busy as "
            f"found, an hour of a GPU costs {handed.own_usd_per_gpu_h:.3f} USD). payback size --plan-to FILE, then "
            "payback plan FILE, looks at one of them closely."
        )
    if handed.reserved_offer is not None:
        yield f"Reserve: {handed.reserved_offer}."
    if handed.offer is not None:
        yield f"Rent: {handed.offer}, {handed.rented_gpu_h_per_month:,.0f} GPU-hours a month."


def _table(result: SizingResult) -> Table:
    reserved = any(point.reserved_gpus for point in result.curve)
    names = ["owned", *["reserved"] * reserved, "total", "owning", *["reserving"] * reserved, "renting"]
    table = _columns(*names, "rented GPU-h", "wait p50 h", "p95 h", "utilisation", "")
    for point in result.curve:
        mark = "<- best" if point == result.best else "knee" if point == result.knee else ""
        mark += "" if point.keeps_up else " cannot keep up"
        mark += f" {point.impossible_jobs:,} jobs impossible" if point.impossible_jobs else ""
        numbers = [str(point.owned_gpus), *[str(point.reserved_gpus)] * reserved, money(point.total_usd)]
        numbers += [money(point.own_usd), *[money(point.reserved_usd)] * reserved, money(point.rent_usd)]
        waits = (f"{point.wait_p50_h:.2f}", f"{point.wait_p95_h:.2f}", f"{point.utilisation:.0%}")
        style = "green" if point == result.best else None
        table.add_row(*numbers, f"{point.burst_gpu_h:,.0f}", *waits, mark.strip(), style=style)
    return table


def _columns(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if not place or not name else "right")
    return table


def _tables(study: Study) -> Iterator[tuple[str, Table]]:
    """What surrounds the answer, each part only where it was asked for or says something."""
    result = study.result
    if len(result.best.waits_by_class) > 1:
        table = _columns("GPUs a job holds", "jobs", "wait p50 h", "p95 h")
        for wait in result.best.waits_by_class:
            table.add_row(wait.name, f"{wait.jobs:,}", f"{wait.p50_h:.2f}", f"{wait.p95_h:.2f}")
        yield "Waits by class of job", table
    if len(study.alternatives) > 1:
        yield "Rules and terms for renting", _alternatives(study.alternatives)
    if study.years:
        table = _best_columns("year")
        for number, year in enumerate(study.years):
            table.add_row(str(number), *_cells(year.best))
        yield "As demand grows", table
    if study.what_if:
        yield "What if", _what_ifs(study.what_if)
    if study.pools:
        table = _best_columns("pool")
        for name, pool in study.pools.items():
            table.add_row(name or "(no name)", *_cells(pool.best))
        totals = [pool.best for pool in study.pools.values()]
        table.add_row(
            "together",
            str(sum(best.owned_gpus for best in totals)),
            money(sum(best.total_usd for best in totals)),
            f"{sum(best.burst_gpu_h for best in totals):,.0f}",
        )
        yield "Each kind of GPU by itself", table


def _best_columns(name: str) -> Table:
    return _columns(name, "own", "total", "rented GPU-h", "wait p50 h", "p95 h", "utilisation")


def _cells(best: CurvePoint) -> tuple[str, ...]:
    return (
        str(best.owned_gpus) + (f" + {best.reserved_gpus} reserved" if best.reserved_gpus else ""),
        money(best.total_usd),
        f"{best.burst_gpu_h:,.0f}",
        f"{best.wait_p50_h:.2f}",
        f"{best.wait_p95_h:.2f}",
        f"{best.utilisation:.0%}",
    )


def _alternatives(found: tuple[Alternative, ...]) -> Table:
    table = _columns("rule, term", "own", "total", "rented GPU-h", "wait p50 h", "p95 h", "utilisation", "")
    for one in found:
        name = f"{one.policy}, {one.term}"
        table.add_row(name, *(_cells(one.result.best) if one.result else ["-"] * 6), one.refused or "")
    return table


def _what_ifs(found: tuple[WhatIfResult, ...]) -> Table:
    table = _columns(
        "what if", "own", "total", "rented GPU-h", "wait p50 h", "p95 h", "utilisation", "worth owning up to"
    )
    for one in found:
        worth = one.worth_up_to_usd_per_gpu_h
        table.add_row(str(one.what_if), *_cells(one.result.best), "-" if worth is None else f"{worth:.3f} USD/h")
    return table
