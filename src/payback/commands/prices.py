"""Commands about prices: what things cost, collecting, sources, what was not believed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from payback.commands.common import day, print_json, write_svg
from payback.errors import BadQuestionError

prices_app = App(name="prices", help="What things cost, since when, and who says so.")


@prices_app.default
def prices(
    item: str | None = None,
    *,
    history: bool = False,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    svg: Path | None = None,
) -> None:
    """What an item costs new, used and rented: low, mid, high, age and source.

    Args:
        item: A GPU, part, machine or offer ("RTX 3090", "aws/p3.2xlarge"). Without one, every GPU.
        history: Print every observation instead, oldest first.
        as_of: Day of the question, YYYY-MM-DD. Default: today.
        json: Print as JSON.
        svg: Also write the chart of the history here, as SVG.
    """
    from payback import answers
    from payback.report import prices_text

    if history or svg:
        if item is None:
            raise BadQuestionError("payback prices --history", "no item", "an item, e.g. payback prices 'RTX 3090'")
        events = answers.price_history(item, day(as_of))
        if json:
            print_json(prices_text.events_as_dicts(events))
        else:
            prices_text.print_history(events)
        if svg:
            write_svg(svg, prices_text.history_figure(item, events))
        return
    found = answers.prices(item, day(as_of))
    if json:
        print_json([prices_text.market_as_dict(price, day(as_of)) for price in found])
    else:
        prices_text.print_market(found, day(as_of))


@prices_app.command
def refresh(
    *,
    source: str | None = None,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Collect prices from public catalogues; the only command that uses the network.

    A source that cannot be reached keeps its last data with their true age.

    Args:
        source: One source; all live ones if absent. `payback prices sources` lists them.
        from_: Read local files of the same formats (a file or a folder) instead of the network.
        json: Print the report as JSON.
    """
    from payback import answers
    from payback.report import collect_text
    from payback.report.progress import counter

    with counter("collecting prices") as progress:
        reports = answers.refresh(source, from_, progress)
    if json:
        print_json({"sources": [report.as_dict() for report in reports]})
    else:
        collect_text.print_reports(reports)


@prices_app.command
def sources(*, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Every source of collected prices: how fresh, under what licence, what failed.

    Args:
        json: Print as JSON.
    """
    from payback import answers
    from payback.report import collect_text

    found = answers.price_sources()
    if json:
        print_json([collect_text.source_as_dict(info) for info in found])
    else:
        collect_text.print_sources(found)


@prices_app.command
def quarantine(*, source: str | None = None, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Rows that were not believed: file, line, field and reason.

    Args:
        source: One source; all if absent.
        json: Print as JSON.
    """
    from payback import answers
    from payback.report import collect_text

    rows = answers.price_quarantine(source)
    if json:
        print_json([collect_text.quarantined_as_dict(row) for row in rows])
    else:
        collect_text.print_quarantine(rows)


@prices_app.command
def export(path: Path) -> None:
    """Write all collected prices to a .csv or .parquet file.

    Args:
        path: Where to; the ending decides the format.
    """
    import sys

    from payback import answers

    sys.stderr.write(f"wrote {answers.export_prices(path)} rows to {path}\n")


@prices_app.command
def movers(*, days: int = 30, rising: bool = False, as_of: str | None = None) -> None:
    """What fell (or rose) most among collected prices within some days.

    Args:
        days: How far to look back.
        rising: What rose most, instead.
        as_of: Day to look back from, YYYY-MM-DD. Default: today.
    """
    from payback import answers
    from payback.report import collect_text

    collect_text.print_movers(answers.price_movers(day(as_of), days, rising=rising))
