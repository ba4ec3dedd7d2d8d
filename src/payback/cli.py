"""The command line: parse, call an answer, print. No arithmetic here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from payback.commands.after import access, launch
from payback.commands.bill import bill
from payback.commands.common import day, print_json, write_svg
from payback.commands.lab import size
from payback.commands.machines import assemble, check
from payback.commands.measure import bench_app
from payback.commands.prices import prices_app
from payback.commands.servers import mcp, serve
from payback.commands.watch import watch_app
from payback.errors import PaybackError

if TYPE_CHECKING:
    from payback.decision.odds import PlanOdds
    from payback.decision.plan import Plan

app = App(
    name="payback",
    result_action="return_value",
    help="Build, buy or rent a deep-learning computer: which exactly, and when does it pay back?",
)
app.command(prices_app)
app.command(bench_app)
app.command(size)
app.command(watch_app)
app.command(bill)
app.command(assemble)
app.command(check)
app.command(access)
app.command(launch)
app.command(serve)
app.command(mcp)


@app.command
def plan(
    question: Path | None = None,
    *,
    as_of: str | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    odds: bool = True,
    usage: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    html: Path | None = None,
    svg: Path | None = None,
    png: Path | None = None,
    csv: Path | None = None,
    pictures: Path | None = None,
) -> None:
    """Build, buy or rent? Every option ranked at equal work, the choice, when it pays back, and how sure that is.

    Args:
        question: A question file (TOML). Without one, a sensible default question is asked and printed.
        as_of: Day of the question, YYYY-MM-DD; nothing seen later is used. Default: the file's, else today.
        scenarios: Futures to draw for the odds; 8192 by default. Ctrl-C keeps those drawn so far.
        seed: Seed of the futures, 0 to 2^64 - 1; the same seed gives the same odds.
        odds: Whether to draw futures at all.
        usage: A log of `payback watch`; its measured hours replace those of the question.
        json: Print the answer as JSON.
        html: Also write a self-contained HTML report here.
        svg: Also write the chart of costs here, as SVG.
        png: Also write the chart of costs here, as PNG.
        csv: Also write the month-by-month costs here.
        pictures: Also write every chart into this folder, as SVG.
    """
    from payback import answers
    from payback.question_file import default_question, read_question

    asked = read_question(question, as_of=day(as_of)) if question else default_question(as_of=day(as_of))
    if as_of is not None:
        asked = asked.model_copy(update={"as_of": day(as_of)})
    if usage is not None:
        asked = asked.model_copy(update={"work": asked.work.model_copy(update={"usage": str(usage)})})
    from payback.report.progress import spinner

    with spinner("comparing every way to do the work"):
        answer = answers.plan(asked)
    sure = _odds(answer, scenarios, seed) if odds else None
    if json:
        from payback.report.plan_json import plan_as_dict

        print_json(plan_as_dict(answer, sure))
    else:
        from payback.report.plan_text import print_plan

        print_plan(answer, sure)
    _write_files(answer, sure, {"html": html, "svg": svg, "png": png, "csv": csv})
    if pictures is not None:
        _write_pictures(answer, sure, pictures)


def _odds(answer: Plan, scenarios: int | None, seed: int | None) -> PlanOdds | None:
    """The odds; none if the user stopped them before the first futures were done."""
    from payback import answers
    from payback.report.progress import late_bar

    try:
        with late_bar("drawing futures (a first large run also compiles, about a minute)") as progress:
            return answers.odds(answer, scenarios=scenarios, seed=seed, progress=progress)
    except KeyboardInterrupt:
        sys.stderr.write("payback: interrupted before any future was drawn: the answer below has no odds\n")
        return None


@app.command
def article(*, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """The claims of the 2018 article, recomputed from the catalogue, beside the article's own figures.

    Args:
        json: Print the claims as JSON.
    """
    from payback import answers

    claims = answers.article()
    if json:
        print_json({"claims": [claim.as_dict() for claim in claims]})
    else:
        from payback.report.article_text import print_claims

        print_claims(claims)


@app.command
def claim(analysis: Path, *, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Recompute a published rent-or-buy analysis and name the step that fails.

    Args:
        analysis: The analysis as TOML: inputs, steps, stated figures. See docs/method/claims.md.
        json: Print the steps as JSON.
    """
    from payback import answers

    checked = answers.claim(analysis)
    if json:
        print_json(checked.as_dict())
    else:
        from payback.report.claim_text import print_claim

        print_claim(checked)


@app.command
def backtest(*, odds: bool = False, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Advice given on past days with only what was known then, against what then happened.

    Args:
        odds: Also judge the odds: how often what then happened lay within the 80 % interval given on the day.
        json: Print every piece of advice and its outcome as JSON.
    """
    from payback import answers
    from payback.report.progress import bar

    with bar("advice on past days") as progress:
        result = answers.backtest(progress=progress)
    judged = None
    if odds:
        with bar("odds on past days") as progress:
            judged = answers.calibration(progress=progress)
    if json:
        print_json({**result.as_dict(), **({} if judged is None else {"calibration": judged.as_dict()})})
        return
    from payback.report.backtest_text import print_backtest, print_calibration

    print_backtest(result)
    if judged is not None:
        print_calibration(judged)


@app.command
def speed(
    *,
    gpu: str | None = None,
    workload: str | None = None,
    gpus: int = 1,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Training speed with an interval that holds four times out of five, measured where known, else predicted.

    Args:
        gpu: A GPU; without one, all of them.
        workload: A kind of work ("resnet50", "llm-8b-lora") or a measured task; without one, all for one GPU.
        gpus: GPUs of that kind in one machine.
        json: Print the rows as JSON.
    """
    from payback import answers
    from payback.report.progress import spinner

    with spinner("learning from measured speeds"):
        rows = answers.speed(gpu, workload, gpu_count=gpus)
    from payback.report import speed_text

    if json:
        print_json([speed_text.speed_as_dict(row) for row in rows])
    else:
        speed_text.print_speeds(rows)


def _write_files(answer: Plan, sure: PlanOdds | None, targets: dict[str, Path | None]) -> None:
    from payback.report import figures_odds as figures
    from payback.report import files, render

    makers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: files.plan_html(answer, sure),
        "svg": lambda: render.svg(figures.cost_figure(answer, sure)),
        "png": lambda: render.png(figures.cost_figure(answer, sure)),
        "csv": lambda: files.plan_csv(answer),
    }
    for kind, path in targets.items():
        if path is not None:
            files.write_atomically(path, makers[kind]())
            sys.stderr.write(f"wrote {path}\n")


def _write_pictures(answer: Plan, sure: PlanOdds | None, folder: Path) -> None:
    from payback.report import figures_odds as figures
    from payback.report.files import make_folder

    make_folder(folder)
    for name, figure in figures.plan_figures(answer, sure).items():
        write_svg(folder / f"{name}.svg", figure)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors become one line on stderr and an exit status.

    Args:
        arguments: Words after the program's name; those of the process if None.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        app(words, exit_on_error=False, print_error=False)
    except PaybackError as error:
        _stop(str(error), error.exit_status)
    except CycloptsError as error:
        _stop(" ".join(str(error).split()), 2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        _stop("interrupted", 130)


def _stop(message: str, status: int) -> None:
    sys.stderr.write(f"payback: {message}\n")
    sys.exit(status)
