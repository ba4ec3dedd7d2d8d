"""Commands for a lab: how many GPUs to own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from payback.commands.common import day, print_json, write_svg
from payback.errors import BadQuestionError


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
        joblog: The log: sacct -P, Philly, Helios, Alibaba, SWF, Kubernetes, W&B, a log of payback watch, or any CSV.
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

    today = day(as_of)
    asked = read_question(question, as_of=today) if question else shipped_question("fleet", as_of=today)
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
        print_json(size_text.size_as_dict(result, fleet))
    else:
        size_text.print_size(result, fleet)
    if svg:
        write_svg(svg, size_text.size_figure(result))


def _numbers(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise BadQuestionError("--owned", repr(text), "numbers of GPUs joined by commas, e.g. 64,128,256") from error
