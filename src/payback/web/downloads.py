"""An answer as files to keep: report, costs, chart, parts list."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from payback.decision.odds import PlanOdds
from payback.decision.plan import Plan
from payback.report import files, render
from payback.report.figures_odds import cost_figure
from payback.web.present import best_machine


def parts_csv(plan: Plan) -> str:
    """The parts of the cheapest machine to own, a line each; empty cells where no price is known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["quantity", "category", "component", "condition", "unit_price_usd", "observed_on", "source"])
    machine = best_machine(plan)
    for part in machine.parts if machine else ():
        price = "" if part.unit_price_usd is None else f"{part.unit_price_usd:.2f}"
        source = part.facts[0].source if part.facts else ""
        row = [part.quantity, part.category, part.component, part.condition, price, part.observed_on or "", source]
        writer.writerow(row)
    return out.getvalue()


def parts_text(plan: Plan) -> str:
    """The parts of the cheapest machine to own in the form that `payback check` reads."""
    machine = best_machine(plan)
    return "".join(
        f"{part.category}: {part.quantity}x {part.component}\n" for part in (machine.parts if machine else ())
    )


FILES: Mapping[str, tuple[Callable[[Plan, PlanOdds | None], str], bool, str]] = {
    "report.html": (files.plan_html, True, "text/html; charset=utf-8"),
    "costs.csv": (lambda plan, _: files.plan_csv(plan), False, "text/csv; charset=utf-8"),
    "chart.svg": (lambda plan, odds: render.svg(cost_figure(plan, odds)), True, "image/svg+xml"),
    "parts.csv": (lambda plan, _: parts_csv(plan), False, "text/csv; charset=utf-8"),
    "parts.txt": (lambda plan, _: parts_text(plan), False, "text/plain; charset=utf-8"),
}
"""Name to what writes it, whether from the odds too, and what kind of file it is."""
