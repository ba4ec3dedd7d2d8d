"""A backtest as tables: every trial, the regret by year and user, and how much could be judged."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.backtest import Backtest, Calibration, Outcome, Summary, Trial

WIDTH = 130


def trials_table(result: Backtest) -> Table:
    """One row a piece of advice."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("asked on", no_wrap=True)
    table.add_column("user", no_wrap=True)
    table.add_column("advice", overflow="fold", ratio=4)
    table.add_column("expected", justify="right", no_wrap=True)
    table.add_column("realised", justify="right", no_wrap=True)
    table.add_column("best in hindsight", overflow="fold", ratio=4)
    table.add_column("realised", justify="right", no_wrap=True)
    table.add_column("regret", justify="right", no_wrap=True)
    table.add_column("known", justify="right", no_wrap=True)
    for trial in result.trials:
        table.add_row(*_trial_cells(trial))
    return table


def _trial_cells(trial: Trial) -> tuple[str, ...]:
    advised = trial.advised
    label = f"{trial.verdict}: {advised.label}" if advised else f"no advice: {trial.why}"
    return (
        trial.day.isoformat(),
        trial.user.name,
        label,
        _usd(advised.expected_usd if advised else None),
        _realised(advised),
        trial.best.label if trial.best else "",
        _realised(trial.best),
        _share(trial.regret_share),
        f"{trial.evaluated}/{trial.on_offer}",
    )


def _usd(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f}"


def _realised(outcome: Outcome | None) -> str:
    return "" if outcome is None else _usd(outcome.realised_usd)


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"


def summary_table(result: Backtest) -> Table:
    """Regret by year and user, then over all years."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("year", "user"):
        table.add_column(name, no_wrap=True)
    for name in ("asked", "judged", "best chosen", "median regret", "worst regret", "own-or-rent right"):
        table.add_column(name, justify="right", no_wrap=True)
    for summary in result.summaries():
        table.add_row(*_summary_cells(summary), style="bold" if summary.year is None else None)
    return table


def _summary_cells(summary: Summary) -> tuple[str, ...]:
    return (
        "all" if summary.year is None else str(summary.year),
        summary.user,
        str(summary.trials),
        str(summary.judged),
        str(summary.best_chosen),
        _share(summary.median_regret_share),
        _share(summary.worst_regret_share),
        f"{summary.right_side} of {summary.sides_judged}" if summary.sides_judged else "unknown",
    )


def coverage_sentence(result: Backtest) -> str:
    """How much of the grid could be judged, and what that means."""
    judged, complete = len(result.judged), sum(trial.complete for trial in result.trials)
    sides = sum(trial.right_side is not None for trial in result.trials)
    return (
        f"{judged} of {len(result.trials)} pieces of advice could be judged over {result.settings.months} months; for "
        f"{complete} of them every option of the day is known, for the others the regret may be larger. An owned and a "
        f"rented outcome are both known for {sides}: only those say anything about own or rent. The rest is unknown, "
        f"because nobody recorded the later rent or used price."
    )


def print_backtest(result: Backtest, console: Console | None = None) -> None:
    """Print the trials, the summary and the coverage on standard output."""
    screen = console or Console(width=max(WIDTH, Console().width), highlight=False)
    screen.print(Text("Advice given with what was known on the day, against what then happened", style="bold"))
    screen.print(trials_table(result))
    screen.print()
    screen.print(summary_table(result))
    screen.print()
    screen.print(Text(coverage_sentence(result)))
    assumed = max((trial.advised.assumed_usd for trial in result.trials if trial.advised), default=0.0)
    if assumed:
        screen.print(Text("Used cards sell at recorded prices; the rest of a computer at assumed 80/60/40 %."))


def calibration_table(found: Calibration) -> Table:
    """How many outcomes fell inside, below and above their interval, by year."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("year", "options"):
        table.add_column(name, no_wrap=True)
    for name in ("outcomes", "inside", "below", "above"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.rows():
        if row.outcomes:
            shares = (f"{count / row.outcomes:.0%}" for count in (row.inside, row.below, row.above))
            year = "all" if row.year is None else str(row.year)
            style = "bold" if row.year is None else None
            table.add_row(year, row.which, str(row.outcomes), *shares, style=style)
    return table


def print_calibration(found: Calibration, console: Console | None = None) -> None:
    """Print how honest the intervals were on standard output."""
    screen = console or Console(width=max(WIDTH, Console().width), highlight=False)
    screen.print()
    screen.print(Text("The 80% interval given on the day, against what it then cost", style="bold"))
    screen.print(calibration_table(found))
    screen.print()
    words = (
        f"{found.scenarios:,} futures a question, seed {found.seed}; hours as asked. Options of one day share one "
        "market, so that outcomes are far fewer than they look."
    )
    screen.print(Text(words))
