"""Answers as files: self-contained HTML, CSV. Writes are atomic, and nothing is overwritten by half a file."""

from __future__ import annotations

import csv
import html
import io
import os
import tempfile
from pathlib import Path

from payback.decision.odds import PlanOdds
from payback.decision.plan import Plan
from payback.errors import BadQuestionError
from payback.report.figures_odds import plan_figures
from payback.report.money import formatter
from payback.report.odds_prose import flip_lines, input_lines, odds_lines, odds_title
from payback.report.prose import conditions, sentence
from payback.report.render import svg

STYLE = """
:root { color-scheme: light dark; --ink: #23262b; --paper: #fff; --soft: #667; --line: #e3e5e8; --mark: #1b7f5c; }
@media (prefers-color-scheme: dark) { :root { --ink: #d7dae0; --paper: #15181d; --soft: #99a; --line: #2c3138; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
       color: var(--ink); background: var(--paper); }
h1 { font-size: 1.25rem; } h2 { font-size: 1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
td:first-child, th:first-child { text-align: left; } tr.choice td { font-weight: 600; color: var(--mark); }
small, .soft { color: var(--soft); }
figure { margin: 1.5rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
.dark { display: none; } @media (prefers-color-scheme: dark) { .light { display: none; } .dark { display: block; } }
"""


def plan_html(plan: Plan, odds: PlanOdds | None = None) -> str:
    """The plan as one HTML page that needs nothing else: charts in light and dark, options, odds, facts.

    Args:
        plan: The answer.
        odds: Its odds, where futures were drawn.

    Raises:
        MissingExtraError: The drawing library is not installed.
    """
    text = html.escape
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>payback</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
            f"<h1>{text(sentence(plan, odds))}</h1>",
            *_charts_html(plan, odds),
            _options_html(plan),
            *_odds_html(plan, odds),
            _list_html("What would change the answer", conditions(plan)),
            _list_html("Assumed", [f"{a.name}: {a.value} {a.unit} - {a.why}" for a in plan.assumptions]),
            _facts_html(plan, odds),
            f'<p class="soft">As of {plan.question.as_of}. Made with payback.</p></body></html>',
        ]
    )


def _charts_html(plan: Plan, odds: PlanOdds | None) -> list[str]:
    light, dark = (plan_figures(plan, odds, dark=is_dark) for is_dark in (False, True))
    return [
        f'<figure class="light">{svg(light[name])}</figure><figure class="dark">{svg(dark[name])}</figure>'
        for name in light
    ]


def _odds_html(plan: Plan, odds: PlanOdds | None) -> list[str]:
    if odds is None:
        return []
    return [
        _list_html(odds_title(odds), list(odds_lines(plan, odds))),
        _list_html("Where owning and renting change places", flip_lines(odds)),
        _list_html("Unsure, and drawn anew in each future", input_lines(plan, odds)),
    ]


def _options_html(plan: Plan) -> str:
    rows, money = [], formatter(plan.question)
    for option in plan.options[:25]:
        mark = ' class="choice"' if option is plan.advice.choice else ""
        per_hour = "" if option.usd_per_gpu_h is None else f"{option.usd_per_gpu_h:.3f}"
        cells = (money(option.total_usd), money(option.statement.cash_usd[0]), per_hour)
        numbers = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr{mark}><td>{html.escape(option.candidate.label)}</td>{numbers}</tr>")
    head = "<tr><th>option</th><th>total</th><th>up front</th><th>USD per GPU-hour</th></tr>"
    return f"<h2>Options</h2><table>{head}{''.join(rows)}</table>"


def _list_html(title: str, lines: list[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<h2>{html.escape(title)}</h2><ul>{items}</ul>" if lines else ""


def _facts_html(plan: Plan, odds: PlanOdds | None) -> str:
    known = {**plan.facts, **({} if odds is None else odds.facts)}
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(fact.value))} {html.escape(fact.unit)}</td>"
        f"<td>{fact.observed_on or ''}</td><td>{fact.grade.value}</td>"
        f"<td>{html.escape(fact.source)}<br><small>{html.escape(fact.locator)}</small></td></tr>"
        for name, fact in sorted(known.items())
    )
    head = "<tr><th>fact</th><th>value</th><th>seen</th><th>grade</th><th>source</th></tr>"
    return f"<details><summary>{len(known)} facts</summary><table>{head}{rows}</table></details>"


def plan_csv(plan: Plan) -> str:
    """Cumulative cost of every option, a row an option and month."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["option", "kind", "month", "cumulative_cash_usd", "net_usd"])
    for option in plan.options:
        for month, (cash, net) in enumerate(zip(option.statement.cash_usd, option.statement.net_usd, strict=True)):
            writer.writerow([option.id, option.kind, month, f"{cash:.2f}", f"{net:.2f}"])
    return out.getvalue()


def make_folder(path: Path) -> None:
    """A folder for files of ours; one that is there stays as it is.

    Raises:
        BadQuestionError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadQuestionError(str(path), error.strerror or "an error", "a folder that can be written") from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that it is either wholly there or not at all.

    Raises:
        BadQuestionError: The place cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as part:
            part.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise BadQuestionError(str(path), error.strerror or "an error", "a path that can be written") from error


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file where there is none; one that says the same already is left alone.

    Raises:
        BadQuestionError: Another file stands there, or the place cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_symlink() or path.exists():
        if path.is_file() and path.read_bytes() == data:
            return
        raise BadQuestionError(str(path), "a file that says something else", "a new name; nothing is overwritten")
    write_atomically(path, data)
