"""Commands about machines: the cheapest that fits, and whether a list fits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from payback.commands.common import day, print_json, print_json_line, print_wide
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.assembly.search import Build
    from payback.errors import NotPricedError
    from payback.question import Question


def assemble(
    question: Path | None = None,
    *,
    top: int = 3,
    pareto: bool = False,
    why_not: str | None = None,
    as_of: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
    out: Path | None = None,
) -> None:
    """The cheapest machine that fits, proved; alternatives; the upgrade path.

    Args:
        question: A question file (TOML); the default question if absent.
        top: How many kinds of machine, best first.
        pareto: Every machine that no other beats in both cost and throughput.
        why_not: A part: what forcing it into the machine costs, and the first rule it breaks.
        as_of: Day of the prices, YYYY-MM-DD. Default: the file's, else today.
        json: Print as JSON.
        out: Also write the best parts list here: .toml, .md, .csv or .txt.
    """
    from payback import answers
    from payback.errors import NotPricedError
    from payback.question_file import default_question, read_question
    from payback.report import assemble_text
    from payback.report.progress import spinner

    asked = read_question(question, as_of=day(as_of)) if question else default_question(as_of=day(as_of))
    if as_of is not None:
        asked = asked.model_copy(update={"as_of": day(as_of)})
    try:
        with spinner("searching every machine that fits"):
            builds = answers.assemble(asked, top=top, pareto=pareto)
            why = [answers.why_not(why_not, asked)] if why_not else []
    except NotPricedError as missing:
        _print_stated(asked, missing, json=json)
        return
    if json:
        print_json([build.as_dict() for build in builds])
    else:
        path = answers.upgrade_path(builds[0])
        levers = [] if pareto else answers.ways_to_save(builds[0])
        text = assemble_text.builds_text(
            builds, levers=levers, prebuilts=answers.prebuilts_like(builds[0]), path=path, why=why
        )
        print_wide(text)
    if out:
        _write_list(builds[0], out)


def _print_stated(asked: Question, missing: NotPricedError, *, json: bool) -> None:
    """Where parts have no prices: the published machines that do what is asked, if there are any."""
    from payback import answers
    from payback.report.stated_text import stated_text

    stated = answers.stated_machines(asked)
    if not stated:
        raise missing
    sys.stderr.write(f"payback: {missing} Published machines with a stated total:\n")
    if json:
        print_json([machine.as_dict() for machine in stated])
    else:
        print_wide(stated_text(stated))


def _write_list(build: Build, out: Path) -> None:
    from payback.assembly import partslist
    from payback.report import files

    writers = {
        ".toml": partslist.write_toml,
        ".md": partslist.write_markdown,
        ".csv": partslist.write_csv,
        ".txt": partslist.write_plain,
    }
    if out.suffix not in writers:
        raise BadQuestionError("--out", repr(out.name), "a name ending in .toml, .md, .csv or .txt")
    files.write_atomically(out, writers[out.suffix](build.parts_list()))


def check(parts_list: Path, *, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Does this parts list fit together? Every rule, what it found, and which fact would decide.

    Args:
        parts_list: A parts list: .toml, .jsonl of many, .csv, .md, or plain text with one part a line.
        json: Print one JSON object a list, a line each.
    """
    from payback import answers

    judgements = answers.check(parts_list)
    if json:
        for judgement in judgements:
            print_json_line(judgement.as_dict())
    else:
        from payback.report.check_text import print_judgements

        print_judgements(judgements)
