"""The command line: parse, call an answer, print. No arithmetic here."""

from __future__ import annotations

import datetime as dt
import json as _json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from payback.errors import BadQuestionError, PaybackError

if TYPE_CHECKING:
    from payback.decision.plan import Plan

app = App(
    name="payback",
    result_action="return_value",
    help="Build, buy or rent a deep-learning computer: which exactly, and when does it pay back?",
)


def _day(text: str | None) -> dt.date:
    if text is None:
        return dt.datetime.now(tz=dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadQuestionError("--as-of", repr(text), "a day as YYYY-MM-DD") from error


def _print_json(document: object) -> None:
    sys.stdout.write(_json.dumps(document, indent=1, allow_nan=False) + "\n")


@app.command
def plan(
    question: Path | None = None,
    *,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    html: Path | None = None,
    svg: Path | None = None,
    png: Path | None = None,
    csv: Path | None = None,
) -> None:
    """Build, buy or rent? Every option ranked at equal work, the choice, and when it pays back.

    Args:
        question: A question file (TOML). Without one, a sensible default question is asked and printed.
        as_of: Day of the question, YYYY-MM-DD; nothing seen later is used. Default: the file's, else today.
        json: Print the answer as JSON.
        html: Also write a self-contained HTML report here.
        svg: Also write the chart here, as SVG.
        png: Also write the chart here, as PNG.
        csv: Also write the month-by-month costs here.
    """
    from payback import answers
    from payback.question_file import default_question, read_question

    asked = read_question(question, as_of=_day(as_of)) if question else default_question(as_of=_day(as_of))
    if as_of is not None:
        asked = asked.model_copy(update={"as_of": _day(as_of)})
    from payback.report.progress import spinner

    with spinner("comparing every way to do the work"):
        answer = answers.plan(asked)
    if json:
        from payback.report.plan_json import plan_as_dict

        _print_json(plan_as_dict(answer))
    else:
        from payback.report.plan_text import print_plan

        print_plan(answer)
    _write_files(answer, {"html": html, "svg": svg, "png": png, "csv": csv})


@app.command
def article(*, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """The claims of the 2018 article, recomputed from the catalogue, beside the article's own figures.

    Args:
        json: Print the claims as JSON.
    """
    from payback import answers

    claims = answers.article()
    if json:
        _print_json({"claims": [claim.as_dict() for claim in claims]})
    else:
        from payback.report.article_text import print_claims

        print_claims(claims)


@app.command
def check(parts_list: Path, *, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Does this parts list fit together? Every rule, what it found, and which fact would decide.

    Args:
        parts_list: A parts list: .toml, .jsonl of many, or plain text with one part a line.
        json: Print one JSON object a list, a line each.
    """
    from payback import answers

    judgements = answers.check(parts_list)
    if json:
        for judgement in judgements:
            sys.stdout.write(_json.dumps(judgement.as_dict()) + "\n")
    else:
        from payback.report.check_text import print_judgements

        print_judgements(judgements)


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
        _print_json(checked.as_dict())
    else:
        from payback.report.claim_text import print_claim

        print_claim(checked)


@app.command
def backtest(*, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Advice given on past days with only what was known then, against what then happened.

    Args:
        json: Print every piece of advice and its outcome as JSON.
    """
    from payback import answers
    from payback.report.progress import bar

    with bar("advice on past days") as progress:
        result = answers.backtest(progress=progress)
    if json:
        _print_json(result.as_dict())
    else:
        from payback.report.backtest_text import print_backtest

        print_backtest(result)


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
        _print_json([speed_text.speed_as_dict(row) for row in rows])
    else:
        speed_text.print_speeds(rows)


@app.command
def size(
    joblog: Path,
    *,
    format: str | None = None,  # noqa: A002
    columns: str | None = None,
    queue: Literal["fifo", "easy"] = "fifo",
    burst_after: str = "1h",
    owned: str | None = None,
    question: Path | None = None,
    own_usd_per_gpu_h: float | None = None,
    rent_usd_per_gpu_h: float | None = None,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    svg: Path | None = None,
) -> None:
    """How many GPUs should we own, and how much should we rent? From the lab's own job log.

    Args:
        joblog: The log: sacct -P, Philly, Helios, Alibaba, SWF, Kubernetes, W&B or any CSV.
        format: Its format; told from its beginning if absent.
        columns: For csv: submit=NAME,duration=NAME,gpus=NAME.
        queue: fifo, or easy (backfilling with the log's time limits).
        burst_after: A job that has waited so long is rented: 90s, 30m, 1h, 2d; or never.
        owned: Numbers of GPUs to replay, e.g. 64,128,256; a search if absent.
        question: The kind of machine (TOML); gives the hourly prices. Default: four cards of 24 GiB in an office.
        own_usd_per_gpu_h: Cost of owning a GPU for an hour, if you know it better.
        rent_usd_per_gpu_h: Price of renting one, if you know it better.
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print the curve as JSON.
        svg: Also write the chart here, as SVG.
    """
    from payback import answers
    from payback.question_file import parse_duration_s, read_question, shipped_question
    from payback.report import size_text
    from payback.report.progress import spinner

    day = _day(as_of)
    asked = read_question(question, as_of=day) if question else shipped_question("fleet", as_of=day)
    with spinner("replaying the log"):
        result, fleet = answers.size(
            joblog,
            question=asked,
            format=format,
            columns=columns,
            owned=_numbers(owned),
            queue=queue,
            burst_after_s=parse_duration_s(burst_after),
            own_usd_per_gpu_h=own_usd_per_gpu_h,
            rent_usd_per_gpu_h=rent_usd_per_gpu_h,
        )
    if json:
        _print_json(size_text.size_as_dict(result, fleet))
    else:
        size_text.print_size(result, fleet)
    if svg:
        from payback.report import files, render

        files.write_atomically(svg, render.svg(size_text.size_figure(result)))


def _numbers(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise BadQuestionError("--owned", repr(text), "numbers of GPUs joined by commas, e.g. 64,128,256") from error


bench_app = App(name="bench", help="Measure this machine; `payback plan` can use the result.")
app.command(bench_app)


@bench_app.default
def bench(*, tier: str = "quick", out: Path | None = None) -> None:
    """Measure this machine: matrix products, memory, copies, disk, data preparation, training steps, heat.

    Args:
        tier: quick (about 3 minutes), standard (12) or soak (30).
        out: Write the result here as JSON.
    """
    from payback import answers
    from payback.report import bench_text

    result = answers.bench(tier, out, bench_text.announce)
    bench_text.print_result(result)


@bench_app.command(name="compare")
def bench_compare(result: Path, *, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Set a result beside what the same parts should show, and name what is slow and why.

    Args:
        result: A file that `payback bench --out` wrote.
        json: Print the findings as JSON.
    """
    from payback import answers
    from payback.report import bench_text

    findings = answers.bench_compare(result)
    if json:
        _print_json([bench_text.finding_as_dict(finding) for finding in findings])
    else:
        bench_text.print_findings(findings)


prices_app = App(name="prices", help="What things cost, since when, and who says so.")
app.command(prices_app)


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
        events = answers.price_history(item, _day(as_of))
        if json:
            _print_json(prices_text.events_as_dicts(events))
        else:
            prices_text.print_history(events)
        if svg:
            from payback.report import files, render

            files.write_atomically(svg, render.svg(prices_text.history_figure(item, events)))
        return
    found = answers.prices(item, _day(as_of))
    if json:
        _print_json([prices_text.market_as_dict(price, _day(as_of)) for price in found])
    else:
        prices_text.print_market(found, _day(as_of))


def _write_files(answer: Plan, targets: dict[str, Path | None]) -> None:
    from payback.report import files, render
    from payback.report.figures import cumulative_cost_figure

    makers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: files.plan_html(answer),
        "svg": lambda: render.svg(cumulative_cost_figure(answer)),
        "png": lambda: render.png(cumulative_cost_figure(answer)),
        "csv": lambda: files.plan_csv(answer),
    }
    for kind, path in targets.items():
        if path is not None:
            files.write_atomically(path, makers[kind]())
            sys.stderr.write(f"wrote {path}\n")


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
